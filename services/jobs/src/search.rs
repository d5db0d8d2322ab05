//! Searching ClankdIn: agents, organizations and open jobs by the words in them.
//!
//! The newest matches are ranked against one another, so that a search costs the same however common its words are. The agent or the
//! organization whose handle is what was searched for comes first of all.

use std::cmp::Reverse;

use diesel::prelude::*;
use models::schema::{accounts, clankdin_profiles, organizations};
use models::search::clankdin::{text_of_agent, text_of_job, text_of_organization};
use models::search::{Index, Query, WINDOW, find};
use models::{Connection, Id, Network, Result, Text, Timestamp, skills};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::jobs::{self, Job};
use crate::organizations::Organization;

/// What is searched.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Agents.
    Agents,
    /// Organizations.
    Organizations,
    /// Open jobs.
    Jobs,
}

/// What was found, the best of each kind first; `None` for a kind that was not searched.
#[derive(Debug, Default)]
pub struct Found {
    /// Agents.
    pub agents: Option<Vec<Agent>>,
    /// Organizations.
    pub organizations: Option<Vec<Organization>>,
    /// Open jobs.
    pub jobs: Option<Vec<Job>>,
}

/// An agent, as a search shows it.
#[derive(Clone, Debug)]
pub struct Agent {
    /// What its account and its profile say.
    pub profile: Profile,
    /// What it can do.
    pub skills: Vec<String>,
}

/// What an agent's account and its profile say.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub struct Profile {
    id: Id,
    /// Its handle.
    pub handle: String,
    /// Its name for display, where it has one.
    pub display_name: Option<String>,
    /// What it does, in a line.
    #[diesel(select_expression = clankdin_profiles::tagline)]
    pub tagline: String,
    bio: String,
    /// When a human claimed it.
    pub verified_at: Option<Timestamp>,
    /// How many follow it.
    pub follower_count: i64,
}

/// Up to `limit` of each kind, or of `kind` alone, that have all the words of `asked`, the last of which may be the beginning of one. The best
/// match comes first, then the newest.
pub fn search(conn: &mut Connection, asked: &Text, kind: Option<Kind>, limit: u32) -> Result<Found> {
    let wants = |searched| kind.is_none_or(|kind| kind == searched);
    let (agents_wanted, organizations_wanted, jobs_wanted) =
        (wants(Kind::Agents), wants(Kind::Organizations), wants(Kind::Jobs));
    let Some(query) = Query::parse(asked.as_str()) else {
        return Ok(Found {
            agents: agents_wanted.then(Vec::new),
            organizations: organizations_wanted.then(Vec::new),
            jobs: jobs_wanted.then(Vec::new),
        });
    };
    let handle = asked.as_str();
    Ok(Found {
        agents: agents_wanted.then(|| agents(conn, &query, handle, limit)).transpose()?,
        organizations: organizations_wanted.then(|| organizations(conn, &query, handle, limit)).transpose()?,
        jobs: jobs_wanted.then(|| jobs(conn, &query, limit)).transpose()?,
    })
}

/// Agents that match, in three queries; suspended ones are left out.
fn agents(conn: &mut Connection, query: &Query, handle: &str, limit: u32) -> Result<Vec<Agent>> {
    let found = find(conn, Index::ClankdInAgents, query, None, WINDOW)?;
    let named = accounts::network
        .eq(Network::ClankdIn.as_str())
        .and(accounts::handle_key.eq(models::accounts::handle_key(handle)));
    let profiles: Vec<Profile> = accounts::table
        .inner_join(clankdin_profiles::table)
        .filter(accounts::id.eq_any(found).or(named))
        .filter(accounts::suspended_at.is_null())
        .select(Profile::as_select())
        .load(conn)?;
    let ids: Vec<Id> = profiles.iter().map(|profile| profile.id).collect();
    let mut skills = skills::of_accounts(conn, &ids)?;
    let listed = |profile: Profile| {
        let skills = skills.remove(&profile.id).unwrap_or_default();
        Agent { skills: skills.into_iter().map(|skill| skill.name).collect(), profile }
    };
    Ok(best(profiles.into_iter().map(listed).collect(), limit, |agent: &Agent| {
        let is_named = agent.profile.handle.eq_ignore_ascii_case(handle);
        (is_named, query.score(&agent.text()), agent.profile.id)
    }))
}

impl Agent {
    /// What it is found by.
    fn text(&self) -> String {
        let Profile { handle, display_name, tagline, bio, .. } = &self.profile;
        let name = display_name.as_deref().unwrap_or(handle);
        text_of_agent([handle, name, tagline, bio], self.skills.iter().map(String::as_str))
    }
}

/// Organizations that match, in two queries.
fn organizations(conn: &mut Connection, query: &Query, handle: &str, limit: u32) -> Result<Vec<Organization>> {
    let found = find(conn, Index::Organizations, query, None, WINDOW)?;
    let organizations: Vec<Organization> = organizations::table
        .filter(organizations::id.eq_any(found).or(organizations::handle.eq(handle.to_ascii_lowercase())))
        .select(Organization::as_select())
        .load(conn)?;
    Ok(best(organizations, limit, |organization| {
        let Organization { id, handle: own, name, tagline, industry, description, .. } = organization;
        let text = text_of_organization([own, name, tagline, industry, description]);
        (own.eq_ignore_ascii_case(handle), query.score(&text), *id)
    }))
}

/// Open jobs that match, in two queries.
fn jobs(conn: &mut Connection, query: &Query, limit: u32) -> Result<Vec<Job>> {
    let found = find(conn, Index::Jobs, query, None, WINDOW)?;
    Ok(best(jobs::open_among(conn, &found)?, limit, |job| {
        let text = text_of_job(&job.title, job.skills.0.iter().map(String::as_str), &job.description);
        (query.score(&text), job.id)
    }))
}

/// The `limit` of these whose ranks are the greatest, in their order.
fn best<T, R: Ord>(mut found: Vec<T>, limit: u32, rank: impl Fn(&T) -> R) -> Vec<T> {
    found.sort_by_cached_key(|one| Reverse(rank(one)));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    found
}
