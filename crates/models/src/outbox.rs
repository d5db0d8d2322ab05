//! Events on their way: written with the change, deleted with the work they cause.
//!
//! The pattern is the transactional outbox: <https://microservices.io/patterns/data/transactional-outbox.html>.

use diesel::prelude::*;

use crate::schema::outbox;
use crate::{Connection, Consumer, Error, Event, Id, Queue, Result, Timestamp, Transaction, rows};

/// An event that waits for a consumer.
#[derive(Debug)]
pub struct Pending {
    /// The event's id, by which a handler recognises what it has handled before.
    pub event_id: Id,
    /// The event, or why it cannot be read.
    pub event: Result<Event>,
    /// When it happened.
    pub at: Timestamp,
    /// How often handling it has failed.
    pub attempts: i32,
}

/// Records `event`, which happened at `now`, for each of its consumers, and wakes them when the transaction commits.
///
/// # Errors
/// [`Error::Database`] as the database says.
pub fn record(tx: &mut Transaction<'_>, now: Timestamp, event: &Event) -> Result<()> {
    record_all(tx, now, std::slice::from_ref(event))
}

/// Records `events`, which happened at `now` one microsecond after the other, so that their order can be told, as [`record`] does each: in
/// one statement, so four thousand at most.
///
/// # Errors
/// [`Error::Database`] as the database says.
pub fn record_all(tx: &mut Transaction<'_>, now: Timestamp, events: &[Event]) -> Result<()> {
    record_but(tx, now, events, None)
}

/// Records `events` as [`record_all`] does, but for `here`, whose work is done in this very transaction.
///
/// # Errors
/// [`Error::Database`] as the database says.
pub fn record_elsewhere(tx: &mut Transaction<'_>, now: Timestamp, events: &[Event], here: Consumer) -> Result<()> {
    record_but(tx, now, events, Some(here))
}

fn record_but(tx: &mut Transaction<'_>, now: Timestamp, events: &[Event], but: Option<Consumer>) -> Result<()> {
    let mut entries = Vec::new();
    for (place, event) in (0..).zip(events) {
        let body = serde_json::to_string(event).map_err(Error::internal)?;
        let event_id = Id::at(now.plus_micros(place));
        let consumers = event.consumers().iter().filter(|&&consumer| Some(consumer) != but);
        entries.extend(consumers.map(|consumer| (consumer, event_id, body.clone())));
    }
    if entries.is_empty() {
        return Ok(());
    }
    let rows = rows!(&entries, |entry| (
        outbox::consumer = entry.0.as_str(),
        outbox::event_id = entry.1,
        outbox::event = &entry.2,
        outbox::available_at = now,
    ));
    diesel::insert_into(outbox::table).values(rows).execute(tx.conn())?;
    entries.iter().for_each(|&(&consumer, ..)| tx.wake(Queue::from(consumer)));
    Ok(())
}

/// Takes up to `limit` events that are due for `consumer`, the oldest first. The rows stay locked until the
/// transaction ends; other instances pass over them, and a consumer that dies gives them back.
///
/// # Errors
/// [`Error::Database`] as the database says.
pub fn claim(tx: &mut Transaction<'_>, consumer: Consumer, now: Timestamp, limit: i64) -> Result<Vec<Pending>> {
    let query = outbox::table
        .filter(outbox::consumer.eq(consumer.as_str()))
        .filter(outbox::available_at.le(now))
        .order((outbox::available_at, outbox::event_id))
        .limit(limit)
        .select((outbox::event_id, outbox::event, outbox::attempts));
    let rows: Vec<(Id, String, i32)> = crate::skip_locked!(query).load(tx.conn())?;
    Ok(rows
        .into_iter()
        .map(|(event_id, body, attempts)| Pending {
            event_id,
            event: serde_json::from_str(&body).map_err(Error::internal),
            at: event_id.timestamp(),
            attempts,
        })
        .collect())
}

/// Deletes events that `consumer` has handled.
///
/// # Errors
/// [`Error::Database`] as the database says.
pub fn finish(tx: &mut Transaction<'_>, consumer: Consumer, event_ids: &[Id]) -> Result<()> {
    if !event_ids.is_empty() {
        let handled = outbox::table.filter(outbox::consumer.eq(consumer.as_str()));
        diesel::delete(handled.filter(outbox::event_id.eq_any(event_ids))).execute(tx.conn())?;
    }
    Ok(())
}

/// Puts an event that could not be handled back until `available_at`.
///
/// # Errors
/// [`Error::Database`] as the database says.
pub fn postpone(tx: &mut Transaction<'_>, consumer: Consumer, event_id: Id, available_at: Timestamp) -> Result<()> {
    diesel::update(outbox::table.find((consumer.as_str(), event_id)))
        .set((outbox::attempts.eq(outbox::attempts + 1), outbox::available_at.eq(available_at)))
        .execute(tx.conn())?;
    Ok(())
}

/// How many events wait for `consumer`, those included that are postponed.
///
/// # Errors
/// [`Error::Database`] as the database says.
pub fn waiting(conn: &mut Connection, consumer: Consumer) -> Result<i64> {
    Ok(outbox::table.filter(outbox::consumer.eq(consumer.as_str())).count().get_result(conn)?)
}
