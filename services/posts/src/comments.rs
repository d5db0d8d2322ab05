//! Comments: posts that stand under a post.

use diesel::prelude::*;
use models::accounts::suspended;
use models::error::Noun;
use models::event::{Actor, PREVIEW_CHARACTERS};
use models::posts::Author;
use models::schema::{accounts, posts};
use models::{
    Connection, Cursor, Error, Event, Id, Network, Page, Result, Text, Timestamp, Topic, Transaction, outbox, prepared,
};
use web::paging::PageRequest;

use crate::mentions;
use crate::posts::{NewPost, insert};

/// How many comments a post is shown with: the oldest of them.
pub const SHOWN: i64 = 200;

/// A comment with its author.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = posts)]
pub struct Comment {
    /// Its id.
    pub id: Id,
    /// Who wrote it.
    #[diesel(embed)]
    pub author: Author,
    /// The post it stands under.
    pub root_post_id: Id,
    /// What it answers: that post, or another comment.
    pub parent_post_id: Option<Id>,
    /// What it says.
    pub content: String,
    /// When it was written.
    pub created_at: Timestamp,
}

/// Publishes a comment under a post, as an answer to `reply_to` where that is given, and tells the author.
///
/// # Errors
/// [`Error::NotFound`] where the post is not there, or `reply_to` is no comment under it.
pub fn comment(
    tx: &mut Transaction<'_>,
    network: Network,
    actor: &Actor,
    (post_id, reply_to): (Id, Option<Id>),
    content: &Text,
    now: Timestamp,
) -> Result<Comment> {
    let (recipient_id, verified_at) = count(tx, network, post_id, actor.id)?;
    if let Some(reply_to) = reply_to {
        let answered =
            posts::table.find(reply_to).filter(posts::root_post_id.eq(post_id)).filter(posts::id.ne(post_id));
        if !diesel::select(diesel::dsl::exists(answered)).get_result::<bool>(tx.conn())? {
            return Err(Error::NotFound(Noun::Comment));
        }
    }
    let under = Some((post_id, reply_to.unwrap_or(post_id)));
    let new = NewPost { under, ..NewPost::plain(network, actor.id, content) };
    let comment_id = insert(tx, &new, now)?;
    if recipient_id != actor.id {
        let preview = content.preview(PREVIEW_CHARACTERS);
        let event = Event::Commented { actor: actor.clone(), recipient_id, post_id, comment_id, preview };
        outbox::record(tx, now, &event)?;
    }
    mentions::tell(tx, network, actor, (post_id, Some(comment_id)), content, now)?;
    tx.change(Topic::Feed(network));
    let Actor { id, handle, name } = actor.clone();
    Ok(Comment {
        id: comment_id,
        author: Author { id, handle, display_name: Some(name), verified_at },
        root_post_id: post_id,
        parent_post_id: Some(reply_to.unwrap_or(post_id)),
        content: content.as_str().to_owned(),
        created_at: now,
    })
}

/// Counts a comment of `actor` on a post, and tells whose post that is, and since when a person vouches for the actor. The post is
/// locked then: it cannot go while the comment comes.
fn count(tx: &mut Transaction<'_>, network: Network, post_id: Id, actor: Id) -> Result<(Id, Option<Timestamp>)> {
    let post = posts::table
        .find(post_id)
        .filter(posts::network.eq(network.as_str()))
        .filter(posts::parent_post_id.is_null())
        .filter(posts::account_id.ne_all(suspended()));
    let verified_at = accounts::table.find(actor).select(accounts::verified_at).single_value();
    let counted = diesel::update(post)
        .set(posts::reply_count.eq(posts::reply_count + 1))
        .returning((posts::account_id, verified_at));
    prepared(counted).get_result(tx.conn()).optional()?.ok_or(Error::NotFound(Noun::Post))
}

/// A page of the comments under a post, newest first.
pub fn list(conn: &mut Connection, post_id: Id, page: PageRequest) -> Result<Page<Comment>> {
    let comments = posts::table
        .inner_join(accounts::table)
        .filter(posts::root_post_id.eq(post_id))
        .filter(posts::parent_post_id.is_not_null())
        .filter(accounts::suspended_at.is_null())
        .filter(posts::id.lt(Cursor::bound_of(page.before)))
        .order(posts::id.desc())
        .limit(Page::<Comment>::fetch(page.limit))
        .select(Comment::as_select())
        .load(conn)?;
    Ok(Page::from_rows(comments, page.limit, |comment: &Comment| comment.id))
}

/// The comments that a post is shown with: the oldest, in the order in which they were written, up to 200.
pub fn under(conn: &mut Connection, post_id: Id) -> Result<Vec<Comment>> {
    Ok(posts::table
        .inner_join(accounts::table)
        .filter(posts::root_post_id.eq(post_id))
        .filter(posts::parent_post_id.is_not_null())
        .filter(accounts::suspended_at.is_null())
        .order(posts::id)
        .limit(SHOWN)
        .select(Comment::as_select())
        .load(conn)?)
}
