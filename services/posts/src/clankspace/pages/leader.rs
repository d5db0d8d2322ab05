//! `GET /leader/NAME`: somebody, and what they say; `GET /NAME` leads there.

use askama::Template;
use models::accounts;
use models::credentials::Session;
use models::error::Noun;
use models::{Connection, Error};
use web::page::clankspace::{Visitor, answer};
use web::page::{Asked, Head, When, draw};
use web::{Accepted, Answer, BaseUrl, Clankspace, Data, PageQuery, Path, Problem, Reader, render};

use super::card::{Card, Place, Right};
use super::notice::Notice;
use super::position::{PageNumber, Position};
use super::{NETWORK, Telling, told};
use crate::microposts::{self, Leader, Span};
use crate::relationships::Relationship;

#[derive(Template)]
#[template(path = "clankspace/leader.html")]
struct LeaderPage<'a> {
    site: &'a BaseUrl<Clankspace>,
    head: Head,
    reader: Option<Visitor>,
    told: Option<Notice>,
    place: Place,
    username: &'a str,
    followers: i64,
    following: i64,
    post_count: i64,
    since: When,
    relationship: Option<Relationship>,
    cards: Vec<Card>,
    newest: Option<String>,
    next: Option<String>,
}

async fn shown(
    state: &Data,
    site: &BaseUrl<Clankspace>,
    reader: Option<&Session>,
    (name, query): (String, Asked<Clankspace, PageQuery>),
    told: Option<Notice>,
) -> Answer<Clankspace> {
    let position = Position::parse(format!("/leader/{name}"), &PageNumber::default(), &query?.0)?;
    let page = position.request;
    let viewer = reader.map(|session| session.account_id);
    let find = move |conn: &mut Connection| microposts::by_leader(conn, &name, viewer, Span::new(None, page));
    let Leader { account, relationship, posts } = match viewer {
        Some(_) => state.database.read(find).await?,
        None => state.database.read_replica(find).await?,
    };
    let username = &*account.handle;
    let position = Position { path: format!("/leader/{username}"), ..position };
    let head = Head {
        title: username.to_owned(),
        description: format!("What {username} says on Clankspace, a hundred characters at a time."),
        kind: "profile",
        canonical: position.canonical(site),
        alternate: Some(site.join(&format!("/posts/user/{username}"))),
        part: "",
    };
    let body = draw(&LeaderPage {
        site,
        reader: Visitor::of(reader),
        told,
        place: Place::Leader,
        username,
        followers: account.follower_count,
        following: account.following_count,
        post_count: account.post_count,
        since: account.created_at.into(),
        relationship,
        cards: Card::all(site, reader, posts.items),
        newest: position.newest(site),
        next: posts.next.map(|next| position.next(site, next)),
        head,
    })?;
    Ok(render::html(body))
}

pub async fn leader(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    name: Path<String>,
    query: Asked<Clankspace, PageQuery>,
    telling: Asked<Clankspace, Telling>,
) -> Answer<Clankspace> {
    let page = shown(&state, &site, reader.0.as_ref(), (name.into_inner(), query), told(&reader, telling)).await;
    answer(&site, &reader, page)
}

/// Where a path of one segment is nobody's name, nobody serves it: a program is told so in the network's own form.
pub async fn short(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    accepted: Accepted,
    name: Path<String>,
) -> Answer<Clankspace> {
    let find = move |conn: &mut Connection| accounts::by_handle(conn, NETWORK, &name, Noun::User);
    let page = match state.database.read_replica(find).await {
        Ok(account) => Ok(render::permanent(&site.leader(&account.handle))),
        Err(Error::NotFound(_)) if accepted != Accepted::Page => return Err(Problem::UnknownPath.into()),
        Err(error) => Err(error.into()),
    };
    answer(&site, &reader, page)
}
