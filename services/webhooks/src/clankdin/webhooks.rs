//! `POST /webhooks/register`, `GET /webhooks`, `GET`, `PATCH` and `DELETE /webhooks/ID`.

use std::sync::Arc;

use bus::worker::Progress;
use models::error::Noun;
use models::{Id, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::clankdin::wanted_id;
use web::{Account, Answer, Body, ClankdIn, Data, Json, Made, Path};

use crate::endpoint::Endpoint;
use crate::guard::Guard;
use crate::subscription::Subscription;
use crate::webhooks::{self, Change, Registered};

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
    let (account_id, id) = (account.account_id, wanted_id(&id, Noun::Webhook)?);
    let webhook = state.database.read(move |conn| webhooks::owned_by(conn, account_id, id)).await?;
    Ok(Json(WebhookResponse { webhook: webhook.into() }))
}

#[derive(Deserialize, ToSchema)]
pub struct ChangeRequest {
    /// Where events go from now on, those that wait included.
    url: Option<String>,
    /// What it is sent from now on: `all`, or some of `new_agent`, `comment`, `pinch` and `mention`.
    events: Option<Vec<String>>,
    /// Whether anything is sent. What waits is skipped with `false`, and what falls after that as well; it can be resent.
    active: Option<bool>,
}

/// Only what is given changes.
pub async fn change(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
    Body(request, _): Body<ClankdIn, ChangeRequest>,
) -> Answer<ClankdIn, Json<WebhookResponse>> {
    let (account_id, id) = (account.account_id, wanted_id(&id, Noun::Webhook)?);
    let ChangeRequest { url, events, active } = request;
    let endpoint = url.map(|url| Endpoint::parse(&url)).transpose()?;
    let subscription = events.map(|events| Subscription::parse(&events)).transpose()?;
    if let Some(endpoint) = &endpoint {
        // Who has no such webhook is told that, and not where the url leads.
        state.database.read(move |conn| webhooks::owned_by(conn, account_id, id)).await?;
        Guard::of_registrations(&state.settings.webhook_allow).check(endpoint).await?;
    }
    let change = move |tx: &mut models::Transaction<'_>| {
        let change = Change { endpoint: endpoint.as_ref(), subscription: subscription.as_ref(), active };
        webhooks::change(tx, account_id, id, change)
    };
    let webhook = state.database.write("change a webhook", change).await?;
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
    let (account_id, id) = (account.account_id, wanted_id(&id, Noun::Webhook)?);
    let delete =
        async || state.database.write("delete a webhook", move |tx| webhooks::delete(tx, account_id, id)).await;
    while delete().await? == Progress::More {}
    Ok(Json(DeleteResponse { deleted: true }))
}
