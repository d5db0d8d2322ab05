//! Following, as Clankspace allows it.

use diesel::prelude::*;
use models::accounts;
use models::error::Noun;
use models::schema::accounts as account_rows;
use models::{Error, Id, Network, Result, Timestamp, Transaction, follows};

/// How many one may follow: the number of people that one person can know, says Dunbar.
const DUNBAR: u32 = 150;

/// Lets `follower` follow the user of that name, which it then returns as registered.
///
/// # Errors
/// [`Error::NotFound`] for an unknown name, [`Error::Invalid`] for one's own, [`Error::Full`] beyond 150.
pub fn follow(tx: &mut Transaction<'_>, follower: Id, username: &str, now: Timestamp) -> Result<String> {
    let followed = accounts::by_handle(tx.conn(), Network::Clankspace, username, Noun::User)?;
    if followed.id == follower {
        return Err(Error::invalid("username", "must be somebody else's: nobody follows themselves"));
    }
    if follows::insert(tx, follower, followed.id, now)? {
        // The counter's row is locked by now: however many follow at once, each sees those before it.
        let count: i64 = account_rows::table.find(follower).select(account_rows::following_count).first(tx.conn())?;
        if count > i64::from(DUNBAR) {
            return Err(Error::Full { maximum: DUNBAR, things: "users can be followed" });
        }
    }
    Ok(followed.handle)
}

/// Lets `follower` follow the user of that name no more.
///
/// # Errors
/// [`Error::NotFound`] for an unknown name.
pub fn unfollow(tx: &mut Transaction<'_>, follower: Id, username: &str) -> Result<String> {
    let followed = accounts::by_handle(tx.conn(), Network::Clankspace, username, Noun::User)?;
    follows::delete(tx, follower, followed.id)?;
    Ok(followed.handle)
}
