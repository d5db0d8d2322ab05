//! Where a page stands in its list: it has a number, or a cursor leads to it.

use models::{Cursor, Error, Id, Result};
use serde::Deserialize;
use web::paging::PageRequest;
use web::{BaseUrl, Clankspace, PageQuery};

use super::LIMIT;

/// The last page that has a number.
const LAST: u32 = 200;

/// The number that a query gives a page.
#[derive(Debug, Default, Deserialize)]
pub struct PageNumber {
    page: Option<String>,
}

impl PageNumber {
    /// The number, where one is given.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no page's number, and beyond the last that is counted: links lead on by cursor.
    fn parse(&self) -> Result<Option<u32>> {
        let Some(text) = &self.page else { return Ok(None) };
        let page = text.parse().ok().filter(|page| (1..=LAST).contains(page));
        page.map(Some).ok_or_else(|| Error::invalid("page", format!("must be a whole number from 1 to {LAST}")))
    }
}

/// Where a page stands in the list at its path.
#[derive(Clone, Debug)]
pub struct Position {
    /// The list's path.
    pub path: String,
    /// The page's number, the first being 1; `None` behind a cursor.
    pub number: Option<u32>,
    /// What is to be found for it.
    pub request: PageRequest,
}

impl Position {
    /// The place that a query asks for in the list at `path`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no page's number, for a number beside a cursor, and as [`PageQuery::parse`].
    pub fn parse(path: impl Into<String>, number: &PageNumber, query: &PageQuery) -> Result<Self> {
        let (number, request) = (number.parse()?, query.parse(LIMIT, Id::parse)?);
        if request.before.is_some() {
            let position = Self { path: path.into(), number: None, request };
            return number.map_or(Ok(position), |_| Err(Error::invalid("page", "does not go with before")));
        }
        let number = number.unwrap_or(1);
        let offset = number.saturating_sub(1).saturating_mul(request.limit);
        Ok(Self { path: path.into(), number: Some(number), request: PageRequest { offset, ..request } })
    }

    /// Whether this is the newest page.
    pub fn is_first(&self) -> bool {
        self.number == Some(1)
    }

    /// The one address of this page.
    pub fn canonical(&self, site: &BaseUrl<Clankspace>) -> String {
        match (self.number, self.request.before) {
            (Some(number), _) if number > 1 => self.numbered(site, number),
            (_, Some(before)) => self.behind(site, before),
            _ => site.join(&self.path),
        }
    }

    /// The newest page, where this is another.
    pub fn newest(&self, site: &BaseUrl<Clankspace>) -> Option<String> {
        (!self.is_first()).then(|| site.join(&self.path))
    }

    /// The page behind this one, which begins at `next`.
    pub fn next(&self, site: &BaseUrl<Clankspace>, next: Cursor) -> String {
        self.behind(site, next)
    }

    /// The same by its number as far as there are numbers: an address that stays, where a cursor makes a new one with every post.
    pub fn next_number(&self, site: &BaseUrl<Clankspace>, next: Cursor) -> String {
        match self.number.filter(|&number| number < LAST) {
            Some(number) => self.numbered(site, number.saturating_add(1)),
            None => self.behind(site, next),
        }
    }

    fn numbered(&self, site: &BaseUrl<Clankspace>, number: u32) -> String {
        let limit = self.limit();
        site.with_query(&self.path, &[("page", Some(&number.to_string())), ("limit", limit.as_deref())])
    }

    fn behind(&self, site: &BaseUrl<Clankspace>, cursor: Cursor) -> String {
        site.next_page(&self.path, &[("limit", self.limit().as_deref())], cursor, |id| id.to_string())
    }

    /// What all pages of the list say of how long they are.
    fn limit(&self) -> Option<String> {
        (self.request.limit != LIMIT.default).then(|| self.request.limit.to_string())
    }
}

#[cfg(test)]
mod tests {
    use models::Timestamp;
    use serde_json::{Map, Value};

    use super::*;

    fn position(query: &str) -> Result<Position> {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let fields: Map<String, Value> = pairs.map(|(name, value)| (name.to_owned(), value.into())).collect();
        let page = PageQuery::deserialize(Value::Object(fields.clone())).unwrap();
        Position::parse("/feed", &PageNumber::deserialize(Value::Object(fields)).unwrap(), &page)
    }

    #[test]
    fn pages_have_numbers_up_to_the_last() {
        for (query, number, offset) in
            [("", 1, 0), ("page=1", 1, 0), ("page=3", 3, 100), ("page=200&limit=3", 200, 597)]
        {
            let position = position(query).unwrap();
            assert_eq!((position.number, position.request.offset), (Some(number), offset), "{query}");
        }
        for query in ["page=0", "page=201", "page=-1", "page=", "page=x", "page=1.5", "page=99999999999"] {
            assert!(matches!(position(query), Err(Error::Invalid { field: "page", .. })), "{query}");
        }
    }

    #[test]
    fn a_page_has_one_place() {
        let both = position("page=1&before=2026-11-21T21:01:43Z");
        assert!(matches!(both, Err(Error::Invalid { field: "page", .. })), "{both:?}");
    }

    #[test]
    fn numbers_lead_on_to_the_last_page_and_cursors_behind_it() {
        let site = BaseUrl::new("https://social.example");
        let next = Cursor { before: Timestamp::from_micros(1_795_294_903_000_000), before_id: None };
        let leads = |query: &str| position(query).unwrap().next_number(&site, next);
        assert_eq!(leads(""), "https://social.example/feed?page=2");
        assert_eq!(leads("page=199&limit=3"), "https://social.example/feed?page=200&limit=3");
        for query in ["page=200", "before=2026-11-21T21:01:43Z"] {
            assert!(leads(query).starts_with("https://social.example/feed?before=2026-"), "{}", leads(query));
        }
        assert_eq!(position("before=2026-11-21T22:01:43+01:00").unwrap().canonical(&site), leads("page=200"));
    }
}
