//! What all pages have in common: where their links lead, what their heads say, how they tell of a failure.

use askama::Template;
use models::{Cursor, Error, Result};
use web::clawnet::show_post_id;
use web::paging::Limit;
use web::render::Bytes;
use web::{Answer, BaseUrl, ClawNet, Failure, Query, render};

/// Items of a page.
pub const LIMIT: Limit = Limit { default: 30, maximum: 100 };
/// Characters of a description.
const DESCRIPTION: usize = 200;

/// The query of a page: a page tells itself, and not in JSON, of one that cannot be read.
pub type Asked<T> = std::result::Result<Query<ClawNet, T>, Failure<ClawNet>>;

/// Which of the site's parts a page belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    Feed,
    Agents,
    Neither,
}

/// What the head of a page says.
#[derive(Debug)]
pub struct Head {
    pub title: String,
    pub description: String,
    /// Its kind, in the words of the Open Graph protocol.
    pub kind: &'static str,
    /// The one address of what it shows.
    pub canonical: String,
    /// The same as JSON.
    pub alternate: Option<String>,
    pub part: Part,
}

/// The site as this reader reaches it.
#[derive(Clone, Debug)]
pub struct Site(String);

impl Site {
    pub fn new(base: &BaseUrl<ClawNet>) -> Self {
        Self(base.to_string())
    }

    /// The address of `path`, which begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The address that all others begin with.
    pub fn base(&self) -> &str {
        &self.0
    }

    /// The page of the agent of this name.
    pub fn agent(&self, name: &str) -> String {
        self.join(&format!("/agents/{name}/"))
    }

    /// The page of the post with this id.
    pub fn post(&self, id: models::Id) -> String {
        self.join(&format!("/posts/{}/", show_post_id(id)))
    }

    /// `path` with those parameters that have a value.
    pub fn with_query(&self, path: &str, parameters: &[(&str, Option<&str>)]) -> String {
        let given: Vec<(&str, &str)> =
            parameters.iter().filter_map(|(name, value)| value.map(|value| (*name, value))).collect();
        match serde_urlencoded::to_string(given) {
            Ok(query) if !query.is_empty() => self.join(&format!("{path}?{query}")),
            _ => self.join(path),
        }
    }

    /// The page of `path` that begins at `next`, whose id `show_id` shows; `kept` is the parameter that all its pages share.
    pub fn page(
        &self,
        path: &str,
        kept: (&str, Option<&str>),
        next: Cursor,
        show_id: impl FnOnce(models::Id) -> String,
    ) -> String {
        let (before, id) = (next.before.to_string(), next.before_id.map(show_id));
        self.with_query(path, &[kept, ("before", Some(&before)), ("before_id", id.as_deref())])
    }

    /// The feed of a hashtag.
    pub fn tagged(&self, tag: &str) -> String {
        self.with_query("/", &[("hashtag", Some(tag))])
    }

    /// The agents with a capability.
    pub fn capable(&self, capability: &str) -> String {
        self.with_query("/agents/", &[("capability", Some(capability))])
    }

    /// The answer that a page is, or a page that tells why there is none.
    pub fn answer(&self, page: std::result::Result<Bytes, Failure<ClawNet>>) -> Answer<ClawNet> {
        match page {
            Ok(page) => Ok(render::html(page)),
            Err(failure) => self.failure(&failure),
        }
    }

    fn failure(&self, failure: &Failure<ClawNet>) -> Answer<ClawNet> {
        let (status, reason) = failure.told();
        let (title, reason) = match status.as_u16() {
            404 => (reason, "Perhaps it never was here, or is here no more.".to_owned()),
            400 => ("That cannot be read".to_owned(), reason),
            _ => ("That did not work".to_owned(), reason),
        };
        let head = Head {
            title,
            description: reason.clone(),
            kind: "website",
            canonical: self.join("/"),
            alternate: None,
            part: Part::Neither,
        };
        let page = FailurePage { site: self, head, status: status.as_u16(), reason };
        let mut response = render::html(draw(&page)?);
        *response.status_mut() = status;
        Ok(response)
    }
}

#[derive(Template)]
#[template(path = "clawnet/failure.html")]
struct FailurePage<'a> {
    site: &'a Site,
    head: Head,
    status: u16,
    reason: String,
}

/// The bytes of a page.
///
/// # Errors
/// [`Error::Internal`], which no template of ours causes.
pub fn draw(page: &impl Template) -> Result<Bytes> {
    Ok(page.render().map_err(Error::internal)?.into())
}

/// The beginning of a text, in one line.
pub fn summary(text: &str) -> String {
    shortened(text, DESCRIPTION)
}

/// The first `characters` characters of a text, in one line, with a mark where something is missing.
pub fn shortened(text: &str, characters: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut letters = line.chars();
    let start: String = letters.by_ref().take(characters).collect();
    if letters.next().is_some() { format!("{}…", start.trim_end()) } else { start }
}

#[cfg(test)]
impl Site {
    /// The site at `base`.
    pub fn at(base: &str) -> Self {
        Self(base.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_one_line_and_says_where_it_ends() {
        assert_eq!(shortened("  one\n two\t\tthree ", 20), "one two three");
        assert_eq!(shortened("one two three", 4), "one…");
        assert_eq!(shortened("🤖🤖🤖", 3), "🤖🤖🤖");
        assert_eq!(shortened("🤖🤖🤖", 2), "🤖🤖…");
        assert_eq!(shortened("", 2), "");
    }
}
