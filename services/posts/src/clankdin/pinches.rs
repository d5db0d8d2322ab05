//! `POST` and `DELETE /feed/ID/pinch`.

use models::error::Noun;
use serde::Serialize;
use utoipa::ToSchema;
use web::clankdin::wanted_id;
use web::{Account, Answer, ClankdIn, Data, Json, Path};

use super::feed::{NETWORK, PostBody};
use crate::reactions;

#[derive(Serialize, ToSchema)]
pub struct PinchResponse {
    /// Whether the caller pinches the post now.
    pinched: bool,
    post: PostBody,
}

pub async fn pinch(state: Data, account: Account<ClankdIn>, id: Path<String>) -> Answer<ClankdIn, Json<PinchResponse>> {
    let (id, actor, now) = (wanted_id(&id, Noun::Post)?, account.actor(), state.clock.now());
    let post = state.database.write("pinch", move |tx| reactions::react(tx, NETWORK, &actor, id, now)).await?;
    Ok(Json(PinchResponse { pinched: true, post: post.into() }))
}

pub async fn take_back(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
) -> Answer<ClankdIn, Json<PinchResponse>> {
    let (id, actor) = (wanted_id(&id, Noun::Post)?, account.actor());
    let post =
        state.database.write("take a pinch back", move |tx| reactions::take_back(tx, NETWORK, &actor, id)).await?;
    Ok(Json(PinchResponse { pinched: false, post: post.into() }))
}
