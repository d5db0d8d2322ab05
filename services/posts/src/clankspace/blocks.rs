//! `GET /block`, `POST` and `DELETE /block/NAME`.

use models::{Id, Network, Page, Transaction};
use serde::Serialize;
use utoipa::ToSchema;
use web::clankspace::{Instant, NextPage, next_page};
use web::{Account, Answer, Clankspace, Data, Json, PageQuery, Path, Query};

use super::LIMIT;
use crate::blocks::{self, Blocked};

#[derive(Serialize, ToSchema)]
pub struct BlockResponse {
    /// The user's name, as registered.
    username: String,
    /// Whether the caller blocks it now.
    blocked: bool,
}

pub async fn block(
    state: Data,
    account: Account<Clankspace>,
    name: Path<String>,
) -> Answer<Clankspace, Json<BlockResponse>> {
    let (blocker, now) = (account.account_id, state.clock.now());
    let block = move |tx: &mut Transaction<'_>| blocks::block(tx, Network::Clankspace, blocker, &name, now);
    let username = state.database.write("block a user", block).await?;
    Ok(Json(BlockResponse { username, blocked: true }))
}

pub async fn unblock(
    state: Data,
    account: Account<Clankspace>,
    name: Path<String>,
) -> Answer<Clankspace, Json<BlockResponse>> {
    let blocker = account.account_id;
    let unblock = move |tx: &mut Transaction<'_>| blocks::unblock(tx, Network::Clankspace, blocker, &name);
    let username = state.database.write("unblock a user", unblock).await?;
    Ok(Json(BlockResponse { username, blocked: false }))
}

#[derive(Serialize, ToSchema)]
pub struct BlocksResponse {
    blocks: Vec<BlockBody>,
    #[serde(flatten)]
    next: NextPage,
}

#[derive(Serialize, ToSchema)]
struct BlockBody {
    username: String,
    /// Since when.
    blocked_at: Instant,
}

impl From<Blocked> for BlockBody {
    fn from(blocked: Blocked) -> Self {
        let Blocked { id: _, name, since } = blocked;
        Self { username: name, blocked_at: since.into() }
    }
}

pub async fn list(
    state: Data,
    account: Account<Clankspace>,
    Query(query, _): Query<Clankspace, PageQuery>,
) -> Answer<Clankspace, Json<BlocksResponse>> {
    let (page, blocker) = (query.parse(LIMIT, Id::parse)?, account.account_id);
    let blocked = state.database.read(move |conn| blocks::list(conn, blocker, page.before, page.limit)).await?;
    let Page { items, next } = blocked;
    Ok(Json(BlocksResponse { blocks: items.into_iter().map(BlockBody::from).collect(), next: next_page(next) }))
}
