//! Whom moderators have suspended.

use diesel::prelude::*;
use models::schema::accounts;
use models::{Connection, Cursor, Id, Network, Page, Result, Timestamp};

/// An account that is suspended.
#[derive(Clone, Debug, Queryable)]
pub struct Suspended {
    id: Id,
    /// Its name, as registered.
    pub name: String,
    /// Since when.
    pub since: Timestamp,
}

/// A page of the accounts of Clankspace that are suspended, the latest first. They are few: `accounts_suspended` has no others.
pub fn list(conn: &mut Connection, before: Option<Cursor>, limit: u32) -> Result<Page<Suspended>> {
    let (since, id) = Cursor::key_of(before);
    let suspended_at = accounts::suspended_at.assume_not_null();
    let rows = accounts::table
        .filter(accounts::network.eq(Network::Clankspace.as_str()))
        .filter(accounts::suspended_at.is_not_null())
        .filter(suspended_at.le(since))
        .filter(suspended_at.lt(since).or(accounts::id.lt(id)))
        .order((accounts::suspended_at.desc(), accounts::id.desc()))
        .limit(Page::<Suspended>::fetch(limit))
        .select((accounts::id, accounts::handle, suspended_at))
        .load(conn)?;
    Ok(Page::from_keyed_rows(rows, limit, |row: &Suspended| Cursor { before: row.since, before_id: Some(row.id) }))
}
