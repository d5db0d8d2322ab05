//! What those who moderate a network did, kept for whoever asks later.

use diesel::prelude::*;

use crate::schema::{accounts, audit_entries};
use crate::{Connection, Cursor, Id, Network, Page, Result, Timestamp, Transaction};

/// What a moderator did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// Deleted somebody's post.
    DeletePost,
    /// Dismissed the reports of a post.
    DismissReports,
    /// Suspended an account.
    Suspend,
    /// Lifted a suspension.
    Lift,
    /// Made an account a moderator.
    Grant,
    /// Made a moderator an account like others.
    Revoke,
}

impl Action {
    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeletePost => "delete_post",
            Self::DismissReports => "dismiss_reports",
            Self::Suspend => "suspend",
            Self::Lift => "lift",
            Self::Grant => "grant",
            Self::Revoke => "revoke",
        }
    }
}

/// Notes that `actor`, or the operator where there is none, did `action` to an account or to what is an account's.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn record(
    tx: &mut Transaction<'_>,
    network: Network,
    actor: Option<Id>,
    (action, account): (Action, Id),
    now: Timestamp,
) -> Result<()> {
    diesel::insert_into(audit_entries::table)
        .values((
            audit_entries::id.eq(Id::at(now)),
            audit_entries::network.eq(network.as_str()),
            audit_entries::actor_id.eq(actor),
            audit_entries::by_operator.eq(actor.is_none()),
            audit_entries::action.eq(action.as_str()),
            audit_entries::account_id.eq(account),
            audit_entries::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// What one of those who moderate did.
#[derive(Clone, Debug, Queryable)]
pub struct Entry {
    /// Its id.
    pub id: Id,
    /// Whoever did it; `None` for the operator, and for an account that is gone.
    pub actor: Option<String>,
    /// Whether it was the operator.
    pub by_operator: bool,
    /// The word for what it was.
    pub action: String,
    /// To whom, or to whose post; `None` for an account that is gone.
    pub account: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

/// A page of what was done on a network, the newest first. Served by `audit_entries_by_network`.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn list(conn: &mut Connection, network: Network, before: Option<Cursor>, limit: u32) -> Result<Page<Entry>> {
    let actors = diesel::alias!(accounts as actors);
    let entries: Vec<Entry> = audit_entries::table
        .left_join(actors.on(actors.field(accounts::id).nullable().eq(audit_entries::actor_id)))
        .left_join(accounts::table.on(accounts::id.nullable().eq(audit_entries::account_id)))
        .filter(audit_entries::network.eq(network.as_str()))
        .filter(audit_entries::id.lt(Cursor::bound_of(before)))
        .order(audit_entries::id.desc())
        .limit(Page::<Entry>::fetch(limit))
        .select((
            audit_entries::id,
            actors.field(accounts::handle).nullable(),
            audit_entries::by_operator,
            audit_entries::action,
            accounts::handle.nullable(),
            audit_entries::created_at,
        ))
        .load(conn)?;
    Ok(Page::from_rows(entries, limit, |entry| entry.id))
}
