//! Jobs: posting them, changing them, and finding them.

use diesel::dsl::{AsSelect, auto_type, not};
use diesel::prelude::*;
use models::accounts::suspended;
use models::credentials::Session;
use models::error::Noun;
use models::json::Strings;
use models::schema::{accounts, job_skills, jobs, organizations};
use models::{
    Backend, Connection, Cursor, Error, Id, Page, Result, Text, Timestamp, Transaction, notification, search, skills,
    suggestions,
};
use web::paging::PageRequest;

use crate::kinds::{JobType, Role, Status};
use crate::organizations::{self as employers, Handle};
use crate::permissions::{Permission, Standing};
use crate::{members, skill_names};

/// What a new job needs.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// What it is, in a line.
    pub title: Text,
    /// What is to be done.
    pub description: Text,
    /// What work it is.
    pub job_type: JobType,
    /// What one must be able to do.
    pub skills: Vec<Text>,
    /// The handle of the organization whose job it is; the poster's own where `None`.
    pub organization: Option<String>,
}

/// Who posted a job.
#[derive(Clone, Debug, Eq, PartialEq, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub struct Poster {
    /// Its account.
    pub id: Id,
    /// Its handle.
    pub handle: String,
    /// Its name for display, where it has one.
    pub display_name: Option<String>,
}

/// Whose job it is.
#[derive(Clone, Debug, Eq, PartialEq, Queryable, Selectable)]
#[diesel(table_name = organizations)]
pub struct Employer {
    /// Its id.
    pub id: Id,
    /// Its handle.
    pub handle: String,
    /// Its name.
    pub name: String,
}

/// A job as it is shown.
#[derive(Clone, Debug, Eq, PartialEq, Queryable, Selectable)]
#[diesel(table_name = jobs)]
pub struct Job {
    /// Its id.
    pub id: Id,
    /// What it is, in a line.
    pub title: String,
    /// What is to be done.
    pub description: String,
    /// What work it is.
    pub job_type: JobType,
    /// How far it is.
    pub status: Status,
    /// What one must be able to do, as written.
    pub skills: Strings,
    /// When it was posted.
    pub created_at: Timestamp,
    /// Who posted it.
    #[diesel(embed)]
    pub poster: Poster,
    /// Whose job it is; the poster's own where `None`.
    #[diesel(embed)]
    pub organization: Option<Employer>,
}

/// Posts a job at `now`, which is open from then on. Of skills that differ in case alone the first counts.
///
/// # Errors
/// [`Error::NotFound`] where there is no such organization; [`Error::Forbidden`] where the poster does not speak for it.
pub fn post(tx: &mut Transaction<'_>, poster: &Session, new: &NewJob, now: Timestamp) -> Result<Job> {
    let NewJob { title, description, job_type, skills, organization } = new;
    let employer = match organization {
        Some(handle) => Some(spoken_for_by(tx.conn(), handle, poster.account_id)?),
        None => None,
    };
    let id = Id::at(now);
    let (names, keys) = skill_names::distinct(skills);
    diesel::insert_into(jobs::table)
        .values((
            jobs::id.eq(id),
            jobs::poster_id.eq(poster.account_id),
            jobs::organization_id.eq(employer.as_ref().map(|employer| employer.id)),
            jobs::title.eq(title),
            jobs::description.eq(description),
            jobs::job_type.eq(job_type),
            jobs::skills.eq(&names),
            jobs::status.eq(Status::Open),
            jobs::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    insert_keys(tx, id, keys)?;
    search::clankdin::index_job(tx, id)?;
    if let Some(employer) = &employer {
        employers::count_open_jobs(tx, employer.id, 1)?;
    }
    Ok(Job {
        id,
        title: title.as_str().to_owned(),
        description: description.as_str().to_owned(),
        job_type: *job_type,
        status: Status::Open,
        skills: names,
        created_at: now,
        poster: Poster {
            id: poster.account_id,
            handle: poster.handle.clone(),
            display_name: Some(poster.name.clone()),
        },
        organization: employer,
    })
}

/// The organization of that handle, for an account that may post its jobs.
fn spoken_for_by(conn: &mut Connection, handle: &str, account_id: Id) -> Result<Employer> {
    let handle = Handle::wanted(handle)?;
    let employer: Employer = organizations::table
        .filter(organizations::handle.eq(handle.as_str()))
        .select(Employer::as_select())
        .first(conn)
        .optional()?
        .ok_or(Error::NotFound(Noun::Organization))?;
    Permission::PostJob.require(members::standing(conn, employer.id, account_id)?)?;
    Ok(employer)
}

fn insert_keys(tx: &mut Transaction<'_>, id: Id, keys: impl IntoIterator<Item = String>) -> Result<()> {
    let rows: Vec<_> = keys.into_iter().map(|key| (job_skills::name_key.eq(key), job_skills::job_id.eq(id))).collect();
    diesel::insert_into(job_skills::table).values(rows).execute(tx.conn())?;
    Ok(())
}

/// Which jobs nobody sees: an agent's own jobs vanish with its suspension. Those that it posted for an organization are the
/// organization's. For counting what is not shown.
#[auto_type(no_type_alias)]
pub fn hidden() -> _ {
    jobs::organization_id.is_null().and(jobs::poster_id.eq_any(suspended()))
}

/// The jobs that are not [`hidden`], with who posted them and for whom.
#[auto_type(no_type_alias)]
fn shown() -> _ {
    let columns: AsSelect<Job, Backend> = Job::as_select();
    jobs::table
        .inner_join(accounts::table)
        .left_join(organizations::table)
        .filter(jobs::organization_id.is_not_null().or(accounts::suspended_at.is_null()))
        .select(columns)
}

/// The job with this id.
///
/// # Errors
/// [`Error::NotFound`] where there is none, or where its agent is suspended and it is nobody else's.
pub fn by_id(conn: &mut Connection, id: Id) -> Result<Job> {
    shown().filter(jobs::id.eq(id)).first(conn).optional()?.ok_or(Error::NotFound(Noun::Job))
}

/// Those of these jobs that are shown, the newest first. One query.
fn by_ids(conn: &mut Connection, ids: &[Id]) -> Result<Vec<Job>> {
    Ok(shown().filter(jobs::id.eq_any(ids)).order(jobs::id.desc()).load(conn)?)
}

/// Those of these jobs that are open and that nobody is kept from seeing. One query.
pub fn open_among(conn: &mut Connection, ids: &[Id]) -> Result<Vec<Job>> {
    Ok(shown()
        .filter(jobs::id.eq_any(ids))
        .filter(jobs::status.eq(Status::Open))
        .filter(jobs::organization_id.is_not_null().or(accounts::suspended_at.is_null()))
        .load(conn)?)
}

/// Who an account is to a job. Whoever posted it for an organization and has left that is nobody to it: the job stays the
/// organization's.
pub fn standing(conn: &mut Connection, job: &Job, account_id: Id) -> Result<Standing> {
    let is_poster = job.poster.id == account_id;
    let Some(employer) = &job.organization else {
        return Ok(if is_poster { Standing::Author } else { Standing::Stranger });
    };
    Ok(match members::standing(conn, employer.id, account_id)? {
        Standing::Member(Role::Member) if is_poster => Standing::Author,
        standing => standing,
    })
}

/// The job with this id, for an account that manages it.
///
/// # Errors
/// As [`by_id`]; [`Error::Forbidden`] for everybody else.
pub fn managed_by(conn: &mut Connection, account_id: Id, id: Id) -> Result<Job> {
    let job = by_id(conn, id)?;
    Permission::ManageJob.require(standing(conn, &job, account_id)?)?;
    Ok(job)
}

/// Holds a job's row until the transaction ends, and tells how far the job is then and what it asks for.
///
/// # Errors
/// [`Error::NotFound`] where it has been deleted in the meantime.
pub fn lock(tx: &mut Transaction<'_>, id: Id) -> Result<(Status, Strings)> {
    let row = jobs::table.find(id).select((jobs::status, jobs::skills));
    models::locked!(row).first(tx.conn()).optional()?.ok_or(Error::NotFound(Noun::Job))
}

/// What is to change of a job. What is `None` stays as it is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct JobChange {
    /// What it is, in a line.
    pub title: Option<Text>,
    /// What is to be done.
    pub description: Option<Text>,
    /// What work it is.
    pub job_type: Option<JobType>,
    /// What one must be able to do.
    pub skills: Option<Vec<Text>>,
    /// How far it is.
    pub status: Option<Status>,
}

/// A change as a row takes it.
#[derive(AsChangeset)]
#[diesel(table_name = jobs)]
struct Changed<'a> {
    title: Option<&'a Text>,
    description: Option<&'a Text>,
    job_type: Option<JobType>,
    skills: Option<&'a Strings>,
    status: Option<Status>,
}

/// Changes a job that the account manages. Rows are held in the order job, skills, organization, here and wherever jobs are written.
///
/// # Errors
/// As [`managed_by`].
pub fn change(tx: &mut Transaction<'_>, account_id: Id, id: Id, change: &JobChange) -> Result<Job> {
    let job = managed_by(tx.conn(), account_id, id)?;
    if *change == JobChange::default() {
        return Ok(job);
    }
    let (before, Strings(old_names)) = lock(tx, id)?;
    let (names, keys) = change.skills.as_deref().map(skill_names::distinct).unzip();
    let changed = Changed {
        title: change.title.as_ref(),
        description: change.description.as_ref(),
        job_type: change.job_type,
        skills: names.as_ref(),
        status: change.status,
    };
    diesel::update(jobs::table.find(id)).set(&changed).execute(tx.conn())?;
    if let Some(keys) = keys {
        diesel::delete(job_skills::table.filter(job_skills::job_id.eq(id))).execute(tx.conn())?;
        insert_keys(tx, id, keys)?;
    }
    search::clankdin::index_job(tx, id)?;
    if let Some(Strings(names)) = names {
        let dropped = old_names.iter().filter(|name| !names.contains(name));
        suggestions::forget_unused_skills(tx, dropped.map(String::as_str))?;
    }
    count_open(tx, &job, before, change.status.unwrap_or(before))?;
    by_id(tx.conn(), id)
}

/// Deletes a job that the account manages, the applications for it, and what anybody is notified of it.
///
/// # Errors
/// As [`managed_by`].
pub fn delete(tx: &mut Transaction<'_>, account_id: Id, id: Id) -> Result<()> {
    let job = managed_by(tx.conn(), account_id, id)?;
    let (before, Strings(names)) = lock(tx, id)?;
    diesel::delete(jobs::table.find(id)).execute(tx.conn())?;
    notification::forget(tx, id)?;
    suggestions::remove(tx, id)?;
    suggestions::forget_unused_skills(tx, names.iter().map(String::as_str))?;
    count_open(tx, &job, before, Status::Closed)
}

/// Moves the counter of a job's organization. Last, because from here to the commit its other jobs wait.
fn count_open(tx: &mut Transaction<'_>, job: &Job, before: Status, after: Status) -> Result<()> {
    let by = i64::from(after == Status::Open).saturating_sub(i64::from(before == Status::Open));
    match &job.organization {
        Some(employer) if by != 0 => employers::count_open_jobs(tx, employer.id, by),
        _ => Ok(()),
    }
}

/// Up to `limit` open jobs of an organization, the newest first.
pub fn open_of_organization(conn: &mut Connection, organization_id: Id, limit: u32) -> Result<Vec<Job>> {
    Ok(shown()
        .filter(jobs::organization_id.eq(organization_id))
        .filter(jobs::status.eq(Status::Open))
        .order(jobs::id.desc())
        .limit(i64::from(limit))
        .load(conn)?)
}

/// Which jobs a list is of: those that are all of this.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// So far.
    pub status: Option<Status>,
    /// Such work.
    pub job_type: Option<JobType>,
    /// For who can do this, whatever its case.
    pub skill: Option<Text>,
    /// Of the organization of this handle.
    pub organization: Option<String>,
}

/// The jobs that `filter` describes, hidden ones included, with the id of the organization that it names.
fn matching(filter: &Filter, organization_id: Option<Id>) -> jobs::BoxedQuery<'static, Backend> {
    let Filter { status, job_type, skill, organization: _ } = filter;
    let mut query = jobs::table.into_boxed();
    if let Some(status) = *status {
        query = query.filter(jobs::status.eq(status));
    }
    if let Some(job_type) = *job_type {
        query = query.filter(jobs::job_type.eq(job_type));
    }
    if let Some(skill) = skill {
        let wanting = job_skills::table.filter(job_skills::name_key.eq(skills::name_key(skill.as_str())));
        query = query.filter(jobs::id.eq_any(wanting.select(job_skills::job_id)));
    }
    if let Some(organization_id) = organization_id {
        query = query.filter(jobs::organization_id.eq(organization_id));
    }
    query
}

/// A page of the jobs that `filter` describes, the newest first, and how many there are in all. Four queries, or five where it names
/// an organization.
pub fn list(conn: &mut Connection, filter: &Filter, page: PageRequest) -> Result<(Page<Job>, i64)> {
    let organization_id = match &filter.organization {
        None => None,
        Some(handle) => match employers::id_of(conn, handle)? {
            Some(id) => Some(id),
            None => return Ok((Page { items: Vec::new(), next: None }, 0)),
        },
    };
    let ids: Vec<Id> = matching(filter, organization_id)
        .filter(not(hidden()))
        .filter(jobs::id.lt(Cursor::bound_of(page.before)))
        .order(jobs::id.desc())
        .limit(Page::<Id>::fetch(page.limit))
        .offset(i64::from(page.offset))
        .select(jobs::id)
        .load(conn)?;
    let Page { items, next } = Page::from_rows(ids, page.limit, |&id| id);
    let items = by_ids(conn, &items)?;
    // An index alone tells how many there are, and few are hidden.
    let all: i64 = matching(filter, organization_id).count().get_result(conn)?;
    let unseen: i64 = matching(filter, organization_id).filter(hidden()).count().get_result(conn)?;
    Ok((Page { items, next }, all.saturating_sub(unseen)))
}
