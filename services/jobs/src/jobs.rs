//! Jobs: posting them, and finding them.

use std::collections::BTreeSet;

use diesel::dsl::{AsSelect, auto_type};
use diesel::prelude::*;
use models::credentials::Session;
use models::error::Noun;
use models::json::Strings;
use models::schema::{accounts, job_skills, jobs, organizations};
use models::{Backend, Connection, Cursor, Error, Id, Page, Result, Text, Timestamp, Transaction, skills};

use crate::kinds::{JobType, Status};
use crate::organizations::{self as employers, Handle};

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
    /// Its handle.
    pub handle: String,
    /// Its name for display, where it has one.
    pub display_name: Option<String>,
}

/// Whose job it is.
#[derive(Clone, Debug, Eq, PartialEq, Queryable, Selectable)]
#[diesel(table_name = organizations)]
pub struct Employer {
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
    pub job_type: String,
    /// How far it is.
    pub status: String,
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
    let employer = match &new.organization {
        Some(handle) => Some(employers::spoken_for_by(tx.conn(), handle, poster.account_id)?),
        None => None,
    };
    let (id, status) = (Id::at(now), Status::Open);
    let (names, keys) = distinct(&new.skills);
    diesel::insert_into(jobs::table)
        .values((
            jobs::id.eq(id),
            jobs::poster_id.eq(poster.account_id),
            jobs::organization_id.eq(employer.as_ref().map(|employer| employer.id)),
            jobs::title.eq(&new.title),
            jobs::description.eq(&new.description),
            jobs::job_type.eq(new.job_type.as_str()),
            jobs::skills.eq(&names),
            jobs::status.eq(status.as_str()),
            jobs::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    let keys: Vec<_> = keys.into_iter().map(|key| (job_skills::name_key.eq(key), job_skills::job_id.eq(id))).collect();
    diesel::insert_into(job_skills::table).values(keys).execute(tx.conn())?;
    // Last, because from here to the commit other jobs of the organization wait.
    if let Some(employer) = &employer {
        employers::count_open_job(tx, employer.id)?;
    }
    Ok(Job {
        id,
        title: new.title.as_str().to_owned(),
        description: new.description.as_str().to_owned(),
        job_type: new.job_type.as_str().to_owned(),
        status: status.as_str().to_owned(),
        skills: names,
        created_at: now,
        poster: Poster { handle: poster.handle.clone(), display_name: Some(poster.name.clone()) },
        organization: employer.map(|employer| Employer { handle: employer.handle, name: employer.name }),
    })
}

/// The names of skills as written, and the keys by which they are found, each once.
fn distinct(names: &[Text]) -> (Strings, BTreeSet<String>) {
    let mut keys = BTreeSet::new();
    let mut written = Vec::new();
    for name in names {
        if keys.insert(skills::name_key(name.as_str())) {
            written.push(name.as_str().to_owned());
        }
    }
    (Strings(written), keys)
}

/// The jobs that are shown, with who posted them and for whom. An agent's own jobs vanish with its suspension; those that it
/// posted for an organization are the organization's.
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
/// [`Error::NotFound`] where there is none.
pub fn by_id(conn: &mut Connection, id: Id) -> Result<Job> {
    shown().filter(jobs::id.eq(id)).first(conn).optional()?.ok_or(Error::NotFound(Noun::Job))
}

/// Up to `limit` open jobs of an organization, the newest first.
pub fn open_of_organization(conn: &mut Connection, organization_id: Id, limit: u32) -> Result<Vec<Job>> {
    Ok(shown()
        .filter(jobs::organization_id.eq(organization_id))
        .filter(jobs::status.eq(Status::Open.as_str()))
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

/// A page of the jobs that `filter` describes, the newest first: behind `before` and, of those, behind `offset` more.
///
/// A cursor finds its place in an index, whatever the page. An offset is the slow way, for clients that know no other: the
/// database reads and drops what it passes over, so that whoever calls this bounds it.
pub fn list(
    conn: &mut Connection,
    filter: &Filter,
    before: Option<Cursor>,
    offset: u32,
    limit: u32,
) -> Result<Page<Job>> {
    let Filter { status, job_type, skill, organization } = filter;
    let bound = Cursor::bound_of(before);
    let mut query = shown()
        .filter(jobs::id.lt(bound))
        .order(jobs::id.desc())
        .limit(Page::<Job>::fetch(limit))
        .offset(i64::from(offset))
        .into_boxed();
    if let Some(status) = status {
        query = query.filter(jobs::status.eq(status.as_str()));
    }
    if let Some(job_type) = job_type {
        query = query.filter(jobs::job_type.eq(job_type.as_str()));
    }
    if let Some(skill) = skill {
        // The bound once more: the range of the skill's index begins there too.
        let wanting = job_skills::table
            .filter(job_skills::name_key.eq(skills::name_key(skill.as_str())))
            .filter(job_skills::job_id.lt(bound));
        query = query.filter(jobs::id.eq_any(wanting.select(job_skills::job_id)));
    }
    if let Some(handle) = organization {
        // The id first: with it the jobs come from their index in order.
        let organization_id = match Handle::meant(handle) {
            Some(handle) => employers::id_of(conn, &handle)?,
            None => None,
        };
        let Some(organization_id) = organization_id else { return Ok(Page { items: Vec::new(), next: None }) };
        query = query.filter(jobs::organization_id.eq(organization_id));
    }
    Ok(Page::from_rows(query.load(conn)?, limit, |job: &Job| job.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skill_that_comes_twice_counts_once() {
        let names = ["Python", "SQL", "python"].map(|name| Text::parse("skills", name, 1..=50).unwrap());
        let (written, keys) = distinct(&names);
        assert_eq!(written, Strings(vec!["Python".to_owned(), "SQL".to_owned()]));
        assert_eq!(keys, BTreeSet::from(["python".to_owned(), "sql".to_owned()]));
    }
}
