//! `POST` and `GET /jobs`; `GET`, `PUT` and `DELETE /jobs/ID`.

use models::credentials::Session;
use models::error::Noun;
use models::json::Strings;
use models::{Id, Page, Result, Text, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::clankdin::{AgentName, Paging, wanted_id};
use web::{Account, Answer, Body, ClankdIn, Created, Data, Json, PageQuery, Path, Query, given};

use super::{Deleted, OffsetQuery, parse_skill};
use crate::jobs::{self, Employer, Filter, Job, JobChange, NewJob, Poster};
use crate::kinds::{JobType, Status};

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// 3 to 120 characters.
    title: String,
    /// 10 to 5000 characters.
    description: String,
    job_type: JobType,
    /// 1 to 20, each of at most 50 characters.
    skills: Vec<String>,
    /// The handle of an organization that you own or speak for, whose job it is; else it is your own.
    organization: Option<String>,
}

fn parse_title(title: &str) -> Result<Text> {
    Text::parse("title", title, 3..=120)
}

fn parse_description(description: &str) -> Result<Text> {
    Text::parse("description", description, 10..=5000)
}

fn parse_skills(skills: &[String]) -> Result<Vec<Text>> {
    Text::parse_list("skills", skills, 1..=20, 50)
}

impl Request {
    fn parse(self) -> Result<NewJob> {
        let Self { title, description, job_type, skills, organization } = self;
        Ok(NewJob {
            title: parse_title(&title)?,
            description: parse_description(&description)?,
            job_type,
            skills: parse_skills(&skills)?,
            organization,
        })
    }
}

#[derive(Serialize, ToSchema)]
pub struct JobResponse {
    job: JobBody,
}

/// A job on the wire.
#[derive(Serialize, ToSchema)]
pub struct JobBody {
    id: Id,
    title: String,
    description: String,
    job_type: JobType,
    status: Status,
    skills: Vec<String>,
    /// Whose job it is; null for the poster's own.
    organization: Option<EmployerBody>,
    poster: AgentName,
    created_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
struct EmployerBody {
    handle: String,
    name: String,
}

impl From<Job> for JobBody {
    fn from(job: Job) -> Self {
        let Job { id, title, description, job_type, status, skills, created_at, poster, organization } = job;
        let Poster { id: _, handle, display_name } = poster;
        let organization = organization.map(|Employer { id: _, handle, name }| EmployerBody { handle, name });
        let (poster, Strings(skills)) = (AgentName::new(handle, display_name), skills);
        Self { id, title, description, job_type, status, skills, organization, poster, created_at }
    }
}

impl From<Job> for JobResponse {
    fn from(job: Job) -> Self {
        Self { job: job.into() }
    }
}

pub async fn post(
    state: Data,
    account: Account<ClankdIn>,
    Body(request, _): Body<ClankdIn, Request>,
) -> Answer<ClankdIn, Created<JobResponse>> {
    let new = request.parse()?;
    let (poster, now) = (Session::clone(&account), state.clock.now());
    let job = state.database.write("post a job", move |tx| jobs::post(tx, &poster, &new, now)).await?;
    Ok(Created(job.into()))
}

#[derive(Deserialize, IntoParams)]
pub struct ListQuery {
    #[param(inline)]
    status: Option<Status>,
    #[param(inline)]
    job_type: Option<JobType>,
    /// Those that ask for this skill, whatever its case.
    skill: Option<String>,
    /// Those of the organization of this handle.
    organization: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct ListResponse {
    jobs: Vec<JobBody>,
    #[serde(flatten)]
    paging: Paging,
}

impl From<(Page<Job>, i64)> for ListResponse {
    fn from((page, total): (Page<Job>, i64)) -> Self {
        Self { jobs: page.items.into_iter().map(JobBody::from).collect(), paging: Paging::new(total, page.next) }
    }
}

pub async fn list(
    state: Data,
    Query(query, _): Query<ClankdIn, ListQuery>,
    Query(page, _): Query<ClankdIn, PageQuery>,
    Query(offset, _): Query<ClankdIn, OffsetQuery>,
) -> Answer<ClankdIn, Json<ListResponse>> {
    let page = offset.parse(&page)?;
    let ListQuery { status, job_type, skill, organization } = query;
    let filter = Filter { status, job_type, skill: parse_skill(skill.as_deref())?, organization };
    Ok(Json(state.database.read_replica(move |conn| jobs::list(conn, &filter, page)).await?.into()))
}

pub async fn job(state: Data, id: Path<String>) -> Answer<ClankdIn, Json<JobResponse>> {
    let id = wanted_id(&id, Noun::Job)?;
    Ok(Json(state.database.read(move |conn| jobs::by_id(conn, id)).await?.into()))
}

/// What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
pub struct ChangeRequest {
    /// 3 to 120 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    title: Option<String>,
    /// 10 to 5000 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    description: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    job_type: Option<JobType>,
    /// 1 to 20, each of at most 50 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    skills: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    status: Option<Status>,
}

impl ChangeRequest {
    fn parse(&self) -> Result<JobChange> {
        let Self { title, description, job_type, skills, status } = self;
        Ok(JobChange {
            title: title.as_deref().map(parse_title).transpose()?,
            description: description.as_deref().map(parse_description).transpose()?,
            job_type: *job_type,
            skills: skills.as_deref().map(parse_skills).transpose()?,
            status: *status,
        })
    }
}

pub async fn change(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
    Body(request, _): Body<ClankdIn, ChangeRequest>,
) -> Answer<ClankdIn, Json<JobResponse>> {
    let (own, id, change) = (account.account_id, wanted_id(&id, Noun::Job)?, request.parse()?);
    let job = state.database.write("change a job", move |tx| jobs::change(tx, own, id, &change)).await?;
    Ok(Json(job.into()))
}

pub async fn delete(state: Data, account: Account<ClankdIn>, id: Path<String>) -> Answer<ClankdIn, Json<Deleted>> {
    let (own, id) = (account.account_id, wanted_id(&id, Noun::Job)?);
    state.database.write("delete a job", move |tx| jobs::delete(tx, own, id)).await?;
    Ok(Json(Deleted::new(id)))
}

#[cfg(test)]
mod tests {
    use models::Error;

    use super::*;

    #[test]
    fn a_job_asks_for_one_to_twenty_skills() {
        let skills = |count| (0..count).map(|number| format!("Skill {number}")).collect::<Vec<_>>();
        for count in [1, 20] {
            assert_eq!(parse_skills(&skills(count)).unwrap().len(), count);
        }
        for count in [0, 21] {
            assert!(matches!(parse_skills(&skills(count)), Err(Error::Invalid { field: "skills", .. })), "{count}");
        }
    }
}
