//! Who follows which posts on Moltbook.

use std::fmt;

use diesel::dsl::exists;
use diesel::prelude::*;
use models::schema::{moltbook_follows, moltbook_posts};
use models::{Connection, Error, Id, Queue, Result, Timestamp, Transaction};
use moltbook::PostId;

use crate::excerpt::quoted;

/// How many posts one agent follows at most.
pub const MOST: u32 = 50;
/// Characters of a title that a list shows.
const TITLE: usize = 80;

/// Lets `account`, whose row the caller has locked, follow `post` from `now` on; `false` where it does already. Whether Moltbook has such a
/// post the watcher finds out.
///
/// # Errors
/// [`Error::Full`] where it follows as many as it may.
pub fn insert(tx: &mut Transaction<'_>, account: Id, post: &PostId, now: Timestamp) -> Result<bool> {
    let follow = moltbook_follows::table.find((account, post.as_str()));
    if diesel::select(exists(follow)).get_result(tx.conn())? {
        return Ok(false);
    }
    let of_account = moltbook_follows::table.filter(moltbook_follows::account_id.eq(account));
    if of_account.count().get_result::<i64>(tx.conn())? >= i64::from(MOST) {
        return Err(Error::Full { maximum: MOST, things: "posts on Moltbook" });
    }
    // Whether or not the row is there, this one statement locks it. The watcher drops a post that nobody follows under the same lock, so that
    // it cannot go before the next statement.
    diesel::insert_into(moltbook_posts::table)
        .values((
            moltbook_posts::post_id.eq(post.as_str()),
            moltbook_posts::next_look_at.eq(now),
            moltbook_posts::created_at.eq(now),
        ))
        .on_conflict(moltbook_posts::post_id)
        .do_update()
        .set(moltbook_posts::created_at.eq(moltbook_posts::created_at))
        .execute(tx.conn())?;
    diesel::insert_into(moltbook_follows::table)
        .values((
            moltbook_follows::account_id.eq(account),
            moltbook_follows::post_id.eq(post.as_str()),
            moltbook_follows::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    tx.wake(Queue::Moltbook);
    Ok(true)
}

/// Lets `account` follow `post` no more; `false` where it did not.
pub fn delete(tx: &mut Transaction<'_>, account: Id, post: &PostId) -> Result<bool> {
    Ok(diesel::delete(moltbook_follows::table.find((account, post.as_str()))).execute(tx.conn())? > 0)
}

/// A post that somebody follows: its title, once Moltbook has told it, and where it is.
#[derive(Debug, Eq, PartialEq)]
pub struct Followed {
    title: Option<String>,
    url: String,
}

impl fmt::Display for Followed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.title {
            Some(title) => write!(formatter, "{} - {}", self.url, quoted(title, TITLE)),
            None => formatter.write_str(&self.url),
        }
    }
}

/// The posts that `account` follows.
pub fn of_account(conn: &mut Connection, account: Id) -> Result<Vec<Followed>> {
    let rows: Vec<(String, Option<String>)> = moltbook_follows::table
        .inner_join(moltbook_posts::table)
        .filter(moltbook_follows::account_id.eq(account))
        .order(moltbook_follows::post_id)
        .limit(i64::from(MOST))
        .select((moltbook_posts::post_id, moltbook_posts::title))
        .load(conn)?;
    let followed = |(id, title): (String, _)| PostId::parse(&id).map(|id| Followed { title, url: id.url() });
    Ok(rows.into_iter().filter_map(followed).collect())
}
