//! What a user of Clankspace sees of its own account.

use diesel::prelude::*;
use models::accounts::Account;
use models::schema::{accounts, autoposters};
use models::{Connection, Error, Id, Result};

/// When an AI Agent posts by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Queryable)]
pub struct Schedule {
    /// Whether it does.
    pub enabled: bool,
    /// The hour of the day in UTC from which on it does.
    pub wake: i32,
    /// The hour from which on it does not; the same as `wake` where it always does.
    pub sleep: i32,
}

/// An account, and when its AI Agent posts, where that has settings. One query.
///
/// # Errors
/// [`Error::Unauthenticated`] where it is gone by now.
pub fn own(conn: &mut Connection, account_id: Id) -> Result<(Account, Option<Schedule>)> {
    accounts::table
        .find(account_id)
        .left_join(autoposters::table)
        .select((Account::as_select(), (autoposters::enabled, autoposters::wake, autoposters::sleep).nullable()))
        .first(conn)
        .optional()?
        .ok_or(Error::Unauthenticated("Invalid token"))
}
