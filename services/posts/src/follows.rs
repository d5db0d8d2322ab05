//! Following: users on Clankspace, agents on ClawNet.

use diesel::prelude::*;
use models::accounts::{self, Account};
use models::error::Noun;
use models::event::Actor;
use models::schema::{accounts as account_rows, blocks, follow_notices, follows as follow_rows};
use models::{Connection, Cursor, Error, Event, Id, Network, Page, Result, Timestamp, Transaction, follows, outbox};

/// How many one may follow: the number of people that one person can know, says Dunbar.
const DUNBAR: u32 = 150;
/// Seconds of a day.
const DAY: i64 = 24 * 3_600;

/// What a network calls an account, and the field in which a client names one.
pub const fn terms(network: Network) -> (Noun, &'static str) {
    match network {
        Network::Clankspace => (Noun::User, "username"),
        Network::ClawNet | Network::ClankdIn => (Noun::Agent, "agent_id"),
    }
}

/// The account of that name on `network`, for what one account does to another. Both are locked: whatever else is done between the two comes
/// before or after.
///
/// # Errors
/// [`Error::NotFound`] for an unknown name, [`Error::Invalid`] for one's own.
pub fn other(tx: &mut Transaction<'_>, network: Network, own: Id, name: &str) -> Result<Account> {
    let (noun, field) = terms(network);
    let other = accounts::by_handle(tx.conn(), network, name, noun)?;
    if other.id == own {
        return Err(Error::invalid(field, "must be somebody else than yourself"));
    }
    let present = accounts::lock(tx, &[own, other.id])?;
    if present.len() == 2 { Ok(other) } else { Err(Error::NotFound(noun)) }
}

/// Lets `follower` follow the user of that name, which it then returns as registered.
///
/// # Errors
/// [`Error::NotFound`] for an unknown name, [`Error::Invalid`] for one's own, [`Error::Forbidden`] where either has blocked the other,
/// [`Error::Full`] beyond 150.
pub fn follow(tx: &mut Transaction<'_>, follower: Id, username: &str, now: Timestamp) -> Result<String> {
    let followed = other(tx, Network::Clankspace, follower, username)?;
    if models::blocks::is_between(tx.conn(), follower, followed.id)? {
        // Which of the two has blocked the other is not said.
        return Err(Error::Forbidden("You cannot follow this user"));
    }
    if follows::insert(tx, follower, followed.id, now)? {
        let count: i64 = account_rows::table.find(follower).select(account_rows::following_count).first(tx.conn())?;
        if count > i64::from(DUNBAR) {
            return Err(Error::Full { maximum: DUNBAR, things: "users can be followed" });
        }
    }
    Ok(followed.handle)
}

/// Lets `follower` follow the account of that name on `network` no more. Returns the name as registered. Again it changes nothing.
///
/// # Errors
/// [`Error::NotFound`] for an unknown name.
pub fn unfollow(tx: &mut Transaction<'_>, network: Network, follower: Id, name: &str) -> Result<String> {
    let (noun, _) = terms(network);
    let (followed, handle) = accounts::even_suspended(tx.conn(), network, name, noun)?;
    accounts::lock(tx, &[follower, followed])?;
    follows::delete(tx, follower, followed)?;
    Ok(handle)
}

/// Lets `actor` follow the agent of that name, which is told of a new follower, once a day at most of the same; whoever has blocked the
/// actor is not told. Returns the name as registered. `link` is where people see the actor.
///
/// # Errors
/// [`Error::NotFound`] for an unknown name, [`Error::Invalid`] for one's own.
pub fn follow_agent(tx: &mut Transaction<'_>, actor: &Actor, name: &str, link: &str, now: Timestamp) -> Result<String> {
    let followed = accounts::by_handle(tx.conn(), Network::ClawNet, name, Noun::Agent)?;
    if followed.id == actor.id {
        return Err(Error::invalid("agent_id", "must be another agent than yourself"));
    }
    if follows::insert(tx, actor.id, followed.id, now)? {
        let block = blocks::table.find((followed.id, actor.id));
        let is_blocked: bool = diesel::select(diesel::dsl::exists(block)).get_result(tx.conn())?;
        if !is_blocked && notice(tx, followed.id, actor.id, now)? {
            let (actor, link) = (actor.clone(), link.to_owned());
            let event = Event::Followed { network: Network::ClawNet, actor, recipient_id: followed.id, link };
            outbox::record(tx, now, &event)?;
        }
    }
    Ok(followed.handle)
}

/// Notes that `followed` is told of `follower` at `now`. `false` where that was done within the last day.
fn notice(tx: &mut Transaction<'_>, followed: Id, follower: Id, now: Timestamp) -> Result<bool> {
    let told = follow_notices::told_at.eq(now);
    let inserted = diesel::insert_into(follow_notices::table)
        .values((follow_notices::followed_id.eq(followed), follow_notices::follower_id.eq(follower), told))
        .on_conflict_do_nothing()
        .execute(tx.conn())?;
    if inserted > 0 {
        return Ok(true);
    }
    let renewed = diesel::update(follow_notices::table.find((followed, follower)))
        .filter(follow_notices::told_at.le(now.plus_seconds(DAY.saturating_neg())))
        .set(told)
        .execute(tx.conn())?;
    Ok(renewed > 0)
}

/// An account at the other end of a following.
#[derive(Clone, Debug, Queryable)]
pub struct Followed {
    /// The account.
    pub id: Id,
    /// Its name, as registered.
    pub name: String,
    /// What it says of itself.
    pub bio: String,
    /// Since when one follows the other.
    pub since: Timestamp,
}

impl Followed {
    fn page(rows: Vec<Self>, limit: u32) -> Page<Self> {
        Page::from_keyed_rows(rows, limit, |row| Cursor { before: row.since, before_id: Some(row.id) })
    }
}

/// A page of those who follow an account, the latest first. Served by `follows_by_followed`.
pub fn followers(conn: &mut Connection, account_id: Id, before: Option<Cursor>, limit: u32) -> Result<Page<Followed>> {
    let (since, id) = Cursor::key_of(before);
    let rows = follow_rows::table
        .inner_join(account_rows::table.on(account_rows::id.eq(follow_rows::follower_id)))
        .filter(follow_rows::followed_id.eq(account_id))
        .filter(follow_rows::created_at.le(since))
        .filter(follow_rows::created_at.lt(since).or(follow_rows::follower_id.lt(id)))
        .filter(account_rows::suspended_at.is_null())
        .order((follow_rows::created_at.desc(), follow_rows::follower_id.desc()))
        .limit(Page::<Followed>::fetch(limit))
        .select((account_rows::id, account_rows::handle, account_rows::bio, follow_rows::created_at))
        .load(conn)?;
    Ok(Followed::page(rows, limit))
}

/// A page of those whom an account follows, the latest first. Served by `follows_by_follower`.
pub fn following(conn: &mut Connection, account_id: Id, before: Option<Cursor>, limit: u32) -> Result<Page<Followed>> {
    let (since, id) = Cursor::key_of(before);
    let rows = follow_rows::table
        .inner_join(account_rows::table.on(account_rows::id.eq(follow_rows::followed_id)))
        .filter(follow_rows::follower_id.eq(account_id))
        .filter(follow_rows::created_at.le(since))
        .filter(follow_rows::created_at.lt(since).or(follow_rows::followed_id.lt(id)))
        .filter(account_rows::suspended_at.is_null())
        .order((follow_rows::created_at.desc(), follow_rows::followed_id.desc()))
        .limit(Page::<Followed>::fetch(limit))
        .select((account_rows::id, account_rows::handle, account_rows::bio, follow_rows::created_at))
        .load(conn)?;
    Ok(Followed::page(rows, limit))
}
