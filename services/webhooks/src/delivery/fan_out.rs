//! From what happens to what is delivered: a row for each receiver that asked for it, in the transaction that takes the events
//! from the outbox.
//!
//! What concerns one account is drafted by the dispatcher's turns, which start most of it at once. What is told to everybody has a consumer of
//! its own and goes a page at a time: a transaction tells so many, and records the event again for those who remain. So each transaction is
//! short, a kill in between resumes behind the last page, and what concerns one agent alone never stands behind ten thousand rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use bus::consumer::{Occurrence, put_back};
use diesel::prelude::*;
use models::accounts::suspended;
use models::json::Strings;
use models::schema::{deliveries, webhooks};
use models::{Consumer, Error, Event, Id, Queue, Result, Timestamp, Transaction, kept, outbox};

use super::claim::Target;
use super::draft::{Draft, Drafts};
use super::lane::Lane;
use super::log::Delivery;
use crate::message::{Audience, Message};
use crate::subscription::{Kind, Subscription};
use crate::webhooks::keep;

/// How many receivers one transaction tells at most of what is told to everybody.
const PAGE: i64 = 100;

/// How many events a turn drafts deliveries of at most.
pub const EVENTS: usize = 256;

/// A webhook that may have to be told. It is kept from being deleted until its delivery is recorded, which would lack what it refers to.
#[derive(Queryable, Selectable)]
#[diesel(table_name = webhooks)]
struct Receiver {
    id: Id,
    account_id: Id,
    events: Strings,
    #[diesel(embed)]
    target: Target,
}

/// Records the deliveries that events are worth, each due at once. What one tells of makes the id of each, however often the event is handled.
pub fn tell(tx: &mut Transaction<'_>, occurrences: &[Occurrence<'_>], now: Timestamp) -> Result<()> {
    let (mut to_accounts, mut drafts) = (Vec::new(), Vec::new());
    for Occurrence { id, event, .. } in occurrences {
        match Message::of_event(event, *id)? {
            Some((Audience::Account(account_id), message)) => to_accounts.push((account_id, message)),
            Some((Audience::EverybodyBut(account_id, told_until), message)) => {
                let receivers = next_of_everybody(tx, account_id, told_until)?;
                let is_full = i64::try_from(receivers.len()).unwrap_or(PAGE) >= PAGE;
                if let Some(last) = receivers.last().filter(|_| is_full) {
                    go_on_behind(tx, event, last.id, now)?;
                }
                drafts.extend(receivers.into_iter().flat_map(|receiver| draft(receiver, [&message])));
            }
            None => {}
        }
    }
    drafts.extend(to_receivers_of(tx, &to_accounts)?);
    if !drafts.is_empty() {
        tx.wake(Queue::Deliveries);
    }
    Drafts::from(drafts).insert_missing(tx)
}

/// Takes what has happened from the outbox, up to so many events, and drafts the deliveries that it is worth, the oldest first. Says too how many
/// events that were. One that cannot be told is put back, and holds up no other.
///
/// # Errors
/// [`Error::Database`] as the database says.
pub fn draft_new(tx: &mut Transaction<'_>, now: Timestamp) -> Result<(Vec<Draft>, usize)> {
    let consumer = Consumer::Webhooks;
    let pending = outbox::claim(tx, consumer, now, i64::try_from(EVENTS).unwrap_or(i64::MAX))?;
    let (mut messages, mut told) = (Vec::new(), Vec::new());
    for pending in &pending {
        let event = pending.event.as_ref().map_err(Error::internal);
        match event.and_then(|event| Ok((event, Message::of_event(event, pending.event_id)?))) {
            Ok((_, Some((Audience::Account(account_id), message)))) => messages.push((account_id, message)),
            // An earlier release recorded it here.
            Ok((event, Some((Audience::EverybodyBut(..), _)))) => outbox::record(tx, now, event)?,
            Ok((_, None)) => {}
            Err(error) => {
                put_back(tx, consumer, pending, &error, now)?;
                continue;
            }
        }
        told.push(pending.event_id);
    }
    outbox::finish(tx, consumer, &told)?;
    Ok((to_receivers_of(tx, &messages)?, pending.len()))
}

/// Drafts a delivery of each message to each of its account's receivers that asked for it, in one query however many there are.
fn to_receivers_of(tx: &mut Transaction<'_>, messages: &[(Id, Message)]) -> Result<Vec<Draft>> {
    let account_ids: BTreeSet<Id> = messages.iter().map(|&(account_id, _)| account_id).collect();
    if account_ids.is_empty() {
        return Ok(Vec::new());
    }
    let receivers = webhooks::table
        .filter(webhooks::account_id.eq_any(account_ids))
        .filter(webhooks::account_id.ne_all(suspended()))
        .select(Receiver::as_select());
    let receivers: Vec<Receiver> = kept!(receivers).load(tx.conn())?;
    let drafts = receivers.into_iter().flat_map(|receiver| {
        let owner = receiver.account_id;
        let its_own = messages.iter().filter(|(account_id, _)| *account_id == owner).map(|(_, message)| message);
        draft(receiver, its_own)
    });
    let mut drafts: Vec<Draft> = drafts.collect();
    drafts.sort_by_key(Draft::event_id);
    Ok(drafts)
}

/// The next of those behind `told_until` who asked for news of the network, up to a page.
fn next_of_everybody(tx: &mut Transaction<'_>, but: Id, told_until: Option<Id>) -> Result<Vec<Receiver>> {
    let behind = told_until.unwrap_or_else(|| Id::floor(Timestamp::from_micros(0)));
    let receivers = webhooks::table
        .filter(webhooks::wants_new_agents)
        .filter(webhooks::id.gt(behind))
        .filter(webhooks::account_id.ne(but))
        .filter(webhooks::account_id.ne_all(suspended()))
        .order(webhooks::id)
        .limit(PAGE)
        .select(Receiver::as_select());
    Ok(kept!(receivers).load(tx.conn())?)
}

/// Records `event` again for the receivers behind `last`, behind whatever else waits to be told to everybody.
fn go_on_behind(tx: &mut Transaction<'_>, event: &Event, last: Id, now: Timestamp) -> Result<()> {
    let mut rest = event.clone();
    if let Event::Registered { told_until, .. } = &mut rest {
        *told_until = Some(last);
    }
    outbox::record(tx, now, &rest)
}

/// Drafts a delivery to `receiver` of each of these messages that it asked for.
fn draft<'a>(receiver: Receiver, messages: impl IntoIterator<Item = &'a Message>) -> Vec<Draft> {
    let Receiver { id, account_id: _, events, target } = receiver;
    let (subscription, target) = (Subscription::from(events), Arc::new(target));
    let wanted = messages.into_iter().filter(|message| subscription.includes(message.kind));
    wanted.map(|message| Draft::new(message, id, &target)).collect()
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
