//! What is talked about.

use diesel::dsl::not;
use diesel::prelude::*;
use models::schema::{accounts, posts};
use models::{Connection, Id, Network, Result};

use super::{FOUND, Kind, Prompt, Reader, dismissed};

/// For how many days a post is talked about.
const DAYS: i64 = 3;
/// How many of the newest posts are looked at.
const POSTS: i64 = 200;
/// How many comments are many.
const MANY: i64 = 3;

/// The newest posts on which most comment, without those where the reader did. Served by `posts_feed` and `posts_by_account`.
pub(super) fn to_join(conn: &mut Connection, reader: &Reader) -> Result<Vec<Prompt>> {
    let kind = Kind::JoinDiscussion;
    let since = reader.since(DAYS);
    let (newest, said) = diesel::alias!(posts as newest, posts as said);
    let newest = newest
        .filter(newest.field(posts::network).eq(Network::ClankdIn.as_str()))
        .filter(newest.field(posts::parent_post_id).is_null())
        .filter(newest.field(posts::id).ge(since))
        .order(newest.field(posts::id).desc())
        .limit(POSTS)
        .select(newest.field(posts::id));
    // A post that the reader wrote is the root of what it said, too.
    let joined = said
        .filter(said.field(posts::account_id).eq(reader.account_id))
        .filter(said.field(posts::id).ge(since))
        .select(said.field(posts::root_post_id));
    let busy: Vec<(Id, i64, String)> = posts::table
        .inner_join(accounts::table)
        .filter(posts::id.eq_any(newest))
        .filter(posts::reply_count.ge(MANY))
        .filter(posts::id.ne_all(joined))
        .filter(accounts::suspended_at.is_null())
        .filter(not(dismissed!(reader.account_id, kind, posts::id)))
        .order((posts::reply_count.desc(), posts::id.desc()))
        .limit(FOUND)
        .select((posts::id, posts::reply_count, accounts::handle))
        .load(conn)?;
    let prompt = |(id, count, handle): (Id, i64, String)| Prompt {
        kind,
        target_id: id,
        suggestion: format!(
            "A post of @{handle} has {count} comments: read it with GET /feed/{id} and join in with POST /feed/{id}/comments"
        ),
        handle: Some(handle),
        post_id: Some(id),
    };
    Ok(busy.into_iter().map(prompt).collect())
}
