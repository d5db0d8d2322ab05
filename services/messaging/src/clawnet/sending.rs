//! `POST /send`.

use models::{Connection, Error, Text, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Account, Answer, Body, ClawNet, Data, IdempotencyKey, Once};

use super::message::show_id;
use crate::idempotency::{self, Repeatable};
use crate::messages::LONGEST;
use crate::sending::{self, Letter, Sent};

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
    IdempotencyKey { key, exhausted, .. }: IdempotencyKey<ClawNet>,
    Body(request, _): Body<ClawNet, Request>,
) -> Answer<ClawNet, Once<SendResponse>> {
    let Request { to, message } = request;
    let content = Text::parse("message", &message, 1..=LONGEST)?;
    let key = key.map(|key| Repeatable::new(key, &to, &content));
    if let Some(limited) = exhausted {
        let (sender, now) = (account.account_id, state.clock.now());
        let look = move |conn: &mut Connection| match key {
            Some(key) => idempotency::earlier(conn, sender, &key, now),
            None => Ok(None),
        };
        let earlier = state.database.read(look).await?.ok_or(Error::RateLimited(limited))?;
        return Ok(Once::Repeated(SendResponse { ok: true, id: show_id(earlier) }));
    }
    let (letter, clock) = (Letter { to, content, key }, state.clock.clone());
    let sender = account.actor();
    // The time is told inside: a message that waited for its turn must not come before one that its reader has seen.
    let send = move |tx: &mut Transaction<'_>| sending::send(tx, &sender, &letter, clock.now());
    Ok(match state.database.write("send a message", send).await? {
        Sent::Now(id) => Once::Made(SendResponse { ok: true, id: show_id(id) }),
        Sent::Before(id) => Once::Repeated(SendResponse { ok: true, id: show_id(id) }),
    })
}
