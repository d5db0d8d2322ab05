//! From what happens to what is delivered: a row for each receiver that asked for it, in the transaction that takes the event
//! from the outbox.

use bus::consumer::Occurrence;
use diesel::prelude::*;
use models::json::Strings;
use models::schema::{accounts, deliveries, webhooks};
use models::{Id, Queue, Result, Timestamp, Transaction};

use crate::delivery::Lane;
use crate::message::{Audience, Message};
use crate::subscription::{Kind, Subscription};
use crate::webhooks::owned_by;

/// Receivers whose rows are written by one statement.
const CHUNK: i64 = 500;

/// A webhook that may have to be told.
#[derive(Queryable, Selectable)]
#[diesel(table_name = webhooks)]
struct Receiver {
    id: Id,
    events: Strings,
    active: bool,
    sluggish: bool,
}

/// A delivery just recorded.
#[derive(Debug)]
pub struct Recorded {
    /// Its id.
    pub id: Id,
    /// When it was recorded, and is first tried.
    pub at: Timestamp,
}

/// Records the deliveries that an event is worth. The event's id makes each one, however often the event is handled.
pub fn tell(tx: &mut Transaction<'_>, occurrence: &Occurrence<'_>) -> Result<()> {
    let Some((audience, message)) = Message::of_event(occurrence.event, occurrence.at)? else {
        return Ok(());
    };
    match audience {
        Audience::Account(account_id) => {
            let receivers: Vec<Receiver> = webhooks::table
                .inner_join(accounts::table)
                .filter(webhooks::account_id.eq(account_id))
                .filter(accounts::suspended_at.is_null())
                .select(Receiver::as_select())
                .load(tx.conn())?;
            record(tx, &receivers, &message, occurrence.id, occurrence.at)
        }
        Audience::EverybodyBut(account_id) => announce(tx, account_id, &message, occurrence),
    }
}

/// Records deliveries to everybody who asked for news of the network, in chunks of bounded size.
fn announce(tx: &mut Transaction<'_>, but: Id, message: &Message, occurrence: &Occurrence<'_>) -> Result<()> {
    let mut after = Id::floor(Timestamp::from_micros(0));
    loop {
        let receivers: Vec<Receiver> = webhooks::table
            .inner_join(accounts::table)
            .filter(webhooks::wants_new_agents)
            .filter(webhooks::id.gt(after))
            .filter(webhooks::account_id.ne(but))
            .filter(accounts::suspended_at.is_null())
            .order(webhooks::id)
            .limit(CHUNK)
            .select(Receiver::as_select())
            .load(tx.conn())?;
        record(tx, &receivers, message, occurrence.id, occurrence.at)?;
        match receivers.last() {
            Some(last) if i64::try_from(receivers.len()).unwrap_or(CHUNK) == CHUNK => after = last.id,
            _ => return Ok(()),
        }
    }
}

/// Records a delivery of `message` to each of those `receivers` that asked for it. One that is not active has it recorded as
/// skipped, so that it can be sent later.
fn record(
    tx: &mut Transaction<'_>,
    receivers: &[Receiver],
    message: &Message,
    event_id: Id,
    at: Timestamp,
) -> Result<()> {
    let asked = |receiver: &&Receiver| Subscription::from(receiver.events.clone()).includes(message.kind);
    let rows: Vec<_> = receivers
        .iter()
        .filter(asked)
        .map(|&Receiver { id, events: _, active, sluggish }| {
            (
                deliveries::id.eq(Id::derived(event_id, id)),
                deliveries::webhook_id.eq(id),
                deliveries::event_id.eq(event_id),
                deliveries::event.eq(message.kind.as_str()),
                deliveries::body.eq(&message.body),
                deliveries::status.eq(if active { "pending" } else { "skipped" }),
                deliveries::lane.eq(Lane::of(message.kind.as_str(), sluggish).number()),
                deliveries::next_attempt_at.eq(active.then_some(at)),
                deliveries::created_at.eq(at),
            )
        })
        .collect();
    if !rows.is_empty() {
        diesel::insert_into(deliveries::table)
            .values(rows)
            .on_conflict((deliveries::webhook_id, deliveries::event_id))
            .do_nothing()
            .execute(tx.conn())?;
        tx.wake(Queue::Deliveries);
    }
    Ok(())
}

/// Records a ping to the account's webhook with this id, whether or not it is active, for its owner to see whether it works.
///
/// # Errors
/// [`models::Error::NotFound`] where the account has no such webhook.
pub fn ping(tx: &mut Transaction<'_>, account_id: Id, webhook_id: Id, now: Timestamp) -> Result<Recorded> {
    let webhook = owned_by(tx.conn(), account_id, webhook_id)?;
    let message = Message::ping(webhook.id, now)?;
    let id = Id::at(now);
    diesel::insert_into(deliveries::table)
        .values((
            deliveries::id.eq(id),
            deliveries::webhook_id.eq(webhook.id),
            deliveries::event_id.eq(Id::at(now)),
            deliveries::event.eq(Kind::Ping.as_str()),
            deliveries::body.eq(message.body),
            deliveries::status.eq("pending"),
            deliveries::lane.eq(Lane::Prompt.number()),
            deliveries::next_attempt_at.eq(now),
            deliveries::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    tx.wake(Queue::Deliveries);
    Ok(Recorded { id, at: now })
}
