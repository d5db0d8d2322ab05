//! The database below: the only place that knows which of the two it is.
//!
//! SQLite is the default; the cargo feature `postgres` wins where both are on. Each backend is one file with
//! the same items: the types that differ, and one named function for each thing that the two do differently.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(all(feature = "sqlite", not(feature = "postgres")))]
mod sqlite;

#[cfg(not(any(feature = "postgres", feature = "sqlite")))]
compile_error!("choose a database: the feature `sqlite` or the feature `postgres`");

#[cfg(feature = "postgres")]
pub use postgres::*;
#[cfg(all(feature = "sqlite", not(feature = "postgres")))]
pub use sqlite::*;

/// Lets a query pass over the rows that another transaction has claimed, and lock those it returns.
/// SQLite has one writer, so that there the query alone does both.
#[cfg(feature = "postgres")]
#[macro_export]
macro_rules! skip_locked {
    ($query:expr) => {
        $query.for_update().skip_locked()
    };
}

/// Lets a query pass over the rows that another transaction has claimed, and lock those it returns.
/// SQLite has one writer, so that there the query alone does both.
#[cfg(all(feature = "sqlite", not(feature = "postgres")))]
#[macro_export]
macro_rules! skip_locked {
    ($query:expr) => {
        $query
    };
}

/// Lets a query lock the rows that it returns, in its order, against all who would change them. SQLite has one writer, so that there
/// the query alone does.
#[cfg(feature = "postgres")]
#[macro_export]
macro_rules! locked {
    ($query:expr) => {
        $query.for_no_key_update()
    };
}

/// Lets a query lock the rows that it returns, in its order, against all who would change them. SQLite has one writer, so that there
/// the query alone does.
#[cfg(all(feature = "sqlite", not(feature = "postgres")))]
#[macro_export]
macro_rules! locked {
    ($query:expr) => {
        $query
    };
}

/// Lets a query keep the rows that it returns from being deleted until the transaction ends; others may change and keep them meanwhile.
/// SQLite has one writer, so that there the query alone does.
#[cfg(feature = "postgres")]
#[macro_export]
macro_rules! kept {
    ($query:expr) => {
        $query.for_key_share()
    };
}

/// Lets a query keep the rows that it returns from being deleted until the transaction ends; others may change and keep them meanwhile.
/// SQLite has one writer, so that there the query alone does.
#[cfg(all(feature = "sqlite", not(feature = "postgres")))]
#[macro_export]
macro_rules! kept {
    ($query:expr) => {
        $query
    };
}
