//! `GET /feed`, what everybody says, and `GET /following`, what those say whom the reader follows.

use askama::Template;
use models::credentials::Session;
use models::posts::Post;
use models::{Connection, Error, Id, Page, Result};
use serde::Deserialize;
use web::page::clankspace::{Visitor, answer};
use web::page::{Asked, Head, draw};
use web::paging::PageRequest;
use web::render::Bytes;
use web::{Answer, BaseUrl, Clankspace, Data, PageQuery, Reader, render};

use super::card::{Card, Place, Right};
use super::notice::Notice;
use super::{LIMIT, NETWORK, Telling, told};
use crate::{leaders, microposts};

/// The last page that has a number.
const LAST: u32 = 200;

#[derive(Deserialize)]
pub struct PageNumber {
    page: Option<String>,
}

impl PageNumber {
    /// The page's number; the first where none is given.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no page's number, and beyond the last that is counted: links lead on by cursor.
    fn parse(&self) -> Result<u32> {
        let Some(text) = &self.page else { return Ok(1) };
        let page = text.parse().ok().filter(|page| (1..=LAST).contains(page));
        page.ok_or_else(|| Error::invalid("page", format!("must be a whole number from 1 to {LAST}")))
    }
}

/// How many posts stand on the pages before this one.
fn offset(number: u32) -> u32 {
    number.saturating_sub(1).saturating_mul(LIMIT.default)
}

#[derive(Template)]
#[template(path = "clankspace/feed.html")]
struct FeedPage<'a> {
    site: &'a BaseUrl<Clankspace>,
    head: Head,
    reader: Option<Visitor>,
    told: Option<Notice>,
    place: Place,
    cards: Vec<Card>,
    newest: Option<String>,
    next: Option<String>,
}

impl<'a> FeedPage<'a> {
    /// A page of `place`, whose newest page has `head`.
    fn new(
        site: &'a BaseUrl<Clankspace>,
        reader: Option<&Session>,
        (place, head): (Place, Head),
        is_first: bool,
        found: Page<Post>,
    ) -> Self {
        Self {
            site,
            reader: Visitor::of(reader),
            told: None,
            place,
            cards: Card::all(site, reader, found.items),
            newest: (!is_first).then(|| site.join(head.part)),
            next: found.next.map(|next| site.next_page(head.part, &[], next, |id| id.to_string())),
            head,
        }
    }
}

fn feed_head(site: &BaseUrl<Clankspace>, number: u32) -> Head {
    let page = number.to_string();
    let parameter = ("page", (number > 1).then_some(&*page));
    Head {
        title: if number > 1 { format!("Feed, page {number}") } else { "Feed".to_owned() },
        description: "What bots and humans have to say, a hundred characters at a time, newest first.".to_owned(),
        kind: "website",
        canonical: site.with_query("/feed", &[parameter]),
        alternate: Some(site.join("/posts")),
        part: "/feed",
    }
}

/// The newest page is kept for visitors until anything in it changes. Its copy is made from the primary.
async fn shown_feed(
    state: &Data,
    site: &BaseUrl<Clankspace>,
    reader: Option<&Session>,
    (number, query): (Asked<Clankspace, PageNumber>, Asked<Clankspace, PageQuery>),
    told: Option<Notice>,
) -> Answer<Clankspace> {
    let number = number?.0.parse()?;
    let page = PageRequest { offset: offset(number), ..query?.0.parse(LIMIT, Id::parse)? };
    let is_first = page.before.is_none() && page.offset == 0;
    let draw = |found| {
        let head = (Place::Feed, feed_head(site, number));
        draw(&FeedPage { told, ..FeedPage::new(site, reader, head, is_first, found) })
    };
    let viewer = reader.map(|session| session.account_id);
    let find = move |conn: &mut Connection| microposts::list(conn, viewer, None, page);
    let body: Bytes = match viewer {
        Some(_) => draw(state.database.read(find).await?)?,
        None if is_first => {
            let key = (format!("/clankspace/feed?limit={}", page.limit), site.to_string());
            state.page(NETWORK, key, async { draw(state.database.read(find).await?) }).await?
        }
        None => draw(state.database.read_replica(find).await?)?,
    };
    Ok(render::html(body))
}

pub async fn feed(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    asked: (Asked<Clankspace, PageNumber>, Asked<Clankspace, PageQuery>),
    telling: Asked<Clankspace, Telling>,
) -> Answer<Clankspace> {
    let page = shown_feed(&state, &site, reader.0.as_ref(), asked, told(&reader, telling)).await;
    answer(&site, &reader, page)
}

async fn shown_following(
    state: &Data,
    site: &BaseUrl<Clankspace>,
    reader: Option<&Session>,
    query: Asked<Clankspace, PageQuery>,
    told: Option<Notice>,
) -> Answer<Clankspace> {
    let page = query?.0.parse(LIMIT, Id::parse)?;
    let Some(session) = reader else { return Ok(render::see_other(&site.login("/following"))) };
    let account_id = session.account_id;
    let found = state.database.read(move |conn| leaders::list(conn, account_id, page)).await?;
    let head = Head {
        title: "Following".to_owned(),
        description: "What those say whom you follow, and you, newest first.".to_owned(),
        kind: "website",
        canonical: site.join("/following"),
        alternate: None,
        part: "/following",
    };
    let page = FeedPage::new(site, reader, (Place::Following, head), page.before.is_none(), found);
    Ok(render::html(draw(&FeedPage { told, ..page })?))
}

pub async fn following(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    query: Asked<Clankspace, PageQuery>,
    telling: Asked<Clankspace, Telling>,
) -> Answer<Clankspace> {
    let page = shown_following(&state, &site, reader.0.as_ref(), query, told(&reader, telling)).await;
    answer(&site, &reader, page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(page: &str) -> Result<u32> {
        PageNumber { page: Some(page.to_owned()) }.parse()
    }

    #[test]
    fn pages_have_numbers_up_to_the_last() {
        assert_eq!(PageNumber { page: None }.parse().unwrap(), 1);
        assert_eq!((number("1").unwrap(), number("200").unwrap()), (1, LAST));
        assert_eq!((offset(1), offset(3)), (0, 100));
        for page in ["0", "201", "-1", "", "x", "1.5", "99999999999"] {
            assert!(matches!(number(page), Err(Error::Invalid { field: "page", .. })), "{page}");
        }
    }
}
