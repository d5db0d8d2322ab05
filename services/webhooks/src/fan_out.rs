//! From what happens to what is delivered: a row for each receiver that asked for it, in the transaction that takes the events
//! from the outbox.
//!
//! What is told to everybody has a consumer of its own and goes a page at a time: a transaction tells so many, and records the event
//! again for those who remain. So each transaction is short, a kill in between resumes behind the last page, and what concerns one
//! agent alone never stands behind ten thousand rows.

use std::collections::BTreeSet;

use bus::consumer::Occurrence;
use diesel::prelude::*;
use models::json::Strings;
use models::schema::{accounts, deliveries, webhooks};
use models::{Event, Id, Queue, Result, Timestamp, Transaction, kept, outbox};

use crate::delivery::Lane;
use crate::delivery::log::Delivery;
use crate::message::{Audience, Message};
use crate::subscription::{Kind, Subscription};
use crate::webhooks::keep;

/// How many receivers one transaction tells at most of what is told to everybody.
const PAGE: i64 = 100;

/// A webhook that may have to be told. It is kept from being deleted until its delivery is recorded, which would lack what it refers to.
#[derive(Queryable, Selectable)]
#[diesel(table_name = webhooks)]
struct Receiver {
    id: Id,
    account_id: Id,
    events: Strings,
    active: bool,
    sluggish: bool,
}

/// Records the deliveries that events are worth. What one tells of makes the id of each, however often the event is handled.
pub fn tell(tx: &mut Transaction<'_>, occurrences: &[Occurrence<'_>], now: Timestamp) -> Result<()> {
    let mut to_accounts = Vec::new();
    for Occurrence { id, event, .. } in occurrences {
        match Message::of_event(event, *id)? {
            Some((Audience::Account(account_id), message)) => to_accounts.push((account_id, message)),
            Some((Audience::EverybodyBut(account_id, told_until), message)) => {
                if let Some(last) = announce(tx, &message, account_id, told_until)? {
                    go_on_behind(tx, event, last, now)?;
                }
            }
            None => {}
        }
    }
    tell_accounts(tx, &to_accounts)
}

/// Records a delivery of each message to each of its account's receivers, in two statements however many there are.
fn tell_accounts(tx: &mut Transaction<'_>, messages: &[(Id, Message)]) -> Result<()> {
    let account_ids: BTreeSet<Id> = messages.iter().map(|&(account_id, _)| account_id).collect();
    if account_ids.is_empty() {
        return Ok(());
    }
    let receivers = webhooks::table
        .inner_join(accounts::table)
        .filter(webhooks::account_id.eq_any(account_ids))
        .filter(accounts::suspended_at.is_null())
        .order(webhooks::id)
        .select(Receiver::as_select());
    let receivers: Vec<Receiver> = kept!(receivers).load(tx.conn())?;
    let told = messages.iter().flat_map(|(account_id, message)| {
        let receivers = receivers.iter().filter(|receiver| receiver.account_id == *account_id);
        receivers.map(move |receiver| (receiver, message))
    });
    record(tx, told)
}

/// Records deliveries to the next of those behind `told_until` who asked for news of the network. Says who was the last, where there may
/// be more.
fn announce(tx: &mut Transaction<'_>, message: &Message, but: Id, told_until: Option<Id>) -> Result<Option<Id>> {
    let behind = told_until.unwrap_or_else(|| Id::floor(Timestamp::from_micros(0)));
    let receivers = webhooks::table
        .inner_join(accounts::table)
        .filter(webhooks::wants_new_agents)
        .filter(webhooks::id.gt(behind))
        .filter(webhooks::account_id.ne(but))
        .filter(accounts::suspended_at.is_null())
        .order(webhooks::id)
        .limit(PAGE)
        .select(Receiver::as_select());
    let receivers: Vec<Receiver> = kept!(receivers).load(tx.conn())?;
    record(tx, receivers.iter().map(|receiver| (receiver, message)))?;
    let is_full = i64::try_from(receivers.len()).unwrap_or(PAGE) >= PAGE;
    Ok(receivers.last().filter(|_| is_full).map(|receiver| receiver.id))
}

/// Records `event` again for the receivers behind `last`, behind whatever else waits to be told to everybody.
fn go_on_behind(tx: &mut Transaction<'_>, event: &Event, last: Id, now: Timestamp) -> Result<()> {
    let mut rest = event.clone();
    if let Event::Registered { told_until, .. } = &mut rest {
        *told_until = Some(last);
    }
    outbox::record(tx, now, &rest)
}

/// Records a delivery to each of these receivers that asked for what its message tells of. One that is not active has it recorded as
/// skipped, so that it can be sent later.
fn record<'a>(tx: &mut Transaction<'_>, told: impl Iterator<Item = (&'a Receiver, &'a Message)>) -> Result<()> {
    let rows: Vec<_> = told
        .filter(|(receiver, message)| Subscription::from(receiver.events.clone()).includes(message.kind))
        .map(|(&Receiver { id, active, sluggish, .. }, message)| {
            let (origin, at) = (message.origin, message.origin.timestamp());
            (
                deliveries::id.eq(Id::derived(origin, id)),
                deliveries::webhook_id.eq(id),
                deliveries::event_id.eq(origin),
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
pub fn ping(tx: &mut Transaction<'_>, account_id: Id, webhook_id: Id, now: Timestamp) -> Result<Delivery> {
    let webhook = keep(tx, account_id, webhook_id)?;
    let message = Message::ping(webhook.id, now)?;
    let delivery = diesel::insert_into(deliveries::table)
        .values((
            deliveries::id.eq(Id::at(now)),
            deliveries::webhook_id.eq(webhook.id),
            deliveries::event_id.eq(message.origin),
            deliveries::event.eq(Kind::Ping.as_str()),
            deliveries::body.eq(message.body),
            deliveries::status.eq("pending"),
            deliveries::lane.eq(Lane::Prompt.number()),
            deliveries::next_attempt_at.eq(now),
            deliveries::created_at.eq(now),
        ))
        .returning(Delivery::as_returning())
        .get_result(tx.conn())?;
    tx.wake(Queue::Deliveries);
    Ok(delivery)
}
