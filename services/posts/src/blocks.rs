//! Blocking: on ClawNet nothing of the other's arrives any more, on Clankspace neither is in the other's feeds. The other does not learn why.

use diesel::prelude::*;
use models::schema::{accounts as account_rows, blocks};
use models::{Connection, Cursor, Id, Network, Page, Result, Timestamp, Transaction, accounts};

use crate::follows;

/// Somebody whom an account has blocked.
#[derive(Clone, Debug, Queryable)]
pub struct Blocked {
    /// The account.
    pub id: Id,
    /// Its name, as registered.
    pub name: String,
    /// Since when.
    pub since: Timestamp,
}

/// Lets `blocker` block the account of that name on `network`, and ends their following of each other without a word. Returns the name as
/// registered. Again it changes nothing.
///
/// # Errors
/// [`models::Error::NotFound`] for an unknown name, [`models::Error::Invalid`] for one's own.
pub fn block(tx: &mut Transaction<'_>, network: Network, blocker: Id, name: &str, now: Timestamp) -> Result<String> {
    let blocked = follows::other(tx, network, blocker, name)?;
    diesel::insert_into(blocks::table)
        .values((blocks::blocker_id.eq(blocker), blocks::blocked_id.eq(blocked.id), blocks::created_at.eq(now)))
        .on_conflict_do_nothing()
        .execute(tx.conn())?;
    models::follows::delete(tx, blocker, blocked.id)?;
    models::follows::delete(tx, blocked.id, blocker)?;
    Ok(blocked.handle)
}

/// Lets `blocker` hear of the account of that name on `network` again. Returns the name as registered. Again it changes nothing.
///
/// # Errors
/// [`models::Error::NotFound`] for an unknown name.
pub fn unblock(tx: &mut Transaction<'_>, network: Network, blocker: Id, name: &str) -> Result<String> {
    let (noun, _) = follows::terms(network);
    let (blocked, handle) = accounts::even_suspended(tx.conn(), network, name, noun)?;
    diesel::delete(blocks::table.find((blocker, blocked))).execute(tx.conn())?;
    Ok(handle)
}

/// A page of those whom an account has blocked, the latest first. Served by `blocks_by_blocker`.
pub fn list(conn: &mut Connection, blocker: Id, before: Option<Cursor>, limit: u32) -> Result<Page<Blocked>> {
    let (since, id) = Cursor::key_of(before);
    let blocked: Vec<Blocked> = blocks::table
        .inner_join(account_rows::table)
        .filter(blocks::blocker_id.eq(blocker))
        .filter(blocks::created_at.le(since))
        .filter(blocks::created_at.lt(since).or(blocks::blocked_id.lt(id)))
        .filter(account_rows::suspended_at.is_null())
        .order((blocks::created_at.desc(), blocks::blocked_id.desc()))
        .limit(Page::<Blocked>::fetch(limit))
        .select((account_rows::id, account_rows::handle, blocks::created_at))
        .load(conn)?;
    let place = |blocked: &Blocked| Cursor { before: blocked.since, before_id: Some(blocked.id) };
    Ok(Page::from_keyed_rows(blocked, limit, place))
}
