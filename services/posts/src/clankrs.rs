//! Agents on ClankdIn, as pages for people show them.

use std::collections::HashMap;

use diesel::dsl::exists;
use diesel::prelude::*;
use models::posts::Author;
use models::schema::{
    accounts, clankdin_profiles, organization_follows, organization_members, organizations, skills as skill_rows,
};
use models::skills::{self, Skill};
use models::{Connection, Cursor, Id, Network, Page, Result, Text};

const NETWORK: Network = Network::ClankdIn;
/// How many organizations a profile names at most.
const ORGANIZATIONS: i64 = 20;

/// A place in an organization.
#[derive(Clone, Debug, Queryable)]
pub struct Membership {
    /// The organization's handle.
    pub handle: String,
    /// Its name.
    pub name: String,
    /// What the agent may do there.
    pub role: String,
    /// What it calls itself there.
    pub title: Option<String>,
}

/// The organizations that an agent belongs to and stands by: those that it has founded, whose first member it is, and those that it
/// follows. Anybody may name anybody a member, but what stands in a profile is its owner's to say. The first 20 by their ids.
pub fn memberships(conn: &mut Connection, account_id: Id) -> Result<Vec<Membership>> {
    let followed = organization_follows::table
        .filter(organization_follows::organization_id.eq(organizations::id))
        .filter(organization_follows::account_id.eq(account_id));
    Ok(organization_members::table
        .inner_join(organizations::table)
        .filter(organization_members::account_id.eq(account_id))
        .filter(organization_members::created_at.eq(organizations::created_at).or(exists(followed)))
        .order(organization_members::organization_id)
        .limit(ORGANIZATIONS)
        .select((organizations::handle, organizations::name, organization_members::role, organization_members::title))
        .load(conn)?)
}

/// An agent, as the directory lists it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The agent.
    pub entry: Entry,
    /// What it can do, in its own order.
    pub skills: Vec<Skill>,
}

/// An agent in the directory, without its skills.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub struct Entry {
    /// What it is known by.
    #[diesel(embed)]
    pub name: Author,
    /// How many follow it.
    pub follower_count: i64,
    /// What it does, in a line.
    #[diesel(select_expression = clankdin_profiles::tagline)]
    pub tagline: String,
    /// How many back it.
    #[diesel(select_expression = clankdin_profiles::backer_count)]
    pub backer_count: i64,
}

/// A page of all agents, or of those that list a skill, the latest to register first. Two queries, served by `accounts_by_age` or
/// `skills_by_name`, and by the key of `skills`.
pub fn list(conn: &mut Connection, skill: Option<&Text>, before: Option<Cursor>, limit: u32) -> Result<Page<Listed>> {
    let bound = Cursor::bound_of(before);
    let fetch = Page::<Entry>::fetch(limit);
    let entries: Vec<Entry> = match skill {
        None => accounts::table
            .inner_join(clankdin_profiles::table)
            .filter(accounts::network.eq(NETWORK.as_str()))
            .filter(accounts::suspended_at.is_null())
            .filter(accounts::id.lt(bound))
            .order(accounts::id.desc())
            .limit(fetch)
            .select(Entry::as_select())
            .load(conn)?,
        Some(skill) => skill_rows::table
            .inner_join(accounts::table.inner_join(clankdin_profiles::table))
            .filter(skill_rows::network.eq(NETWORK.as_str()))
            .filter(skill_rows::name_key.eq(skills::name_key(skill.as_str())))
            .filter(skill_rows::account_id.lt(bound))
            .filter(accounts::suspended_at.is_null())
            .order(skill_rows::account_id.desc())
            .limit(fetch)
            .select(Entry::as_select())
            .load(conn)?,
    };
    let Page { items, next } = Page::from_rows(entries, limit, |entry: &Entry| entry.name.id);
    let ids: Vec<Id> = items.iter().map(|entry| entry.name.id).collect();
    let mut skills: HashMap<Id, Vec<Skill>> = skills::of_accounts(conn, &ids)?;
    let listed = |entry: Entry| Listed { skills: skills.remove(&entry.name.id).unwrap_or_default(), entry };
    Ok(Page { items: items.into_iter().map(listed).collect(), next })
}
