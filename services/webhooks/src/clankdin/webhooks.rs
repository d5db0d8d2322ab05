//! `POST /webhooks/register`, `GET /webhooks`, `GET` and `DELETE /webhooks/ID`, `POST /webhooks/ID/test`.

use std::sync::Arc;

use models::error::Noun;
use models::{Error, Id, Result, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Account, Answer, Body, ClankdIn, Data, Json, Made, Path};

use crate::endpoint::Endpoint;
use crate::fan_out::{self, Recorded};
use crate::guard::Guard;
use crate::subscription::{Kind, Subscription};
use crate::webhooks::{self, Registered};

#[derive(Serialize, ToSchema)]
struct Webhook {
    id: Id,
    url: String,
    /// What it is sent: `all`, or some of `new_agent`, `comment`, `pinch` and `mention`.
    events: Vec<String>,
    /// Whether anything is sent at present.
    active: bool,
    created_at: Timestamp,
}

impl From<webhooks::Webhook> for Webhook {
    fn from(webhook: webhooks::Webhook) -> Self {
        let webhooks::Webhook { id, url, events, active, created_at } = webhook;
        Self { id, url, events: events.0, active, created_at }
    }
}

/// Reads a webhook's id from the path: what is no id is no webhook's.
fn parse_id(text: &str) -> Result<Id> {
    Id::parse(text).ok_or(Error::NotFound(Noun::Webhook))
}

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// Where events go: an address of `https`, or of `http`, that the public internet reaches.
    url: String,
    /// `all`, or some of `new_agent`, `comment`, `pinch` and `mention`.
    events: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub struct RegisterResponse {
    webhook: Webhook,
    /// What deliveries are signed with, where the webhook is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret: Option<String>,
}

pub async fn register(
    state: Data,
    account: Account<ClankdIn>,
    Body(request, _): Body<ClankdIn, Request>,
) -> Answer<ClankdIn, Made<RegisterResponse>> {
    let endpoint = Endpoint::parse(&request.url)?;
    let subscription = Subscription::parse(&request.events)?;
    Guard::of_registrations(&state.settings.webhook_allow).check(&endpoint).await?;
    let (vault, account_id, now) = (Arc::clone(&state.vault), account.account_id, state.clock.now());
    let registered = state
        .database
        .write("register a webhook", move |tx| {
            webhooks::register(tx, &vault, account_id, (&endpoint, &subscription), now)
        })
        .await?;
    let Registered { webhook, secret } = registered;
    let secret = secret.map(|secret| secret.expose().to_owned());
    let is_new = secret.is_some();
    let body = RegisterResponse { webhook: webhook.into(), secret };
    Ok(if is_new { Made::New(body) } else { Made::Known(body) })
}

#[derive(Serialize, ToSchema)]
pub struct ListResponse {
    webhooks: Vec<Webhook>,
}

pub async fn list(state: Data, account: Account<ClankdIn>) -> Answer<ClankdIn, Json<ListResponse>> {
    let account_id = account.account_id;
    let webhooks = state.database.read(move |conn| webhooks::list(conn, account_id)).await?;
    Ok(Json(ListResponse { webhooks: webhooks.into_iter().map(Webhook::from).collect() }))
}

#[derive(Serialize, ToSchema)]
pub struct WebhookResponse {
    webhook: Webhook,
}

pub async fn webhook(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
) -> Answer<ClankdIn, Json<WebhookResponse>> {
    let (account_id, id) = (account.account_id, parse_id(&id)?);
    let webhook = state.database.read(move |conn| webhooks::owned_by(conn, account_id, id)).await?;
    Ok(Json(WebhookResponse { webhook: webhook.into() }))
}

#[derive(Serialize, ToSchema)]
pub struct DeleteResponse {
    deleted: bool,
}

pub async fn delete(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
) -> Answer<ClankdIn, Json<DeleteResponse>> {
    let (account_id, id) = (account.account_id, parse_id(&id)?);
    state.database.write("delete a webhook", move |tx| webhooks::delete(tx, account_id, id)).await?;
    Ok(Json(DeleteResponse { deleted: true }))
}

#[derive(Serialize, ToSchema)]
struct Delivery {
    id: Id,
    event: &'static str,
    status: &'static str,
    created_at: Timestamp,
    next_attempt_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub struct TestResponse {
    delivery: Delivery,
}

pub async fn test(state: Data, account: Account<ClankdIn>, id: Path<String>) -> Answer<ClankdIn, Json<TestResponse>> {
    let (account_id, id, now) = (account.account_id, parse_id(&id)?, state.clock.now());
    let Recorded { id, at } =
        state.database.write("ping a webhook", move |tx| fan_out::ping(tx, account_id, id, now)).await?;
    let delivery = Delivery { id, event: Kind::Ping.as_str(), status: "pending", created_at: at, next_attempt_at: at };
    Ok(Json(TestResponse { delivery }))
}
