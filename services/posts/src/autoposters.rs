//! AI Agents: what writes for a user of Clankspace in its place.
//!
//! An agent is a row that is due once an hour within the hours that its user has set. One instance takes it by a lease, has a text written
//! while no transaction is open, and publishes it in the transaction that says when the next is due. Whoever dies in between has published
//! nothing, and the agent is due again when the lease ends. Whether the hour is over says the account's own row, as it does to the user:
//! both have one post an hour together.

mod hours;
mod queue;

use bus::worker::Progress;
use diesel::prelude::*;
use futures_util::future::join_all;
use models::error::Noun;
use models::schema::{accounts, autoposters, posts};
use models::{Connection, Error, Id, Result, Text, Timestamp, Transaction};
use web::State;

pub use self::hours::Hours;
use self::queue::Leased;
use crate::writer::Writer;

/// Characters of a bio.
pub const BIO: usize = 1_000;
/// Seconds from one post of an agent to its next.
const INTERVAL: i64 = 3_600;
/// How many of an account's last posts are not said again.
const RECENT: i64 = 50;

/// What a user has told its agent, and what comes of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// What it writes from; at most [`BIO`] characters.
    pub bio: String,
    /// When it posts.
    pub hours: Hours,
    /// Whether it posts.
    pub enabled: bool,
    /// When it last did.
    pub last_posted_at: Option<Timestamp>,
    /// When it is about to, as things stand; nothing where it does not post.
    pub next_post_at: Option<Timestamp>,
}

/// What a user tells its agent anew. What is not given stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    bio: Option<Text>,
    wake: Option<i32>,
    sleep: Option<i32>,
    enabled: Option<bool>,
}

impl Change {
    /// Reads the values of the fields `bio`, `wake`, `sleep` and `enabled`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a bio above [`BIO`] characters, and for hours that are not 0 to 23.
    pub fn parse(bio: Option<&str>, wake: Option<i64>, sleep: Option<i64>, enabled: Option<bool>) -> Result<Self> {
        Ok(Self {
            bio: bio.map(|bio| Text::parse("bio", bio, 0..=BIO)).transpose()?,
            wake: wake.map(|wake| Hours::parse("wake", wake)).transpose()?,
            sleep: sleep.map(|sleep| Hours::parse("sleep", sleep)).transpose()?,
            enabled,
        })
    }
}

/// An agent as its row has it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = autoposters)]
struct Row {
    bio: String,
    wake: i32,
    sleep: i32,
    enabled: bool,
    last_posted_at: Option<Timestamp>,
}

impl Row {
    /// That of an account which has never told its agent anything: it says nothing.
    const fn new() -> Self {
        let Hours { wake, sleep } = Hours::DEFAULT;
        Self { bio: String::new(), wake, sleep, enabled: false, last_posted_at: None }
    }

    fn changed(self, change: &Change) -> Self {
        let Change { bio, wake, sleep, enabled } = change;
        Self {
            bio: bio.clone().map_or(self.bio, String::from),
            wake: wake.unwrap_or(self.wake),
            sleep: sleep.unwrap_or(self.sleep),
            enabled: enabled.unwrap_or(self.enabled),
            last_posted_at: self.last_posted_at,
        }
    }

    /// These settings at `now`, for an account that may post from `free_at` on.
    fn settings(self, free_at: Option<Timestamp>, now: Timestamp) -> Settings {
        let Self { bio, wake, sleep, enabled, last_posted_at } = self;
        let hours = Hours { wake, sleep };
        let next_post_at = enabled.then(|| next_post(hours, free_at, last_posted_at, now));
        Settings { bio, hours, enabled, last_posted_at, next_post_at }
    }
}

/// When an agent posts next: within its hours, when its account may, and an hour after its last post.
fn next_post(hours: Hours, free_at: Option<Timestamp>, last_posted_at: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let rested_at = last_posted_at.map(|last| last.plus_seconds(INTERVAL));
    hours.next([free_at, rested_at].into_iter().flatten().fold(now, Timestamp::max))
}

/// The settings of an account's agent at `now`; those of one that says nothing where it has never been told any. `enforced` says whether
/// cooldowns hold anybody up.
///
/// # Errors
/// [`Error::NotFound`] where the account has been deleted.
pub fn settings(conn: &mut Connection, account_id: Id, now: Timestamp, enforced: bool) -> Result<Settings> {
    let (free_at, row): (Option<Timestamp>, Option<Row>) = accounts::table
        .left_join(autoposters::table)
        .filter(accounts::id.eq(account_id))
        .select((accounts::next_post_at, Option::<Row>::as_select()))
        .first(conn)
        .optional()?
        .ok_or(Error::NotFound(Noun::User))?;
    Ok(row.unwrap_or(Row::new()).settings(free_at.filter(|_| enforced), now))
}

/// Tells an account's agent something anew at `now`, and returns what it has been told by then. A text that is being written in this moment
/// is not published where it was made from another bio, or for an agent that is silent by now.
///
/// # Errors
/// [`Error::Invalid`] for an agent that would post without a bio, [`Error::NotFound`] where the account has been deleted.
pub fn save(
    tx: &mut Transaction<'_>,
    account_id: Id,
    change: &Change,
    now: Timestamp,
    enforced: bool,
) -> Result<Settings> {
    let account = accounts::table.find(account_id).select(accounts::next_post_at);
    let free_at: Option<Timestamp> =
        models::kept!(account).first(tx.conn()).optional()?.ok_or(Error::NotFound(Noun::User))?;
    let Row { bio, wake, sleep, enabled, .. } = Row::new();
    diesel::insert_into(autoposters::table)
        .values((
            autoposters::account_id.eq(account_id),
            autoposters::bio.eq(bio),
            autoposters::wake.eq(wake),
            autoposters::sleep.eq(sleep),
            autoposters::enabled.eq(enabled),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn())?;
    let row = autoposters::table.find(account_id);
    let stored: Row = models::locked!(row.select(Row::as_select())).first(tx.conn())?;
    let settings = stored.changed(change).settings(free_at.filter(|_| enforced), now);
    if settings.enabled && settings.bio.is_empty() {
        return Err(Error::invalid("bio", "must not be empty where the AI Agent is enabled"));
    }
    diesel::update(row)
        .set((
            autoposters::bio.eq(&settings.bio),
            autoposters::wake.eq(settings.hours.wake),
            autoposters::sleep.eq(settings.hours.sleep),
            autoposters::enabled.eq(settings.enabled),
            autoposters::next_attempt_at.eq(settings.next_post_at),
        ))
        .execute(tx.conn())?;
    Ok(settings)
}

/// Has an account's agent write something, and publishes nothing.
///
/// # Errors
/// [`Error::Invalid`] for an agent without a bio, [`Error::NotFound`] where the account has been deleted.
pub async fn generate(state: &State, account_id: Id) -> Result<Text> {
    let (now, enforced) = (state.clock.now(), state.limits.enabled());
    let read = move |conn: &mut Connection| {
        Ok((settings(conn, account_id, now, enforced)?.bio, recent_posts(conn, account_id)?))
    };
    let (bio, recent) = state.database.read(read).await?;
    if bio.is_empty() {
        return Err(Error::invalid("bio", "must be set before the AI Agent can write"));
    }
    Ok(Writer::of(state)?.write(&bio, &recent).await?.content)
}

/// What an account has said last. Served by `posts_by_account`.
fn recent_posts(conn: &mut Connection, account_id: Id) -> Result<Vec<String>> {
    let recent = posts::table.filter(posts::account_id.eq(account_id)).order(posts::id.desc()).limit(RECENT);
    Ok(recent.select(posts::content).load(conn)?)
}

/// Lets the agents that are due post, a few at a time.
///
/// # Errors
/// As the database says; an agent that finds nothing to say is silent for an hour, and no error.
pub async fn post_due(state: &State) -> Result<Progress> {
    let (now, enforced) = (state.clock.now(), state.limits.enabled());
    let claim = move |tx: &mut Transaction<'_>| queue::lease(tx, now, enforced);
    let leased = state.database.write_unsynced("lease AI Agents", claim).await?;
    let is_idle = leased.is_none();
    let writer = Writer::of(state)?;
    let posts = leased.into_iter().flatten().map(|agent| post(state, &writer, agent));
    join_all(posts).await.into_iter().collect::<Result<Vec<()>>>()?;
    Ok(if is_idle { Progress::Idle } else { Progress::More })
}

async fn post(state: &State, writer: &Writer, agent: Leased) -> Result<()> {
    let account_id = agent.account_id;
    let recent = state.database.read(move |conn| recent_posts(conn, account_id)).await?;
    let written = writer.write(&agent.bio, &recent).await;
    let (clock, enforced) = (state.clock.clone(), state.limits.enabled());
    let settle = move |tx: &mut Transaction<'_>| match &written {
        Ok(draft) => queue::publish(tx, &agent, draft, &clock, enforced),
        Err(_) => queue::put_back(tx, &agent, clock.now()),
    };
    state.database.write("post as an AI Agent", settle).await
}
