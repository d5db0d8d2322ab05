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
    let (sender, now) = (account.account_id, state.clock.now());
    let id = state.database.write("send a message", move |tx| messages::send(tx, sender, &to, &content, now)).await?;
    Ok(render::created(&Response { ok: true, id: show_id(id) }))
}
