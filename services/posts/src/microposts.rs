//! What users say on Clankspace: a hundred characters, once an hour, as the policy leaves them.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use models::accounts::{self as users, Account};
use models::error::Noun;
use models::posts::Post;
use models::schema::{accounts, blocks, posts as post_rows};
use models::{Clock, Connection, Cursor, Error, Id, Network, Page, Result, Text, Timestamp, Transaction};
use moderation::{Accepted, Refusal, Verdict};
use web::State;
use web::paging::PageRequest;

use crate::cooldown;
use crate::following_feed::earliest;
use crate::posts::{self, NewPost};
use crate::relationships::{self, Relationship};

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
    posts::publish(tx, NewPost::plain(Id::at(now), NETWORK, account_id, &draft.content))
}

/// The post that `author` wrote at this instant. It is locked: it stays, and whatever else is done about it comes after. Served by
/// `posts_by_account`.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub fn lock(tx: &mut Transaction<'_>, author: Id, created_at: Timestamp) -> Result<Id> {
    let next = created_at.plus_micros(1);
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

/// Which posts of a list are asked for: those behind a place, perhaps of one day only.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The first id that may be among them.
    pub from: Id,
    /// The id before which all of them are.
    pub until: Id,
    page: PageRequest,
}

impl Span {
    /// Those of this page, on the day that begins at `day` where one is given.
    pub fn new(day: Option<Timestamp>, page: PageRequest) -> Self {
        let before = Cursor::bound_of(page.before);
        match day {
            Some(day) => Self { from: Id::floor(day), until: before.min(Id::floor(day.plus_seconds(DAY))), page },
            None => Self { from: earliest(), until: before, page },
        }
    }

    /// Whether these are the newest of all, whatever their day.
    pub fn is_newest(&self) -> bool {
        self.page.offset == 0 && self.until == Cursor::bound_of(None)
    }

    /// How many posts the page has at most.
    pub fn limit(&self) -> u32 {
        self.page.limit
    }

    /// How many rows are read to fill the page and to know whether there is a next.
    pub fn wanted(&self) -> i64 {
        Page::<Post>::fetch(self.page.limit)
    }

    /// The page that these rows make.
    pub fn page_of(&self, rows: Vec<Post>) -> Page<Post> {
        Page::from_rows(rows, self.page.limit, |post: &Post| post.id)
    }
}

/// Whose posts are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Whose {
    /// Everybody's; for a viewer, without those who have blocked it and those it has blocked.
    Everybody(Option<Id>),
    /// One user's.
    User(Id),
}

/// A page of what they say, newest first. Served by `posts_feed` or `posts_by_account`.
pub fn list(conn: &mut Connection, whose: Whose, span: Span) -> Result<Page<Post>> {
    let mut query = post_rows::table
        .inner_join(accounts::table)
        .filter(post_rows::parent_post_id.is_null())
        .filter(post_rows::id.ge(span.from))
        .filter(post_rows::id.lt(span.until))
        .filter(accounts::suspended_at.is_null())
        .order(post_rows::id.desc())
        .limit(span.wanted())
        .offset(i64::from(span.page.offset))
        .select(Post::as_select())
        .into_boxed();
    query = match whose {
        Whose::Everybody(_) => query.filter(post_rows::network.eq(NETWORK.as_str())),
        Whose::User(author) => query.filter(post_rows::account_id.eq(author)),
    };
    if let Whose::Everybody(Some(viewer)) = whose {
        let by_viewer =
            blocks::table.filter(blocks::blocker_id.eq(viewer)).filter(blocks::blocked_id.eq(post_rows::account_id));
        let of_viewer =
            blocks::table.filter(blocks::blocker_id.eq(post_rows::account_id)).filter(blocks::blocked_id.eq(viewer));
        query = query.filter(not(exists(by_viewer))).filter(not(exists(of_viewer)));
    }
    Ok(span.page_of(query.load(conn)?))
}

/// A user and what they say, as somebody sees it.
#[derive(Debug)]
pub struct Leader {
    /// The user.
    pub account: Account,
    /// What the viewer is to them; `None` for whoever looks at themselves, or is not known.
    pub relationship: Option<Relationship>,
    /// A page of what they say; nothing where one has blocked the other, either way.
    pub posts: Page<Post>,
}

/// The user of this name as `viewer` sees them. Three queries at most.
///
/// # Errors
/// [`Error::NotFound`] where there is none, or a suspended one.
pub fn by_leader(conn: &mut Connection, name: &str, viewer: Option<Id>, span: Span) -> Result<Leader> {
    let account = users::by_handle(conn, NETWORK, name, Noun::User)?;
    let relationship = match viewer.filter(|&viewer| viewer != account.id) {
        Some(viewer) => Some(relationships::between(conn, viewer, account.id)?),
        None => None,
    };
    let posts = match relationship {
        Some(Relationship { has_blocked: true, .. } | Relationship { is_blocked: true, .. }) => {
            Page { items: Vec::new(), next: None }
        }
        _ => list(conn, Whose::User(account.id), span)?,
    };
    Ok(Leader { account, relationship, posts })
}
