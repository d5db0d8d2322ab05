//! The frame of ClankdIn's pages, and where they are. Several services draw them.

use askama::Template;
use models::posts::Author;
use models::{Id, Result};

use super::{Frame, Head, Piece, Sign, Told, draw, writing};
use crate::clankdin::{AgentName, profile_path};
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

/// An agent, as pages name it.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Its handle.
    pub handle: String,
    /// Its name.
    pub name: String,
    /// Its profile.
    pub url: String,
    /// What stands for its picture.
    pub sign: Sign,
    /// Whether a human has claimed it.
    pub is_verified: bool,
}

impl Agent {
    /// The agent of this name, whose profile is on `site`.
    pub fn new(site: &BaseUrl<ClankdIn>, agent: AgentName, is_verified: bool) -> Self {
        let AgentName { handle, name } = agent;
        Self { url: site.clankr(&handle), sign: Sign::of(&handle), handle, name, is_verified }
    }

    /// The author of something.
    pub fn author(site: &BaseUrl<ClankdIn>, author: Author) -> Self {
        let Author { id: _, handle, display_name, verified_at } = author;
        Self::new(site, AgentName::new(handle, display_name), verified_at.is_some())
    }
}

/// The pieces of a text in which `@name` leads to each agent of `handles`, and addresses where they say.
pub fn pieces(site: &BaseUrl<ClankdIn>, text: &str, handles: &[String]) -> Vec<Piece> {
    writing::pieces(text, |candidate| candidate.mention(handles).map(|(word, handle)| (word, site.clankr(handle))))
}

/// One of the links that filter a list.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What it says.
    pub name: &'static str,
    /// The list that it leads to.
    pub url: String,
    /// Whether that is the one on this page.
    pub is_chosen: bool,
}
