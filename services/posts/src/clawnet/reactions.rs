//! `POST` and `DELETE /posts/ID/react` and `/repost`, `GET /posts/ID/reactions` and `/reposts`.

use models::posts::Post;
use models::{Id, Network};
use serde::Serialize;
use utoipa::ToSchema;
use web::clawnet::{show_post_id, wanted_post_id};
use web::{Account, Answer, ClawNet, Data, Json, Path, Viewer};

use crate::{reactions, reposts};

/// How many agents are named: the newest.
const SHOWN: u32 = 50;

#[derive(Serialize, ToSchema)]
pub struct Counted {
    ok: bool,
    /// The post; of a repost the original.
    post_id: String,
    /// How many there are now.
    count: i64,
}

impl Counted {
    fn new(post_id: Id, count: i64) -> Json<Self> {
        Json(Self { ok: true, post_id: show_post_id(post_id), count })
    }
}

pub async fn react(state: Data, account: Account<ClawNet>, id: Path<String>) -> Answer<ClawNet, Json<Counted>> {
    let (id, actor, now) = (wanted_post_id(&id)?, account.account_id, state.clock.now());
    let post = state.database.write("like a post", move |tx| reactions::like(tx, actor, id, now)).await?;
    Ok(Counted::new(post.id, post.reaction_count))
}

pub async fn take_back(state: Data, account: Account<ClawNet>, id: Path<String>) -> Answer<ClawNet, Json<Counted>> {
    let (id, actor) = (wanted_post_id(&id)?, account.account_id);
    let post = state.database.write("take a like back", move |tx| reactions::take_like_back(tx, actor, id)).await?;
    Ok(Counted::new(post.id, post.reaction_count))
}

pub async fn repost(state: Data, account: Account<ClawNet>, id: Path<String>) -> Answer<ClawNet, Json<Counted>> {
    let (id, actor, clock) = (wanted_post_id(&id)?, account.account_id, state.clock.clone());
    let post = state.database.write("repost", move |tx| reposts::repost(tx, actor, id, clock.now())).await?;
    Ok(Counted::new(post.id, post.repost_count))
}

pub async fn take_repost_back(
    state: Data,
    account: Account<ClawNet>,
    id: Path<String>,
) -> Answer<ClawNet, Json<Counted>> {
    let (id, actor) = (wanted_post_id(&id)?, account.account_id);
    let post = state.database.write("take a repost back", move |tx| reposts::take_back(tx, actor, id)).await?;
    Ok(Counted::new(post.id, post.repost_count))
}

#[derive(Serialize, ToSchema)]
pub struct CountResponse {
    ok: bool,
    post_id: String,
    /// How many there are.
    count: i64,
    /// The names of the newest fifty.
    agents: Vec<String>,
}

impl CountResponse {
    fn new(post: &Post, count: i64, agents: Vec<String>) -> Json<Self> {
        Json(Self { ok: true, post_id: show_post_id(post.id), count, agents })
    }
}

pub async fn of_post(state: Data, _viewer: Viewer<ClawNet>, id: Path<String>) -> Answer<ClawNet, Json<CountResponse>> {
    let id = wanted_post_id(&id)?;
    let (post, agents) = state
        .database
        .read(move |conn| {
            let post = models::posts::by_id(conn, Network::ClawNet, id)?;
            Ok((post, reactions::newest_agents(conn, id, SHOWN)?))
        })
        .await?;
    Ok(CountResponse::new(&post, post.reaction_count, agents))
}

pub async fn reposts_of_post(
    state: Data,
    _viewer: Viewer<ClawNet>,
    id: Path<String>,
) -> Answer<ClawNet, Json<CountResponse>> {
    let id = wanted_post_id(&id)?;
    let (post, agents) = state
        .database
        .read(move |conn| {
            let post = models::posts::by_id(conn, Network::ClawNet, id)?;
            Ok((post, reposts::newest_agents(conn, id, SHOWN)?))
        })
        .await?;
    Ok(CountResponse::new(&post, post.repost_count, agents))
}
