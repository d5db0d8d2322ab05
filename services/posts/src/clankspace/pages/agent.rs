//! `GET` and `POST /agent`: what a user tells its AI Agent; `POST /agent/generate`: what that writes, in the form of a post.

use askama::Template;
use models::credentials::Session;
use models::{Connection, Result, Timestamp, Transaction};
use serde::Deserialize;
use web::limits::Subject;
use web::page::clankspace::{Button, Sent, Visitor, act, answer};
use web::page::refusal::{Refusal, again};
use web::page::{Asked, Head, When, draw};
use web::render::Bytes;
use web::{Action, Answer, BaseUrl, Clankspace, Data, Reader, render};

use super::notice::Notice;
use super::{Telling, posting, told};
use crate::autoposters::{self, BIO, Change, Hours, Settings};

#[derive(Template)]
#[template(path = "clankspace/agent.html")]
struct AgentPage<'a> {
    site: &'a BaseUrl<Clankspace>,
    head: Head,
    reader: Option<Visitor>,
    told: Option<Notice>,
    refusal: Option<Refusal>,
    longest: usize,
    /// What the form says.
    typed: Typed,
    /// Whether it has a bio to write from.
    can_write: bool,
    last_posted_at: Option<When>,
    next_post_at: Option<When>,
}

/// What the form of the settings says.
#[derive(Clone, Debug, Deserialize)]
pub struct Typed {
    bio: String,
    wake: i64,
    sleep: i64,
    /// A box that is not ticked is not sent.
    enabled: Option<String>,
}

impl Typed {
    fn parse(&self) -> Result<Change> {
        Change::parse(Some(&self.bio), Some(self.wake), Some(self.sleep), Some(self.enabled.is_some()))
    }
}

impl From<&Settings> for Typed {
    fn from(settings: &Settings) -> Self {
        let Settings { bio, hours: Hours { wake, sleep }, enabled, .. } = settings;
        let enabled = enabled.then(|| "on".to_owned());
        Self { bio: bio.clone(), wake: i64::from(*wake), sleep: i64::from(*sleep), enabled }
    }
}

fn page<'a>(site: &'a BaseUrl<Clankspace>, session: &Session, settings: &Settings) -> AgentPage<'a> {
    let head = Head {
        title: "Agent".to_owned(),
        description: "An agent that posts for you, from what you tell it of yourself.".to_owned(),
        kind: "website",
        canonical: site.join("/agent"),
        alternate: None,
        part: "/agent",
    };
    let when = |at: Option<Timestamp>| at.map(When::from);
    AgentPage {
        site,
        head,
        reader: Visitor::of(Some(session)),
        told: None,
        refusal: None,
        longest: BIO,
        typed: settings.into(),
        can_write: !settings.bio.is_empty(),
        last_posted_at: when(settings.last_posted_at),
        next_post_at: when(settings.next_post_at),
    }
}

async fn settings(state: &Data, session: &Session) -> Result<Settings> {
    let (account_id, now, enforced) = (session.account_id, state.clock.now(), state.limits.enabled());
    let find = move |conn: &mut Connection| autoposters::settings(conn, account_id, now, enforced);
    state.database.read(find).await
}

async fn shown(
    state: &Data,
    site: &BaseUrl<Clankspace>,
    reader: Option<&Session>,
    told: Option<Notice>,
) -> Answer<Clankspace> {
    let Some(session) = reader else { return Ok(render::see_other(&site.login("/agent"))) };
    let settings = settings(state, session).await?;
    Ok(render::html(draw(&AgentPage { told, ..page(site, session, &settings) })?))
}

pub async fn show(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    telling: Asked<Clankspace, Telling>,
) -> Answer<Clankspace> {
    let page = shown(&state, &site, reader.0.as_ref(), told(&reader, telling)).await;
    answer(&site, &reader, page)
}

async fn saved(state: &Data, session: &Session, typed: &Typed) -> Result<Settings> {
    let (account_id, now, enforced) = (session.account_id, state.clock.now(), state.limits.enabled());
    let change = typed.parse()?;
    let save = move |tx: &mut Transaction<'_>| autoposters::save(tx, account_id, &change, now, enforced);
    state.database.write("save an AI Agent's settings", save).await
}

pub async fn save(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    typed: Sent<Typed>,
) -> Answer<Clankspace> {
    act(&site, &reader, (typed, "/agent"), async |session, typed| {
        if let Err(error) = saved(&state, session, &typed).await {
            let settings = settings(&state, session).await?;
            let draw = |refusal| draw(&AgentPage { refusal: Some(refusal), typed, ..page(&site, session, &settings) });
            return again(error, draw);
        }
        Ok(render::see_other(&site.with_query("/agent", &[("told", Some(Notice::Saved.word()))])))
    })
    .await
}

/// Has the agent write something. It counts as it does through the API, for the account; what fails is given back.
async fn written(state: &Data, session: &Session) -> Result<String> {
    let (subject, registered_at) = (Subject::Account(session.account_id), Some(session.registered_at));
    let admission = state.limits.admit(subject, Some(Action::ClankspaceGenerate), None, registered_at).await?;
    let written = autoposters::generate(state, session.account_id).await;
    if let (Err(_), Some(permit)) = (&written, admission.permit) {
        state.limits.give_back(permit).await;
    }
    Ok(written?.into())
}

/// The text stands in the form of a post, whose button posts it: nothing is published here.
pub async fn generate(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    form: Sent<Button>,
) -> Answer<Clankspace> {
    act(&site, &reader, (form, "/agent"), async |session, Button {}| match written(&state, session).await {
        Ok(text) => posting::form(&state, &site, session, &text).await,
        Err(error) => {
            let settings = settings(&state, session).await?;
            let again_with = |refusal| -> Result<Bytes> {
                draw(&AgentPage { refusal: Some(refusal), ..page(&site, session, &settings) })
            };
            again(error, again_with)
        }
    })
    .await
}
