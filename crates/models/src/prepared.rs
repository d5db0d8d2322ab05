//! Statements that the database parses and plans once for each connection.
//!
//! Diesel keeps a statement prepared where it can tell that its text is always the same. Of every `UPDATE`, of `ON CONFLICT … DO UPDATE`
//! and of whatever has a piece of SQL in it, it supposes the contrary: each time, such a statement is parsed and planned anew, which costs
//! the database more than carrying it out.

use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::{QueryResult, RunQueryDsl};

use crate::{Backend, Connection};

/// A statement that is kept prepared; see [`prepared`].
#[derive(Clone, Copy, Debug)]
pub struct Prepared<T>(T);

/// Has `statement` kept prepared by the connection that loads what it returns. Only for a statement whose text is the same each time but for
/// what is bound to it, or one of a handful: a connection keeps every text until it ends. Without `returning` it gains nothing, since diesel
/// does not ask this when a statement is merely executed.
pub const fn prepared<T>(statement: T) -> Prepared<T> {
    Prepared(statement)
}

impl<T: QueryFragment<Backend>> QueryFragment<Backend> for Prepared<T> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &Backend) -> QueryResult<bool> {
        Ok(true)
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
