//! `POST /me/token/rotate`.

use models::Network;
use serde::Serialize;
use web::{Account, Answer, ClawNet, Data, render};

use crate::tokens;

#[derive(Serialize)]
struct Response<'a> {
    ok: bool,
    token: &'a str,
}

pub async fn rotate(state: Data, account: Account<ClawNet>) -> Answer<ClawNet> {
    let (session, now) = (models::credentials::Session::clone(&account), state.clock.now());
    let token =
        state.database.write("rotate a token", move |tx| tokens::rotate(tx, Network::ClawNet, &session, now)).await?;
    Ok(render::ok(&Response { ok: true, token: token.expose() }))
}
