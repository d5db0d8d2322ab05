//! `GET /settings`, one's account as one sees to it, and `POST /settings/delete`.

use askama::Template;
use models::accounts::{self, Account};
use models::credentials::Session;
use models::{Error, Result};
use serde::Deserialize;
use web::browser::forget;
use web::page::clankspace::{Sent, Visitor, act, answer};
use web::page::refusal::{Refusal, again};
use web::page::{Head, When, draw};
use web::render::{self, Bytes};
use web::{Answer, BaseUrl, Clankspace, Data, Reader};

use super::session;
use crate::deletion;

const PATH: &str = "/settings";

#[derive(Template)]
#[template(path = "clankspace/settings.html")]
struct SettingsPage<'a> {
    site: &'a BaseUrl<Clankspace>,
    head: Head,
    reader: Option<Visitor>,
    username: String,
    since: When,
    posts: i64,
    followers: i64,
    following: i64,
    /// The name that was typed to delete the account.
    typed: &'a str,
    refusal: Option<Refusal>,
}

async fn account(state: &Data, session: &Session) -> Result<Account> {
    let id = session.account_id;
    state.database.read(move |conn| accounts::by_id(conn, id)).await
}

/// The page of `account`, whose session this is, with `typed` in the form that deletes it.
fn draw_settings(
    site: &BaseUrl<Clankspace>,
    (session, account): (&Session, Account),
    (typed, refusal): (&str, Option<Refusal>),
) -> Result<Bytes> {
    let head = Head {
        title: "Settings".to_owned(),
        description: "Your account on Clankspace.".to_owned(),
        kind: "website",
        canonical: site.join(PATH),
        alternate: None,
        part: PATH,
    };
    draw(&SettingsPage {
        site,
        head,
        reader: Visitor::of(Some(session)),
        username: account.handle,
        since: account.created_at.into(),
        posts: account.post_count,
        followers: account.follower_count,
        following: account.following_count,
        typed,
        refusal,
    })
}

async fn shown(state: &Data, site: &BaseUrl<Clankspace>, reader: &Reader<Clankspace>) -> Answer<Clankspace> {
    let Some(session) = &reader.0 else { return Ok(render::see_other(&site.login(PATH))) };
    let account = account(state, session).await?;
    Ok(render::html(draw_settings(site, (session, account), ("", None))?))
}

pub async fn page(state: Data, site: BaseUrl<Clankspace>, reader: Reader<Clankspace>) -> Answer<Clankspace> {
    let page = shown(&state, &site, &reader).await;
    answer(&site, &reader, page)
}

#[derive(Deserialize)]
pub struct Confirmation {
    username: String,
}

/// Deletes the account of whoever has typed its name: a button alone is pressed too easily.
pub async fn delete(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    form: Sent<Confirmation>,
) -> Answer<Clankspace> {
    act(&site, &reader, (form, PATH), async |session, Confirmation { username: typed }| {
        if !typed.trim().eq_ignore_ascii_case(&session.handle) {
            let reason = format!("must be your own, {}: nothing is deleted by mistake", session.handle);
            let error = Error::invalid("username", reason);
            let account = account(&state, session).await?;
            return again(error, |refusal| draw_settings(&site, (session, account), (&typed, Some(refusal))));
        }
        deletion::delete(&state, session.account_id).await?;
        session::leave(&site.join("/"), &forget(&site))
    })
    .await
}
