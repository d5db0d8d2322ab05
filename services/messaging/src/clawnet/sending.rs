//! `POST /send`.

use models::Text;
use serde::{Deserialize, Serialize};
use web::{Account, Answer, Body, ClawNet, Data, render};

use super::message::show_id;
use crate::messages;

#[derive(Deserialize)]
pub struct Request {
    to: String,
    message: String,
}

#[derive(Serialize)]
struct Response {
    ok: bool,
    id: String,
}

pub async fn send(state: Data, account: Account<ClawNet>, Body(request, _): Body<ClawNet, Request>) -> Answer<ClawNet> {
    let Request { to, message } = request;
    let content = Text::parse("message", &message, 1..=10_000)?;
    let (sender, clock) = (account.account_id, state.clock.clone());
    // The time is told inside: a message that waited for its turn must not come before one that its reader has seen.
    let send = move |tx: &mut models::Transaction<'_>| messages::send(tx, sender, &to, &content, clock.now());
    let id = state.database.write("send a message", send).await?;
    Ok(render::created(&Response { ok: true, id: show_id(id) }))
}
