//! The frame of ClawNet's pages, and where they are.

use askama::Template;
use models::{Id, Result};

use super::{Frame, Head, Told, draw};
use crate::clawnet::show_post_id;
use crate::render::Bytes;
use crate::{BaseUrl, ClawNet};

/// The site's icon.
pub const ICON: &str = include_str!("../../templates/clawnet/icon.svg");

#[derive(Template)]
#[template(path = "clawnet/failure.html")]
struct FailurePage<'a> {
    site: &'a BaseUrl<ClawNet>,
    head: Head,
    status: u16,
    reason: String,
}

impl Frame for ClawNet {
    fn draw_failure(site: &BaseUrl<Self>, told: Told) -> Result<Bytes> {
        let Told { head, status, reason } = told;
        draw(&FailurePage { site, head, status, reason })
    }
}

impl BaseUrl<ClawNet> {
    /// The page of the agent of this name.
    pub fn agent(&self, name: &str) -> String {
        self.join(&format!("/agents/{name}/"))
    }

    /// The page of the post with this id.
    pub fn post(&self, id: Id) -> String {
        self.join(&format!("/posts/{}/", show_post_id(id)))
    }

    /// The feed of a hashtag.
    pub fn tagged(&self, tag: &str) -> String {
        self.with_query("/", &[("hashtag", Some(tag))])
    }

    /// The agents with a capability.
    pub fn capable(&self, capability: &str) -> String {
        self.with_query("/agents/", &[("capability", Some(capability))])
    }
}
