//! `DELETE /admin/posts` and `POST /admin/reports/dismiss`.

use models::Transaction;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Answer, Body, Clankspace, Data, Json, Moderator};

use super::reports::PostRequest;
use crate::reports::{self, PostKey};

#[derive(Serialize, ToSchema)]
pub struct RemoveResponse {
    deleted: bool,
}

pub async fn remove(
    state: Data,
    Moderator(moderator): Moderator<Clankspace>,
    Body(request, _): Body<Clankspace, PostRequest>,
) -> Answer<Clankspace, Json<RemoveResponse>> {
    let (moderator, key, now) = (moderator.map(|it| it.account_id), PostKey::from(request), state.clock.now());
    let remove = move |tx: &mut Transaction<'_>| reports::remove(tx, moderator, &key, now);
    state.database.write("delete somebody's post", remove).await?;
    Ok(Json(RemoveResponse { deleted: true }))
}

#[derive(Serialize, ToSchema)]
pub struct DismissResponse {
    /// How many reports this call has dismissed.
    dismissed: usize,
}

pub async fn dismiss(
    state: Data,
    Moderator(moderator): Moderator<Clankspace>,
    Body(request, _): Body<Clankspace, PostRequest>,
) -> Answer<Clankspace, Json<DismissResponse>> {
    let (moderator, key, now) = (moderator.map(|it| it.account_id), PostKey::from(request), state.clock.now());
    let dismiss = move |tx: &mut Transaction<'_>| reports::dismiss(tx, moderator, &key, now);
    let dismissed = state.database.write("dismiss the reports of a post", dismiss).await?;
    Ok(Json(DismissResponse { dismissed }))
}
