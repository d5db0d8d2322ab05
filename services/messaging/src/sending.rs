//! Sending messages: those of agents, and those of the network itself.
//!
//! Whoever sends locks the recipient's inbox first and the conversation after it. A message's time is taken under the first of these
//! locks, so that for one recipient the order of ids is the order of commits, and neither `since` nor a live stream passes over any. It is
//! also later than that of whatever its sender has been sent, so that an answer comes behind what it answers, whichever clocks told the
//! times of the two: these are the timestamps of Lamport (CACM 1978).

use std::collections::BTreeSet;

use diesel::prelude::*;
use models::error::{Noun, refusal};
use models::event::Actor;
use models::schema::messages;
use models::{Connection, Error, Event, Id, Result, Text, Timestamp, Transaction, blocks, outbox, rows};

use crate::agents::{Recipient, Recipients, take_places};
use crate::conversations;
use crate::idempotency::{self, Repeatable};

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

/// A message that has its place in an inbox.
struct NewMessage<'a> {
    id: Id,
    sender: Id,
    recipient: Id,
    content: &'a str,
}

/// What is known of a letter before it has a place.
enum Judged {
    To(Recipient),
    SentBefore(Id),
}

/// Sends each of these letters from the agent beside it at `now`, unless that was done before, and says what came of each: all in as many
/// statements as one, but for those that may be repeated. What is for the network's own agent is carried out by it.
///
/// A letter is refused with [`Error::NotFound`] where there is no such agent; with [`Error::Invalid`] where it is the sender, or where the
/// key was used for another message; with [`Error::CannotMessage`] where it has blocked the sender.
///
/// # Errors
/// [`Error::Database`] as the database says; then nothing was sent.
pub fn send(tx: &mut Transaction<'_>, letters: &[(Actor, Letter)], now: Timestamp) -> Result<Vec<Result<Sent>>> {
    let senders: BTreeSet<Id> = letters.iter().map(|(sender, _)| sender.id).collect();
    let names = letters.iter().map(|(_, letter)| letter.to.as_str());
    let recipients = Recipients::find(tx.conn(), names, &senders)?;
    let (mut judged, mut addressed) = (Vec::new(), Vec::new());
    for (sender, letter) in letters {
        let judgement = refusal(judge(tx.conn(), sender.id, letter, &recipients, now))?;
        if let Ok(Judged::To(recipient)) = judgement {
            addressed.push((sender.id, recipient.id));
        }
        judged.push(judgement);
    }
    let mut places = take_places(tx, &addressed, now)?.into_iter();
    let (mut outcomes, mut messages, mut instructions) = (Vec::new(), Vec::new(), Vec::new());
    for ((sender, letter), judgement) in letters.iter().zip(judged) {
        outcomes.push(match judgement {
            Err(error) => Err(error),
            Ok(Judged::SentBefore(earlier)) => Ok(Sent::Before(earlier)),
            Ok(Judged::To(recipient)) => {
                let sent = refusal(remember(tx, sender.id, letter, places.next().flatten(), now))?;
                if let Ok(Sent::Now(id)) = sent {
                    let content = letter.content.as_str();
                    messages.push(NewMessage { id, sender: sender.id, recipient: recipient.id, content });
                    instructions.extend(recipient.is_system.then(|| Event::Instructed { actor: sender.clone() }));
                }
                sent
            }
        });
    }
    insert(tx, &messages)?;
    outbox::record_all(tx, now, &instructions)?;
    Ok(outcomes)
}

/// What is known of a letter before it has a place.
///
/// # Errors
/// As [`Recipients::get`] and [`idempotency::earlier`].
fn judge(
    conn: &mut Connection,
    sender: Id,
    letter: &Letter,
    recipients: &Recipients,
    now: Timestamp,
) -> Result<Judged> {
    let earlier = match &letter.key {
        Some(key) => idempotency::earlier(conn, sender, key, now)?,
        None => None,
    };
    match earlier {
        Some(earlier) => Ok(Judged::SentBefore(earlier)),
        None => Ok(Judged::To(recipients.get(&letter.to, sender)?)),
    }
}

/// Gives a letter that has got `place` its message's id, and keeps it under the letter's key.
///
/// # Errors
/// [`Error::NotFound`] where there was no place; as [`idempotency::keep`].
fn remember(
    tx: &mut Transaction<'_>,
    sender: Id,
    letter: &Letter,
    place: Option<Timestamp>,
    now: Timestamp,
) -> Result<Sent> {
    let id = Id::at(place.ok_or(Error::NotFound(Noun::Agent))?);
    let first = match &letter.key {
        Some(key) => idempotency::keep(tx, sender, key, id, now)?,
        None => None,
    };
    Ok(first.map_or(Sent::Now(id), Sent::Before))
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
    send_to_willing(tx, sender, &willing, content, now)?;
    Ok(())
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
    match send_to_willing(tx, sender, &[recipient], content, now)? {
        0 => Err(Error::NotFound(Noun::Agent)),
        _ => Ok(()),
    }
}

/// Sends `content` to those of `recipients` that are there, and says how many they are.
fn send_to_willing(
    tx: &mut Transaction<'_>,
    sender: Id,
    recipients: &[Id],
    content: &str,
    now: Timestamp,
) -> Result<usize> {
    let addressed: Vec<(Id, Id)> = recipients.iter().map(|&recipient| (sender, recipient)).collect();
    let places = take_places(tx, &addressed, now)?;
    let placed = recipients.iter().zip(places).filter_map(|(&recipient, place)| Some((recipient, Id::at(place?))));
    let messages: Vec<_> = placed.map(|(recipient, id)| NewMessage { id, sender, recipient, content }).collect();
    insert(tx, &messages)?;
    Ok(messages.len())
}

/// Puts each of these messages into its inbox.
fn insert(tx: &mut Transaction<'_>, messages: &[NewMessage<'_>]) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let rows = rows!(messages, |message| (
        messages::id = message.id,
        messages::sender_id = message.sender,
        messages::recipient_id = message.recipient,
        messages::content = message.content,
        messages::created_at = message.id.timestamp(),
    ));
    diesel::insert_into(messages::table).values(rows).execute(tx.conn())?;
    conversations::set_last_messages(
        tx,
        messages.iter().map(|message| (message.sender, message.recipient, message.id)),
    )?;
    for message in messages {
        models::messages::inbox_changed(tx, message.recipient);
        tx.arrived(message.recipient);
    }
    Ok(())
}
