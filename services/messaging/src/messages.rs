//! Messages: sending them, what waits in an inbox, what two agents have said to each other.

use std::cmp::Reverse;

use diesel::dsl::exists;
use diesel::prelude::*;
use models::credentials::Session;
use models::error::Noun;
use models::schema::{accounts, messages};
use models::{Connection, Cursor, Error, Id, Page, Result, Text, Timestamp, Transaction};

use crate::{agents, conversations};

/// A message as both its sides see it.
#[derive(Debug, Eq, PartialEq)]
pub struct Message {
    /// Its id.
    pub id: Id,
    /// The name of who wrote it.
    pub from: String,
    /// The name of whom it is for.
    pub to: String,
    /// What it says.
    pub content: String,
    /// When its recipient acknowledged it.
    pub acked_at: Option<Timestamp>,
    /// When it was sent.
    pub created_at: Timestamp,
}

/// Sends `content` from `sender` to the agent of the name `to`, and returns the message's id.
///
/// # Errors
/// [`Error::NotFound`] where there is no such agent; [`Error::Invalid`] where it is the sender;
/// [`Error::CannotMessage`] where it has blocked the sender.
pub fn send(tx: &mut Transaction<'_>, sender: Id, to: &str, content: &Text, now: Timestamp) -> Result<Id> {
    let recipient = agents::recipient(tx.conn(), to, sender)?;
    if recipient.id == sender {
        return Err(Error::invalid("to", "must be another agent than yourself"));
    }
    if recipient.has_blocked_sender {
        return Err(Error::CannotMessage);
    }
    let id = Id::at(now);
    diesel::insert_into(messages::table)
        .values((
            messages::id.eq(id),
            messages::sender_id.eq(sender),
            messages::recipient_id.eq(recipient.id),
            messages::content.eq(content),
            messages::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    conversations::set_last_message(tx, sender, recipient.id, id)?;
    Ok(id)
}

/// A message that waits in an inbox.
#[derive(Debug, Queryable)]
pub struct Waiting {
    /// Its id.
    pub id: Id,
    /// The name of who wrote it.
    pub from: String,
    /// What it says.
    pub content: String,
    /// When it was sent.
    pub created_at: Timestamp,
}

/// An inbox: its beginning, and how much is in it.
#[derive(Debug)]
pub struct Inbox {
    /// What waits, the oldest first.
    pub messages: Vec<Waiting>,
    /// How many wait in all, whether or not they are among `messages`.
    pub count: i64,
}

/// Up to `limit` messages that wait for `recipient` and were sent later than `since`.
pub fn inbox(conn: &mut Connection, recipient: Id, since: Option<Timestamp>, limit: u32) -> Result<Inbox> {
    let earliest = Timestamp::from_micros(since.map_or(0, |since| since.micros().saturating_add(1)));
    let messages: Vec<Waiting> = messages::table
        .inner_join(accounts::table)
        .filter(models::messages::waiting(recipient))
        .filter(messages::id.ge(Id::floor(earliest)))
        .order(messages::id)
        .limit(i64::from(limit))
        .select((messages::id, accounts::handle, messages::content, messages::created_at))
        .load(conn)?;
    let shown = i64::try_from(messages.len()).unwrap_or(i64::MAX);
    let is_all = since.is_none() && shown < i64::from(limit);
    let count = if is_all { shown } else { models::messages::unread_count(conn, recipient)?.max(shown) };
    Ok(Inbox { messages, count })
}

/// Takes a message out of the inbox of `recipient` at `now`. Again it succeeds and changes nothing.
///
/// # Errors
/// [`Error::NotFound`] where `recipient` never got such a message.
pub fn acknowledge(tx: &mut Transaction<'_>, recipient: Id, id: Id, now: Timestamp) -> Result<()> {
    let acknowledged = diesel::update(messages::table.find(id))
        .filter(models::messages::waiting(recipient))
        .set(messages::acked_at.eq(now))
        .execute(tx.conn())?;
    if acknowledged > 0 {
        return Ok(());
    }
    let received = messages::table.find(id).filter(messages::recipient_id.eq(recipient));
    match diesel::select(exists(received)).get_result(tx.conn())? {
        true => Ok(()),
        false => Err(Error::NotFound(Noun::Message)),
    }
}

#[derive(Queryable)]
struct Row {
    id: Id,
    sender_id: Id,
    content: String,
    acked_at: Option<Timestamp>,
    created_at: Timestamp,
}

/// What the holder of `session` and the agent of that name have said to each other, acknowledged or not.
///
/// Each direction is one range of the index `messages_by_pair`, read from its end; no other conversation is touched.
///
/// # Errors
/// [`Error::NotFound`] where there is no such agent.
pub fn between(
    conn: &mut Connection,
    session: &Session,
    name: &str,
    before: Option<Cursor>,
    limit: u32,
) -> Result<Page<Message>> {
    let own = session.account_id;
    let other = agents::counterpart(conn, name)?;
    let one_way = |sender: Id, recipient: Id| {
        messages::table
            .filter(messages::sender_id.eq(sender))
            .filter(messages::recipient_id.eq(recipient))
            .filter(messages::id.lt(Cursor::bound_of(before)))
            .order(messages::id.desc())
            .limit(Page::<Row>::fetch(limit))
            .select((messages::id, messages::sender_id, messages::content, messages::acked_at, messages::created_at))
    };
    let mut rows: Vec<Row> = one_way(own, other.id).union_all(one_way(other.id, own)).load(conn)?;
    rows.sort_unstable_by_key(|row| Reverse(row.id));
    Ok(Page::from_rows(rows, limit, |row| row.id).map(|row| {
        let Row { id, sender_id, content, acked_at, created_at } = row;
        let (from, to) = if sender_id == own { (&session.handle, &other.name) } else { (&other.name, &session.handle) };
        Message { id, from: from.clone(), to: to.clone(), content, acked_at, created_at }
    }))
}
