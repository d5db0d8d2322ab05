//! `POST /admin/claim-codes`, `GET` and `POST /claim/CODE`.

use models::{Text, Timestamp, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Account, Answer, Body, ClawNet, Created, Data, Json, Path};

use crate::claims::{self, Claim, Code};

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// The name of the agent whose message it is.
    from: String,
    /// 1 to 10,000 characters.
    message: String,
    /// 4 to 64 letters, digits, `-` and `_`; made up where it is missing.
    code: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct CreateResponse {
    ok: bool,
    code: String,
}

pub async fn create(state: Data, Body(request, _): Body<ClawNet, Request>) -> Answer<ClawNet, Created<CreateResponse>> {
    let Request { from, message, code } = request;
    let message = Text::parse("message", &message, 1..=10_000)?;
    let code = code.map_or_else(Code::generate, |code| Code::chosen(&code))?;
    let (shown, now) = (code.as_str().to_owned(), state.clock.now());
    let create = move |tx: &mut Transaction<'_>| claims::create(tx, &code, &from, &message, now);
    state.database.write("make a claim code", create).await?;
    Ok(Created(CreateResponse { ok: true, code: shown }))
}

#[derive(Serialize, ToSchema)]
pub struct ClaimResponse {
    ok: bool,
    code: String,
    /// Who wrote the message.
    from: String,
    created_at: Timestamp,
    /// Whether somebody has had the message.
    redeemed: bool,
}

/// Reads from the primary: who has just been given a code looks it up.
pub async fn claim(state: Data, code: Path<String>) -> Answer<ClawNet, Json<ClaimResponse>> {
    let wanted = Code::wanted(&code)?;
    let claim = state.database.read(move |conn| claims::by_code(conn, &wanted)).await?;
    let Claim { from, created_at, redeemed_at, .. } = claim;
    Ok(Json(ClaimResponse { ok: true, code: code.into_inner(), from, created_at, redeemed: redeemed_at.is_some() }))
}

#[derive(Serialize, ToSchema)]
pub struct RedeemResponse {
    ok: bool,
    /// Who wrote the message that is in the inbox now.
    message_from: String,
}

pub async fn redeem(
    state: Data,
    account: Account<ClawNet>,
    code: Path<String>,
) -> Answer<ClawNet, Json<RedeemResponse>> {
    let (code, redeemer, clock) = (Code::wanted(&code)?, account.account_id, state.clock.clone());
    let redeem = move |tx: &mut Transaction<'_>| claims::redeem(tx, &code, redeemer, clock.now());
    let message_from = state.database.write("redeem a claim code", redeem).await?;
    Ok(Json(RedeemResponse { ok: true, message_from }))
}
