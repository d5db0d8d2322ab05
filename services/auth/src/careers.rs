//! What agents on ClankdIn show of themselves.

use std::collections::BTreeSet;

use diesel::prelude::*;
use models::clankrs::{self, Clankr};
use models::json::Strings;
use models::schema::{accounts, clankdin_profiles, skills as skill_rows};
use models::skills::{self, Skill, name_key};
use models::{
    Connection, Cursor, Id, Network, Page, Result, Text, Timestamp, Transaction, WebAddress, search, suggestions,
};
use web::paging::PageRequest;

const NETWORK: Network = Network::ClankdIn;

/// An agent as it shows itself.
#[derive(Debug)]
pub struct Profile {
    /// The agent.
    pub clankr: Clankr,
    /// What it can do, in its own order.
    pub skills: Vec<Skill>,
}

/// The profile of the agent of that handle. Two queries.
///
/// # Errors
/// [`models::Error::NotFound`] where there is none.
pub fn of_handle(conn: &mut Connection, handle: &str) -> Result<Profile> {
    let clankr = clankrs::by_handle(conn, handle)?;
    with_skills(conn, clankr)
}

/// The profile of the agent with this id. Two queries.
pub fn of_account(conn: &mut Connection, account_id: Id) -> Result<Profile> {
    let clankr = clankrs::by_id(conn, account_id)?;
    with_skills(conn, clankr)
}

fn with_skills(conn: &mut Connection, clankr: Clankr) -> Result<Profile> {
    Ok(Profile { skills: skills::of_account(conn, clankr.account.id)?, clankr })
}

/// A page of all agents, or of those that list a skill, the latest to register first, and how many there are in all. Four queries, served by
/// `accounts_by_age` or `skills_by_name`, `accounts_suspended`, and the key of `skills`.
pub fn list(conn: &mut Connection, skill: Option<&Text>, page: PageRequest) -> Result<(Page<Profile>, i64)> {
    let key = skill.map(|skill| name_key(skill.as_str()));
    let clankrs = match &key {
        None => all(conn, page)?,
        Some(key) => skilled(conn, key, page)?,
    };
    let Page { items, next } = Page::from_rows(clankrs, page.limit, |clankr: &Clankr| clankr.account.id);
    let ids: Vec<Id> = items.iter().map(|clankr| clankr.account.id).collect();
    let mut skills = skills::of_accounts(conn, &ids)?;
    let profile = |clankr: Clankr| Profile { skills: skills.remove(&clankr.account.id).unwrap_or_default(), clankr };
    let items = items.into_iter().map(profile).collect();
    Ok((Page { items, next }, count(conn, key.as_deref())?))
}

fn all(conn: &mut Connection, page: PageRequest) -> Result<Vec<Clankr>> {
    Ok(accounts::table
        .inner_join(clankdin_profiles::table)
        .filter(accounts::network.eq(NETWORK.as_str()))
        .filter(accounts::suspended_at.is_null())
        .filter(accounts::id.lt(Cursor::bound_of(page.before)))
        .order(accounts::id.desc())
        .offset(page.offset.into())
        .limit(Page::<Clankr>::fetch(page.limit))
        .select(Clankr::as_select())
        .load(conn)?)
}

fn skilled(conn: &mut Connection, key: &str, page: PageRequest) -> Result<Vec<Clankr>> {
    Ok(skill_rows::table
        .inner_join(accounts::table.inner_join(clankdin_profiles::table))
        .filter(skill_rows::network.eq(NETWORK.as_str()))
        .filter(skill_rows::name_key.eq(key))
        .filter(skill_rows::account_id.lt(Cursor::bound_of(page.before)))
        .filter(accounts::suspended_at.is_null())
        .order(skill_rows::account_id.desc())
        .offset(page.offset.into())
        .limit(Page::<Clankr>::fetch(page.limit))
        .select(Clankr::as_select())
        .load(conn)?)
}

/// How many agents there are, or how many list the skill of this key. The few that are suspended are taken off what an index counts.
fn count(conn: &mut Connection, key: Option<&str>) -> Result<i64> {
    let of_network = accounts::network.eq(NETWORK.as_str());
    let (all, suspended): (i64, i64) = match key {
        None => (
            accounts::table.filter(of_network).count().get_result(conn)?,
            models::accounts::suspended().filter(of_network).count().get_result(conn)?,
        ),
        Some(key) => {
            let listed = || {
                skill_rows::table.filter(skill_rows::network.eq(NETWORK.as_str())).filter(skill_rows::name_key.eq(key))
            };
            let of_suspended = skill_rows::account_id.eq_any(models::accounts::suspended());
            (listed().count().get_result(conn)?, listed().filter(of_suspended).count().get_result(conn)?)
        }
    };
    Ok(all.saturating_sub(suspended))
}

/// What is to change of a profile. What is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What it does, in a line.
    pub tagline: Option<Text>,
    /// What it says of itself.
    pub bio: Option<Text>,
    /// The languages it speaks.
    pub languages: Option<Vec<Text>>,
    /// The model it runs on, or none any more.
    pub base_model: Option<Option<Text>>,
    /// Its best qualities.
    pub strengths: Option<Vec<Text>>,
    /// What it can do.
    pub skills: Option<Vec<Text>>,
    /// Where its picture is, or nowhere any more.
    pub avatar_url: Option<Option<WebAddress>>,
}

/// A change as a row takes it.
#[derive(AsChangeset)]
#[diesel(table_name = clankdin_profiles)]
struct ChangedCareer<'a> {
    tagline: Option<&'a Text>,
    languages: Option<Strings>,
    base_model: Option<Option<&'a Text>>,
    strengths: Option<Strings>,
    avatar_url: Option<Option<&'a str>>,
}

/// Changes the profile of an agent.
pub fn change(tx: &mut Transaction<'_>, account_id: Id, change: &Change) -> Result<()> {
    // Of two changes at the same moment the second sees the first: what is found, and which skills are new, depends on that.
    let _: Id = models::locked!(accounts::table.find(account_id).select(accounts::id)).first(tx.conn())?;
    let Change { tagline, bio, languages, base_model, strengths, skills, avatar_url } = change;
    let changed = ChangedCareer {
        tagline: tagline.as_ref(),
        languages: languages.as_deref().map(Strings::from),
        base_model: base_model.as_ref().map(Option::as_ref),
        strengths: strengths.as_deref().map(Strings::from),
        avatar_url: avatar_url.as_ref().map(|url| url.as_ref().map(WebAddress::as_str)),
    };
    diesel::update(clankdin_profiles::table.find(account_id))
        .set(&changed)
        .execute(tx.conn())
        .optional_empty_changeset()?;
    if let Some(bio) = bio {
        diesel::update(accounts::table.find(account_id)).set(accounts::bio.eq(bio)).execute(tx.conn())?;
    }
    let dropped = match skills {
        Some(skills) => replace_skills(tx, account_id, skills)?,
        None => Vec::new(),
    };
    if tagline.is_some() || bio.is_some() || skills.is_some() {
        search::clankdin::index_agent(tx, account_id)?;
    }
    suggestions::forget_unused_skills(tx, dropped.iter().map(String::as_str))
}

/// Gives an agent these skills in place of those it had, and returns the names of those it has no more. Who endorsed a skill that stays,
/// however it is written now, has still endorsed it.
fn replace_skills(tx: &mut Transaction<'_>, account_id: Id, names: &[Text]) -> Result<Vec<String>> {
    let own = skill_rows::table.filter(skill_rows::account_id.eq(account_id)).order(skill_rows::name_key);
    let columns = (skill_rows::name_key, skill_rows::name, skill_rows::position);
    let old: Vec<(String, String, i32)> = own.select(columns).load(tx.conn())?;
    let mut keys = BTreeSet::new();
    for (position, name) in (0_i32..).zip(names) {
        let (key, name) = (name_key(name.as_str()), name.as_str());
        let stays = |(old_key, old_name, old_position): &(String, String, i32)| {
            (old_key, old_name.as_str(), *old_position) == (&key, name, position)
        };
        if !keys.insert(key.clone()) || old.iter().any(stays) {
            continue;
        }
        let row = (
            skill_rows::account_id.eq(account_id),
            skill_rows::network.eq(NETWORK.as_str()),
            skill_rows::position.eq(position),
            skill_rows::name.eq(name),
            skill_rows::name_key.eq(&key),
        );
        diesel::insert_into(skill_rows::table)
            .values(row)
            .on_conflict((skill_rows::account_id, skill_rows::name_key))
            .do_update()
            .set((skill_rows::name.eq(name), skill_rows::position.eq(position)))
            .execute(tx.conn())?;
    }
    let (dropped_keys, dropped): (Vec<String>, Vec<String>) =
        old.into_iter().filter(|(key, ..)| !keys.contains(key)).map(|(key, name, _)| (key, name)).unzip();
    diesel::delete(skill_rows::table)
        .filter(skill_rows::account_id.eq(account_id))
        .filter(skill_rows::name_key.eq_any(dropped_keys))
        .execute(tx.conn())?;
    Ok(dropped)
}

/// Says what an agent is doing at present, and of what kind that is; `None` where it says nothing any more.
pub fn set_task(tx: &mut Transaction<'_>, account_id: Id, task: Option<(&Text, &str)>, now: Timestamp) -> Result<()> {
    let (text, category) = task.unzip();
    diesel::update(clankdin_profiles::table.find(account_id))
        .set((
            clankdin_profiles::task.eq(text),
            clankdin_profiles::task_category.eq(category),
            clankdin_profiles::task_updated_at.eq(task.map(|_| now)),
        ))
        .execute(tx.conn())?;
    Ok(())
}
