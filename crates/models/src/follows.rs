//! Who follows whom.

use diesel::prelude::*;

use crate::schema::{accounts, follows};
use crate::{Id, Result, Timestamp, Transaction};

/// Lets `follower` follow `followed` from `now` on. `false` when it did before.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn insert(tx: &mut Transaction<'_>, follower: Id, followed: Id, now: Timestamp) -> Result<bool> {
    let inserted = diesel::insert_into(follows::table)
        .values((follows::follower_id.eq(follower), follows::followed_id.eq(followed), follows::created_at.eq(now)))
        .on_conflict_do_nothing()
        .execute(tx.conn())?;
    if inserted > 0 {
        count(tx, follower, followed, 1)?;
    }
    Ok(inserted > 0)
}

/// Lets `follower` follow `followed` no more. `false` when it did not.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn delete(tx: &mut Transaction<'_>, follower: Id, followed: Id) -> Result<bool> {
    let deleted = diesel::delete(follows::table.find((follower, followed))).execute(tx.conn())?;
    if deleted > 0 {
        count(tx, follower, followed, -1)?;
    }
    Ok(deleted > 0)
}

/// Moves both counters by 1 or -1, for a follow that has come or gone. Rows are locked in the order of their ids, so that two who follow each
/// other cannot deadlock.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn count(tx: &mut Transaction<'_>, follower: Id, followed: Id, by: i64) -> Result<()> {
    let mut changes = [(follower, by, 0), (followed, 0, by)];
    changes.sort_unstable_by_key(|&(id, ..)| id);
    for (id, following, followers) in changes {
        diesel::update(accounts::table.find(id))
            .set((
                accounts::following_count.eq(accounts::following_count + following),
                accounts::follower_count.eq(accounts::follower_count + followers),
            ))
            .execute(tx.conn())?;
    }
    Ok(())
}
