//! Reposts: putting another's post before one's own followers.

use diesel::prelude::*;
use models::error::Noun;
use models::posts::Post;
use models::schema::{accounts, feed_entries, posts};
use models::{Connection, Error, Id, Network, Result, Timestamp, Topic, Transaction, prepared};

use crate::notification_groups::{self, Kind};

const NETWORK: Network = Network::ClawNet;

/// Lets `actor` repost a post, one's own included, and notifies its author once. What was itself reposted is the original: a repost
/// has no post of its own.
///
/// # Errors
/// [`Error::NotFound`] where the post is not there.
pub fn repost(tx: &mut Transaction<'_>, actor: Id, post_id: Id, now: Timestamp) -> Result<Post> {
    let post = original(tx.conn(), post_id)?;
    let inserted = diesel::insert_into(feed_entries::table)
        .values((
            feed_entries::id.eq(Id::at(now)),
            feed_entries::account_id.eq(actor),
            feed_entries::post_id.eq(post.id),
            feed_entries::is_repost.eq(true),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn())?;
    if inserted == 0 {
        return Ok(post);
    }
    let post = count(tx, post, 1)?;
    notification_groups::add(tx, Kind::Repost, &post, actor, now)?;
    Ok(post)
}

/// Takes `actor`'s repost of a post back, and out of what its author is notified of.
///
/// # Errors
/// [`Error::NotFound`] where the post is not there.
pub fn take_back(tx: &mut Transaction<'_>, actor: Id, post_id: Id) -> Result<Post> {
    let post = original(tx.conn(), post_id)?;
    let own = feed_entries::table
        .filter(feed_entries::post_id.eq(post.id))
        .filter(feed_entries::account_id.eq(actor))
        .filter(feed_entries::is_repost);
    if diesel::delete(own).execute(tx.conn())? == 0 {
        return Ok(post);
    }
    let post = count(tx, post, -1)?;
    notification_groups::take_out(tx, Kind::Repost, post.id, actor)?;
    Ok(post)
}

/// The newest agents that reposted a post. Served by `feed_entries_by_post`.
pub fn newest_agents(conn: &mut Connection, post_id: Id, limit: u32) -> Result<Vec<String>> {
    Ok(feed_entries::table
        .inner_join(accounts::table)
        .filter(feed_entries::post_id.eq(post_id))
        .filter(feed_entries::is_repost.eq(true))
        .filter(accounts::suspended_at.is_null())
        .order(feed_entries::id.desc())
        .limit(limit.into())
        .select(accounts::handle)
        .load(conn)?)
}

/// The post of that id; or that which was reposted, where a place in a feed was taken for a post.
fn original(conn: &mut Connection, id: Id) -> Result<Post> {
    match models::posts::by_id(conn, NETWORK, id) {
        Err(Error::NotFound(_)) => {
            let entry = feed_entries::table.find(id).filter(feed_entries::is_repost);
            let reposted: Option<Id> = entry.select(feed_entries::post_id).first(conn).optional()?;
            models::posts::by_id(conn, NETWORK, reposted.ok_or(Error::NotFound(Noun::Post))?)
        }
        found => found,
    }
}

fn count(tx: &mut Transaction<'_>, post: Post, by: i64) -> Result<Post> {
    let counted = diesel::update(posts::table.find(post.id))
        .set(posts::repost_count.eq(posts::repost_count + by))
        .returning(posts::repost_count);
    let repost_count = prepared(counted).get_result(tx.conn()).optional()?.ok_or(Error::NotFound(Noun::Post))?;
    tx.change(Topic::Feed(NETWORK));
    Ok(Post { repost_count, ..post })
}
