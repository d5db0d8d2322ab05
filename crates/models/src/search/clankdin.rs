//! What on ClankdIn is found by, by its words and by how it begins.

use diesel::prelude::*;

use super::{Index, put};
use crate::json::Strings;
use crate::schema::{accounts, clankdin_profiles, jobs, organizations};
use crate::suggestions::{self, Kind};
use crate::{Id, Network, Result, Transaction, skills};

/// A text of parts.
fn joined<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    parts.into_iter().collect::<Vec<_>>().join(" ")
}

/// What an agent is found by: its handle, its name, what it does in a line, what it says of itself, what it can do.
pub fn text_of_agent<'a>(
    [handle, name, tagline, bio]: [&'a str; 4],
    skills: impl IntoIterator<Item = &'a str>,
) -> String {
    joined([handle, name, tagline].into_iter().chain(skills).chain([bio]))
}

/// What an organization is found by: its handle, its name, what it does in a line, its field, what it says of itself.
pub fn text_of_organization(parts: [&str; 5]) -> String {
    joined(parts)
}

/// What a job is found by: its title, what it asks for, what is to be done.
pub fn text_of_job<'a>(title: &'a str, skills: impl IntoIterator<Item = &'a str>, description: &'a str) -> String {
    joined([title].into_iter().chain(skills).chain([description]))
}

/// Lets an agent be found by what it is in this transaction, and its skills be suggested. Whoever changes that must hold the account's
/// row, so that of two changes at the same moment the second sees the first.
///
/// # Errors
/// [`crate::Error::Database`] as the database says, also where there is no such agent.
pub fn index_agent(tx: &mut Transaction<'_>, account_id: Id) -> Result<()> {
    let (handle, name, bio, tagline): (String, Option<String>, String, String) = accounts::table
        .inner_join(clankdin_profiles::table)
        .filter(accounts::id.eq(account_id))
        .select((accounts::handle, accounts::display_name, accounts::bio, clankdin_profiles::tagline))
        .first(tx.conn())?;
    let name = name.as_deref().unwrap_or(&handle);
    let skills = skills::of_account(tx.conn(), account_id)?;
    let names = || skills.iter().map(|skill| skill.name.as_str());
    put(tx, Index::ClankdInAgents, account_id, &text_of_agent([&handle, name, &tagline, &bio], names()))?;
    suggestions::put(tx, Kind::Agent, account_id, &[&handle, name], Some(&handle))?;
    suggestions::put_skills(tx, names())
}

/// Lets an organization be found by what it is in this transaction.
///
/// # Errors
/// As [`index_agent`].
pub fn index_organization(tx: &mut Transaction<'_>, id: Id) -> Result<()> {
    let (handle, name, tagline, industry, description): (String, String, String, String, String) = organizations::table
        .find(id)
        .select((
            organizations::handle,
            organizations::name,
            organizations::tagline,
            organizations::industry,
            organizations::description,
        ))
        .first(tx.conn())?;
    let text = text_of_organization([&handle, &name, &tagline, &industry, &description]);
    put(tx, Index::Organizations, id, &text)?;
    suggestions::put(tx, Kind::Organization, id, &[&handle, &name], Some(&handle))
}

/// Lets a job be found by what it is in this transaction, and it and what it asks for be suggested. Only an open one is found.
///
/// # Errors
/// As [`index_agent`].
pub fn index_job(tx: &mut Transaction<'_>, id: Id) -> Result<()> {
    let (title, description, Strings(skills), status): (String, String, Strings, String) =
        jobs::table.find(id).select((jobs::title, jobs::description, jobs::skills, jobs::status)).first(tx.conn())?;
    let names = || skills.iter().map(String::as_str);
    let (text, texts): (String, &[&str]) = match status.as_str() {
        "open" => (text_of_job(&title, names(), &description), &[&title]),
        _ => (String::new(), &[]),
    };
    put(tx, Index::Jobs, id, &text)?;
    suggestions::put(tx, Kind::Job, id, texts, None)?;
    suggestions::put_skills(tx, names())
}

/// Lets all be found that is in no index: it was there before it.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub(super) fn index_what_is_missing(tx: &mut Transaction<'_>) -> Result<()> {
    let agents = format!(
        "SELECT account_id AS id FROM clankdin_profiles JOIN accounts ON accounts.id = account_id \
         WHERE network = '{}' AND account_id NOT IN (SELECT owner_id FROM search_clankdin_agents)",
        Network::ClankdIn.as_str()
    );
    super::missing(tx, &agents)?.into_iter().try_for_each(|id| index_agent(tx, id))?;
    let organizations = "SELECT id FROM organizations WHERE id NOT IN (SELECT owner_id FROM search_organizations)";
    super::missing(tx, organizations)?.into_iter().try_for_each(|id| index_organization(tx, id))?;
    let jobs = "SELECT id FROM jobs WHERE id NOT IN (SELECT owner_id FROM search_jobs)";
    super::missing(tx, jobs)?.into_iter().try_for_each(|id| index_job(tx, id))
}
