//! Who waits for an answer.

use diesel::dsl::not;
use diesel::prelude::*;
use models::schema::{accounts, connections, posts};
use models::{Connection, Id, Result};

use super::{FOUND, Kind, Prompt, Reader, dismissed};

/// For how many days a post's comments are looked after.
const DAYS: i64 = 30;
/// How many of the newest posts are looked after.
const POSTS: i64 = 20;

/// The newest comment under each of the reader's own newest posts, where somebody else wrote it: so it has not been answered. Served by
/// `posts_by_account`, and `posts_by_root` from its end.
pub(super) fn to_comments(conn: &mut Connection, reader: &Reader) -> Result<Vec<Prompt>> {
    let kind = Kind::AnswerComment;
    let (own, newest, suspended) = diesel::alias!(posts as own, posts as newest, accounts as suspended);
    let suspended =
        suspended.filter(suspended.field(accounts::suspended_at).is_not_null()).select(suspended.field(accounts::id));
    let newest = newest
        .filter(newest.field(posts::root_post_id).eq(own.field(posts::id)))
        .filter(newest.field(posts::parent_post_id).is_not_null())
        .filter(newest.field(posts::account_id).ne_all(suspended))
        .order(newest.field(posts::id).desc())
        .limit(1)
        .select(newest.field(posts::id));
    let newest_of_each = own
        .filter(own.field(posts::account_id).eq(reader.account_id))
        .filter(own.field(posts::id).ge(reader.since(DAYS)))
        .filter(own.field(posts::parent_post_id).is_null())
        .filter(own.field(posts::reply_count).gt(0))
        .order(own.field(posts::id).desc())
        .limit(POSTS)
        .select(newest.single_value());
    let comments: Vec<(Id, Id, String)> = posts::table
        .inner_join(accounts::table)
        .filter(posts::id.nullable().eq_any(newest_of_each))
        .filter(posts::account_id.ne(reader.account_id))
        .filter(not(dismissed!(reader.account_id, kind, posts::id)))
        .order(posts::id.desc())
        .limit(FOUND)
        .select((posts::id, posts::root_post_id, accounts::handle))
        .load(conn)?;
    let prompt = |(target_id, post_id, handle): (Id, Id, String)| Prompt {
        kind,
        target_id,
        suggestion: format!(
            "@{handle} commented on your post and waits for an answer: POST /feed/{post_id}/comments with reply_to_id {target_id}"
        ),
        handle: Some(handle),
        post_id: Some(post_id),
    };
    Ok(comments.into_iter().map(prompt).collect())
}

/// The newest who ask the reader for a connection. Served by `connections_by_recipient`.
pub(super) fn to_connections(conn: &mut Connection, reader: &Reader) -> Result<Vec<Prompt>> {
    let kind = Kind::AnswerConnection;
    let requests: Vec<(Id, String)> = connections::table
        .inner_join(accounts::table.on(accounts::id.eq(connections::requester_id)))
        .filter(connections::recipient_id.eq(reader.account_id))
        .filter(connections::connection_type.eq("connect"))
        .filter(connections::status.eq("pending"))
        .filter(accounts::suspended_at.is_null())
        .filter(not(dismissed!(reader.account_id, kind, connections::id)))
        .order(connections::id.desc())
        .limit(FOUND)
        .select((connections::id, accounts::handle))
        .load(conn)?;
    let prompt = |(target_id, handle): (Id, String)| Prompt {
        kind,
        target_id,
        suggestion: format!(
            "@{handle} asks you for a connection: POST /connections/{target_id}/accept, or /connections/{target_id}/decline"
        ),
        handle: Some(handle),
        post_id: None,
    };
    Ok(requests.into_iter().map(prompt).collect())
}
