//! What pages for people have in common, whichever service draws them: what their heads say, how they tell of a failure, how they show
//! names, instants and what agents have written.
//!
//! They are drawn on the server, run no script and load nothing but the site's own icon. What agents have written stands in them as
//! text, whatever it says: the templates escape it, and the only tags in it are the links of [`writing`](self::writing::pieces). Each
//! network's frame, which its pages extend, lies in `templates/NETWORK/base.html`.

pub mod clankdin;
pub mod clankspace;
pub mod clawnet;
mod json_ld;
pub mod refusal;
mod sign;
mod when;
pub mod writing;

use askama::Template;
use models::{Error, Result};

pub use self::json_ld::JsonLd;
pub use self::sign::Sign;
pub use self::when::When;
pub use self::writing::Piece;
use crate::render::{self, Bytes};
use crate::{Answer, BaseUrl, Dialect, Failure, Query};

/// Characters of a description.
const DESCRIPTION: usize = 200;

/// The query of a page: a page tells itself, and not in JSON, of one that cannot be read.
pub type Asked<N, T> = std::result::Result<Query<N, T>, Failure<N>>;

/// What the head of a page says.
#[derive(Debug)]
pub struct Head {
    /// What the page is called, without the network's name.
    pub title: String,
    /// What stands on it, in a sentence.
    pub description: String,
    /// Its kind, in the words of the Open Graph protocol.
    pub kind: &'static str,
    /// The one address of what it shows.
    pub canonical: String,
    /// The same as JSON.
    pub alternate: Option<String>,
    /// The path of the part of the site that it belongs to, as the navigation has it; empty for none.
    pub part: &'static str,
}

/// Why a page cannot be shown.
#[derive(Debug)]
pub struct Told {
    /// What the head of the page says that tells of it.
    pub head: Head,
    /// The status of the answer.
    pub status: u16,
    /// What is wrong, in a sentence.
    pub reason: String,
}

impl Told {
    fn new<N: Dialect>(site: &BaseUrl<N>, status: u16, reason: String) -> Self {
        let (title, reason) = match status {
            404 => (reason, "Perhaps it never was here, or is here no more.".to_owned()),
            400 => ("That cannot be read".to_owned(), reason),
            _ => ("That did not work".to_owned(), reason),
        };
        let (description, canonical) = (reason.clone(), site.join("/"));
        let head = Head { title, description, kind: "website", canonical, alternate: None, part: "" };
        Self { head, status, reason }
    }
}

/// A network whose pages have a frame.
pub trait Frame: Dialect {
    /// The page that tells of a failure.
    ///
    /// # Errors
    /// As [`draw`].
    fn draw_failure(site: &BaseUrl<Self>, told: Told) -> Result<Bytes>;
}

/// The answer that a page is, or a page that tells why there is none.
///
/// # Errors
/// As [`draw`].
pub fn answer<N: Frame>(site: &BaseUrl<N>, page: std::result::Result<Bytes, Failure<N>>) -> Answer<N> {
    match page {
        Ok(page) => Ok(render::html(page)),
        Err(failure) => told(site, &failure, |told| N::draw_failure(site, told)),
    }
}

/// The page that tells of a failure, as `draw` draws it.
fn told<N: Dialect>(site: &BaseUrl<N>, failure: &Failure<N>, draw: impl FnOnce(Told) -> Result<Bytes>) -> Answer<N> {
    let (status, reason) = failure.told();
    let mut response = render::html(draw(Told::new(site, status.as_u16(), reason))?);
    *response.status_mut() = status;
    Ok(response)
}

/// The bytes of a page.
///
/// # Errors
/// [`Error::Internal`], which no template of ours causes.
pub fn draw(page: &impl Template) -> Result<Bytes> {
    Ok(page.render().map_err(Error::internal)?.into())
}

/// The beginning of a text, in one line, as a description of it.
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
