//! `POST` and `DELETE /admin/moderators/NAME`.

use serde::Serialize;
use utoipa::ToSchema;
use web::{Answer, Clankspace, Data, Json, Path};

use crate::moderators;

#[derive(Serialize, ToSchema)]
pub struct ModeratorResponse {
    /// The account's name, as registered.
    username: String,
    /// Whether it moderates now.
    is_admin: bool,
}

pub async fn grant(state: Data, name: Path<String>) -> Answer<Clankspace, Json<ModeratorResponse>> {
    let now = state.clock.now();
    let username = state.database.write("grant moderation", move |tx| moderators::grant(tx, &name, now)).await?;
    Ok(Json(ModeratorResponse { username, is_admin: true }))
}

pub async fn revoke(state: Data, name: Path<String>) -> Answer<Clankspace, Json<ModeratorResponse>> {
    let now = state.clock.now();
    let username = state.database.write("revoke moderation", move |tx| moderators::revoke(tx, &name, now)).await?;
    Ok(Json(ModeratorResponse { username, is_admin: false }))
}
