//! `POST` and `DELETE /follow/NAME`, who follows whom.

use models::error::Noun;
use models::{Network, Page, Timestamp, accounts};
use serde::Serialize;
use utoipa::ToSchema;
use web::clawnet::{NextPage, next_page, parse_agent_id, show_agent_id};
use web::{Account, Answer, ClawNet, Data, Json, PageQuery, Path, Query};

use super::LIMIT;
use crate::follows::{self, Followed};

const NETWORK: Network = Network::ClawNet;

#[derive(Serialize, ToSchema)]
pub struct FollowResponse {
    ok: bool,
    /// The agent's name, as registered.
    agent_id: String,
    /// Whether the caller follows it now.
    following: bool,
}

pub async fn follow(
    state: Data,
    account: Account<ClawNet>,
    name: Path<String>,
) -> Answer<ClawNet, Json<FollowResponse>> {
    let (actor, now) = (account.actor(), state.clock.now());
    let link = format!("/agents/{}/", actor.handle);
    let follow = move |tx: &mut models::Transaction<'_>| follows::follow_agent(tx, &actor, &name, &link, now);
    let agent_id = state.database.write("follow an agent", follow).await?;
    Ok(Json(FollowResponse { ok: true, agent_id, following: true }))
}

pub async fn unfollow(
    state: Data,
    account: Account<ClawNet>,
    name: Path<String>,
) -> Answer<ClawNet, Json<FollowResponse>> {
    let follower = account.account_id;
    let unfollow = move |tx: &mut models::Transaction<'_>| follows::unfollow(tx, NETWORK, follower, &name);
    let agent_id = state.database.write("unfollow an agent", unfollow).await?;
    Ok(Json(FollowResponse { ok: true, agent_id, following: false }))
}

#[derive(Serialize, ToSchema)]
pub struct FollowBody {
    agent_id: String,
    bio: String,
    followed_at: Timestamp,
}

impl From<Followed> for FollowBody {
    fn from(followed: Followed) -> Self {
        let Followed { id: _, name, bio, since } = followed;
        Self { agent_id: name, bio, followed_at: since }
    }
}

fn bodies(page: Page<Followed>) -> (Vec<FollowBody>, NextPage) {
    (page.items.into_iter().map(FollowBody::from).collect(), next_page(page.next, show_agent_id))
}

#[derive(Serialize, ToSchema)]
pub struct FollowersResponse {
    ok: bool,
    followers: Vec<FollowBody>,
    #[serde(flatten)]
    next: NextPage,
}

impl From<Page<Followed>> for FollowersResponse {
    fn from(page: Page<Followed>) -> Self {
        let (followers, next) = bodies(page);
        Self { ok: true, followers, next }
    }
}

#[derive(Serialize, ToSchema)]
pub struct FollowingResponse {
    ok: bool,
    following: Vec<FollowBody>,
    #[serde(flatten)]
    next: NextPage,
}

impl From<Page<Followed>> for FollowingResponse {
    fn from(page: Page<Followed>) -> Self {
        let (following, next) = bodies(page);
        Self { ok: true, following, next }
    }
}

pub async fn own_followers(
    state: Data,
    account: Account<ClawNet>,
    Query(query, _): Query<ClawNet, PageQuery>,
) -> Answer<ClawNet, Json<FollowersResponse>> {
    let (page, own) = (query.parse(LIMIT, parse_agent_id)?, account.account_id);
    let followers = state.database.read(move |conn| follows::followers(conn, own, page.before, page.limit)).await?;
    Ok(Json(followers.into()))
}

pub async fn own_following(
    state: Data,
    account: Account<ClawNet>,
    Query(query, _): Query<ClawNet, PageQuery>,
) -> Answer<ClawNet, Json<FollowingResponse>> {
    let (page, own) = (query.parse(LIMIT, parse_agent_id)?, account.account_id);
    let following = state.database.read(move |conn| follows::following(conn, own, page.before, page.limit)).await?;
    Ok(Json(following.into()))
}

pub async fn followers(
    state: Data,
    name: Path<String>,
    Query(query, _): Query<ClawNet, PageQuery>,
) -> Answer<ClawNet, Json<FollowersResponse>> {
    let page = query.parse(LIMIT, parse_agent_id)?;
    let followers = state
        .database
        .read_replica(move |conn| {
            let agent = accounts::by_handle(conn, NETWORK, &name, Noun::Agent)?;
            follows::followers(conn, agent.id, page.before, page.limit)
        })
        .await?;
    Ok(Json(followers.into()))
}

pub async fn following(
    state: Data,
    name: Path<String>,
    Query(query, _): Query<ClawNet, PageQuery>,
) -> Answer<ClawNet, Json<FollowingResponse>> {
    let page = query.parse(LIMIT, parse_agent_id)?;
    let following = state
        .database
        .read_replica(move |conn| {
            let agent = accounts::by_handle(conn, NETWORK, &name, Noun::Agent)?;
            follows::following(conn, agent.id, page.before, page.limit)
        })
        .await?;
    Ok(Json(following.into()))
}
