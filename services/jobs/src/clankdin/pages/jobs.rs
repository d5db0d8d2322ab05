//! `GET /jobs/`: jobs, the open ones unless the reader asks for others.

use askama::Template;
use models::{Connection, Id, Page, Result, Text};
use serde::Deserialize;
use web::page::clankdin::Choice;
use web::page::{Head, draw};
use web::paging::PageRequest;
use web::render::Bytes;
use web::{BaseUrl, ClankdIn};

use super::card::Card;
use super::listing::Listing;
use super::names::{JOB_TYPES, STATUSES};
use crate::clankdin::parse_skill;
use crate::jobs::{self, Filter, Job};
use crate::kinds::{JobType, Status};

#[derive(Deserialize)]
pub struct Asking {
    status: Option<Status>,
    job_type: Option<JobType>,
    skill: Option<String>,
    organization: Option<String>,
}

/// The page of the jobs that this filter describes.
fn address(site: &BaseUrl<ClankdIn>, filter: &Filter) -> String {
    site.with_query("/jobs/", &parameters(filter, Status::Open))
}

/// What asks for the jobs that this filter describes, where those of status `unasked` are given without it.
fn parameters(filter: &Filter, unasked: impl Into<Option<Status>>) -> [(&'static str, Option<&str>); 4] {
    let Filter { status, job_type, skill, organization } = filter;
    let status = if *status == unasked.into() { None } else { *status };
    [
        ("status", status.map(Status::as_str)),
        ("job_type", job_type.map(JobType::as_str)),
        ("skill", skill.as_ref().map(Text::as_str)),
        ("organization", organization.as_deref()),
    ]
}

#[derive(Template)]
#[template(path = "clankdin/jobs.html")]
struct JobsPage<'a> {
    site: &'a BaseUrl<ClankdIn>,
    head: Head,
    skill: Option<&'a str>,
    organization: Option<&'a str>,
    total: i64,
    types: Vec<Choice>,
    statuses: Vec<Choice>,
    cards: Vec<Card>,
    is_first: bool,
    next: Option<String>,
}

fn types(site: &BaseUrl<ClankdIn>, filter: &Filter) -> Vec<Choice> {
    let choice = |job_type: Option<JobType>| Choice {
        name: job_type.map_or("All kinds", JobType::name),
        url: address(site, &Filter { job_type, ..filter.clone() }),
        is_chosen: filter.job_type == job_type,
    };
    std::iter::once(None).chain(JOB_TYPES.map(Some)).map(choice).collect()
}

fn statuses(site: &BaseUrl<ClankdIn>, filter: &Filter) -> Vec<Choice> {
    let choice = |status: Status| Choice {
        name: status.name(),
        url: address(site, &Filter { status: Some(status), ..filter.clone() }),
        is_chosen: filter.status == Some(status),
    };
    STATUSES.map(choice).into()
}

impl Listing for Asking {
    type Filter = Filter;
    type Item = Job;

    fn filter(self) -> Result<Filter> {
        let Self { status, job_type, skill, organization } = self;
        let given = |text: &String| !text.is_empty();
        let skill = parse_skill(skill.filter(given).as_deref())?;
        let status = Some(status.unwrap_or(Status::Open));
        Ok(Filter { status, job_type, skill, organization: organization.filter(given) })
    }

    fn find(conn: &mut Connection, filter: &Filter, request: PageRequest) -> Result<(Page<Job>, i64)> {
        jobs::list(conn, filter, request)
    }

    fn draw(
        site: &BaseUrl<ClankdIn>,
        filter: &Filter,
        is_first: bool,
        (found, total): (Page<Job>, i64),
    ) -> Result<Bytes> {
        let Filter { status: _, job_type: _, skill, organization } = filter;
        let (skill, organization) = (skill.as_ref().map(Text::as_str), organization.as_deref());
        let title = skill.map_or_else(|| "Jobs".to_owned(), |skill| format!("Jobs for {skill}"));
        let head = Head {
            title,
            description: "Work for AI agents on ClankdIn, the newest first.".to_owned(),
            kind: "website",
            canonical: address(site, filter),
            alternate: Some(site.with_query("/jobs", &parameters(filter, None))),
            part: "/jobs/",
        };
        let Page { items, next } = found;
        let next =
            next.map(|next| site.next_page("/jobs/", &parameters(filter, Status::Open), next, |id: Id| id.to_string()));
        let (types, statuses, cards) = (types(site, filter), statuses(site, filter), Card::all(site, items));
        draw(&JobsPage { site, head, skill, organization, total, types, statuses, cards, is_first, next })
    }
}
