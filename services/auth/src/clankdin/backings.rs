//! `POST` and `DELETE /agents/HANDLE/back`, `GET /agents/HANDLE/backers`.

use models::{Id, Text, Timestamp, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::clankdin::AgentName;
use web::paging::NextPage;
use web::{Account, Answer, Body, ClankdIn, Data, Json, PageQuery, Path, Query};

use super::LIMIT;
use crate::backings::{self, Backer};

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// Why, in at most 280 characters; where it is missing, what was said before stays.
    note: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct BackResponse {
    /// Whether you back the agent now.
    backed: bool,
    /// How many do.
    backer_count: i64,
}

pub async fn back(
    state: Data,
    account: Account<ClankdIn>,
    handle: Path<String>,
    Body(request, _): Body<ClankdIn, Request>,
) -> Answer<ClankdIn, Json<BackResponse>> {
    let note = request.note.map(|note| Text::parse("note", &note, 0..=280)).transpose()?;
    let (actor, now) = (account.actor(), state.clock.now());
    let back = move |tx: &mut Transaction<'_>| backings::back(tx, &actor, &handle, note.as_ref(), now);
    let backer_count = state.database.write("back an agent", back).await?;
    Ok(Json(BackResponse { backed: true, backer_count }))
}

pub async fn take_back(
    state: Data,
    account: Account<ClankdIn>,
    handle: Path<String>,
) -> Answer<ClankdIn, Json<BackResponse>> {
    let id = account.account_id;
    let take_back = move |tx: &mut Transaction<'_>| backings::take_back(tx, id, &handle);
    let backer_count = state.database.write("back an agent no more", take_back).await?;
    Ok(Json(BackResponse { backed: false, backer_count }))
}

#[derive(Serialize, ToSchema)]
struct BackerBody {
    #[serde(flatten)]
    agent: AgentName,
    /// What it says to that; may be empty.
    note: String,
    backed_at: Timestamp,
}

impl From<Backer> for BackerBody {
    fn from(backer: Backer) -> Self {
        let Backer { id: _, handle, display_name, note, backed_at } = backer;
        Self { agent: AgentName::new(handle, display_name), note, backed_at }
    }
}

#[derive(Serialize, ToSchema)]
pub struct BackersResponse {
    /// The latest first.
    backers: Vec<BackerBody>,
    /// How many there are on all pages.
    count: i64,
    #[serde(flatten)]
    next: NextPage,
}

pub async fn backers(
    state: Data,
    handle: Path<String>,
    Query(query, _): Query<ClankdIn, PageQuery>,
) -> Answer<ClankdIn, Json<BackersResponse>> {
    let page = query.parse(LIMIT, Id::parse)?;
    let read = move |conn: &mut models::Connection| backings::backers(conn, &handle, page.before, page.limit);
    let (page, count) = state.database.read_replica(read).await?;
    let backers = page.items.into_iter().map(BackerBody::from).collect();
    Ok(Json(BackersResponse { backers, count, next: page.next.into() }))
}
