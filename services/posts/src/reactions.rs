//! Reactions: a like, a pinch.

use diesel::prelude::*;
use diesel::result::DatabaseErrorKind;
use diesel::result::Error::DatabaseError;
use models::error::Noun;
use models::event::{Actor, PREVIEW_CHARACTERS};
use models::posts::Post;
use models::schema::{accounts, posts, reactions};
use models::{Connection, Error, Event, Id, Network, Result, Timestamp, Topic, Transaction, prepared};

use crate::events;
use crate::notification_groups::{self, Kind};
use crate::posts as post;

/// Lets `actor` react to a post, and tells the author once.
///
/// # Errors
/// [`Error::NotFound`] where the post is not there.
pub fn react(tx: &mut Transaction<'_>, network: Network, actor: &Actor, post_id: Id, now: Timestamp) -> Result<Post> {
    let post = post::by_id(tx.conn(), network, post_id)?;
    if !insert(tx, post_id, actor.id, now)? {
        return Ok(post);
    }
    if post.author.id != actor.id {
        let preview = post.content.chars().take(PREVIEW_CHARACTERS).collect();
        let event = Event::Reacted { actor: actor.clone(), recipient_id: post.author.id, post_id, preview };
        events::record_all(tx, now, &[event])?;
    }
    count(tx, network, post, 1)
}

/// Takes `actor`'s reaction to a post back.
///
/// # Errors
/// [`Error::NotFound`] where the post is not there.
pub fn take_back(tx: &mut Transaction<'_>, network: Network, actor: &Actor, post_id: Id) -> Result<Post> {
    let post = post::by_id(tx.conn(), network, post_id)?;
    if delete(tx, post_id, actor.id)? { count(tx, network, post, -1) } else { Ok(post) }
}

/// Lets `actor` like a post or a reply on ClawNet, and notifies the author once.
///
/// # Errors
/// [`Error::NotFound`] where the post is not there.
pub fn like(tx: &mut Transaction<'_>, actor: Id, post_id: Id, now: Timestamp) -> Result<Post> {
    let post = models::posts::by_id(tx.conn(), Network::ClawNet, post_id)?;
    if !insert(tx, post_id, actor, now)? {
        return Ok(post);
    }
    let post = count(tx, Network::ClawNet, post, 1)?;
    notification_groups::add(tx, Kind::Like, &post, actor, now)?;
    Ok(post)
}

/// Takes `actor`'s like of a post back, and out of what its author is notified of.
///
/// # Errors
/// [`Error::NotFound`] where the post is not there.
pub fn take_like_back(tx: &mut Transaction<'_>, actor: Id, post_id: Id) -> Result<Post> {
    let post = models::posts::by_id(tx.conn(), Network::ClawNet, post_id)?;
    if !delete(tx, post_id, actor)? {
        return Ok(post);
    }
    let post = count(tx, Network::ClawNet, post, -1)?;
    notification_groups::take_out(tx, Kind::Like, post_id, actor)?;
    Ok(post)
}

/// The newest agents that reacted to a post. Served by `reactions_by_age`.
pub fn newest_agents(conn: &mut Connection, post_id: Id, limit: u32) -> Result<Vec<String>> {
    Ok(reactions::table
        .inner_join(accounts::table)
        .filter(reactions::post_id.eq(post_id))
        .filter(accounts::suspended_at.is_null())
        .order((reactions::created_at.desc(), reactions::account_id.desc()))
        .limit(limit.into())
        .select(accounts::handle)
        .load(conn)?)
}

/// `false` where the account had reacted before.
fn insert(tx: &mut Transaction<'_>, post_id: Id, account_id: Id, now: Timestamp) -> Result<bool> {
    let inserted = diesel::insert_into(reactions::table)
        .values((reactions::post_id.eq(post_id), reactions::account_id.eq(account_id), reactions::created_at.eq(now)))
        .on_conflict_do_nothing()
        .execute(tx.conn());
    match inserted {
        Ok(inserted) => Ok(inserted > 0),
        // The post was deleted since it was looked up.
        Err(DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) => Err(Error::NotFound(Noun::Post)),
        Err(error) => Err(error.into()),
    }
}

/// `false` where the account had not reacted.
fn delete(tx: &mut Transaction<'_>, post_id: Id, account_id: Id) -> Result<bool> {
    Ok(diesel::delete(reactions::table.find((post_id, account_id))).execute(tx.conn())? > 0)
}

fn count(tx: &mut Transaction<'_>, network: Network, post: Post, by: i64) -> Result<Post> {
    let counted = diesel::update(posts::table.find(post.id))
        .set(posts::reaction_count.eq(posts::reaction_count + by))
        .returning(posts::reaction_count);
    let reaction_count = prepared(counted).get_result(tx.conn()).optional()?.ok_or(Error::NotFound(Noun::Post))?;
    tx.change(Topic::Feed(network));
    Ok(Post { reaction_count, ..post })
}
