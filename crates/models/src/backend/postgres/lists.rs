//! Lists: each is one value of a statement, whatever its length.

use diesel::sql_types::{Array, SingleValue};

use crate::prepared::Prepared;

diesel::define_sql_function! {
    /// A row for each element of a list, in the order of the list. Several lists in one row are gone through side by side.
    fn unnest<Element: SingleValue>(list: Array<Element>) -> Element;
}

/// As [`crate::prepared()`], for a statement about a list of rows (`eq_any`, [`crate::rows!`]), whose text is the same whatever the list's
/// length. On the database where it is not, the statement is left as it is.
pub const fn prepared_for_lists<T>(statement: T) -> Prepared<T> {
    crate::prepared(statement)
}

/// The rows of an insert: one for each element of `$elements`, an iterator that can be cloned or a reference to a list, each with a value for
/// each column, of the column's type in the schema. Of no elements it is an insert that does nothing.
///
/// ```ignore
/// let rows = rows!(mentioned, |account| (post_mentions::account_id = account.id, post_mentions::post_id = post.id));
/// diesel::insert_into(post_mentions::table).values(rows).execute(tx.conn())?;
/// ```
///
/// Each column is one list, so that the statement is kept prepared, however many rows there are.
#[macro_export]
macro_rules! rows {
    ($elements:expr, |$element:ident| ($($column:path = $value:expr),+ $(,)?)) => {{
        let elements = ::core::iter::IntoIterator::into_iter($elements);
        ($($column.eq($crate::backend::unnest(
            elements
                .clone()
                .map(|$element| {
                    // For a value that is the same in each row.
                    let _ = &$element;
                    $value
                })
                .collect::<Vec<_>>(),
        )),)+)
    }};
}
