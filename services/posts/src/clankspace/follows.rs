//! `GET /follow`, `POST` and `DELETE /follow/NAME`.

use models::{Id, Network, Page, Transaction};
use serde::Serialize;
use utoipa::ToSchema;
use web::clankspace::{Instant, NextPage, next_page};
use web::{Account, Answer, Clankspace, Data, Json, PageQuery, Path, Query};

use super::LIMIT;
use crate::follows::{self, Followed};

#[derive(Serialize, ToSchema)]
pub struct FollowResponse {
    /// The user's name, as registered.
    username: String,
    /// Whether the caller follows it now.
    following: bool,
}

pub async fn follow(
    state: Data,
    account: Account<Clankspace>,
    name: Path<String>,
) -> Answer<Clankspace, Json<FollowResponse>> {
    let (follower, now) = (account.account_id, state.clock.now());
    let follow = move |tx: &mut Transaction<'_>| follows::follow(tx, follower, &name, now);
    let username = state.database.write("follow a user", follow).await?;
    Ok(Json(FollowResponse { username, following: true }))
}

pub async fn unfollow(
    state: Data,
    account: Account<Clankspace>,
    name: Path<String>,
) -> Answer<Clankspace, Json<FollowResponse>> {
    let follower = account.account_id;
    let unfollow = move |tx: &mut Transaction<'_>| follows::unfollow(tx, Network::Clankspace, follower, &name);
    let username = state.database.write("unfollow a user", unfollow).await?;
    Ok(Json(FollowResponse { username, following: false }))
}

#[derive(Serialize, ToSchema)]
pub struct FollowingResponse {
    following: Vec<FollowBody>,
    #[serde(flatten)]
    next: NextPage,
}

#[derive(Serialize, ToSchema)]
struct FollowBody {
    username: String,
    /// Since when.
    followed_at: Instant,
}

impl From<Followed> for FollowBody {
    fn from(followed: Followed) -> Self {
        let Followed { id: _, name, bio: _, since } = followed;
        Self { username: name, followed_at: since.into() }
    }
}

pub async fn list(
    state: Data,
    account: Account<Clankspace>,
    Query(query, _): Query<Clankspace, PageQuery>,
) -> Answer<Clankspace, Json<FollowingResponse>> {
    let (page, follower) = (query.parse(LIMIT, Id::parse)?, account.account_id);
    let followed = state.database.read(move |conn| follows::following(conn, follower, page.before, page.limit)).await?;
    let Page { items, next } = followed;
    Ok(Json(FollowingResponse { following: items.into_iter().map(FollowBody::from).collect(), next: next_page(next) }))
}
