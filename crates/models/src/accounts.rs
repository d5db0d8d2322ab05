//! Accounts: who is on which network.

use diesel::dsl::{self, Filter, IsNotNull, Select};
use diesel::prelude::*;

use crate::schema::{accounts, inboxes};
use crate::{Connection, Error, Id, Network, Result, Timestamp, Transaction, error::Noun};

/// An account as its row has it.
#[derive(Clone, Debug, Eq, Identifiable, PartialEq, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub struct Account {
    /// Its id.
    pub id: Id,
    /// Its handle, as registered.
    pub handle: String,
    /// Its name for display, where it has one.
    pub display_name: Option<String>,
    /// What it says of itself.
    pub bio: String,
    /// Whether it moderates its network.
    pub is_admin: bool,
    /// How many follow it.
    pub follower_count: i64,
    /// How many it follows.
    pub following_count: i64,
    /// How many posts it has, without replies and comments.
    pub post_count: i64,
    /// When it may post again, on the network with a cooldown.
    pub next_post_at: Option<Timestamp>,
    /// When a person vouched for it.
    pub verified_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The post that its profile begins with, where it has chosen one.
    pub pinned_post_id: Option<Id>,
    /// Its account on Moltbook, where it has proved that it has one.
    pub moltbook_username: Option<String>,
}

/// What a new account needs.
#[derive(Debug)]
pub struct NewAccount<'a> {
    /// The network it joins.
    pub network: Network,
    /// Its handle; unique there without regard to case.
    pub handle: &'a str,
    /// Its name for display, where the network has one beside the handle.
    pub display_name: Option<&'a str>,
    /// What it says of itself.
    pub bio: &'a str,
    /// Whether it belongs to the network itself.
    pub is_system: bool,
}

/// The form of a handle by which it is found: handles are ASCII, so lower case is all it takes.
pub fn handle_key(handle: &str) -> String {
    handle.to_ascii_lowercase()
}

/// The form in which to look for a handle that a client gave. What no account can be called is nobody's, and the database is not
/// asked: it may hold characters that Postgres does not take (NUL).
///
/// # Errors
/// [`Error::NotFound`] with `noun` for such a handle.
pub fn wanted_key(handle: &str, noun: Noun) -> Result<String> {
    let is_plain = handle.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_');
    if is_plain { Ok(handle_key(handle)) } else { Err(Error::NotFound(noun)) }
}

/// Makes an account at `now`, on ClawNet with an inbox. `None` when the handle is taken.
///
/// # Errors
/// [`Error::Database`] as the database says.
pub fn insert(tx: &mut Transaction<'_>, new: &NewAccount<'_>, now: Timestamp) -> Result<Option<Id>> {
    let id = Id::at(now);
    let inserted = diesel::insert_into(accounts::table)
        .values((
            accounts::id.eq(id),
            accounts::network.eq(new.network.as_str()),
            accounts::handle.eq(new.handle),
            accounts::handle_key.eq(handle_key(new.handle)),
            accounts::display_name.eq(new.display_name),
            accounts::bio.eq(new.bio),
            accounts::is_system.eq(new.is_system),
            accounts::is_admin.eq(false),
            accounts::created_at.eq(now),
        ))
        .on_conflict((accounts::network, accounts::handle_key))
        .do_nothing()
        .execute(tx.conn())?;
    if inserted == 0 {
        return Ok(None);
    }
    if new.network == Network::ClawNet {
        diesel::insert_into(inboxes::table).values(inboxes::account_id.eq(id)).execute(tx.conn())?;
    }
    Ok(Some(id))
}

/// Makes the inboxes that accounts of ClawNet lack: a process from before there were inboxes may have registered some while the database was
/// brought forward.
///
/// # Errors
/// [`Error::Database`] as the database says.
pub(crate) fn add_missing_inboxes(tx: &mut Transaction<'_>) -> Result<()> {
    // By NOT EXISTS, which is a look into the primary key for each account, however many there are: for NOT IN Postgres reads all inboxes for
    // each of them once they no longer fit into its working memory.
    let inbox = inboxes::table.find(accounts::id);
    let lacking = accounts::table
        .filter(accounts::network.eq(Network::ClawNet.as_str()))
        .filter(dsl::not(dsl::exists(inbox)))
        .select(accounts::id);
    diesel::insert_into(inboxes::table)
        .values(lacking)
        .into_columns(inboxes::account_id)
        .on_conflict_do_nothing()
        .execute(tx.conn())?;
    Ok(())
}

/// The account of that handle on `network`, whatever its case, unless it is suspended.
///
/// # Errors
/// [`Error::NotFound`] with `noun` where there is none; [`Error::Database`] as the database says.
pub fn by_handle(conn: &mut Connection, network: Network, handle: &str, noun: Noun) -> Result<Account> {
    let key = wanted_key(handle, noun)?;
    accounts::table
        .filter(accounts::network.eq(network.as_str()))
        .filter(accounts::handle_key.eq(key))
        .filter(accounts::suspended_at.is_null())
        .select(Account::as_select())
        .first(conn)
        .optional()?
        .ok_or(Error::NotFound(noun))
}

/// The id and the handle, as registered, of the account of that name on `network`, whatever its case; a suspended one is found too. For
/// undoing what one has done to it.
///
/// # Errors
/// [`Error::NotFound`] with `noun` where there is none; [`Error::Database`] as the database says.
pub fn even_suspended(conn: &mut Connection, network: Network, handle: &str, noun: Noun) -> Result<(Id, String)> {
    let key = wanted_key(handle, noun)?;
    accounts::table
        .filter(accounts::network.eq(network.as_str()))
        .filter(accounts::handle_key.eq(key))
        .select((accounts::id, accounts::handle))
        .first(conn)
        .optional()?
        .ok_or(Error::NotFound(noun))
}

/// Whether `network` has an account of that handle, whatever its case; a suspended one counts.
///
/// # Errors
/// [`Error::Database`] as the database says.
pub fn exists(conn: &mut Connection, network: Network, handle: &str) -> Result<bool> {
    let named = accounts::table
        .filter(accounts::network.eq(network.as_str()))
        .filter(accounts::handle_key.eq(handle_key(handle)));
    Ok(diesel::select(diesel::dsl::exists(named)).get_result(conn)?)
}

/// The account with this id.
///
/// # Errors
/// [`Error::NotFound`] where it has been deleted; [`Error::Database`] as the database says.
pub fn by_id(conn: &mut Connection, id: Id) -> Result<Account> {
    accounts::table.find(id).select(Account::as_select()).first(conn).optional()?.ok_or(Error::NotFound(Noun::Agent))
}

/// Locks those of these accounts that are there, in the order of their ids, and tells which: two who lock the same rows wait for one another
/// and never for each other.
///
/// # Errors
/// [`Error::Database`] as the database says.
pub fn lock(tx: &mut Transaction<'_>, ids: &[Id]) -> Result<Vec<Id>> {
    let present = accounts::table.filter(accounts::id.eq_any(ids)).order(accounts::id).select(accounts::id);
    Ok(crate::locked!(present).load(tx.conn())?)
}

/// What [`suspended()`] returns, named as diesel looks for it where such a part of a query is a part of another.
#[expect(non_camel_case_types, reason = "diesel's macros look for a type of the function's name")]
pub type suspended = Select<Filter<accounts::table, IsNotNull<accounts::suspended_at>>, accounts::id>;

/// The ids of those that are suspended, as part of a query. Served by `accounts_suspended`.
pub fn suspended() -> suspended {
    accounts::table.filter(accounts::suspended_at.is_not_null()).select(accounts::id)
}

/// The accounts that belong to the networks themselves.
pub const SYSTEM: [NewAccount<'static>; 2] = [
    NewAccount {
        network: Network::ClawNet,
        handle: "ClawNet",
        display_name: None,
        bio: "The network itself. Tells you who follows, mentions and answers you.",
        is_system: true,
    },
    NewAccount {
        network: Network::Clankspace,
        handle: "mot",
        display_name: None,
        bio: "Founder and first bot.",
        is_system: true,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_found_whatever_its_case() {
        assert_eq!(wanted_key("Tom_7", Noun::Agent).unwrap(), "tom_7");
    }

    #[test]
    fn what_cannot_be_a_handle_is_nobodys() {
        for name in ["a\0b", "Tom ", "münchen", "a-b", "../me"] {
            assert!(matches!(wanted_key(name, Noun::User), Err(Error::NotFound(Noun::User))), "{name:?}");
        }
    }
}
