//! Posts that users have reported, and what moderators do about them.

use diesel::dsl::{count_star, max, min};
use diesel::prelude::*;
use models::audit::{self, Action};
use models::error::Noun;
use models::posts::Post;
use models::schema::{accounts as account_rows, posts as post_rows, reports};
use models::{Connection, Cursor, Error, Id, Network, Page, Result, Timestamp, Transaction, accounts};

use crate::{microposts, posts};

const NETWORK: Network = Network::Clankspace;

/// What a post is known by: who wrote it, and when.
#[derive(Clone, Debug)]
pub struct PostKey {
    /// The author's name.
    pub username: String,
    /// The instant.
    pub created_at: Timestamp,
}

/// Lets `reporter` report a post. `false` where it has done so before: a report counts once, and one that was dismissed stays so.
///
/// # Errors
/// [`Error::NotFound`] for an unknown author or post, [`Error::Unauthenticated`] for a reporter that is gone by now.
pub fn report(tx: &mut Transaction<'_>, reporter: Id, key: &PostKey, now: Timestamp) -> Result<bool> {
    let author = accounts::by_handle(tx.conn(), NETWORK, &key.username, Noun::User)?.id;
    let post = microposts::lock(tx, author, key.created_at)?;
    let own = account_rows::table.find(reporter).select(account_rows::id);
    let kept: Option<Id> = models::kept!(own).first(tx.conn()).optional()?;
    let reporter = kept.ok_or(Error::Unauthenticated("This account is gone"))?;
    let inserted = diesel::insert_into(reports::table)
        .values((reports::post_id.eq(post), reports::reporter_id.eq(reporter), reports::created_at.eq(now)))
        .on_conflict_do_nothing()
        .execute(tx.conn())?;
    Ok(inserted > 0)
}

/// A post with the reports of it that nobody has dismissed.
#[derive(Clone, Debug)]
pub struct Reported {
    /// The post.
    pub post: Post,
    /// Since when its author is suspended.
    pub suspended_at: Option<Timestamp>,
    /// How many have reported it.
    pub count: i64,
    /// When the first of them did.
    pub first_at: Timestamp,
    /// When the last of them did.
    pub last_at: Timestamp,
}

/// The reports of one post together: how many, the first, the last. Of a post that has some, both are there.
type Tally = (Id, i64, Option<Timestamp>, Option<Timestamp>);

/// A page of the posts that have reports which nobody has dismissed, the newest post first; those of suspended authors too. Served by
/// `reports_open`.
pub fn open(conn: &mut Connection, before: Option<Cursor>, limit: u32) -> Result<Page<Reported>> {
    let tallies: Vec<Tally> = reports::table
        .filter(reports::dismissed_at.is_null())
        .filter(reports::post_id.lt(Cursor::bound_of(before)))
        .group_by(reports::post_id)
        .order(reports::post_id.desc())
        .limit(Page::<Tally>::fetch(limit))
        .select((reports::post_id, count_star(), min(reports::created_at), max(reports::created_at)))
        .load(conn)?;
    let page = Page::from_rows(tallies, limit, |&(post, ..)| post);
    let ids: Vec<Id> = page.items.iter().map(|&(post, ..)| post).collect();
    let mut posts: Vec<(Post, Option<Timestamp>)> = post_rows::table
        .inner_join(account_rows::table)
        .filter(post_rows::id.eq_any(&ids))
        .select((Post::as_select(), account_rows::suspended_at))
        .load(conn)?;
    let items = page.items.into_iter().filter_map(|(id, count, first_at, last_at)| {
        let place = posts.iter().position(|(post, _)| post.id == id)?;
        let (post, suspended_at) = posts.swap_remove(place);
        Some(Reported { post, suspended_at, count, first_at: first_at?, last_at: last_at? })
    });
    Ok(Page { items: items.collect(), next: page.next })
}

/// Dismisses the reports of a post for `moderator`, or for the operator where there is none, and tells how many there were. Whoever has
/// not reported the post yet still can. Again it changes nothing.
///
/// # Errors
/// [`Error::NotFound`] for an unknown author or post.
pub fn dismiss(tx: &mut Transaction<'_>, moderator: Option<Id>, key: &PostKey, now: Timestamp) -> Result<usize> {
    let (author, _) = accounts::even_suspended(tx.conn(), NETWORK, &key.username, Noun::User)?;
    let post = microposts::lock(tx, author, key.created_at)?;
    let open = reports::table.filter(reports::post_id.eq(post)).filter(reports::dismissed_at.is_null());
    let dismissed = diesel::update(open).set(reports::dismissed_at.eq(now)).execute(tx.conn())?;
    if dismissed > 0 {
        audit::record(tx, NETWORK, moderator, (Action::DismissReports, author), now)?;
    }
    Ok(dismissed)
}

/// Deletes somebody's post for `moderator`, or for the operator where there is none, and its reports with it.
///
/// # Errors
/// [`Error::NotFound`] for an unknown author or post, as for one that is deleted already.
pub fn remove(tx: &mut Transaction<'_>, moderator: Option<Id>, key: &PostKey, now: Timestamp) -> Result<()> {
    let (author, _) = accounts::even_suspended(tx.conn(), NETWORK, &key.username, Noun::User)?;
    let post = microposts::lock(tx, author, key.created_at)?;
    posts::remove(tx, NETWORK, author, post)?;
    audit::record(tx, NETWORK, moderator, (Action::DeletePost, author), now)
}
