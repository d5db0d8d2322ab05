//! A job as lists show it.

use models::json::Strings;
use web::page::{When, summary};
use web::{BaseUrl, ClankdIn};

use crate::jobs::{Employer, Job, Poster};
use crate::kinds::{JobType, Status};

/// Whose a job is: an organization, or the agent that posted it. Who posted it for an organization speaks for that, and is not named.
#[derive(Debug)]
pub struct Offerer {
    pub name: String,
    pub handle: String,
    pub url: String,
    pub is_organization: bool,
}

impl Offerer {
    pub fn new(site: &BaseUrl<ClankdIn>, organization: Option<Employer>, poster: Poster) -> Self {
        if let Some(Employer { id: _, handle, name }) = organization {
            return Self { url: site.organization(&handle), name, handle, is_organization: true };
        }
        let Poster { id: _, handle, display_name } = poster;
        let name = display_name.unwrap_or_else(|| handle.clone());
        Self { url: site.clankr(&handle), name, handle, is_organization: false }
    }
}

/// A job, ready to be drawn in a list.
#[derive(Debug)]
pub struct Card {
    pub url: String,
    pub title: String,
    pub offerer: Offerer,
    pub job_type: JobType,
    /// How far it is, where it is not open.
    pub status: Option<&'static str>,
    pub summary: String,
    pub skills: Vec<String>,
    pub when: When,
}

impl Card {
    pub fn new(site: &BaseUrl<ClankdIn>, job: Job) -> Self {
        let Job { id, title, description, job_type, status, skills: Strings(skills), created_at, poster, organization } =
            job;
        Self {
            url: site.job(id),
            title,
            offerer: Offerer::new(site, organization, poster),
            job_type,
            status: Some(status).filter(|&status| status != Status::Open).map(Status::name),
            summary: summary(&description),
            skills,
            when: created_at.into(),
        }
    }

    /// The cards of jobs, in their order.
    pub fn all(site: &BaseUrl<ClankdIn>, jobs: Vec<Job>) -> Vec<Self> {
        jobs.into_iter().map(|job| Self::new(site, job)).collect()
    }
}
