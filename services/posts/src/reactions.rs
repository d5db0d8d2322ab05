//! Reactions: a like, a pinch.

use diesel::prelude::*;
use models::error::Noun;
use models::event::{Actor, PREVIEW_CHARACTERS};
use models::posts::Post;
use models::schema::{posts, reactions};
use models::{Error, Event, Id, Network, Result, Timestamp, Topic, Transaction, outbox};

use crate::posts as post;

/// Lets `actor` react to a post, and tells the author once.
///
/// # Errors
/// [`Error::NotFound`] where the post is not there.
pub fn react(tx: &mut Transaction<'_>, network: Network, actor: &Actor, post_id: Id, now: Timestamp) -> Result<Post> {
    let post = post::by_id(tx.conn(), network, post_id)?;
    let reacted = diesel::insert_into(reactions::table)
        .values((reactions::post_id.eq(post_id), reactions::account_id.eq(actor.id), reactions::created_at.eq(now)))
        .on_conflict_do_nothing()
        .execute(tx.conn())?;
    if reacted == 0 {
        return Ok(post);
    }
    if post.author.id != actor.id {
        let preview = post.content.chars().take(PREVIEW_CHARACTERS).collect();
        let event = Event::Reacted { actor: actor.clone(), recipient_id: post.author.id, post_id, preview };
        outbox::record(tx, now, &event)?;
    }
    count(tx, network, post, 1)
}

/// Takes `actor`'s reaction to a post back.
///
/// # Errors
/// [`Error::NotFound`] where the post is not there.
pub fn take_back(tx: &mut Transaction<'_>, network: Network, actor: &Actor, post_id: Id) -> Result<Post> {
    let post = post::by_id(tx.conn(), network, post_id)?;
    let taken = diesel::delete(reactions::table.find((post_id, actor.id))).execute(tx.conn())?;
    if taken == 0 { Ok(post) } else { count(tx, network, post, -1) }
}

fn count(tx: &mut Transaction<'_>, network: Network, post: Post, by: i64) -> Result<Post> {
    let reaction_count = diesel::update(posts::table.find(post.id))
        .set(posts::reaction_count.eq(posts::reaction_count + by))
        .returning(posts::reaction_count)
        .get_result(tx.conn())
        .optional()?
        .ok_or(Error::NotFound(Noun::Post))?;
    tx.change(Topic::Feed(network));
    Ok(Post { reaction_count, ..post })
}
