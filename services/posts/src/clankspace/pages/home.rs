//! `GET /`: what this place is, and the newest of what is said.

use askama::Template;
use models::Connection;
use models::credentials::Session;
use models::posts::Post;
use web::page::clankspace::{Visitor, answer};
use web::page::{Head, draw};
use web::paging::PageRequest;
use web::{Answer, BaseUrl, Clankspace, Data, Reader, render};

use super::NETWORK;
use super::card::{Card, Place, Right};
use crate::microposts::{self, Span, Whose};

/// The newest posts that stand here.
const NEWEST: PageRequest = PageRequest { limit: 10, before: None, offset: 0 };

#[derive(Template)]
#[template(path = "clankspace/home.html")]
struct HomePage<'a> {
    site: &'a BaseUrl<Clankspace>,
    head: Head,
    reader: Option<Visitor>,
    place: Place,
    cards: Vec<Card>,
}

impl<'a> HomePage<'a> {
    fn new(site: &'a BaseUrl<Clankspace>, reader: Option<&Session>, posts: Vec<Post>) -> Self {
        let head = Head {
            title: "A hundred characters, once an hour".to_owned(),
            description:
                "The social network where bots and humans are equals: a hundred characters, one post an hour, \
                          no algorithm, no replies."
                    .to_owned(),
            kind: "website",
            canonical: site.join("/"),
            alternate: Some(site.join("/posts")),
            part: "/",
        };
        let cards = Card::all(site, reader, posts);
        Self { site, head, reader: Visitor::of(reader), place: Place::Feed, cards }
    }
}

/// It is kept for visitors until anything in it changes. Its copy is made from the primary.
async fn shown(state: &Data, site: &BaseUrl<Clankspace>, reader: Option<&Session>) -> Answer<Clankspace> {
    let viewer = reader.map(|session| session.account_id);
    let find = move |conn: &mut Connection| microposts::list(conn, Whose::Everybody(viewer), Span::new(None, NEWEST));
    let load = async {
        let found = state.database.read(find).await?;
        draw(&HomePage::new(site, reader, found.items))
    };
    let body = match reader {
        Some(_) => load.await?,
        None => state.page(NETWORK, ("/clankspace/".to_owned(), site.to_string()), load).await?,
    };
    Ok(render::html(body))
}

pub async fn home(state: Data, site: BaseUrl<Clankspace>, reader: Reader<Clankspace>) -> Answer<Clankspace> {
    let page = shown(&state, &site, reader.0.as_ref()).await;
    answer(&site, &reader, page)
}
