//! Messages: what waits in an inbox, what two agents have said to each other.

use std::cmp::Reverse;
use std::ops::Bound;

use diesel::dsl::exists;
use diesel::prelude::*;
use models::credentials::{self, Session};
use models::error::Noun;
use models::schema::{accounts, inboxes, messages};
use models::{Connection, Cursor, Error, Id, Network, Page, Result, Timestamp, Transaction, prepared};

use crate::agents;

/// The most characters that a message may have. Source: the API's reference.
pub const LONGEST: usize = 10_000;

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
    let next_instant = |since: Timestamp| Id::floor(since.plus_micros(1));
    let from = since.map_or(Bound::Unbounded, |since| Bound::Included(next_instant(since)));
    let messages = waiting_from(conn, recipient, from, limit)?;
    let shown = i64::try_from(messages.len()).unwrap_or(i64::MAX);
    let is_all = since.is_none() && shown < i64::from(limit);
    let count = if is_all { shown } else { models::messages::unread_count(conn, recipient)?.max(shown) };
    Ok(Inbox { messages, count })
}

/// Up to `limit` messages that wait for `recipient`, from this id on, the oldest first. Served by `messages_inbox`.
fn waiting_from(conn: &mut Connection, recipient: Id, from: Bound<Id>, limit: u32) -> Result<Vec<Waiting>> {
    let query = messages::table
        .inner_join(accounts::table)
        .filter(models::messages::waiting(recipient))
        .order(messages::id)
        .limit(i64::from(limit))
        .select((messages::id, accounts::handle, messages::content, messages::created_at))
        .into_boxed();
    let query = match from {
        Bound::Unbounded => query,
        Bound::Included(id) => query.filter(messages::id.ge(id)),
        Bound::Excluded(id) => query.filter(messages::id.gt(id)),
    };
    Ok(query.load(conn)?)
}

/// `place` in the inbox of `recipient`, or its end where that comes first: a place further on would let what is yet to come go by unseen.
pub fn place_in_inbox(conn: &mut Connection, recipient: Id, place: Id) -> Result<Id> {
    let newest: Timestamp = inboxes::table.find(recipient).select(inboxes::last_message_at).first(conn)?;
    // Every message to come is later than the newest.
    let end = Id::floor(newest.plus_micros(1));
    Ok(place.min(end))
}

/// What a live stream that has come to `place` sends next: up to `limit` messages that wait, the oldest first. `None` where the token of
/// `session` is dead at `now`.
pub fn next_in_stream(
    conn: &mut Connection,
    session: &Session,
    place: Option<Id>,
    limit: u32,
    now: Timestamp,
) -> Result<Option<Vec<Waiting>>> {
    // Asked of the database itself: what told of the token's end may come later than what tells to look.
    if credentials::session(conn, Network::ClawNet, session.token_hash, now)?.is_none() {
        return Ok(None);
    }
    let from = place.map_or(Bound::Unbounded, Bound::Excluded);
    Ok(Some(waiting_from(conn, session.account_id, from, limit)?))
}

/// The oldest message from `sender` that waits for `recipient`: its id, and what it says.
pub fn oldest_waiting_from(conn: &mut Connection, recipient: Id, sender: Id) -> Result<Option<(Id, String)>> {
    let oldest = messages::table
        .filter(models::messages::waiting(recipient))
        .filter(messages::sender_id.eq(sender))
        .order(messages::id)
        .select((messages::id, messages::content));
    Ok(oldest.first(conn).optional()?)
}

/// Takes a message out of the inbox of `recipient` at `now`. Again it succeeds and changes nothing.
///
/// # Errors
/// [`Error::NotFound`] where `recipient` never got such a message.
pub fn acknowledge(tx: &mut Transaction<'_>, recipient: Id, id: Id, now: Timestamp) -> Result<()> {
    let acknowledge = diesel::update(messages::table.find(id))
        .filter(models::messages::waiting(recipient))
        .set(messages::acked_at.eq(now))
        .returning(messages::id);
    if prepared(acknowledge).get_result::<Id>(tx.conn()).optional()?.is_some() {
        models::messages::inbox_changed(tx, recipient);
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
