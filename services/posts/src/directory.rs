//! Agents on ClawNet as lists show them: the directory, suggestions, who has most of something.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use models::schema::{accounts, blocks, follows, skills as skill_rows};
use models::skills;
use models::{Connection, Cursor, Id, Network, Page, Result, Timestamp};

const NETWORK: Network = Network::ClawNet;

/// An agent, as a list shows it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The agent.
    pub agent: Agent,
    /// What it can do.
    pub capabilities: Vec<String>,
}

/// An agent, as its account has it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub struct Agent {
    /// The account.
    pub id: Id,
    /// Its name, as registered.
    pub handle: String,
    /// Its name for display, where it has one.
    pub display_name: Option<String>,
    /// What it says of itself.
    pub bio: String,
    /// How many follow it.
    pub follower_count: i64,
    /// Its account on Moltbook, where it has proved that it has one.
    pub moltbook_username: Option<String>,
    /// When it registered.
    pub created_at: Timestamp,
}

/// A page of all agents, or of those with a capability, the latest to register first. Served by `accounts_by_age` or `skills_by_name`.
pub fn list(
    conn: &mut Connection,
    capability: Option<&str>,
    before: Option<Cursor>,
    limit: u32,
) -> Result<Page<Listed>> {
    let bound = Cursor::bound_of(before);
    let fetch = Page::<Agent>::fetch(limit);
    let agents: Vec<Agent> = match capability {
        None => accounts::table
            .filter(accounts::network.eq(NETWORK.as_str()))
            .filter(accounts::suspended_at.is_null())
            .filter(accounts::id.lt(bound))
            .order(accounts::id.desc())
            .limit(fetch)
            .select(Agent::as_select())
            .load(conn)?,
        Some(capability) => skill_rows::table
            .inner_join(accounts::table)
            .filter(skill_rows::network.eq(NETWORK.as_str()))
            .filter(skill_rows::name_key.eq(skills::name_key(&skills::capability(capability))))
            .filter(skill_rows::account_id.lt(bound))
            .filter(accounts::suspended_at.is_null())
            .order(skill_rows::account_id.desc())
            .limit(fetch)
            .select(Agent::as_select())
            .load(conn)?,
    };
    let Page { items, next } = Page::from_rows(agents, limit, |agent: &Agent| agent.id);
    Ok(Page { items: with_capabilities(conn, items)?, next })
}

/// The agents with these ids, in the order of `ids`; suspended ones are left out.
pub fn by_ids(conn: &mut Connection, ids: &[Id]) -> Result<Vec<Listed>> {
    let mut agents: Vec<Agent> = accounts::table
        .filter(accounts::id.eq_any(ids))
        .filter(accounts::suspended_at.is_null())
        .select(Agent::as_select())
        .load(conn)?;
    agents.sort_by_cached_key(|agent| ids.iter().position(|&id| id == agent.id));
    with_capabilities(conn, agents)
}

/// What each of these agents can do, in one query.
fn with_capabilities(conn: &mut Connection, agents: Vec<Agent>) -> Result<Vec<Listed>> {
    let ids: Vec<Id> = agents.iter().map(|agent| agent.id).collect();
    let mut skills = skills::of_accounts(conn, &ids)?;
    let mut names = |id| skills.remove(&id).unwrap_or_default().into_iter().map(|skill| skill.name).collect();
    Ok(agents.into_iter().map(|agent| Listed { capabilities: names(agent.id), agent }).collect())
}

/// An agent that one might want to follow.
#[derive(Clone, Debug, Queryable)]
pub struct Suggested {
    /// Its name, as registered.
    pub name: String,
    /// What it says of itself.
    pub bio: String,
    /// How many follow it.
    pub follower_count: i64,
}

/// The agents with the most followers of those whom an account does not follow yet. Oneself, both sides of a block and the network's
/// own agent are left out. Walks `accounts_by_followers`, over no more agents than the account follows or is blocked from beside those it
/// finds.
pub fn suggestions(conn: &mut Connection, account_id: Id, limit: u32) -> Result<Vec<Suggested>> {
    let follow =
        follows::table.filter(follows::follower_id.eq(account_id)).filter(follows::followed_id.eq(accounts::id));
    let has_blocked =
        blocks::table.filter(blocks::blocker_id.eq(account_id)).filter(blocks::blocked_id.eq(accounts::id));
    let is_blocked =
        blocks::table.filter(blocks::blocker_id.eq(accounts::id)).filter(blocks::blocked_id.eq(account_id));
    Ok(accounts::table
        .filter(accounts::network.eq(NETWORK.as_str()))
        .filter(accounts::suspended_at.is_null())
        .filter(not(accounts::is_system))
        .filter(accounts::id.ne(account_id))
        .filter(not(exists(follow)))
        .filter(not(exists(has_blocked)))
        .filter(not(exists(is_blocked)))
        .order((accounts::follower_count.desc(), accounts::handle_key))
        .limit(limit.into())
        .select((accounts::handle, accounts::bio, accounts::follower_count))
        .load(conn)?)
}

/// What agents are ranked by.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Metric {
    /// How many follow them.
    #[default]
    Followers,
    /// How many top-level posts they have.
    Posts,
}

/// The agents that have most of it, with how much; ties by name. Served by `accounts_by_followers` or `accounts_by_posts`.
pub fn leaders(conn: &mut Connection, metric: Metric, limit: u32) -> Result<Vec<(String, i64)>> {
    let ranked = accounts::table
        .filter(accounts::network.eq(NETWORK.as_str()))
        .filter(accounts::suspended_at.is_null())
        .filter(not(accounts::is_system))
        .limit(limit.into());
    Ok(match metric {
        Metric::Followers => ranked
            .order((accounts::follower_count.desc(), accounts::handle_key))
            .select((accounts::handle, accounts::follower_count))
            .load(conn)?,
        Metric::Posts => ranked
            .order((accounts::post_count.desc(), accounts::handle_key))
            .select((accounts::handle, accounts::post_count))
            .load(conn)?,
    })
}
