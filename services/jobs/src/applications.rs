//! Applications for jobs.

use diesel::prelude::*;
use models::accounts::suspended;
use models::error::Noun;
use models::event::{Actor, PREVIEW_CHARACTERS};
use models::posts::Author;
use models::schema::{accounts, applications, jobs as job_rows};
use models::{
    Connection, Cursor, Error, Event, Id, NotificationKind, Page, Result, Text, Timestamp, Transaction, outbox,
};
use web::paging::PageRequest;

use crate::jobs::{self, Job};
use crate::kinds::{ApplicationStatus, Status};
use crate::members;
use crate::permissions::{Permission, Standing};

/// An application as it is shown.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = applications)]
pub struct Application {
    /// Its id.
    pub id: Id,
    /// What it is for.
    #[diesel(embed)]
    pub job: JobName,
    /// Who applies.
    #[diesel(embed)]
    pub applicant: Author,
    /// What the applicant says.
    pub cover_message: String,
    /// How far it is.
    pub status: ApplicationStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was answered last, or made.
    pub updated_at: Timestamp,
}

/// A job, as an application for it names it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = job_rows)]
pub struct JobName {
    /// Its id.
    pub id: Id,
    /// What it is, in a line.
    pub title: String,
}

/// Applies for a job at `now`. Who manages the job is told.
///
/// # Errors
/// [`Error::NotFound`] where there is no such job; [`Error::Forbidden`] for who manages it; [`Error::Conflict`] where it is not open,
/// and for who has applied before.
pub fn apply(
    tx: &mut Transaction<'_>,
    actor: &Actor,
    job_id: Id,
    cover_message: &Text,
    now: Timestamp,
) -> Result<Application> {
    let job = jobs::by_id(tx.conn(), job_id)?;
    Permission::Apply.require(jobs::standing(tx.conn(), &job, actor.id)?)?;
    // The job's row is held, so that one that closes in this moment either has this application or refuses it.
    let (status, _) = jobs::lock(tx, job_id)?;
    if status != Status::Open {
        return Err(Error::Conflict("This job is not open for applications"));
    }
    let id = Id::at(now);
    let inserted = diesel::insert_into(applications::table)
        .values((
            applications::id.eq(id),
            applications::job_id.eq(job_id),
            applications::account_id.eq(actor.id),
            applications::cover_message.eq(cover_message),
            applications::status.eq(ApplicationStatus::Pending),
            applications::created_at.eq(now),
            applications::updated_at.eq(now),
        ))
        .on_conflict((applications::job_id, applications::account_id))
        .do_nothing()
        .execute(tx.conn())?;
    if inserted == 0 {
        return Err(Error::Conflict("You have applied for this job before"));
    }
    let tells = |recipient_id: Id| Event::Notable {
        notification: NotificationKind::JobApplication,
        actor: actor.clone(),
        recipient_id,
        target_id: job_id,
        preview: cover_message.preview(PREVIEW_CHARACTERS),
    };
    let events: Vec<Event> = managers(tx.conn(), &job)?.into_iter().map(tells).collect();
    outbox::record_all(tx, now, &events)?;
    by_id(tx.conn(), job_id, id)
}

/// Who hears of applications for a job, each once: its poster, unless it has left the organization whose job it is, and who is in
/// charge of that.
fn managers(conn: &mut Connection, job: &Job) -> Result<Vec<Id>> {
    let mut managers = match &job.organization {
        Some(employer) => members::in_charge(conn, employer.id)?,
        None => Vec::new(),
    };
    if jobs::standing(conn, job, job.poster.id)? == Standing::Author {
        managers.push(job.poster.id);
    }
    Ok(managers)
}

/// The application for this job with this id.
fn by_id(conn: &mut Connection, job_id: Id, id: Id) -> Result<Application> {
    applications::table
        .inner_join(accounts::table)
        .inner_join(job_rows::table)
        .filter(applications::id.eq(id))
        .filter(applications::job_id.eq(job_id))
        .filter(accounts::suspended_at.is_null())
        .select(Application::as_select())
        .first(conn)
        .optional()?
        .ok_or(Error::NotFound(Noun::Application))
}

/// Answers an application for a job that the actor manages, at `now`. The applicant is told, unless that was the answer before.
///
/// # Errors
/// [`Error::NotFound`] where there is no such job or application; [`Error::Forbidden`] for who does not manage the job.
pub fn answer(
    tx: &mut Transaction<'_>,
    actor: &Actor,
    (job_id, id): (Id, Id),
    answer: ApplicationStatus,
    now: Timestamp,
) -> Result<Application> {
    jobs::managed_by(tx.conn(), actor.id, job_id)?;
    let applicant_id = by_id(tx.conn(), job_id, id)?.applicant.id;
    // Nothing else of it ever changes: whose update finds another answer than its own is the one that tells.
    let changed = diesel::update(applications::table.find(id).filter(applications::status.ne(answer)))
        .set((applications::status.eq(answer), applications::updated_at.eq(now)))
        .execute(tx.conn())?;
    if changed > 0 && applicant_id != actor.id {
        let event = Event::Notable {
            notification: NotificationKind::ApplicationUpdate,
            actor: actor.clone(),
            recipient_id: applicant_id,
            target_id: job_id,
            preview: answer.as_str().to_owned(),
        };
        outbox::record(tx, now, &event)?;
    }
    by_id(tx.conn(), job_id, id)
}

/// A page of the applications for a job that the account manages, the newest first, and how many there are in all.
///
/// # Errors
/// [`Error::NotFound`] where there is no such job; [`Error::Forbidden`] for who does not manage it.
pub fn of_job(
    conn: &mut Connection,
    account_id: Id,
    job_id: Id,
    page: PageRequest,
) -> Result<(Page<Application>, i64)> {
    jobs::managed_by(conn, account_id, job_id)?;
    let listed = || {
        let of_job = applications::table.filter(applications::job_id.eq(job_id));
        of_job.filter(applications::account_id.ne_all(suspended()))
    };
    let ids = listed()
        .filter(applications::id.lt(Cursor::bound_of(page.before)))
        .order(applications::id.desc())
        .limit(Page::<Id>::fetch(page.limit))
        .offset(i64::from(page.offset))
        .select(applications::id)
        .load(conn)?;
    let total = listed().count().get_result(conn)?;
    Ok((shown(conn, ids, page.limit)?, total))
}

/// A page of the applications that the account has made, the newest first, and how many there are in all: those for jobs that can be
/// seen.
pub fn of_account(conn: &mut Connection, account_id: Id, page: PageRequest) -> Result<(Page<Application>, i64)> {
    let listed = || {
        let own = applications::table.inner_join(job_rows::table).filter(applications::account_id.eq(account_id));
        own.filter(diesel::dsl::not(jobs::hidden()))
    };
    let ids = listed()
        .filter(applications::id.lt(Cursor::bound_of(page.before)))
        .order(applications::id.desc())
        .limit(Page::<Id>::fetch(page.limit))
        .offset(i64::from(page.offset))
        .select(applications::id)
        .load(conn)?;
    let total = listed().count().get_result(conn)?;
    Ok((shown(conn, ids, page.limit)?, total))
}

/// The page that these ids, which were asked for with [`Page::fetch`], make. One query.
fn shown(conn: &mut Connection, ids: Vec<Id>, limit: u32) -> Result<Page<Application>> {
    let Page { items, next } = Page::from_rows(ids, limit, |&id| id);
    let items = applications::table
        .inner_join(accounts::table)
        .inner_join(job_rows::table)
        .filter(applications::id.eq_any(items))
        .order(applications::id.desc())
        .select(Application::as_select())
        .load(conn)?;
    Ok(Page { items, next })
}
