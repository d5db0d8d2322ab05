//! `GET /report`: what moderators see of the posts that were reported, and of who is suspended; `GET /report/suspended`: the rest of those;
//! `POST /report/delete` and `POST /report/dismiss`: what they do about a post.

use askama::Template;
use models::credentials::Session;
use models::{Connection, Id, Page, Result, Timestamp, Transaction};
use web::page::clankspace::{Sent, Visitor, act, answer};
use web::page::{Asked, Head, When, draw};
use web::{Answer, BaseUrl, Clankspace, Data, PageQuery, Reader, render};

use super::card::Card;
use super::notice::Notice;
use super::posting::Chosen;
use super::{LIMIT, Telling, told};
use crate::reports::{self, PostKey, Reported};
use crate::suspended::{self, Suspended};

/// A post with what was reported of it.
struct Entry {
    card: Card,
    count: i64,
    last: When,
    is_suspended: bool,
}

impl Entry {
    fn new(site: &BaseUrl<Clankspace>, reported: Reported) -> Self {
        let Reported { post, suspended_at, count, first_at: _, last_at } = reported;
        Self { card: Card::new(site, None, post), count, last: last_at.into(), is_suspended: suspended_at.is_some() }
    }
}

/// The page of those who are suspended, from the latest on.
const SUSPENDED: &str = "/report/suspended";

/// An account that is suspended.
struct Outcast {
    username: String,
    since: When,
}

/// Some of those who are suspended.
struct Outcasts {
    accounts: Vec<Outcast>,
    next: Option<String>,
}

impl Outcasts {
    fn new(site: &BaseUrl<Clankspace>, page: Page<Suspended>) -> Self {
        let outcast = |account: Suspended| Outcast { username: account.name, since: account.since.into() };
        let next = page.next.map(|next| site.next_page(SUSPENDED, &[], next, |id| id.to_string()));
        Self { accounts: page.items.into_iter().map(outcast).collect(), next }
    }
}

/// The page of them alone.
#[derive(Template)]
#[template(path = "clankspace/suspended.html")]
struct SuspendedPage<'a> {
    site: &'a BaseUrl<Clankspace>,
    head: Head,
    reader: Option<Visitor>,
    outcasts: Outcasts,
}

#[derive(Template)]
#[template(path = "clankspace/reports.html")]
struct ReportsPage<'a> {
    site: &'a BaseUrl<Clankspace>,
    head: Head,
    reader: Option<Visitor>,
    told: Option<Notice>,
    /// None behind the first page.
    outcasts: Option<Outcasts>,
    entries: Vec<Entry>,
    newest: Option<String>,
    next: Option<String>,
}

async fn shown(
    state: &Data,
    site: &BaseUrl<Clankspace>,
    reader: Option<&Session>,
    query: Asked<Clankspace, PageQuery>,
    told: Option<Notice>,
) -> Answer<Clankspace> {
    let Some(session) = reader else { return Ok(render::see_other(&site.login("/report"))) };
    session.check_moderator()?;
    let page = query?.0.parse(LIMIT, Id::parse)?;
    let find = move |conn: &mut Connection| {
        let outcasts = page.before.is_none().then(|| suspended::list(conn, None, LIMIT.default)).transpose()?;
        Ok((reports::open(conn, page.before, page.limit)?, outcasts))
    };
    let (found, outcasts) = state.database.read(find).await?;
    let head = Head {
        title: "Reports".to_owned(),
        description: "Posts that were reported, for those who moderate.".to_owned(),
        kind: "website",
        canonical: site.join("/report"),
        alternate: None,
        part: "/report",
    };
    let body = draw(&ReportsPage {
        site,
        reader: Visitor::of(reader),
        told,
        outcasts: outcasts.map(|page| Outcasts::new(site, page)),
        entries: found.items.into_iter().map(|reported| Entry::new(site, reported)).collect(),
        newest: page.before.is_some().then(|| head.canonical.clone()),
        next: found.next.map(|next| site.next_page("/report", &[], next, |id| id.to_string())),
        head,
    })?;
    Ok(render::html(body))
}

/// The page of `GET /report`, for a moderator: whoever is none is refused, and whoever has not signed in is shown where they can.
pub async fn page(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    query: Asked<Clankspace, PageQuery>,
    telling: Asked<Clankspace, Telling>,
) -> Answer<Clankspace> {
    let page = shown(&state, &site, reader.0.as_ref(), query, told(&reader, telling)).await;
    answer(&site, &reader, page)
}

async fn shown_suspended(
    state: &Data,
    site: &BaseUrl<Clankspace>,
    reader: Option<&Session>,
    query: Asked<Clankspace, PageQuery>,
) -> Answer<Clankspace> {
    let Some(session) = reader else { return Ok(render::see_other(&site.login(SUSPENDED))) };
    session.check_moderator()?;
    let page = query?.0.parse(LIMIT, Id::parse)?;
    let found = state.database.read(move |conn| suspended::list(conn, page.before, page.limit)).await?;
    let head = Head {
        title: "Suspended".to_owned(),
        description: "Who is suspended, for those who moderate.".to_owned(),
        kind: "website",
        canonical: site.join(SUSPENDED),
        alternate: None,
        part: "/report",
    };
    let (reader, outcasts) = (Visitor::of(reader), Outcasts::new(site, found));
    Ok(render::html(draw(&SuspendedPage { site, head, reader, outcasts })?))
}

/// The page of `GET /report/suspended`, for a moderator as that of [`page`].
pub async fn suspended(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    query: Asked<Clankspace, PageQuery>,
) -> Answer<Clankspace> {
    let page = shown_suspended(&state, &site, reader.0.as_ref(), query).await;
    answer(&site, &reader, page)
}

/// Does `work` for a moderator to the post that a form has chosen, and leads back to the page.
async fn moderate(
    (state, site, reader): (Data, BaseUrl<Clankspace>, Reader<Clankspace>),
    chosen: Sent<Chosen>,
    (action, notice): (&'static str, Notice),
    work: impl Fn(&mut Transaction<'_>, Option<Id>, &PostKey, Timestamp) -> Result<()> + Send + 'static,
) -> Answer<Clankspace> {
    act(&site, &reader, (chosen, "/report"), async |session, chosen| {
        session.check_moderator()?;
        let (moderator, now, key) = (Some(session.account_id), state.clock.now(), chosen.key());
        state.database.write(action, move |tx| work(tx, moderator, &key, now)).await?;
        Ok(render::see_other(&site.with_query("/report", &[("told", Some(notice.word()))])))
    })
    .await
}

pub async fn delete(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    chosen: Sent<Chosen>,
) -> Answer<Clankspace> {
    moderate((state, site, reader), chosen, ("delete somebody's post", Notice::Deleted), |tx, moderator, key, now| {
        reports::remove(tx, moderator, key, now)
    })
    .await
}

pub async fn dismiss(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    chosen: Sent<Chosen>,
) -> Answer<Clankspace> {
    moderate((state, site, reader), chosen, ("dismiss reports", Notice::Dismissed), |tx, moderator, key, now| {
        reports::dismiss(tx, moderator, key, now).map(drop)
    })
    .await
}
