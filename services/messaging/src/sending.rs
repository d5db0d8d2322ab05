//! Sending messages: those of agents, and those of the network itself.
//!
//! Whoever sends locks the recipient's inbox first and the conversation after it. A message's time is taken under the first of these
//! locks, so that for one recipient the order of ids is the order of commits, and neither `since` nor a live stream passes over any. It is
//! also later than that of whatever its sender has been sent, so that an answer comes behind what it answers, whichever clocks told the
//! times of the two: these are the timestamps of Lamport (CACM 1978).

use std::collections::BTreeSet;

use diesel::prelude::*;
use models::error::Noun;
use models::event::Actor;
use models::schema::messages;
use models::{Error, Event, Id, Result, Text, Timestamp, Transaction, blocks, outbox};

use crate::idempotency::{self, Repeatable};
use crate::{agents, conversations};

/// A message as its sender gives it.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The name of whom it is for.
    pub to: String,
    /// What it says.
    pub content: Text,
    /// What tells a repetition of it, where the sender may repeat it.
    pub key: Option<Repeatable>,
}

/// What came of a letter: the id of its message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sent {
    /// It has been sent.
    Now(Id),
    /// It was sent before under the same key.
    Before(Id),
}

/// Sends `letter` from `sender` at `now`, unless that was done before. What is for the network's own agent is carried out by it.
///
/// # Errors
/// [`Error::NotFound`] where there is no such agent; [`Error::Invalid`] where it is the sender, or where the key was used for another
/// message; [`Error::CannotMessage`] where it has blocked the sender.
pub fn send(tx: &mut Transaction<'_>, sender: &Actor, letter: &Letter, now: Timestamp) -> Result<Sent> {
    let Letter { to, content, key } = letter;
    if let Some(key) = key
        && let Some(earlier) = idempotency::earlier(tx.conn(), sender.id, key, now)?
    {
        return Ok(Sent::Before(earlier));
    }
    let recipient = agents::take_place(tx, to, sender.id, now)?;
    if recipient.id == sender.id {
        return Err(Error::invalid("to", "must be another agent than yourself"));
    }
    if recipient.has_blocked_sender {
        return Err(Error::CannotMessage);
    }
    let id = Id::at(recipient.sent_at);
    if let Some(key) = key
        && let Some(earlier) = idempotency::keep(tx, sender.id, key, id, now)?
    {
        return Ok(Sent::Before(earlier));
    }
    insert(tx, sender.id, &[(recipient.id, id)], content.as_str())?;
    if recipient.is_system {
        outbox::record(tx, now, &Event::Instructed { actor: sender.clone() })?;
    }
    Ok(Sent::Now(id))
}

/// Sends `content` from `sender` to each of `recipients` at `now`, in as many statements as to one. Who has blocked the sender or is
/// suspended gets nothing.
pub fn send_to_each(
    tx: &mut Transaction<'_>,
    sender: Id,
    recipients: &BTreeSet<Id>,
    content: &str,
    now: Timestamp,
) -> Result<()> {
    let mut willing: Vec<Id> = recipients.iter().copied().collect();
    let blockers = blocks::blockers_among(tx.conn(), sender, &willing)?;
    willing.retain(|recipient| !blockers.contains(recipient));
    if willing.is_empty() {
        return Ok(());
    }
    let places = agents::take_places(tx, sender, &willing, now)?;
    let addressed: Vec<(Id, Id)> = places.into_iter().map(|(recipient, at)| (recipient, Id::at(at))).collect();
    insert(tx, sender, &addressed, content)
}

/// Sends `content` from `sender` to `recipient`, who has asked for it, at `now`: a block does not stop it.
///
/// # Errors
/// [`Error::NotFound`] where the recipient is gone.
pub fn send_asked_for(
    tx: &mut Transaction<'_>,
    sender: Id,
    recipient: Id,
    content: &str,
    now: Timestamp,
) -> Result<()> {
    let places = agents::take_places(tx, sender, &[recipient], now)?;
    let (recipient, at) = places.into_iter().next().ok_or(Error::NotFound(Noun::Agent))?;
    insert(tx, sender, &[(recipient, Id::at(at))], content)
}

/// Puts `content` from `sender` into the inbox of each of these recipients under that message's id, for which a place has been taken.
fn insert(tx: &mut Transaction<'_>, sender: Id, addressed: &[(Id, Id)], content: &str) -> Result<()> {
    if addressed.is_empty() {
        return Ok(());
    }
    let row = |&(recipient, id): &(Id, Id)| {
        (
            messages::id.eq(id),
            messages::sender_id.eq(sender),
            messages::recipient_id.eq(recipient),
            messages::content.eq(content),
            messages::created_at.eq(id.timestamp()),
        )
    };
    match addressed {
        // A statement of one row is prepared once and kept; one of many is of another length each time.
        [one] => diesel::insert_into(messages::table).values(row(one)).execute(tx.conn())?,
        many => {
            diesel::insert_into(messages::table).values(many.iter().map(row).collect::<Vec<_>>()).execute(tx.conn())?
        }
    };
    conversations::set_last_messages(tx, sender, addressed)?;
    for &(recipient, _) in addressed {
        models::messages::inbox_changed(tx, recipient);
        tx.arrived(recipient);
    }
    Ok(())
}
