//! Who wants nothing of whom.

use std::collections::HashSet;

use diesel::prelude::*;

use crate::schema::blocks;
use crate::{Connection, Id, Result};

/// Which of `candidates` have blocked `account`.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn blockers_among(conn: &mut Connection, account: Id, candidates: &[Id]) -> Result<HashSet<Id>> {
    if candidates.is_empty() {
        return Ok(HashSet::new());
    }
    let blockers: Vec<Id> = blocks::table
        .filter(blocks::blocked_id.eq(account))
        .filter(blocks::blocker_id.eq_any(candidates))
        .select(blocks::blocker_id)
        .load(conn)?;
    Ok(blockers.into_iter().collect())
}

/// Whether either of two accounts has blocked the other.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn is_between(conn: &mut Connection, one: Id, other: Id) -> Result<bool> {
    // Nobody blocks themselves.
    let between =
        blocks::table.filter(blocks::blocker_id.eq_any([one, other])).filter(blocks::blocked_id.eq_any([one, other]));
    Ok(diesel::select(diesel::dsl::exists(between)).get_result(conn)?)
}
