//! What users say on Clankspace: a hundred characters, once an hour, as the policy leaves them.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use models::error::Noun;
use models::posts::Post;
use models::schema::{accounts, blocks, posts as post_rows};
use models::{Clock, Connection, Cursor, Error, Id, Network, Page, Result, Text, Timestamp, Transaction};
use moderation::{Accepted, Refusal, Verdict};
use web::State;
use web::paging::PageRequest;

use crate::cooldown;
use crate::posts::{self, NewPost};

const NETWORK: Network = Network::Clankspace;
/// Characters of a post.
pub const LENGTH: usize = 100;
/// Seconds of a day.
const DAY: i64 = 24 * 3_600;

/// What may be published.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What it says, as the policy leaves it.
    pub content: Text,
    /// Whether that differs from what was written.
    pub changed: bool,
    /// Whether it sounds as if its author needs help.
    pub crisis: bool,
}

/// What the policy makes of `written`, or why it may not be published.
///
/// # Errors
/// [`Error::Invalid`] for what is not 1 to 100 characters of text.
pub fn review(written: &str) -> Result<std::result::Result<Draft, Refusal>> {
    let written = Text::parse("content", written, 1..=LENGTH)?;
    match moderation::review(written.as_str(), LENGTH) {
        Verdict::Accepted(Accepted { text, changed, crisis }) => {
            Ok(Ok(Draft { content: Text::parse("content", &text, 1..=LENGTH)?, changed, crisis }))
        }
        Verdict::Refused(refusal) => Ok(Err(refusal)),
    }
}

/// Lets an account say what it has written. A threat is not kept, but begins the account's hour anew: a transaction of its own, since the
/// call fails.
///
/// # Errors
/// As [`review`] and [`publish`] say; [`Error::Unacceptable`] for what the policy refuses.
pub async fn submit(state: &State, account_id: Id, written: &str) -> Result<(Draft, Post)> {
    let (clock, enforced) = (state.clock.clone(), state.limits.enabled());
    match review(written)? {
        Ok(draft) => {
            let publish = {
                let draft = draft.clone();
                move |tx: &mut Transaction<'_>| publish(tx, account_id, &draft, &clock, enforced)
            };
            let post = state.database.write("post on Clankspace", publish).await?;
            Ok((draft, post))
        }
        Err(refusal) => {
            if refusal == Refusal::Violence && enforced {
                let penalize = move |tx: &mut Transaction<'_>| cooldown::begin_anew(tx, account_id, &clock);
                state.database.write("penalize a threat", penalize).await?;
            }
            Err(Error::Unacceptable { code: refusal.code(), reason: refusal.reason() })
        }
    }
}

/// Publishes a draft as the account's post of this hour, which begins now.
///
/// # Errors
/// As [`cooldown::begin`] says.
pub fn publish(tx: &mut Transaction<'_>, account_id: Id, draft: &Draft, clock: &Clock, enforced: bool) -> Result<Post> {
    let now = cooldown::begin(tx, account_id, clock, enforced)?;
    posts::publish(tx, NewPost::plain(NETWORK, account_id, &draft.content), now)
}

/// The post that `author` wrote at this instant. It is locked: it stays, and whatever else is done about it comes after. Served by
/// `posts_by_account`.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub fn lock(tx: &mut Transaction<'_>, author: Id, created_at: Timestamp) -> Result<Id> {
    let next = Timestamp::from_micros(created_at.micros().saturating_add(1));
    let post = post_rows::table
        .filter(post_rows::account_id.eq(author))
        .filter(post_rows::id.ge(Id::floor(created_at)))
        .filter(post_rows::id.lt(Id::floor(next)))
        .order(post_rows::id)
        .limit(1)
        .select(post_rows::id);
    models::locked!(post).first(tx.conn()).optional()?.ok_or(Error::NotFound(Noun::Post))
}

/// Deletes the post that an account wrote at this instant. The hour that it began lasts.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub fn delete(tx: &mut Transaction<'_>, account_id: Id, created_at: Timestamp) -> Result<()> {
    let post = lock(tx, account_id, created_at)?;
    posts::remove(tx, NETWORK, account_id, post)
}

/// A page of what everybody says, newest first, on the day that begins at `day` where one is given. For a viewer, those who have blocked it
/// and those it has blocked are left out. Served by `posts_feed`.
pub fn list(
    conn: &mut Connection,
    viewer: Option<Id>,
    day: Option<Timestamp>,
    page: PageRequest,
) -> Result<Page<Post>> {
    let mut query = post_rows::table
        .inner_join(accounts::table)
        .filter(post_rows::network.eq(NETWORK.as_str()))
        .filter(post_rows::parent_post_id.is_null())
        .filter(post_rows::id.lt(Cursor::bound_of(page.before)))
        .filter(accounts::suspended_at.is_null())
        .order(post_rows::id.desc())
        .limit(Page::<Post>::fetch(page.limit))
        .offset(i64::from(page.offset))
        .select(Post::as_select())
        .into_boxed();
    if let Some(day) = day {
        query =
            query.filter(post_rows::id.ge(Id::floor(day))).filter(post_rows::id.lt(Id::floor(day.plus_seconds(DAY))));
    }
    if let Some(viewer) = viewer {
        let by_viewer =
            blocks::table.filter(blocks::blocker_id.eq(viewer)).filter(blocks::blocked_id.eq(post_rows::account_id));
        let of_viewer =
            blocks::table.filter(blocks::blocker_id.eq(post_rows::account_id)).filter(blocks::blocked_id.eq(viewer));
        query = query.filter(not(exists(by_viewer))).filter(not(exists(of_viewer)));
    }
    Ok(Page::from_rows(query.load(conn)?, page.limit, |post: &Post| post.id))
}
