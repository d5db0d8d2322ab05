//! The posts that are to be looked at, and what has been seen of them.

use std::collections::HashSet;

use diesel::dsl::exists;
use diesel::prelude::*;
use models::schema::{moltbook_comments, moltbook_follows, moltbook_posts};
use models::{Event, Result, Timestamp, Transaction, outbox};
use moltbook::{Comment, PostId};

use super::news;

/// Posts that one instance looks at concurrently.
const AT_ONCE: i64 = 4;
/// For how many seconds a post belongs to the instance that took it; longer than looking at it may take.
const LEASE: i64 = 90;
/// Seconds between two looks.
const INTERVAL: i64 = 300;
/// Seconds until the next try, by how many have failed or found nothing in a row; the last is for all further ones.
const DELAYS: [i64; 5] = [60, 300, 900, 1_800, 3_600];
/// Looks in a row that must find no post before it counts as gone: Moltbook may err once, and a following ended is ended for everybody.
const ABSENCES: i32 = 3;
/// Comments that one statement looks up or writes.
const CHUNK: usize = 500;

/// A post that this instance has taken.
#[derive(Debug)]
pub struct Leased {
    /// Its id.
    pub id: PostId,
    /// How often looking at it has failed in a row.
    pub failures: i32,
    /// How many looks in a row have found no post.
    absences: i32,
    /// Whether it was ever seen.
    was_seen: bool,
    /// Until when it belongs to this instance: what is written holds only while nobody else has taken it since.
    until: Timestamp,
}

/// Takes the posts that are due for longest, a few at a time. What nobody follows any more is dropped. `None` where nothing is due.
pub fn lease(tx: &mut Transaction<'_>, now: Timestamp) -> Result<Option<Vec<Leased>>> {
    let due = moltbook_posts::table
        .filter(moltbook_posts::next_look_at.le(now))
        .filter(moltbook_posts::lease_until.is_null().or(moltbook_posts::lease_until.le(now)))
        .order((moltbook_posts::next_look_at, moltbook_posts::post_id))
        .limit(AT_ONCE)
        .select((
            moltbook_posts::post_id,
            moltbook_posts::failures,
            moltbook_posts::absences,
            moltbook_posts::first_looked_at,
        ));
    let rows: Vec<(String, i32, i32, Option<Timestamp>)> = models::skip_locked!(due).load(tx.conn())?;
    if rows.is_empty() {
        return Ok(None);
    }
    let until = now.plus_seconds(LEASE);
    let mut leased = Vec::new();
    for (id, failures, absences, first_looked_at) in rows {
        // Asked under the lock of the post's row, which whoever follows it takes too.
        let followers = moltbook_follows::table.filter(moltbook_follows::post_id.eq(&id));
        let is_followed: bool = diesel::select(exists(followers)).get_result(tx.conn())?;
        match PostId::parse(&id).filter(|_| is_followed) {
            Some(id) => {
                diesel::update(moltbook_posts::table.find(id.as_str()))
                    .set(moltbook_posts::lease_until.eq(until))
                    .execute(tx.conn())?;
                leased.push(Leased { id, failures, absences, was_seen: first_looked_at.is_some(), until });
            }
            None => {
                diesel::delete(moltbook_posts::table.find(&id)).execute(tx.conn())?;
            }
        }
    }
    Ok(Some(leased))
}

/// Notes what was seen of a post, and has its followers told of the comments that are new. On the first look none is.
pub fn note_comments(
    tx: &mut Transaction<'_>,
    post: &Leased,
    title: Option<&str>,
    comments: &[Comment],
    now: Timestamp,
) -> Result<()> {
    if !settle(tx, post, now, &Next { seconds: INTERVAL, failures: 0, absences: 0 })? {
        return Ok(());
    }
    diesel::update(moltbook_posts::table.find(post.id.as_str()))
        .set(moltbook_posts::title.eq(title))
        .execute(tx.conn())?;
    if !post.was_seen {
        diesel::update(moltbook_posts::table.find(post.id.as_str()))
            .set(moltbook_posts::first_looked_at.eq(now))
            .execute(tx.conn())?;
    }
    let new = remember_new(tx, &post.id, comments)?;
    if new.is_empty() || !post.was_seen {
        return Ok(());
    }
    tell(tx, &post.id, news::of_comments(&post.id, title, &new), false, now)
}

/// Notes that a look has found no such post. After several in a row its followers are told, who follow it no more from then on.
pub fn note_absence(tx: &mut Transaction<'_>, post: &Leased, now: Timestamp) -> Result<()> {
    let absences = post.absences.saturating_add(1);
    let next = Next { seconds: delay(post.absences), failures: 0, absences };
    if !settle(tx, post, now, &next)? || absences < ABSENCES {
        return Ok(());
    }
    tell(tx, &post.id, news::of_absence(&post.id, post.was_seen), true, now)
}

/// Puts a post that could not be looked at back for a while, longer each time.
pub fn put_back(tx: &mut Transaction<'_>, post: &Leased, now: Timestamp) -> Result<()> {
    let failures = post.failures.saturating_add(1);
    settle(tx, post, now, &Next { seconds: delay(post.failures), failures, absences: post.absences }).map(drop)
}

/// Seconds until the next try after `failures` in a row before this one, or looks that found nothing.
fn delay(failures: i32) -> i64 {
    let failures = usize::try_from(failures).unwrap_or(0);
    DELAYS.get(failures).or(DELAYS.last()).copied().unwrap_or(INTERVAL)
}

/// How a post waits for its next look.
struct Next {
    /// Seconds until it is due.
    seconds: i64,
    /// Looks in a row that have failed.
    failures: i32,
    /// Looks in a row that have found no post; one that has failed does not count.
    absences: i32,
}

/// Gives a post back; `false` where it belongs to somebody else by now.
fn settle(tx: &mut Transaction<'_>, post: &Leased, now: Timestamp, next: &Next) -> Result<bool> {
    let own = moltbook_posts::table.find(post.id.as_str()).filter(moltbook_posts::lease_until.eq(post.until));
    let settled = diesel::update(own)
        .set((
            moltbook_posts::next_look_at.eq(now.plus_seconds(next.seconds)),
            moltbook_posts::lease_until.eq(None::<Timestamp>),
            moltbook_posts::failures.eq(next.failures),
            moltbook_posts::absences.eq(next.absences),
        ))
        .execute(tx.conn())?;
    Ok(settled > 0)
}

/// Remembers those of `comments` that were not there before, and returns them.
fn remember_new(tx: &mut Transaction<'_>, post: &PostId, comments: &[Comment]) -> Result<Vec<Comment>> {
    let mut new: Vec<Comment> = Vec::new();
    let mut looked_at: HashSet<&str> = HashSet::new();
    for chunk in comments.chunks(CHUNK) {
        let ids: Vec<&str> = chunk.iter().map(|comment| comment.id.as_str()).collect();
        let known: Vec<String> = moltbook_comments::table
            .filter(moltbook_comments::post_id.eq(post.as_str()))
            .filter(moltbook_comments::comment_id.eq_any(&ids))
            .select(moltbook_comments::comment_id)
            .load(tx.conn())?;
        let known: HashSet<String> = known.into_iter().collect();
        let unknown: Vec<&Comment> =
            chunk.iter().filter(|comment| !known.contains(&comment.id) && looked_at.insert(&comment.id)).collect();
        let row = |comment: &&Comment| {
            (moltbook_comments::post_id.eq(post.as_str()), moltbook_comments::comment_id.eq(comment.id.clone()))
        };
        let rows: Vec<_> = unknown.iter().map(row).collect();
        diesel::insert_into(moltbook_comments::table).values(rows).execute(tx.conn())?;
        new.extend(unknown.into_iter().cloned());
    }
    Ok(new)
}

fn tell(tx: &mut Transaction<'_>, post: &PostId, text: String, is_gone: bool, now: Timestamp) -> Result<()> {
    let post_id = post.as_str().to_owned();
    outbox::record(tx, now, &Event::MoltbookChanged { post_id, text, is_gone, told_until: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_and_then_stay() {
        assert_eq!([-1, 0, 1, 4, 5, 1_000].map(delay), [60, 60, 300, 3_600, 3_600, 3_600]);
    }
}
