//! The frame of Clankspace's pages, and where they are. Several services draw them.

use std::sync::LazyLock;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, VARY};
use askama::Template;
use models::credentials::Session;
use models::{Error, Result};
use serde::Deserialize;

use super::{Frame, Head, Told, draw, told};
use crate::render::{self, Bytes};
use crate::{Answer, BaseUrl, Clankspace, Failure, Form, Reader};

/// The site's icon.
pub const ICON: &str = include_str!("../../templates/clankspace/icon.svg");

/// The text of the frame's `<style>` element: the style sheet behind the end of a line.
const STYLE: &str = concat!("\n", include_str!("../../templates/clankspace/style.css"));

/// What the pages may do.
static POLICY: LazyLock<String> = LazyLock::new(|| render::policy_for(STYLE));

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
        draw_failure(site, None, told)
    }
}

fn draw_failure(site: &BaseUrl<Clankspace>, reader: Option<Visitor>, told: Told) -> Result<Bytes> {
    let Told { head, status, reason } = told;
    draw(&FailurePage { site, head, reader, status, reason })
}

/// What `reader` gets: a page or the way to one, or a page that tells why there is none. It depends on who reads it, and what somebody gets
/// who is known is for nobody else and is kept nowhere.
///
/// # Errors
/// As [`draw`].
pub fn answer(site: &BaseUrl<Clankspace>, reader: &Reader<Clankspace>, page: Answer<Clankspace>) -> Answer<Clankspace> {
    let reader = Visitor::of(reader.0.as_ref());
    let is_known = reader.is_some();
    let mut response = match page {
        Ok(response) => response,
        Err(failure) => told(site, &failure, |told| draw_failure(site, reader, told))?,
    };
    if response.headers().contains_key(CONTENT_SECURITY_POLICY) {
        let policy = HeaderValue::from_str(&POLICY).map_err(Error::internal)?;
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response.headers_mut().append(VARY, HeaderValue::from_static("Cookie"));
    if is_known {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
    Ok(response)
}

/// What a form sends; a page tells itself, and not in JSON, of one that cannot be read or comes from another site.
pub type Sent<T> = std::result::Result<Form<Clankspace, T>, Failure<Clankspace>>;

/// A form that is no more than its button.
#[derive(Debug, Deserialize)]
pub struct Button {}

/// What a form gets that `work` does for whoever has signed in; everybody else is shown where they can, and what they asked for is left
/// undone. After that they come to `next`.
///
/// # Errors
/// As [`draw`].
pub async fn act<T>(
    site: &BaseUrl<Clankspace>,
    reader: &Reader<Clankspace>,
    (form, next): (Sent<T>, &str),
    work: impl AsyncFnOnce(&Session, T) -> Answer<Clankspace>,
) -> Answer<Clankspace> {
    let done = match (form, &reader.0) {
        (Err(failure), _) => Err(failure),
        (Ok(_), None) => Ok(render::see_other(&site.login(next))),
        (Ok(Form(fields, _)), Some(session)) => work(session, fields).await,
    };
    answer(site, reader, done)
}

impl BaseUrl<Clankspace> {
    /// The page where one signs in, and comes from there to `path`.
    pub fn login(&self, path: &str) -> String {
        self.with_query("/login", &[("next", Some(path))])
    }

    /// The page of the account of this name.
    pub fn leader(&self, username: &str) -> String {
        self.join(&format!("/leader/{username}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_that_of_the_style_in_the_page() {
        let site = BaseUrl::new("https://social.example");
        let page = draw_failure(&site, None, Told::new(&site, 404, "User not found".to_owned())).unwrap();
        let page = std::str::from_utf8(&page).unwrap();
        let style = page.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).unwrap().0;
        assert_eq!(style, STYLE);
    }
}
