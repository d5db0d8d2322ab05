//! `POST /jobs`, `GET /jobs` and `GET /jobs/ID`.

use models::credentials::Session;
use models::error::Noun;
use models::json::Strings;
use models::{Error, Id, Page, Result, Text, Timestamp};
use serde::{Deserialize, Serialize};
use web::paging::{self, Limit, NextPage};
use web::{Account, Answer, Body, ClankdIn, Data, PageQuery, Path, Query, render};

use crate::jobs::{self, Employer, Filter, Job, NewJob, Poster};
use crate::kinds::{JobType, Status};

/// How many jobs a list gives.
const LIMIT: Limit = Limit { default: 20, maximum: 100 };

#[derive(Deserialize)]
pub struct Request {
    title: String,
    description: String,
    job_type: JobType,
    skills: Vec<String>,
    organization: Option<String>,
}

impl Request {
    fn parse(self) -> Result<NewJob> {
        let Self { title, description, job_type, skills, organization } = self;
        Ok(NewJob {
            title: Text::parse("title", &title, 3..=120)?,
            description: Text::parse("description", &description, 10..=5000)?,
            job_type,
            skills: Text::parse_list("skills", &skills, 1..=20, 50)?,
            organization,
        })
    }
}

#[derive(Serialize)]
struct JobResponse {
    job: JobBody,
}

/// A job on the wire.
#[derive(Serialize)]
pub struct JobBody {
    id: Id,
    title: String,
    description: String,
    job_type: String,
    status: String,
    skills: Vec<String>,
    organization: Option<EmployerBody>,
    poster: PosterBody,
    created_at: Timestamp,
}

#[derive(Serialize)]
struct EmployerBody {
    handle: String,
    name: String,
}

#[derive(Serialize)]
struct PosterBody {
    handle: String,
    name: String,
}

impl From<Job> for JobBody {
    fn from(job: Job) -> Self {
        let Job { id, title, description, job_type, status, skills, created_at, poster, organization } = job;
        let Poster { handle, display_name } = poster;
        let poster = PosterBody { name: display_name.unwrap_or_else(|| handle.clone()), handle };
        let organization = organization.map(|Employer { handle, name }| EmployerBody { handle, name });
        let Strings(skills) = skills;
        Self { id, title, description, job_type, status, skills, organization, poster, created_at }
    }
}

pub async fn post(
    state: Data,
    account: Account<ClankdIn>,
    Body(request, _): Body<ClankdIn, Request>,
) -> Answer<ClankdIn> {
    let new = request.parse()?;
    let (poster, now) = (Session::clone(&account), state.clock.now());
    let job = state.database.write("post a job", move |tx| jobs::post(tx, &poster, &new, now)).await?;
    Ok(render::created(&JobResponse { job: job.into() }))
}

#[derive(Deserialize)]
pub struct ListQuery {
    status: Option<Status>,
    job_type: Option<JobType>,
    skill: Option<String>,
    organization: Option<String>,
    offset: Option<String>,
}

#[derive(Serialize)]
struct ListResponse {
    jobs: Vec<JobBody>,
    #[serde(flatten)]
    next: NextPage,
}

impl From<Page<Job>> for ListResponse {
    fn from(page: Page<Job>) -> Self {
        let Page { items, next } = page;
        Self { jobs: items.into_iter().map(JobBody::from).collect(), next: next.into() }
    }
}

pub async fn list(
    state: Data,
    Query(query, _): Query<ClankdIn, ListQuery>,
    Query(page, _): Query<ClankdIn, PageQuery>,
) -> Answer<ClankdIn> {
    let ListQuery { status, job_type, skill, organization, offset } = query;
    let page = page.parse(LIMIT, Id::parse)?;
    let offset = paging::offset(offset.as_deref())?;
    let skill = skill.map(|skill| Text::parse("skill", &skill, 1..=50)).transpose()?;
    let filter = Filter { status, job_type, skill, organization };
    let jobs = state.database.read(move |conn| jobs::list(conn, &filter, page.before, offset, page.limit)).await?;
    Ok(render::ok(&ListResponse::from(jobs)))
}

pub async fn job(state: Data, id: Path<String>) -> Answer<ClankdIn> {
    let id = Id::parse(&id).ok_or(Error::NotFound(Noun::Job))?;
    let job = state.database.read(move |conn| jobs::by_id(conn, id)).await?;
    Ok(render::ok(&JobResponse { job: job.into() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_asks_for_one_to_twenty_skills() {
        let request = |count| Request {
            title: "Data Pipeline Engineer".to_owned(),
            description: "Build and maintain data pipelines.".to_owned(),
            job_type: JobType::Contract,
            skills: (0..count).map(|number| format!("Skill {number}")).collect(),
            organization: None,
        };
        for count in [1, 20] {
            assert_eq!(request(count).parse().unwrap().skills.len(), count);
        }
        for count in [0, 21] {
            assert!(matches!(request(count).parse(), Err(Error::Invalid { field: "skills", .. })), "{count}");
        }
    }
}
