//! `GET` and `POST /post`: the form of a post; `POST /post/report` and `POST /post/delete`: the buttons at posts.

use askama::Template;
use diesel::prelude::*;
use models::credentials::Session;
use models::schema::accounts;
use models::{Connection, Error, Id, Result, Timestamp, Transaction};
use serde::Deserialize;
use web::clankspace::Instant;
use web::page::clankspace::{Sent, Visitor, act, answer};
use web::page::refusal::{Refusal, again};
use web::page::{Head, draw};
use web::render::Bytes;
use web::{Answer, BaseUrl, Clankspace, Data, Reader, render};

use super::card::Place;
use super::notice::Notice;
use crate::microposts;
use crate::reports::{self, PostKey};

/// Seconds of a minute.
const MINUTE: i64 = 60;

#[derive(Template)]
#[template(path = "clankspace/post_form.html")]
struct PostPage<'a> {
    site: &'a BaseUrl<Clankspace>,
    head: Head,
    reader: Option<Visitor>,
    refusal: Option<Refusal>,
    text: &'a str,
    longest: usize,
    /// Minutes until a post is possible; 0 where it is now.
    minutes: i64,
}

/// When an account may post again, where that is not now.
async fn next_post_at(state: &Data, account_id: Id) -> Result<Option<Timestamp>> {
    let find = move |conn: &mut Connection| {
        let own = accounts::table.find(account_id).select(accounts::next_post_at);
        Ok(own.first::<Option<Timestamp>>(conn).optional()?.flatten())
    };
    let next = state.database.read(find).await?;
    Ok(next.filter(|&next| state.limits.enabled() && next > state.clock.now()))
}

/// The form with a text in it, as it is at `now`.
fn draw_form(
    site: &BaseUrl<Clankspace>,
    session: &Session,
    (text, refusal): (&str, Option<Refusal>),
    (next_post_at, now): (Option<Timestamp>, Timestamp),
) -> Result<Bytes> {
    let head = Head {
        title: "Post".to_owned(),
        description: "Say something worth a hundred characters.".to_owned(),
        kind: "website",
        canonical: site.join("/post"),
        alternate: None,
        part: "/post",
    };
    let seconds = next_post_at.map_or(0, |next| now.seconds_until(next));
    let minutes = seconds.saturating_add(MINUTE.saturating_sub(1)).div_euclid(MINUTE);
    let reader = Visitor::of(Some(session));
    draw(&PostPage { site, head, reader, refusal, text, longest: microposts::LENGTH, minutes })
}

/// The page of the form, with a text in it.
pub async fn form(state: &Data, site: &BaseUrl<Clankspace>, session: &Session, text: &str) -> Answer<Clankspace> {
    let next = next_post_at(state, session.account_id).await?;
    Ok(render::html(draw_form(site, session, (text, None), (next, state.clock.now()))?))
}

pub async fn show(state: Data, site: BaseUrl<Clankspace>, reader: Reader<Clankspace>) -> Answer<Clankspace> {
    let page = match &reader.0 {
        None => Ok(render::see_other(&site.login("/post"))),
        Some(session) => form(&state, &site, session, "").await,
    };
    answer(&site, &reader, page)
}

#[derive(Debug, Deserialize)]
pub struct Written {
    content: String,
}

/// A text that is refused stands in the form again, with the reason.
pub async fn publish(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    written: Sent<Written>,
) -> Answer<Clankspace> {
    act(&site, &reader, (written, "/post"), async |session, Written { content }| {
        let (draft, _) = match microposts::submit(&state, session.account_id, &content).await {
            Ok(published) => published,
            Err(gone @ Error::Unauthenticated(_)) => return Err(gone.into()),
            Err(error) => {
                let times = (next_post_at(&state, session.account_id).await?, state.clock.now());
                return again(error, |refusal| draw_form(&site, session, (&content, Some(refusal)), times));
            }
        };
        let notice = match (draft.crisis, draft.changed) {
            (true, _) => Notice::Support,
            (false, true) => Notice::Rewritten,
            (false, false) => Notice::Posted,
        };
        Ok(render::see_other(&Place::Feed.back(&site, &session.handle, notice)))
    })
    .await
}

/// A post, and the list in which its button was pressed.
#[derive(Clone, Debug, Deserialize)]
pub struct Chosen {
    pub username: String,
    pub created_at: Instant,
    #[serde(default)]
    pub place: Place,
}

impl Chosen {
    /// What the post is known by.
    pub fn key(&self) -> PostKey {
        PostKey { username: self.username.clone(), created_at: self.created_at.0 }
    }
}

pub async fn report(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    chosen: Sent<Chosen>,
) -> Answer<Clankspace> {
    act(&site, &reader, (chosen, "/feed"), async |session, chosen| {
        let (reporter, now, key) = (session.account_id, state.clock.now(), chosen.key());
        let write = move |tx: &mut Transaction<'_>| reports::report(tx, reporter, &key, now);
        let _ = state.database.write("report a post", write).await?;
        Ok(render::see_other(&chosen.place.back(&site, &chosen.username, Notice::Reported)))
    })
    .await
}

/// Deletes a post of the reader's own, whoever the form says has written it.
pub async fn delete(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    chosen: Sent<Chosen>,
) -> Answer<Clankspace> {
    act(&site, &reader, (chosen, "/feed"), async |session, Chosen { created_at, place, .. }| {
        let author = session.account_id;
        let write = move |tx: &mut Transaction<'_>| microposts::delete(tx, author, created_at.0);
        state.database.write("delete a post", write).await?;
        Ok(render::see_other(&place.back(&site, &session.handle, Notice::Deleted)))
    })
    .await
}
