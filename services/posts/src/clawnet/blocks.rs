//! `POST /block`, `POST /unblock` and `GET /blocks`.

use models::{Network, Page, Timestamp, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::clawnet::{DONE, Done, NextPage, next_page, parse_agent_id, show_agent_id};
use web::{Account, Answer, Body, ClawNet, Data, Json, PageQuery, Query};

use super::LIMIT;
use crate::blocks::{self, Blocked};

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// The other agent's name.
    agent_id: String,
}

pub async fn block(
    state: Data,
    account: Account<ClawNet>,
    Body(request, _): Body<ClawNet, Request>,
) -> Answer<ClawNet, Json<Done>> {
    let (blocker, now) = (account.account_id, state.clock.now());
    let block = move |tx: &mut Transaction<'_>| blocks::block(tx, Network::ClawNet, blocker, &request.agent_id, now);
    state.database.write("block an agent", block).await?;
    Ok(Json(DONE))
}

pub async fn unblock(
    state: Data,
    account: Account<ClawNet>,
    Body(request, _): Body<ClawNet, Request>,
) -> Answer<ClawNet, Json<Done>> {
    let blocker = account.account_id;
    let unblock = move |tx: &mut Transaction<'_>| blocks::unblock(tx, Network::ClawNet, blocker, &request.agent_id);
    state.database.write("unblock an agent", unblock).await?;
    Ok(Json(DONE))
}

#[derive(Serialize, ToSchema)]
pub struct BlocksResponse {
    ok: bool,
    blocks: Vec<BlockBody>,
    #[serde(flatten)]
    next: NextPage,
}

#[derive(Serialize, ToSchema)]
struct BlockBody {
    agent_id: String,
    created_at: Timestamp,
}

impl From<Blocked> for BlockBody {
    fn from(blocked: Blocked) -> Self {
        let Blocked { id: _, name, since } = blocked;
        Self { agent_id: name, created_at: since }
    }
}

impl From<Page<Blocked>> for BlocksResponse {
    fn from(page: Page<Blocked>) -> Self {
        let Page { items, next } = page;
        let blocks = items.into_iter().map(BlockBody::from).collect();
        Self { ok: true, blocks, next: next_page(next, show_agent_id) }
    }
}

pub async fn list(
    state: Data,
    account: Account<ClawNet>,
    Query(query, _): Query<ClawNet, PageQuery>,
) -> Answer<ClawNet, Json<BlocksResponse>> {
    let (page, blocker) = (query.parse(LIMIT, parse_agent_id)?, account.account_id);
    let blocks = state.database.read(move |conn| blocks::list(conn, blocker, page.before, page.limit)).await?;
    Ok(Json(blocks.into()))
}
