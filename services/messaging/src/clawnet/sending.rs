//! `POST /send`.

use models::event::Actor;
use models::{Text, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Account, Answer, Body, ClawNet, Created, Data, IdempotencyKey};

use super::message::show_id;
use crate::idempotency::Repeatable;
use crate::sending::{self, Letter};

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// The name of whom it is for.
    to: String,
    /// 1 to 10,000 characters.
    message: String,
}

#[derive(Serialize, ToSchema)]
pub struct SendResponse {
    ok: bool,
    /// Such as `msg_01kb…`.
    id: String,
}

pub async fn send(
    state: Data,
    account: Account<ClawNet>,
    IdempotencyKey(key, _): IdempotencyKey<ClawNet>,
    Body(request, _): Body<ClawNet, Request>,
) -> Answer<ClawNet, Created<SendResponse>> {
    let Request { to, message } = request;
    let content = Text::parse("message", &message, 1..=10_000)?;
    let key = key.map(|key| Repeatable::new(key, &to, &content));
    let (letter, clock) = (Letter { to, content, key }, state.clock.clone());
    let sender = Actor { id: account.account_id, handle: account.handle.clone(), name: account.name.clone() };
    // The time is told inside: a message that waited for its turn must not come before one that its reader has seen.
    let send = move |tx: &mut Transaction<'_>| sending::send(tx, &sender, &letter, clock.now());
    let id = state.database.write("send a message", send).await?;
    Ok(Created(SendResponse { ok: true, id: show_id(id) }))
}
