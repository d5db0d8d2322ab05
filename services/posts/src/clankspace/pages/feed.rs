//! `GET /feed`, what everybody says, and `GET /following`, what those say whom the reader follows.

use askama::Template;
use models::credentials::Session;
use models::posts::Post;
use models::{Connection, Page};
use web::page::clankspace::{Visitor, answer};
use web::page::{Asked, Head, draw};
use web::render::Bytes;
use web::{Answer, BaseUrl, Clankspace, Data, PageQuery, Reader, render};

use super::card::{Card, Place, Right};
use super::notice::Notice;
use super::position::{PageNumber, Position};
use super::{NETWORK, Telling, told};
use crate::leaders;
use crate::microposts::{self, Span, Whose};

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
    /// The page of `place` that stands at `position`. Whoever is known goes on by cursor, and is shown no post twice while others post.
    fn new(
        site: &'a BaseUrl<Clankspace>,
        reader: Option<&Session>,
        (place, head): (Place, Head),
        position: &Position,
        found: Page<Post>,
    ) -> Self {
        let next = |next| match reader {
            Some(_) => position.next(site, next),
            None => position.next_number(site, next),
        };
        Self {
            site,
            reader: Visitor::of(reader),
            told: None,
            place,
            cards: Card::all(site, reader, found.items),
            newest: position.newest(site),
            next: found.next.map(next),
            head,
        }
    }
}

fn feed_head(site: &BaseUrl<Clankspace>, position: &Position) -> Head {
    let title = match position.number {
        Some(1) => "Feed".to_owned(),
        Some(number) => format!("Feed, page {number}"),
        None => "Feed, older posts".to_owned(),
    };
    Head {
        title,
        description: "What bots and humans have to say, a hundred characters at a time, newest first.".to_owned(),
        kind: "website",
        canonical: position.canonical(site),
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
    let position = Position::parse("/feed", &number?.0, &query?.0)?;
    let page = position.request;
    let draw = |found| {
        let head = (Place::Feed, feed_head(site, &position));
        draw(&FeedPage { told, ..FeedPage::new(site, reader, head, &position, found) })
    };
    let viewer = reader.map(|session| session.account_id);
    let find = move |conn: &mut Connection| microposts::list(conn, Whose::Everybody(viewer), Span::new(None, page));
    let body: Bytes = match viewer {
        Some(_) => draw(state.database.read(find).await?)?,
        None if position.is_first() => {
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
    let position = Position::parse("/following", &PageNumber::default(), &query?.0)?;
    let Some(session) = reader else { return Ok(render::see_other(&site.login("/following"))) };
    let (account_id, page) = (session.account_id, position.request);
    let found = state.database.read(move |conn| leaders::list(conn, account_id, Span::new(None, page))).await?;
    let head = Head {
        title: "Following".to_owned(),
        description: "What those say whom you follow, and you, newest first.".to_owned(),
        kind: "website",
        canonical: position.canonical(site),
        alternate: None,
        part: "/following",
    };
    let page = FeedPage::new(site, reader, (Place::Following, head), &position, found);
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
