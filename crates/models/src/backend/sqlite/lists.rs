//! Lists: each element is a value of a statement, whose text is another for each length.

/// As [`crate::prepared()`], for a statement about a list of rows (`eq_any`, [`crate::rows!`]) on the database where its text is the same
/// whatever the list's length. Here it is not, and the statement is left as it is.
pub const fn prepared_for_lists<T>(statement: T) -> T {
    statement
}

/// The rows of an insert: one for each element of `$elements`, an iterator that can be cloned or a reference to a list, each with a value for
/// each column, of the column's type in the schema. Of no elements it is an insert that does nothing.
///
/// ```ignore
/// let rows = rows!(mentioned, |account| (post_mentions::account_id = account.id, post_mentions::post_id = post.id));
/// diesel::insert_into(post_mentions::table).values(rows).execute(tx.conn())?;
/// ```
///
/// The statement is parsed and planned each time: within this process, where that costs little.
#[macro_export]
macro_rules! rows {
    ($elements:expr, |$element:ident| ($($column:path = $value:expr),+ $(,)?)) => {
        ::core::iter::IntoIterator::into_iter($elements).map(|$element| ($($column.eq($value),)+)).collect::<Vec<_>>()
    };
}
