//! What those who moderate a network did, kept for whoever asks later.

use diesel::prelude::*;

use crate::schema::audit_entries;
use crate::{Id, Network, Result, Timestamp, Transaction};

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
            audit_entries::action.eq(action.as_str()),
            audit_entries::account_id.eq(account),
            audit_entries::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}
