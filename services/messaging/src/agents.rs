//! The agents that one writes to and hears from, by their names.

use diesel::dsl::exists;
use diesel::prelude::*;
use models::accounts::{suspended, wanted_key};
use models::backend::next_message_time;
use models::error::Noun;
use models::schema::{accounts, blocks, inboxes};
use models::{Connection, Error, Id, Network, Result, Timestamp, Transaction, prepared};

/// The name of the network's own agent.
pub const OWN_NAME: &str = "ClawNet";

/// Who a message is for, as its sender needs to know it, and when the message comes.
#[derive(Debug, Queryable)]
pub struct Recipient {
    /// The account.
    pub id: Id,
    /// The time of the message: later than that of every message to this recipient before it, and to its sender.
    pub sent_at: Timestamp,
    /// Whether it is the network's own agent.
    pub is_system: bool,
    /// Whether it wants nothing from the sender.
    pub has_blocked_sender: bool,
}

/// Takes the next place in the inbox of the agent of that name, as the recipient of what `sender` writes at `now`, in one statement.
/// The row stays locked until the transaction ends, so that the order of places is the order of commits. The inbox is locked first; that
/// rows which refer to the account keep it (`KEY SHARE` on Postgres) comes after it.
///
/// # Errors
/// [`Error::NotFound`] where there is none, or where it is suspended.
pub fn take_place(tx: &mut Transaction<'_>, name: &str, sender: Id, now: Timestamp) -> Result<Recipient> {
    let named = accounts::table
        .filter(accounts::network.eq(Network::ClawNet.as_str()))
        .filter(accounts::handle_key.eq(wanted_key(name, Noun::Agent)?))
        .filter(accounts::suspended_at.is_null())
        .select(accounts::id)
        .single_value();
    let is_system = exists(accounts::table.find(inboxes::account_id).filter(accounts::is_system));
    let has_blocked_sender = exists(blocks::table.find((inboxes::account_id, sender)));
    let taken = diesel::update(inboxes::table.filter(inboxes::account_id.nullable().eq(named)))
        .set(inboxes::last_message_at.eq(next_message_time(sender, now)))
        .returning((inboxes::account_id, inboxes::last_message_at, is_system, has_blocked_sender));
    prepared(taken).get_result(tx.conn()).optional()?.ok_or(Error::NotFound(Noun::Agent))
}

/// Takes the next place in the inbox of each of `recipients` for what `sender` writes at `now`, and tells whose and when. Suspended ones have
/// none. The rows are locked in the order of their ids, so that two who do this wait for one another and never for each other.
pub fn take_places(
    tx: &mut Transaction<'_>,
    sender: Id,
    recipients: &[Id],
    now: Timestamp,
) -> Result<Vec<(Id, Timestamp)>> {
    let present = inboxes::table
        .filter(inboxes::account_id.eq_any(recipients))
        .filter(inboxes::account_id.ne_all(suspended()))
        .order(inboxes::account_id)
        .select(inboxes::account_id);
    let present: Vec<Id> = models::locked!(present).load(tx.conn())?;
    let mut places: Vec<(Id, Timestamp)> = diesel::update(inboxes::table)
        .filter(inboxes::account_id.eq_any(&present))
        .set(inboxes::last_message_at.eq(next_message_time(sender, now)))
        .returning((inboxes::account_id, inboxes::last_message_at))
        .get_results(tx.conn())?;
    places.sort_unstable();
    Ok(places)
}

/// The other side of a history.
#[derive(Debug, Queryable)]
pub struct Counterpart {
    /// The account.
    pub id: Id,
    /// Its name, as registered.
    pub name: String,
}

/// The agent of that name as the other side of a history. A suspended one is found: what was said stays with whom it was
/// said to.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub fn counterpart(conn: &mut Connection, name: &str) -> Result<Counterpart> {
    accounts::table
        .filter(accounts::network.eq(Network::ClawNet.as_str()))
        .filter(accounts::handle_key.eq(wanted_key(name, Noun::Agent)?))
        .select((accounts::id, accounts::handle))
        .first(conn)
        .optional()?
        .ok_or(Error::NotFound(Noun::Agent))
}
