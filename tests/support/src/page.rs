//! Pages for people, as the tests read them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use scraper::{ElementRef, Html, Selector};
use sha2::{Digest as _, Sha256};

use crate::{Answer, Http};

/// A page, read as a browser reads it.
#[derive(Debug)]
pub struct Page {
    /// Its elements.
    pub html: Html,
    path: String,
}

impl Page {
    /// The page that this answer is: HTML, under a policy that lets no script run.
    ///
    /// # Panics
    /// Where it is none.
    pub fn new(answer: &Answer, path: &str) -> Self {
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{answer}");
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(!policy.contains("script-src"), "{policy}");
        let page = Self { html: Html::parse_document(&answer.text()), path: path.to_owned() };
        let styles = match policy.contains("'sha256-") {
            true => format!("'sha256-{}'", BASE64.encode(Sha256::digest(page.text("style")))),
            false => "'unsafe-inline'".to_owned(),
        };
        assert!(policy.starts_with(&format!("default-src 'none'; style-src {styles};")), "{policy}");
        assert!(styles == "'unsafe-inline'" || page.select("[style]").is_empty(), "a style that is let in by nothing");
        page
    }

    /// The page at `path`.
    ///
    /// # Panics
    /// Where there is none.
    pub async fn get(http: &Http, path: &str) -> Self {
        Self::new(&http.get(path).await.is(200), path)
    }

    /// The elements that this selector finds.
    ///
    /// # Panics
    /// Where it is no selector.
    pub fn select(&self, selector: &str) -> Vec<ElementRef<'_>> {
        self.html.select(&Selector::parse(selector).expect("a selector")).collect()
    }

    /// The text of each of these elements.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        self.select(selector).into_iter().map(|element| element.text().collect()).collect()
    }

    /// The text of the only one of these elements.
    ///
    /// # Panics
    /// Where there is none, or there are several.
    pub fn text(&self, selector: &str) -> String {
        let texts = self.texts(selector);
        assert_eq!(texts.len(), 1, "{selector} on {}: {texts:?}", self.path);
        texts.concat()
    }

    /// An attribute of each of these elements.
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<&str> {
        self.select(selector).into_iter().filter_map(|element| element.value().attr(name)).collect()
    }

    /// An attribute of the only one of these elements that has it.
    ///
    /// # Panics
    /// Where there is none, or there are several.
    pub fn attribute(&self, selector: &str, name: &str) -> &str {
        let values = self.attributes(selector, name);
        assert_eq!(values.len(), 1, "{selector} on {}: {values:?}", self.path);
        values[0]
    }

    /// What the posts on it say, in their order.
    pub fn says(&self) -> Vec<String> {
        self.texts("article > p.text")
    }
}

/// The pages from `path` on, by their own links.
///
/// # Panics
/// Where they have no end.
pub async fn walk(http: &Http, path: &str, mut between: impl AsyncFnMut()) -> Vec<Page> {
    let mut pages = vec![Page::get(http, path).await];
    loop {
        let next = pages[pages.len() - 1].attributes("a[rel=next]", "href");
        assert_eq!(next, pages[pages.len() - 1].attributes("link[rel=next]", "href"));
        let Some(next) = next.first() else { return pages };
        let path = next.strip_prefix(http.base()).expect("a link of this server").to_owned();
        between().await;
        pages.push(Page::get(http, &path).await);
        assert!(pages.len() < 100, "{path} has no end");
    }
}
