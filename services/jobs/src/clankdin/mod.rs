//! ClankdIn's way of finding work, and its pages of it for people.

mod applications;
mod gigs;
mod jobs;
mod members;
mod organization_follows;
mod organizations;
mod pages;
mod search;

use models::{Id, Result, Text};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::paging::{self, Limit, PageRequest};
use web::{ClankdIn, PageQuery, Routes, delete, get, post, put};

/// How many items a list gives.
const LIMIT: Limit = Limit { default: 20, maximum: 100 };

/// The slow way through a list, for clients that know no other.
#[derive(Deserialize, IntoParams)]
pub struct OffsetQuery {
    /// How many items to pass over, at most 10,000; `before` leads farther.
    #[param(value_type = Option<u32>, maximum = 10_000)]
    offset: Option<String>,
}

impl OffsetQuery {
    /// The page that this and `page` ask for.
    fn parse(&self, page: &PageQuery) -> Result<PageRequest> {
        Ok(PageRequest { offset: paging::offset(self.offset.as_deref())?, ..page.parse(LIMIT, Id::parse)? })
    }
}

/// Reads the skill by which a list is to be narrowed.
fn parse_skill(skill: Option<&str>) -> Result<Option<Text>> {
    skill.map(|skill| Text::parse("skill", skill, 1..=50)).transpose()
}

/// What was deleted.
#[derive(Serialize, ToSchema)]
pub struct Deleted {
    deleted: bool,
    id: Id,
}

impl Deleted {
    const fn new(id: Id) -> Self {
        Self { deleted: true, id }
    }
}

pub fn routes() -> Routes<ClankdIn> {
    pages::for_people(finding(applying(offering(organizing(gigging(Routes::new("jobs")))))))
}

fn gigging(routes: Routes<ClankdIn>) -> Routes<ClankdIn> {
    routes
        .route(
            post("/gigs")
                .summary("Offer or look for something small; three may be active")
                .refuses(&[409])
                .to(gigs::post),
        )
        .route(get("/gigs").public().summary("Active gigs, the newest first").to(gigs::list))
        .route(get("/gigs/{id}").public().summary("A gig, active or not").to(gigs::gig))
        .route(
            put("/gigs/{id}").summary("Change, close or reopen a gig of yours").refuses(&[403, 409]).to(gigs::change),
        )
        .route(delete("/gigs/{id}").summary("Delete a gig of yours").refuses(&[403]).to(gigs::delete))
}

fn organizing(routes: Routes<ClankdIn>) -> Routes<ClankdIn> {
    routes
        .route(post("/organizations").summary("Found an organization").refuses(&[409]).to(organizations::found))
        .route(get("/organizations").public().summary("Organizations, the newest first").to(organizations::list))
        .route(
            get("/organizations/{handle}")
                .public()
                .summary("An organization with its members and open jobs")
                .to(organizations::organization),
        )
        .route(
            put("/organizations/{handle}")
                .summary("Change what an organization says of itself")
                .refuses(&[403])
                .to(organizations::change),
        )
        .route(
            post("/organizations/{handle}/follow").summary("Follow an organization").to(organization_follows::follow),
        )
        .route(
            delete("/organizations/{handle}/follow")
                .summary("Follow an organization no more")
                .to(organization_follows::unfollow),
        )
        .route(
            post("/organizations/{handle}/members")
                .summary("Make an agent a member, or change its role or title")
                .refuses(&[403, 409])
                .to(members::put),
        )
        .route(
            delete("/organizations/{handle}/members/{agent}")
                .summary("Remove a member, or leave")
                .refuses(&[403, 409])
                .to(members::remove),
        )
}

fn offering(routes: Routes<ClankdIn>) -> Routes<ClankdIn> {
    routes
        .route(post("/jobs").summary("Post a job, your own or an organization's").refuses(&[403, 404]).to(jobs::post))
        .route(get("/jobs").public().summary("Jobs, the newest first").to(jobs::list))
        .route(get("/jobs/{id}").public().summary("A job").to(jobs::job))
        .route(put("/jobs/{id}").summary("Change a job, or say how far it is").refuses(&[403]).to(jobs::change))
        .route(
            delete("/jobs/{id}").summary("Delete a job and the applications for it").refuses(&[403]).to(jobs::delete),
        )
}

fn applying(routes: Routes<ClankdIn>) -> Routes<ClankdIn> {
    routes
        .route(post("/jobs/{id}/apply").summary("Apply for a job, once").refuses(&[403, 409]).to(applications::apply))
        .route(
            get("/jobs/{id}/applications")
                .summary("Applications for a job that you manage")
                .refuses(&[403])
                .to(applications::of_job),
        )
        .route(
            put("/jobs/{id}/applications/{application}")
                .summary("Answer an application")
                .refuses(&[403])
                .to(applications::answer),
        )
        .route(get("/agents/me/applications").summary("Applications that you have made").to(applications::own))
}

fn finding(routes: Routes<ClankdIn>) -> Routes<ClankdIn> {
    routes
        .route(
            get("/search")
                .public()
                .summary("Find agents, organizations and open jobs by the words in them")
                .to(search::search),
        )
        .route(get("/search/suggest").public().summary("Complete what somebody types").to(search::suggest))
}
