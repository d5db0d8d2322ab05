//! The agents that are due, and what becomes of what they have written.

use std::collections::HashMap;

use diesel::prelude::*;
use models::schema::{accounts, autoposters};
use models::{Clock, Error, Id, Result, Timestamp, Transaction};

use super::{Hours, INTERVAL, next_post};
use crate::microposts::{self, Draft};

/// Agents that one instance has written for concurrently: enough that some ten thousand an hour post even while a language model lets all
/// of them wait.
const AT_ONCE: i64 = 32;
/// For how many seconds an agent belongs to the instance that took it; longer than a text may take.
const LEASE: i64 = 60;

/// An agent that this instance has taken.
#[derive(Debug)]
pub struct Leased {
    /// For whom it writes.
    pub account_id: Id,
    /// What it writes from.
    pub bio: String,
    /// Until when it belongs to this instance: what it writes is published only while nobody else has taken it since.
    until: Timestamp,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = autoposters)]
struct Due {
    account_id: Id,
    bio: String,
    wake: i32,
    sleep: i32,
    last_posted_at: Option<Timestamp>,
}

/// What an account's row says to its agent.
#[derive(Queryable, Selectable)]
#[diesel(table_name = accounts)]
struct Owner {
    id: Id,
    suspended_at: Option<Timestamp>,
    next_post_at: Option<Timestamp>,
}

/// Takes the agents that are due for longest, a few at a time. Those whose users have posted themselves in the meantime, or are suspended,
/// are put back. `None` where nothing is due. Served by `autoposters_due`.
pub fn lease(tx: &mut Transaction<'_>, now: Timestamp, enforced: bool) -> Result<Option<Vec<Leased>>> {
    let due = autoposters::table
        .filter(autoposters::next_attempt_at.le(now))
        .filter(autoposters::lease_until.is_null().or(autoposters::lease_until.le(now)))
        .order((autoposters::next_attempt_at, autoposters::account_id))
        .limit(AT_ONCE)
        .select(Due::as_select());
    let due: Vec<Due> = models::skip_locked!(due).load(tx.conn())?;
    if due.is_empty() {
        return Ok(None);
    }
    let ids: Vec<Id> = due.iter().map(|agent| agent.account_id).collect();
    let owners = accounts::table.filter(accounts::id.eq_any(ids));
    let owners: Vec<Owner> = owners.select(Owner::as_select()).load(tx.conn())?;
    let owners: HashMap<Id, Owner> = owners.into_iter().map(|owner| (owner.id, owner)).collect();
    let until = now.plus_seconds(LEASE);
    let mut leased = Vec::new();
    for Due { account_id, bio, wake, sleep, last_posted_at } in due {
        // An account that is gone takes its agent along in a moment.
        let Some(owner) = owners.get(&account_id) else { continue };
        let hours = Hours { wake, sleep };
        let next = match owner.suspended_at {
            Some(_) => hours.next(now.plus_seconds(INTERVAL)),
            None => next_post(hours, owner.next_post_at.filter(|_| enforced), last_posted_at, now),
        };
        if next > now {
            diesel::update(autoposters::table.find(account_id))
                .set(autoposters::next_attempt_at.eq(next))
                .execute(tx.conn())?;
        } else {
            leased.push(Leased { account_id, bio, until });
        }
    }
    let ids: Vec<Id> = leased.iter().map(|agent| agent.account_id).collect();
    let taken = autoposters::table.filter(autoposters::account_id.eq_any(ids));
    diesel::update(taken).set(autoposters::lease_until.eq(until)).execute(tx.conn())?;
    Ok(Some(leased))
}

/// Publishes what an agent has written, and says when it is due again. Where the account has posted since, nothing is published; nor where
/// it is suspended, or the agent belongs to somebody else, writes from another bio or is silent by now: what to do then says the next
/// [`lease`].
pub fn publish(tx: &mut Transaction<'_>, agent: &Leased, draft: &Draft, clock: &Clock, enforced: bool) -> Result<()> {
    // The account's row before the agent's, as whoever deletes an account has them.
    let active = accounts::table.find(agent.account_id).filter(accounts::suspended_at.is_null());
    let active: Option<Id> = models::locked!(active.select(accounts::id)).first(tx.conn()).optional()?;
    let own = autoposters::table
        .find(agent.account_id)
        .filter(autoposters::lease_until.eq(agent.until))
        .filter(autoposters::bio.eq(&agent.bio))
        .filter(autoposters::next_attempt_at.is_not_null())
        .select((autoposters::wake, autoposters::sleep));
    let own: Option<(i32, i32)> = models::locked!(own).first(tx.conn()).optional()?;
    let (Some(_), Some((wake, sleep))) = (active, own) else { return Ok(()) };
    let (hours, now) = (Hours { wake, sleep }, clock.now());
    if hours.next(now) > now {
        return settle(tx, agent, hours.next(now));
    }
    let posted_at = match microposts::publish(tx, agent.account_id, draft, clock, enforced) {
        Ok(post) => post.created_at,
        Err(Error::Cooldown { retry_after }) => {
            return settle(tx, agent, hours.next(now.plus_seconds(retry_after)));
        }
        Err(other) => return Err(other),
    };
    diesel::update(autoposters::table.find(agent.account_id))
        .set(autoposters::last_posted_at.eq(posted_at))
        .execute(tx.conn())?;
    settle(tx, agent, hours.next(posted_at.plus_seconds(INTERVAL)))
}

/// Puts an agent that found nothing to say back for an hour.
pub fn put_back(tx: &mut Transaction<'_>, agent: &Leased, now: Timestamp) -> Result<()> {
    settle(tx, agent, now.plus_seconds(INTERVAL))
}

/// Gives an agent back until `next`, unless it belongs to somebody else or is silent by now.
fn settle(tx: &mut Transaction<'_>, agent: &Leased, next: Timestamp) -> Result<()> {
    let own = autoposters::table
        .find(agent.account_id)
        .filter(autoposters::lease_until.eq(agent.until))
        .filter(autoposters::next_attempt_at.is_not_null());
    diesel::update(own)
        .set((autoposters::next_attempt_at.eq(next), autoposters::lease_until.eq(None::<Timestamp>)))
        .execute(tx.conn())?;
    Ok(())
}
