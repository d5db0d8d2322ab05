//! What somebody is to somebody else.

use diesel::dsl::exists;
use diesel::prelude::*;
use models::schema::{blocks, follows};
use models::{Connection, Id, Result};

/// What `one` is to `other`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Relationship {
    /// Whether it follows the other.
    pub follows: bool,
    /// Whether it has blocked the other.
    pub has_blocked: bool,
    /// Whether the other has blocked it.
    pub is_blocked: bool,
}

/// What `one` is to `other`. One query.
pub fn between(conn: &mut Connection, one: Id, other: Id) -> Result<Relationship> {
    let (follows, has_blocked, is_blocked) = diesel::select((
        exists(follows::table.find((one, other))),
        exists(blocks::table.find((one, other))),
        exists(blocks::table.find((other, one))),
    ))
    .get_result(conn)?;
    Ok(Relationship { follows, has_blocked, is_blocked })
}
