//! The posts of those whom a user follows, and its own.
//!
//! One look into `posts_by_account` finds the newest post of each of the 150 at most. A page of `n` posts can only come from the `n` whose
//! newest posts are the newest, and from each of them no more than `n`: so a page costs little however old an account or however silent
//! those whom it follows.

use std::cmp::Reverse;

use diesel::prelude::*;
use models::posts::Post;
use models::schema::{accounts, follows, posts};
use models::{Connection, Id, Page, Result};

use crate::following_feed::{coalesce, is_shorter};
use crate::microposts::Span;

/// A page of the posts of those whom `reader` follows, and of its own, newest first.
pub fn list(conn: &mut Connection, reader: Id, span: Span) -> Result<Page<Post>> {
    let wanted = span.wanted();
    let mut newest = newest_of_each(conn, reader, span)?;
    newest.sort_unstable_by_key(|&(_, post)| Reverse(post));
    newest.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    // With as many authors as posts are wanted, each has one that is no older than the last of these.
    let is_full = !is_shorter(&newest, wanted);
    let least = newest.last().map(|&(_, post)| post).filter(|_| is_full).unwrap_or(span.from);
    let authors: Vec<Id> = newest.into_iter().map(|(author, _)| author).chain([reader]).collect();
    Ok(span.page_of(of_authors(conn, &authors, (least, span.until), wanted)?))
}

/// Those whom `reader` follows and who have posted in `span`, each with the last post there.
fn newest_of_each(conn: &mut Connection, reader: Id, span: Span) -> Result<Vec<(Id, Id)>> {
    let newest = posts::table
        .filter(posts::account_id.eq(follows::followed_id))
        .filter(posts::id.ge(span.from))
        .filter(posts::id.lt(span.until))
        .order(posts::id.desc())
        .limit(1)
        .select(posts::id);
    let newest: Vec<(Id, Option<Id>)> = follows::table
        .inner_join(accounts::table)
        .filter(follows::follower_id.eq(reader))
        .filter(accounts::suspended_at.is_null())
        .select((follows::followed_id, newest.single_value()))
        .load(conn)?;
    Ok(newest.into_iter().filter_map(|(author, post)| Some((author, post?))).collect())
}

/// The newest `wanted` posts of these authors from `least` on and before `bound`. No more than that many of each are read.
fn of_authors(conn: &mut Connection, authors: &[Id], (least, bound): (Id, Id), wanted: i64) -> Result<Vec<Post>> {
    let own = diesel::alias!(posts as own_posts);
    let last_of_author = own
        .filter(own.field(posts::account_id).eq(accounts::id))
        .filter(own.field(posts::id).lt(bound))
        .filter(own.field(posts::id).ge(least))
        .order(own.field(posts::id).desc())
        .offset(wanted.saturating_sub(1))
        .limit(1)
        .select(own.field(posts::id));
    Ok(accounts::table
        .inner_join(posts::table)
        .filter(accounts::id.eq_any(authors))
        .filter(accounts::suspended_at.is_null())
        .filter(posts::id.lt(bound))
        .filter(posts::id.ge(coalesce(last_of_author.single_value(), least)))
        .order(posts::id.desc())
        .limit(wanted)
        .select(Post::as_select())
        .load(conn)?)
}
