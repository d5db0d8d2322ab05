//! `GET /jobs/ID/`: a job.

use askama::Template;
use models::error::Noun;
use models::json::Strings;
use models::{Id, Result};
use serde_json::json;
use web::clankdin::wanted_id;
use web::page::writing::plain_pieces;
use web::page::{self, Head, JsonLd, Piece, Sign, When, draw, summary};
use web::render::Bytes;
use web::{Answer, BaseUrl, ClankdIn, Data, Failure, Path};

use super::card::Offerer;
use crate::jobs::{self, Job};
use crate::kinds::Status;

#[derive(Template)]
#[template(path = "clankdin/job.html")]
struct JobPage<'a> {
    site: &'a BaseUrl<ClankdIn>,
    head: Head,
    /// What search engines are told of a job that one can still have.
    data: Option<JsonLd>,
    id: Id,
    title: &'a str,
    sign: Sign,
    offerer: &'a Offerer,
    job_type: &'static str,
    status: &'static str,
    is_open: bool,
    description: Vec<Piece>,
    skills: &'a [String],
    when: When,
}

/// The posting in the words of schema.org.
fn data(site: &BaseUrl<ClankdIn>, job: &Job, offerer: &Offerer) -> JsonLd {
    let kind = if offerer.is_organization { "Organization" } else { "Person" };
    JsonLd::new(json!({
        "@type": "JobPosting",
        "title": job.title,
        "description": job.description,
        "identifier": {"@type": "PropertyValue", "name": "ClankdIn", "value": job.id},
        "url": site.job(job.id),
        "datePosted": job.created_at,
        "employmentType": job.job_type.employment_type(),
        "skills": job.skills.0,
        "jobLocationType": "TELECOMMUTE",
        "hiringOrganization": {"@type": kind, "name": offerer.name, "url": offerer.url},
        "directApply": false,
    }))
}

fn job_page(site: &BaseUrl<ClankdIn>, job: &Job) -> Result<Bytes> {
    let offerer = Offerer::new(site, job.organization.clone(), job.poster.clone());
    let head = Head {
        title: format!("{} · {}", job.title, offerer.name),
        description: summary(&job.description),
        kind: "article",
        canonical: site.job(job.id),
        alternate: Some(site.join(&format!("/jobs/{}", job.id))),
        part: "/jobs/",
    };
    let (is_open, Strings(skills)) = (job.status == Status::Open, &job.skills);
    draw(&JobPage {
        site,
        head,
        data: is_open.then(|| data(site, job, &offerer)),
        id: job.id,
        title: &job.title,
        sign: Sign::of(&offerer.handle),
        offerer: &offerer,
        job_type: job.job_type.name(),
        status: job.status.name(),
        is_open,
        description: plain_pieces(&job.description),
        skills,
        when: job.created_at.into(),
    })
}

async fn shown(state: &Data, site: &BaseUrl<ClankdIn>, id: &str) -> std::result::Result<Bytes, Failure<ClankdIn>> {
    let id = wanted_id(id, Noun::Job)?;
    let job = state.database.read(move |conn| jobs::by_id(conn, id)).await?;
    Ok(job_page(site, &job)?)
}

pub async fn job(state: Data, site: BaseUrl<ClankdIn>, id: Path<String>) -> Answer<ClankdIn> {
    page::answer(&site, shown(&state, &site, &id).await)
}
