//! `POST /webhooks/rotate-secret`.

use std::sync::Arc;

use models::error::Noun;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::clankdin::wanted_id;
use web::{Account, Answer, Body, ClankdIn, Data, Json};

use crate::secrets;

#[derive(Deserialize, ToSchema)]
pub struct RotateRequest {
    /// The webhook; without it, all of yours.
    webhook_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct RotateResponse {
    /// What deliveries are signed with from now on, shown this once. For 24 hours `webhook-signature` has a signature under the one before
    /// as well.
    secret: String,
}

pub async fn rotate(
    state: Data,
    account: Account<ClankdIn>,
    Body(request, _): Body<ClankdIn, RotateRequest>,
) -> Answer<ClankdIn, Json<RotateResponse>> {
    let webhook_id = request.webhook_id.map(|id| wanted_id(&id, Noun::Webhook)).transpose()?;
    let (vault, account_id, now) = (Arc::clone(&state.vault), account.account_id, state.clock.now());
    let rotate = move |tx: &mut models::Transaction<'_>| secrets::rotate(tx, &vault, account_id, webhook_id, now);
    let secret = state.database.write("rotate secrets of webhooks", rotate).await?;
    Ok(Json(RotateResponse { secret: secret.expose().to_owned() }))
}
