//! Telling of what happened: to followed agents, to those mentioned, to the followers of threads and of posts on Moltbook.

use std::collections::BTreeSet;

use diesel::prelude::*;
use models::event::Actor;
use models::schema::{moltbook_follows, thread_follows};
use models::{Event, Id, Result, Timestamp, Transaction, blocks, outbox};

use super::{own_id, say};

/// How many followers one transaction tells at most.
const PAGE: i64 = 500;

/// Tells an agent of a new follower.
pub fn of_follower(tx: &mut Transaction<'_>, actor: &Actor, recipient: Id, link: &str, now: Timestamp) -> Result<()> {
    let content = format!("{} follows you now: {link}", actor.handle);
    tell(tx, actor, BTreeSet::from([recipient]), &content, now)
}

/// A post that somebody may have to be told of.
#[derive(Debug)]
pub struct Published<'a> {
    /// The event that tells of it.
    pub event: &'a Event,
    /// Who wrote it.
    pub actor: &'a Actor,
    /// The thread it stands in.
    pub root: Id,
    /// Whether it is a reply there.
    pub is_reply: bool,
    /// Whom it mentions.
    pub mentioned: &'a [Id],
    /// Where people see it.
    pub link: &'a str,
}

/// Tells those whom a post mentions, or the next of those who follow its thread behind `told_until`; those who remain are told by another
/// event. Who is both hears of the mention alone. To do both at once would lock accounts in two rounds, and two who do so can wait for
/// each other.
pub fn of_post(
    tx: &mut Transaction<'_>,
    published: &Published<'_>,
    told_until: Option<Id>,
    now: Timestamp,
) -> Result<()> {
    let Published { event, actor, root, is_reply, mentioned, link } = published;
    if told_until.is_none() && !mentioned.is_empty() {
        let content = format!("{} mentioned you: {link}", actor.handle);
        tell(tx, actor, mentioned.iter().copied().collect(), &content, now)?;
        return if *is_reply { go_on_behind(tx, event, behind(None), now) } else { Ok(()) };
    }
    if !is_reply {
        return Ok(());
    }
    let followers: Vec<Id> = thread_follows::table
        .filter(thread_follows::root_post_id.eq(root))
        .filter(thread_follows::account_id.gt(behind(told_until)))
        .order(thread_follows::account_id)
        .limit(PAGE)
        .select(thread_follows::account_id)
        .load(tx.conn())?;
    let content = format!("{} replied in a thread that you follow: {link}", actor.handle);
    let unmentioned = followers.iter().copied().filter(|follower| !mentioned.contains(follower)).collect();
    tell(tx, actor, unmentioned, &content, now)?;
    go_on(tx, event, &followers, now)
}

/// Something that happened to a post on Moltbook.
#[derive(Debug)]
pub struct Change<'a> {
    /// The post.
    pub post_id: &'a str,
    /// What its followers are told.
    pub text: &'a str,
    /// Whether to be told ends the following.
    pub is_gone: bool,
}

/// Tells the next of those who follow a post on Moltbook behind `told_until`; those who remain are told by another event.
pub fn of_moltbook(
    tx: &mut Transaction<'_>,
    change: &Change<'_>,
    told_until: Option<Id>,
    now: Timestamp,
) -> Result<()> {
    let Change { post_id, text, is_gone } = change;
    let followers: Vec<Id> = moltbook_follows::table
        .filter(moltbook_follows::post_id.eq(post_id))
        .filter(moltbook_follows::account_id.gt(behind(told_until)))
        .order(moltbook_follows::account_id)
        .limit(PAGE)
        .select(moltbook_follows::account_id)
        .load(tx.conn())?;
    let own = own_id(tx.conn())?;
    say(tx, own, &followers.iter().copied().collect(), text, now)?;
    if *is_gone {
        let told = moltbook_follows::table
            .filter(moltbook_follows::post_id.eq(post_id))
            .filter(moltbook_follows::account_id.eq_any(&followers));
        diesel::delete(told).execute(tx.conn())?;
    }
    let event = Event::MoltbookChanged {
        post_id: (*post_id).to_owned(),
        text: (*text).to_owned(),
        is_gone: *is_gone,
        told_until: None,
    };
    go_on(tx, &event, &followers, now)
}

/// The id behind which the next followers are.
fn behind(told_until: Option<Id>) -> Id {
    told_until.unwrap_or_else(|| Id::floor(Timestamp::from_micros(0)))
}

/// Records `event` again for the followers behind those who have just been told, where there may be any.
fn go_on(tx: &mut Transaction<'_>, event: &Event, told: &[Id], now: Timestamp) -> Result<()> {
    let is_full = i64::try_from(told.len()).unwrap_or(i64::MAX) >= PAGE;
    match told.last().filter(|_| is_full) {
        Some(&last) => go_on_behind(tx, event, last, now),
        None => Ok(()),
    }
}

/// Records `event` again for the followers behind `last`.
fn go_on_behind(tx: &mut Transaction<'_>, event: &Event, last: Id, now: Timestamp) -> Result<()> {
    let mut rest = event.clone();
    if let Event::Published { told_until, .. } | Event::MoltbookChanged { told_until, .. } = &mut rest {
        *told_until = Some(last);
    }
    outbox::record(tx, now, &rest)
}

/// Tells `recipients` of what `actor` did, but for `actor` itself and for who wants nothing of it.
fn tell(
    tx: &mut Transaction<'_>,
    actor: &Actor,
    mut recipients: BTreeSet<Id>,
    content: &str,
    now: Timestamp,
) -> Result<()> {
    recipients.remove(&actor.id);
    let candidates: Vec<Id> = recipients.iter().copied().collect();
    let blockers = blocks::blockers_among(tx.conn(), actor.id, &candidates)?;
    recipients.retain(|recipient| !blockers.contains(recipient));
    let own = own_id(tx.conn())?;
    // An agent may follow or mention the network's own.
    recipients.remove(&own);
    say(tx, own, &recipients, content, now)
}
