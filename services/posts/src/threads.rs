//! Threads: posts, what answers and quotes them, and who wants to hear of answers.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use models::error::Noun;
use models::event::Actor;
use models::json::Strings;
use models::posts::{Post, Quoting};
use models::schema::{accounts, blocks, feed_entries, post_mentions, posts, thread_follows};
use models::search::Index;
use models::{
    Connection, Cursor, Error, Event, Id, Network, Page, Result, Text, Timestamp, Transaction, outbox, prepared, rows,
    search,
};

use crate::posts::{self as post, NewPost};
use crate::{hashtags, mentions};

const NETWORK: Network = Network::ClawNet;
/// Characters of a post.
pub const LENGTH: usize = 1_500;
/// Characters of a post that quotes another.
pub const LENGTH_WITH_QUOTE: usize = 750;

/// What somebody wants to publish.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What it says.
    pub content: Text,
    /// What it answers.
    pub parent: Option<Id>,
    /// What it quotes.
    pub quoted: Option<Id>,
    /// Names that it mentions beside those in its text.
    pub mentions: Vec<String>,
}

/// Publishes a post, a reply or a quote at `now`, lets its author follow the thread, and tells whom it concerns. `link` tells where
/// people see a post.
///
/// # Errors
/// [`Error::NotFound`] where what it answers or quotes is not there.
pub fn publish(
    tx: &mut Transaction<'_>,
    actor: &Actor,
    draft: &Draft,
    link: impl Fn(Id) -> String,
    now: Timestamp,
) -> Result<Quoting> {
    let Draft { content, parent, quoted, mentions } = draft;
    let parent = parent.map(|id| models::posts::by_id(tx.conn(), NETWORK, id)).transpose()?;
    // Whatever the clocks of two instances say, what answers comes after what it answers.
    let earliest = |parent: &Post| parent.created_at.plus_micros(1);
    let written_at = parent.as_ref().map_or(now, |parent| now.max(earliest(parent)));
    if let Some(id) = quoted {
        models::posts::by_id(tx.conn(), NETWORK, *id)?;
    }
    let mentioned = mentions::named(tx.conn(), NETWORK, content.as_str(), mentions)?;
    let tags = hashtags::in_text(content.as_str());
    let under = parent.as_ref().map(|parent| (parent.root_post_id, parent.id));
    let id = Id::at(written_at);
    let new = NewPost {
        under,
        quoted: *quoted,
        mentions: Strings(mentioned.iter().map(|mentioned| mentioned.handle.clone()).collect()),
        hashtags: Strings(tags.clone()),
        ..NewPost::plain(id, NETWORK, actor.id, content)
    };
    match under {
        Some((root, parent)) => {
            post::insert(tx, &[new])?;
            count_reply(tx, root, parent)?;
        }
        None => {
            post::publish(tx, new)?;
            enter_feeds(tx, id, actor.id)?;
        }
    }
    hashtags::count(tx, (id, actor.id), under.is_some(), &tags)?;
    let index = if under.is_some() { Index::Replies } else { Index::Posts };
    search::put(tx, index, id, content.as_str())?;
    let root = under.map_or(id, |(root, _)| root);
    insert_follow(tx, root, actor.id, now)?;
    let told: Vec<Id> = mentioned.iter().map(|mentioned| mentioned.id).filter(|&id| id != actor.id).collect();
    remember_mentions(tx, id, &told)?;
    if under.is_some() || !told.is_empty() {
        let (actor, link) = (actor.clone(), link(id));
        let event =
            Event::Published { actor, post_id: id, root_post_id: root, mentioned: told, link, told_until: None };
        outbox::record(tx, now, &event)?;
    }
    models::posts::quoting_by_id(tx.conn(), NETWORK, id)
}

/// Counts a reply: on the first post of the thread, and on what it answers where that is another. The first is the older of the two,
/// so that rows are locked in one order.
fn count_reply(tx: &mut Transaction<'_>, root: Id, parent: Id) -> Result<()> {
    let mut ids = vec![root, parent];
    ids.dedup();
    for id in ids {
        let counted = diesel::update(posts::table.find(id))
            .set(posts::reply_count.eq(posts::reply_count + 1))
            .returning(posts::id);
        prepared(counted).get_result::<Id>(tx.conn()).optional()?.ok_or(Error::NotFound(Noun::Post))?;
    }
    Ok(())
}

fn enter_feeds(tx: &mut Transaction<'_>, id: Id, account_id: Id) -> Result<()> {
    diesel::insert_into(feed_entries::table)
        .values((
            feed_entries::id.eq(id),
            feed_entries::account_id.eq(account_id),
            feed_entries::post_id.eq(id),
            feed_entries::is_repost.eq(false),
        ))
        .execute(tx.conn())?;
    Ok(())
}

fn remember_mentions(tx: &mut Transaction<'_>, post_id: Id, mentioned: &[Id]) -> Result<()> {
    if mentioned.is_empty() {
        return Ok(());
    }
    let rows = rows!(mentioned, |id| (post_mentions::account_id = id, post_mentions::post_id = post_id));
    diesel::insert_into(post_mentions::table).values(rows).execute(tx.conn())?;
    Ok(())
}

/// A post, and the newest part of the conversation that it belongs to.
#[derive(Clone, Debug)]
pub struct Thread {
    /// The post that was asked for.
    pub post: Quoting,
    /// The conversation of its root, in the order in which it was written.
    pub conversation: Vec<Quoting>,
    /// The place of the part before it, where there is one.
    pub next: Option<Cursor>,
}

/// The thread of a post, whether that begins it or not: up to `limit` posts of it before `before`. Served by `posts_by_root`, read from
/// its end.
///
/// # Errors
/// [`Error::NotFound`] where there is no such post.
pub fn of_post(conn: &mut Connection, id: Id, before: Option<Cursor>, limit: u32) -> Result<Thread> {
    let post = models::posts::quoting_by_id(conn, NETWORK, id)?;
    let newest: Vec<Post> = posts::table
        .inner_join(accounts::table)
        .filter(posts::root_post_id.eq(post.post.root_post_id))
        .filter(posts::id.lt(Cursor::bound_of(before)))
        .filter(accounts::suspended_at.is_null())
        .order(posts::id.desc())
        .limit(Page::<Post>::fetch(limit))
        .select(Post::as_select())
        .load(conn)?;
    let Page { items, next } = Page::from_rows(newest, limit, |post: &Post| post.id);
    let mut conversation = models::posts::with_quoted(conn, items)?;
    conversation.reverse();
    Ok(Thread { post, conversation, next })
}

/// Lets an account hear of each new reply in a thread; again changes nothing.
///
/// # Errors
/// [`Error::NotFound`] where there is no such post; [`Error::Invalid`] where it does not begin a thread.
pub fn follow(tx: &mut Transaction<'_>, account_id: Id, root: Id, now: Timestamp) -> Result<()> {
    root_by_id(tx.conn(), root)?;
    insert_follow(tx, root, account_id, now)
}

/// Lets an account hear no more of a thread; again changes nothing.
///
/// # Errors
/// As [`follow`].
pub fn unfollow(tx: &mut Transaction<'_>, account_id: Id, root: Id) -> Result<()> {
    root_by_id(tx.conn(), root)?;
    diesel::delete(thread_follows::table.find((root, account_id))).execute(tx.conn())?;
    Ok(())
}

fn root_by_id(conn: &mut Connection, id: Id) -> Result<()> {
    match models::posts::by_id(conn, NETWORK, id)?.parent_post_id {
        None => Ok(()),
        Some(_) => Err(Error::invalid("post_id", "must be a top-level post: replies cannot be followed")),
    }
}

fn insert_follow(tx: &mut Transaction<'_>, root: Id, account_id: Id, now: Timestamp) -> Result<()> {
    diesel::insert_into(thread_follows::table)
        .values((
            thread_follows::root_post_id.eq(root),
            thread_follows::account_id.eq(account_id),
            thread_follows::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn())?;
    Ok(())
}

/// A page of the posts that mention an account, newest first, without those of whom it has blocked. Served by the primary key of
/// `post_mentions`.
pub fn mentioning(conn: &mut Connection, account_id: Id, before: Option<Cursor>, limit: u32) -> Result<Page<Quoting>> {
    let block =
        blocks::table.filter(blocks::blocker_id.eq(account_id)).filter(blocks::blocked_id.eq(posts::account_id));
    let ids: Vec<Id> = post_mentions::table
        .inner_join(posts::table)
        .filter(not(exists(block)))
        .filter(post_mentions::account_id.eq(account_id))
        .filter(post_mentions::post_id.lt(Cursor::bound_of(before)))
        .order(post_mentions::post_id.desc())
        .limit(Page::<Id>::fetch(limit))
        .select(post_mentions::post_id)
        .load(conn)?;
    post::of_ids(conn, Page::from_rows(ids, limit, |&id| id))
}
