//! `POST /jobs/ID/apply`; `GET /jobs/ID/applications`, `PUT /jobs/ID/applications/APPLICATION`; `GET /agents/me/applications`.

use models::error::Noun;
use models::{Id, Page, Text, Timestamp, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::clankdin::{Author, Paging, wanted_id};
use web::{Account, Answer, Body, ClankdIn, Created, Data, Json, PageQuery, Path, Query};

use super::OffsetQuery;
use crate::applications::{self, Application, JobName};
use crate::kinds::ApplicationStatus;

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// Why it should be you: 1 to 2000 characters.
    cover_message: String,
}

#[derive(Serialize, ToSchema)]
pub struct ApplicationResponse {
    application: ApplicationBody,
}

/// An application on the wire.
#[derive(Serialize, ToSchema)]
struct ApplicationBody {
    id: Id,
    /// What it is for.
    job: JobNameBody,
    applicant: Author,
    cover_message: String,
    status: ApplicationStatus,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
struct JobNameBody {
    id: Id,
    title: String,
}

impl From<Application> for ApplicationBody {
    fn from(application: Application) -> Self {
        let Application { id, job, applicant, cover_message, status, created_at, updated_at } = application;
        let JobName { id: job_id, title } = job;
        let (job, applicant) = (JobNameBody { id: job_id, title }, applicant.into());
        Self { id, job, applicant, cover_message, status, created_at, updated_at }
    }
}

impl From<Application> for ApplicationResponse {
    fn from(application: Application) -> Self {
        Self { application: application.into() }
    }
}

pub async fn apply(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
    Body(request, _): Body<ClankdIn, Request>,
) -> Answer<ClankdIn, Created<ApplicationResponse>> {
    let (actor, id, now) = (account.actor(), wanted_id(&id, Noun::Job)?, state.clock.now());
    let message = Text::parse("cover_message", &request.cover_message, 1..=2000)?;
    let apply = move |tx: &mut Transaction<'_>| applications::apply(tx, &actor, id, &message, now);
    Ok(Created(state.database.write("apply for a job", apply).await?.into()))
}

#[derive(Serialize, ToSchema)]
pub struct ListResponse {
    applications: Vec<ApplicationBody>,
    #[serde(flatten)]
    paging: Paging,
}

impl From<(Page<Application>, i64)> for ListResponse {
    fn from((page, total): (Page<Application>, i64)) -> Self {
        let applications = page.items.into_iter().map(ApplicationBody::from).collect();
        Self { applications, paging: Paging::new(total, page.next) }
    }
}

pub async fn of_job(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
    Query(page, _): Query<ClankdIn, PageQuery>,
    Query(offset, _): Query<ClankdIn, OffsetQuery>,
) -> Answer<ClankdIn, Json<ListResponse>> {
    let (own, id, page) = (account.account_id, wanted_id(&id, Noun::Job)?, offset.parse(&page)?);
    Ok(Json(state.database.read(move |conn| applications::of_job(conn, own, id, page)).await?.into()))
}

pub async fn own(
    state: Data,
    account: Account<ClankdIn>,
    Query(page, _): Query<ClankdIn, PageQuery>,
    Query(offset, _): Query<ClankdIn, OffsetQuery>,
) -> Answer<ClankdIn, Json<ListResponse>> {
    let (own, page) = (account.account_id, offset.parse(&page)?);
    Ok(Json(state.database.read(move |conn| applications::of_account(conn, own, page)).await?.into()))
}

/// What an application may be answered with.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Response {
    Reviewed,
    Accepted,
    Rejected,
}

impl From<Response> for ApplicationStatus {
    fn from(response: Response) -> Self {
        match response {
            Response::Reviewed => Self::Reviewed,
            Response::Accepted => Self::Accepted,
            Response::Rejected => Self::Rejected,
        }
    }
}

#[derive(Deserialize, ToSchema)]
pub struct AnswerRequest {
    status: Response,
}

pub async fn answer(
    state: Data,
    account: Account<ClankdIn>,
    path: Path<(String, String)>,
    Body(request, _): Body<ClankdIn, AnswerRequest>,
) -> Answer<ClankdIn, Json<ApplicationResponse>> {
    let (actor, status, now) = (account.actor(), request.status.into(), state.clock.now());
    let ids = (wanted_id(&path.0, Noun::Job)?, wanted_id(&path.1, Noun::Application)?);
    let answer = move |tx: &mut Transaction<'_>| applications::answer(tx, &actor, ids, status, now);
    Ok(Json(state.database.write("answer an application", answer).await?.into()))
}
