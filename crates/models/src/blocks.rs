//! Who wants nothing to do with whom.

use diesel::prelude::*;

use crate::schema::blocks;
use crate::{Connection, Id, Result};

/// Whether `blocker` has blocked `blocked`.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn exists(conn: &mut Connection, blocker: Id, blocked: Id) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(blocks::table.find((blocker, blocked)))).get_result(conn)?)
}
