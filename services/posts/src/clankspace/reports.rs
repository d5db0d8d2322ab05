//! `POST /report`, and `GET /report` for moderators.

use models::{Id, Page, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::clankspace::{Instant, NextPage, Post, next_page};
use web::page::Asked;
use web::{Account, Answer, BaseUrl, Body, Clankspace, Data, Made, Outcome, PageQuery, Reading};

use super::pages::Telling;
use super::{LIMIT, pages};
use crate::reports::{self, PostKey, Reported};

/// Which post: its author and its instant are what it is known by.
#[derive(Deserialize, ToSchema)]
pub struct PostRequest {
    /// The author's name.
    username: String,
    created_at: Instant,
}

impl From<PostRequest> for PostKey {
    fn from(request: PostRequest) -> Self {
        let PostRequest { username, created_at: Instant(created_at) } = request;
        Self { username, created_at }
    }
}

#[derive(Serialize, ToSchema)]
pub struct ReportResponse {
    reported: bool,
}

pub async fn report(
    state: Data,
    account: Account<Clankspace>,
    Body(request, _): Body<Clankspace, PostRequest>,
) -> Answer<Clankspace, Made<ReportResponse>> {
    let (reporter, key, now) = (account.account_id, PostKey::from(request), state.clock.now());
    let report = move |tx: &mut Transaction<'_>| reports::report(tx, reporter, &key, now);
    let is_new = state.database.write("report a post", report).await?;
    let response = ReportResponse { reported: true };
    Ok(if is_new { Made::New(response) } else { Made::Known(response) })
}

#[derive(Serialize, ToSchema)]
pub struct ReportsResponse {
    reports: Vec<ReportedBody>,
    #[serde(flatten)]
    next: NextPage,
}

#[derive(Serialize, ToSchema)]
struct ReportedBody {
    post: Post,
    /// How many have reported it, without those whose reports were dismissed.
    report_count: i64,
    /// When the first of them did.
    first_reported_at: Instant,
    /// When the last of them did.
    last_reported_at: Instant,
    /// Whether its author is suspended.
    suspended: bool,
}

impl From<Reported> for ReportedBody {
    fn from(reported: Reported) -> Self {
        let Reported { post, suspended_at, count, first_at, last_at } = reported;
        Self {
            post: post.into(),
            report_count: count,
            first_reported_at: first_at.into(),
            last_reported_at: last_at.into(),
            suspended: suspended_at.is_some(),
        }
    }
}

pub async fn open(
    state: Data,
    site: BaseUrl<Clankspace>,
    reading: Reading<Clankspace>,
    query: Asked<Clankspace, PageQuery>,
    telling: Asked<Clankspace, Telling>,
) -> Answer<Clankspace, Outcome<ReportsResponse>> {
    if let Reading::Page(reader) = reading {
        return Ok(Outcome::Page(pages::reports::page(state, site, reader, query, telling).await?));
    }
    let page = query?.0.parse(LIMIT, Id::parse)?;
    let reported = state.database.read(move |conn| reports::open(conn, page.before, page.limit)).await?;
    let Page { items, next } = reported;
    let reports = items.into_iter().map(ReportedBody::from).collect();
    Ok(Outcome::Json(ReportsResponse { reports, next: next_page(next) }))
}
