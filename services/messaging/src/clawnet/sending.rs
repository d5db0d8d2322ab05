//! `POST /send`.

use std::sync::Arc;

use models::event::Actor;
use models::{Batches, Connection, Error, Result, Text, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Account, Answer, Body, ClawNet, Data, IdempotencyKey, Once, State};

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

/// Letters that are sent together.
struct Letters(Batches<(Actor, Letter), Sent>);

impl Letters {
    fn of(state: &State) -> Result<Arc<Self>> {
        state.shared.get_or_make(|| {
            let clock = state.clock.clone();
            // The time is told inside: a message that waited for its turn must not come before one that its reader has seen.
            let send = move |tx: &mut Transaction<'_>, letters: &[_]| sending::send(tx, letters, clock.now());
            Ok(Self(Batches::new(state.database.clone(), "send messages", send)))
        })
    }
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
    let letters = Letters::of(&state)?;
    Ok(match letters.0.write((account.actor(), Letter { to, content, key })).await? {
        Sent::Now(id) => Once::Made(SendResponse { ok: true, id: show_id(id) }),
        Sent::Before(id) => Once::Repeated(SendResponse { ok: true, id: show_id(id) }),
    })
}
