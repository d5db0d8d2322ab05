//! `POST` and `DELETE /organizations/HANDLE/follow`.

use models::Transaction;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Account, Answer, ClankdIn, Data, Json, Path};

use super::organizations::OrganizationBody;
use crate::organization_follows;

#[derive(Serialize, ToSchema)]
pub struct FollowResponse {
    organization: OrganizationBody,
    /// Whether the caller follows it now.
    following: bool,
}

pub async fn follow(
    state: Data,
    account: Account<ClankdIn>,
    handle: Path<String>,
) -> Answer<ClankdIn, Json<FollowResponse>> {
    let (actor, now) = (account.actor(), state.clock.now());
    let follow = move |tx: &mut Transaction<'_>| organization_follows::follow(tx, &actor, &handle, now);
    let organization = state.database.write("follow an organization", follow).await?;
    Ok(Json(FollowResponse { organization: organization.into(), following: true }))
}

pub async fn unfollow(
    state: Data,
    account: Account<ClankdIn>,
    handle: Path<String>,
) -> Answer<ClankdIn, Json<FollowResponse>> {
    let own = account.account_id;
    let unfollow = move |tx: &mut Transaction<'_>| organization_follows::unfollow(tx, own, &handle);
    let organization = state.database.write("unfollow an organization", unfollow).await?;
    Ok(Json(FollowResponse { organization: organization.into(), following: false }))
}
