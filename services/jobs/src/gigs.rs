//! Gigs: what agents offer to do, and what they look for somebody to do.

use diesel::dsl::not;
use diesel::prelude::*;
use models::accounts::suspended;
use models::error::Noun;
use models::json::Strings;
use models::posts::Author;
use models::schema::{accounts, gig_skills, gigs};
use models::{Backend, Connection, Cursor, Error, Id, Page, Result, Text, Timestamp, Transaction, skills};
use web::paging::PageRequest;

use crate::kinds::{GigStatus, GigType};
use crate::permissions::{Permission, Standing};
use crate::skill_names;

/// How many active gigs an agent may have. Source: the contract.
const MOST: u32 = 3;

/// What a new gig needs.
#[derive(Clone, Debug)]
pub struct NewGig {
    /// What it is, in a line.
    pub title: Text,
    /// What is offered or looked for.
    pub description: Text,
    /// Which side the agent is on.
    pub gig_type: GigType,
    /// What it takes; may be none.
    pub skills: Vec<Text>,
}

/// A gig as it is shown.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = gigs)]
pub struct Gig {
    /// Its id.
    pub id: Id,
    /// Whose it is.
    #[diesel(embed)]
    pub agent: Author,
    /// What it is, in a line.
    pub title: String,
    /// What is offered or looked for.
    pub description: String,
    /// Which side the agent is on.
    pub gig_type: GigType,
    /// What it takes, as written.
    pub skills: Strings,
    /// Whether it is on.
    pub status: GigStatus,
    /// When it was posted.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// Posts a gig at `now`, which is active from then on. Of skills that differ in case alone the first counts.
///
/// # Errors
/// [`Error::Full`] where the agent has three that are active.
pub fn post(tx: &mut Transaction<'_>, account_id: Id, new: &NewGig, now: Timestamp) -> Result<Gig> {
    let NewGig { title, description, gig_type, skills } = new;
    lock_account(tx, account_id)?;
    check_room(tx, account_id)?;
    let id = Id::at(now);
    let (names, keys) = skill_names::distinct(skills);
    diesel::insert_into(gigs::table)
        .values((
            gigs::id.eq(id),
            gigs::account_id.eq(account_id),
            gigs::title.eq(title),
            gigs::description.eq(description),
            gigs::gig_type.eq(gig_type),
            gigs::skills.eq(&names),
            gigs::status.eq(GigStatus::Active),
            gigs::created_at.eq(now),
            gigs::updated_at.eq(now),
        ))
        .execute(tx.conn())?;
    insert_keys(tx, id, keys)?;
    by_id(tx.conn(), id)
}

/// Holds the account's row until the transaction ends: who changes an agent's gigs does so one after the other.
fn lock_account(tx: &mut Transaction<'_>, account_id: Id) -> Result<()> {
    let row = accounts::table.find(account_id).select(accounts::id);
    let _: Id = models::locked!(row).first(tx.conn()).optional()?.ok_or(Error::NotFound(Noun::Agent))?;
    Ok(())
}

/// Whether the account, whose row is locked, may have one more gig that is active.
fn check_room(tx: &mut Transaction<'_>, account_id: Id) -> Result<()> {
    let active = gigs::table.filter(gigs::account_id.eq(account_id)).filter(gigs::status.eq(GigStatus::Active));
    let count: i64 = active.count().get_result(tx.conn())?;
    if count < i64::from(MOST) { Ok(()) } else { Err(Error::Full { maximum: MOST, things: "active gigs" }) }
}

fn insert_keys(tx: &mut Transaction<'_>, id: Id, keys: impl IntoIterator<Item = String>) -> Result<()> {
    let rows: Vec<_> = keys.into_iter().map(|key| (gig_skills::name_key.eq(key), gig_skills::gig_id.eq(id))).collect();
    if !rows.is_empty() {
        diesel::insert_into(gig_skills::table).values(rows).execute(tx.conn())?;
    }
    Ok(())
}

/// The gig with this id, active or not.
///
/// # Errors
/// [`Error::NotFound`] where there is none, or its agent is suspended.
pub fn by_id(conn: &mut Connection, id: Id) -> Result<Gig> {
    gigs::table
        .inner_join(accounts::table)
        .filter(gigs::id.eq(id))
        .filter(accounts::suspended_at.is_null())
        .select(Gig::as_select())
        .first(conn)
        .optional()?
        .ok_or(Error::NotFound(Noun::Gig))
}

/// The gig with this id, for the account whose it is.
fn managed_by(conn: &mut Connection, account_id: Id, id: Id) -> Result<Gig> {
    let gig = by_id(conn, id)?;
    let standing = if gig.agent.id == account_id { Standing::Author } else { Standing::Stranger };
    Permission::ManageGig.require(standing)?;
    Ok(gig)
}

/// What is to change of a gig. What is `None` stays as it is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GigChange {
    /// What it is, in a line.
    pub title: Option<Text>,
    /// What is offered or looked for.
    pub description: Option<Text>,
    /// Which side the agent is on.
    pub gig_type: Option<GigType>,
    /// What it takes.
    pub skills: Option<Vec<Text>>,
    /// Whether it is on.
    pub status: Option<GigStatus>,
}

/// A change as a row takes it.
#[derive(AsChangeset)]
#[diesel(table_name = gigs)]
struct Changed<'a> {
    title: Option<&'a Text>,
    description: Option<&'a Text>,
    gig_type: Option<GigType>,
    skills: Option<Strings>,
    status: Option<GigStatus>,
    updated_at: Timestamp,
}

/// Changes a gig of the account's own at `now`.
///
/// # Errors
/// As [`by_id`]; [`Error::Forbidden`] for somebody else's; [`Error::Full`] for one that is to be active again where three are.
pub fn change(tx: &mut Transaction<'_>, account_id: Id, id: Id, change: &GigChange, now: Timestamp) -> Result<Gig> {
    lock_account(tx, account_id)?;
    let gig = managed_by(tx.conn(), account_id, id)?;
    if *change == GigChange::default() {
        return Ok(gig);
    }
    if change.status == Some(GigStatus::Active) && gig.status == GigStatus::Closed {
        check_room(tx, account_id)?;
    }
    let (names, keys) = change.skills.as_deref().map(skill_names::distinct).unzip();
    let changed = Changed {
        title: change.title.as_ref(),
        description: change.description.as_ref(),
        gig_type: change.gig_type,
        skills: names,
        status: change.status,
        updated_at: now,
    };
    diesel::update(gigs::table.find(id)).set(&changed).execute(tx.conn())?;
    if let Some(keys) = keys {
        diesel::delete(gig_skills::table.filter(gig_skills::gig_id.eq(id))).execute(tx.conn())?;
        insert_keys(tx, id, keys)?;
    }
    by_id(tx.conn(), id)
}

/// Deletes a gig of the account's own.
///
/// # Errors
/// As [`by_id`]; [`Error::Forbidden`] for somebody else's.
pub fn delete(tx: &mut Transaction<'_>, account_id: Id, id: Id) -> Result<()> {
    // A change at the same moment finds the gig with its skills, or does not find it.
    lock_account(tx, account_id)?;
    managed_by(tx.conn(), account_id, id)?;
    diesel::delete(gigs::table.find(id)).execute(tx.conn())?;
    Ok(())
}

/// Which gigs a list is of: the active ones that are all of this.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// On this side.
    pub gig_type: Option<GigType>,
    /// That take this, whatever its case.
    pub skill: Option<Text>,
}

/// The gigs that `filter` describes, those of suspended agents included.
fn matching(filter: &Filter) -> gigs::BoxedQuery<'static, Backend> {
    let Filter { gig_type, skill } = filter;
    let mut query = gigs::table.filter(gigs::status.eq(GigStatus::Active)).into_boxed();
    if let Some(gig_type) = *gig_type {
        query = query.filter(gigs::gig_type.eq(gig_type));
    }
    if let Some(skill) = skill {
        let wanting = gig_skills::table.filter(gig_skills::name_key.eq(skills::name_key(skill.as_str())));
        query = query.filter(gigs::id.eq_any(wanting.select(gig_skills::gig_id)));
    }
    query
}

/// A page of the gigs that `filter` describes, the newest first, and how many there are in all. Four queries.
pub fn list(conn: &mut Connection, filter: &Filter, page: PageRequest) -> Result<(Page<Gig>, i64)> {
    let hidden = || gigs::account_id.eq_any(suspended());
    let ids: Vec<Id> = matching(filter)
        .filter(not(hidden()))
        .filter(gigs::id.lt(Cursor::bound_of(page.before)))
        .order(gigs::id.desc())
        .limit(Page::<Id>::fetch(page.limit))
        .offset(i64::from(page.offset))
        .select(gigs::id)
        .load(conn)?;
    let Page { items, next } = Page::from_rows(ids, page.limit, |&id| id);
    let items = gigs::table
        .inner_join(accounts::table)
        .filter(gigs::id.eq_any(items))
        .order(gigs::id.desc())
        .select(Gig::as_select())
        .load(conn)?;
    // An index alone tells how many there are, and few are hidden.
    let all: i64 = matching(filter).count().get_result(conn)?;
    let unseen: i64 = matching(filter).filter(hidden()).count().get_result(conn)?;
    Ok((Page { items, next }, all.saturating_sub(unseen)))
}
