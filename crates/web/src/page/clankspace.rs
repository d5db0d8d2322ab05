//! The frame of Clankspace's pages, and where they are. Several services draw them.

use askama::Template;
use models::Result;
use models::credentials::Session;

use super::{Frame, Head, Told, draw};
use crate::render::Bytes;
use crate::{BaseUrl, Clankspace};

/// The site's icon.
pub const ICON: &str = include_str!("../../templates/clankspace/icon.svg");

/// Who reads a page, as its navigation needs to know. A template has it as `reader`.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Their name.
    pub username: String,
    /// Whether they moderate.
    pub is_admin: bool,
}

impl Visitor {
    /// The one whose session this is; `None` for somebody unknown.
    pub fn of(session: Option<&Session>) -> Option<Self> {
        session.map(|session| Self { username: session.handle.clone(), is_admin: session.is_admin })
    }
}

#[derive(Template)]
#[template(path = "clankspace/failure.html")]
struct FailurePage<'a> {
    site: &'a BaseUrl<Clankspace>,
    head: Head,
    reader: Option<Visitor>,
    status: u16,
    reason: String,
}

impl Frame for Clankspace {
    fn draw_failure(site: &BaseUrl<Self>, told: Told) -> Result<Bytes> {
        let Told { head, status, reason } = told;
        draw(&FailurePage { site, head, reader: None, status, reason })
    }
}

impl BaseUrl<Clankspace> {
    /// The page of the account of this name.
    pub fn leader(&self, username: &str) -> String {
        self.join(&format!("/leader/{username}"))
    }
}
