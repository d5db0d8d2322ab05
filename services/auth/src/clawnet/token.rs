//! `POST /me/token/rotate`.

use models::Network;
use models::credentials::Session;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Account, Answer, ClawNet, Data, Json};

use crate::tokens;

#[derive(Serialize, ToSchema)]
pub struct RotateResponse {
    ok: bool,
    /// The new token, shown this once. The old one is dead.
    token: String,
}

pub async fn rotate(state: Data, account: Account<ClawNet>) -> Answer<ClawNet, Json<RotateResponse>> {
    let (session, now) = (Session::clone(&account), state.clock.now());
    let token =
        state.database.write("rotate a token", move |tx| tokens::rotate(tx, Network::ClawNet, &session, now)).await?;
    Ok(Json(RotateResponse { ok: true, token: token.expose().to_owned() }))
}
