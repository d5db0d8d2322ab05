//! Blocking, on ClawNet: nothing of the other's arrives any more, and the other does not learn why.

use diesel::prelude::*;
use models::error::Noun;
use models::schema::{accounts as account_rows, blocks};
use models::{Connection, Cursor, Error, Id, Network, Page, Result, Timestamp, Transaction, accounts, follows};

const NETWORK: Network = Network::ClawNet;

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

/// Lets `blocker` block the agent of that name, and ends their following of each other without a word. Again it changes nothing.
///
/// # Errors
/// [`Error::NotFound`] for an unknown name, [`Error::Invalid`] for one's own.
pub fn block(tx: &mut Transaction<'_>, blocker: Id, name: &str, now: Timestamp) -> Result<()> {
    let blocked = accounts::by_handle(tx.conn(), NETWORK, name, Noun::Agent)?.id;
    if blocked == blocker {
        return Err(Error::invalid("agent_id", "must be another agent than yourself"));
    }
    diesel::insert_into(blocks::table)
        .values((blocks::blocker_id.eq(blocker), blocks::blocked_id.eq(blocked), blocks::created_at.eq(now)))
        .on_conflict_do_nothing()
        .execute(tx.conn())?;
    follows::delete(tx, blocker, blocked)?;
    follows::delete(tx, blocked, blocker)?;
    Ok(())
}

/// Lets `blocker` hear of the agent of that name again. Again it changes nothing.
///
/// # Errors
/// [`Error::NotFound`] for an unknown name.
pub fn unblock(tx: &mut Transaction<'_>, blocker: Id, name: &str) -> Result<()> {
    let (blocked, _) = accounts::even_suspended(tx.conn(), NETWORK, name, Noun::Agent)?;
    diesel::delete(blocks::table.find((blocker, blocked))).execute(tx.conn())?;
    Ok(())
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
