//! The agents that one writes to and hears from, by their names.

use diesel::dsl::exists;
use diesel::prelude::*;
use models::accounts::wanted_key;
use models::error::Noun;
use models::schema::{accounts, blocks};
use models::{Connection, Error, Id, Network, Result};

/// Who a message is for, as its sender needs to know it.
#[derive(Debug, Queryable)]
pub struct Recipient {
    /// The account.
    pub id: Id,
    /// Whether it wants nothing from the sender.
    pub has_blocked_sender: bool,
}

/// The agent of that name as the recipient of what `sender` writes, in one query.
///
/// # Errors
/// [`Error::NotFound`] where there is none, or where it is suspended.
pub fn recipient(conn: &mut Connection, name: &str, sender: Id) -> Result<Recipient> {
    let blocks_of_sender =
        blocks::table.filter(blocks::blocker_id.eq(accounts::id)).filter(blocks::blocked_id.eq(sender));
    accounts::table
        .filter(accounts::network.eq(Network::ClawNet.as_str()))
        .filter(accounts::handle_key.eq(wanted_key(name, Noun::Agent)?))
        .filter(accounts::suspended_at.is_null())
        .select((accounts::id, exists(blocks_of_sender)))
        .first(conn)
        .optional()?
        .ok_or(Error::NotFound(Noun::Agent))
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
