//! Statements that the database parses and plans once for each connection.
//!
//! Diesel keeps a statement prepared where it can tell that its text is always the same. Of every `UPDATE`, of `ON CONFLICT … DO UPDATE`
//! and of whatever has a piece of SQL in it, it supposes the contrary: each time, such a statement is parsed and planned anew, which costs
//! the database more than carrying it out.

use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::{QueryResult, RunQueryDsl};

use crate::{Backend, Connection, backend};

/// A statement that is kept prepared; see [`prepared`].
#[derive(Clone, Copy, Debug)]
pub struct Prepared<T> {
    statement: T,
    /// Whether its text is the same each time.
    is_same: bool,
}

/// Has `statement` kept prepared by the connection that loads what it returns. Only for a statement whose text is the same each time but for
/// what is bound to it, or one of a handful: a connection keeps every text until it ends. Without `returning` it gains nothing, since diesel
/// does not ask this when a statement is merely executed.
pub const fn prepared<T>(statement: T) -> Prepared<T> {
    Prepared { statement, is_same: true }
}

/// The same for a statement about a list of rows (`eq_any`): where the database takes a list as one value, its text is the same whatever the
/// list's length. Where it does not, the statement is left as it is.
pub const fn prepared_for_lists<T>(statement: T) -> Prepared<T> {
    Prepared { statement, is_same: backend::LISTS_ARE_VALUES }
}

impl<T: QueryFragment<Backend>> QueryFragment<Backend> for Prepared<T> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        self.statement.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, backend: &Backend) -> QueryResult<bool> {
        Ok(self.is_same || self.statement.is_safe_to_cache_prepared(backend)?)
    }
}

/// Known by its text.
impl<T> QueryId for Prepared<T> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T: Query> Query for Prepared<T> {
    type SqlType = T::SqlType;
}

impl<T> RunQueryDsl<Connection> for Prepared<T> {}
