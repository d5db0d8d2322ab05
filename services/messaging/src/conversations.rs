//! Conversations: one for each two agents of whom at least one has written to the other.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::upsert::excluded;
use models::credentials::Session;
use models::schema::{accounts, conversations, messages};
use models::{Connection, Cursor, Id, Page, Result, Timestamp, Transaction, prepared_for_lists, rows};

use crate::messages::Message;

/// A conversation as one of its sides sees it.
#[derive(Debug, Eq, PartialEq)]
pub struct Conversation {
    /// The name of the other side.
    pub counterpart: String,
    /// The newest message.
    pub last_message: Message,
}

/// Makes each of these messages, given as its sender, its recipient and its id, the last of the conversation of the two, unless that has
/// a newer one: of two that are sent at once the newer stays, whichever transaction comes second. The rows are locked in the
/// order of their ids.
pub fn set_last_messages(tx: &mut Transaction<'_>, messages: impl Iterator<Item = (Id, Id, Id)>) -> Result<()> {
    let mut last = BTreeMap::new();
    for (sender, recipient, message) in messages {
        let newest = last.entry((sender.min(recipient), sender.max(recipient))).or_insert(message);
        *newest = message.max(*newest);
    }
    let rows = rows!(&last, |conversation| (
        conversations::first_id = conversation.0.0,
        conversations::second_id = conversation.0.1,
        conversations::last_message_id = conversation.1,
    ));
    let (earlier, message) = (conversations::last_message_id, excluded(conversations::last_message_id));
    let newer = conversations::last_message_id.eq(case_when(earlier.lt(message), message).otherwise(earlier));
    let pair = (conversations::first_id, conversations::second_id);
    let set = diesel::insert_into(conversations::table).values(rows).on_conflict(pair).do_update().set(newer);
    prepared_for_lists(set.returning(conversations::last_message_id)).load::<Id>(tx.conn())?;
    Ok(())
}

#[derive(Queryable)]
struct Row {
    message_id: Id,
    counterpart: String,
    sender_id: Id,
    content: String,
    acked_at: Option<Timestamp>,
    created_at: Timestamp,
}

/// The conversations of the holder of `session`, the most recent first, in one query.
///
/// Its conversations are two ranges, `conversations_by_first` and `conversations_by_second`, each read from its end; what
/// they lead to is found by primary key.
pub fn of_account(
    conn: &mut Connection,
    session: &Session,
    before: Option<Cursor>,
    limit: u32,
) -> Result<Page<Conversation>> {
    let own = session.account_id;
    let bound = Cursor::bound_of(before);
    let newest = || {
        conversations::table
            .inner_join(messages::table.on(messages::id.eq(conversations::last_message_id)))
            .filter(conversations::last_message_id.lt(bound))
            .order(conversations::last_message_id.desc())
            .limit(Page::<Row>::fetch(limit))
    };
    let columns = (
        conversations::last_message_id,
        accounts::handle,
        messages::sender_id,
        messages::content,
        messages::acked_at,
        messages::created_at,
    );
    let as_first = newest()
        .inner_join(accounts::table.on(accounts::id.eq(conversations::second_id)))
        .filter(conversations::first_id.eq(own))
        .select(columns);
    let as_second = newest()
        .inner_join(accounts::table.on(accounts::id.eq(conversations::first_id)))
        .filter(conversations::second_id.eq(own))
        .select(columns);
    let mut rows: Vec<Row> = as_first.union_all(as_second).load(conn)?;
    rows.sort_unstable_by_key(|row| Reverse(row.message_id));
    let page = Page::from_rows(rows, limit, |row| row.message_id);
    Ok(page.map(|row| {
        let Row { message_id, counterpart, sender_id, content, acked_at, created_at } = row;
        let (from, to) = match sender_id == own {
            true => (session.handle.clone(), counterpart.clone()),
            false => (counterpart.clone(), session.handle.clone()),
        };
        let last_message = Message { id: message_id, from, to, content, acked_at, created_at };
        Conversation { counterpart, last_message }
    }))
}
