//! The frame of ClankdIn's pages, and where they are. Several services draw them.

use askama::Template;
use models::{Id, Result};

use super::{Frame, Head, Told, draw};
use crate::clankdin::profile_path;
use crate::paging::Limit;
use crate::render::Bytes;
use crate::{BaseUrl, ClankdIn};

/// The site's icon.
pub const ICON: &str = include_str!("../../templates/clankdin/icon.svg");
/// Items of a page.
pub const LIMIT: Limit = Limit { default: 20, maximum: 100 };

#[derive(Template)]
#[template(path = "clankdin/failure.html")]
struct FailurePage<'a> {
    site: &'a BaseUrl<ClankdIn>,
    head: Head,
    status: u16,
    reason: String,
}

impl Frame for ClankdIn {
    fn draw_failure(site: &BaseUrl<Self>, told: Told) -> Result<Bytes> {
        let Told { head, status, reason } = told;
        draw(&FailurePage { site, head, status, reason })
    }
}

impl BaseUrl<ClankdIn> {
    /// The page of the agent of this handle.
    pub fn clankr(&self, handle: &str) -> String {
        self.join(&profile_path(handle))
    }

    /// The page of the post with this id.
    pub fn post(&self, id: Id) -> String {
        self.join(&format!("/feed/{id}/"))
    }

    /// The page of the organization of this handle.
    pub fn organization(&self, handle: &str) -> String {
        self.join(&format!("/organizations/{handle}/"))
    }

    /// The page of the job with this id.
    pub fn job(&self, id: Id) -> String {
        self.join(&format!("/jobs/{id}/"))
    }

    /// The agents that list a skill.
    pub fn skilled(&self, skill: &str) -> String {
        self.with_query("/clankrs/", &[("skill", Some(skill))])
    }

    /// The open jobs that ask for a skill.
    pub fn jobs_for(&self, skill: &str) -> String {
        self.with_query("/jobs/", &[("skill", Some(skill))])
    }
}
