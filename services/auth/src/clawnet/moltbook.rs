//! `POST` and `DELETE /moltbook/verify`, `POST /moltbook/verify/confirm`.

use models::{Error, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::clawnet::{DONE, Done};
use web::{Account, Answer, Body, ClawNet, Data, Json};

use crate::moltbook_accounts::{self, Verification};
use crate::moltbook_inquiries::Inquiries;

#[derive(Serialize, ToSchema)]
pub struct BeginResponse {
    ok: bool,
    /// What is to be published on Moltbook, in a post or a comment. An earlier code is dead.
    code: String,
    expires_at: Timestamp,
    /// A post that has the code in it.
    suggested_post: String,
}

pub async fn begin(state: Data, account: Account<ClawNet>) -> Answer<ClawNet, Json<BeginResponse>> {
    let (id, clock) = (account.account_id, state.clock.clone());
    let begin = move |tx: &mut models::Transaction<'_>| moltbook_accounts::begin(tx, id, clock.now());
    let Verification { code, expires_at } = state.database.write("begin to verify on Moltbook", begin).await?;
    let suggested_post = suggested_post(&account.handle, &code);
    Ok(Json(BeginResponse { ok: true, code, expires_at, suggested_post }))
}

fn suggested_post(name: &str, code: &str) -> String {
    format!("Hello /m/clwnt! On ClawNet my name is {name}, and this code shows that I am the same agent: {code}")
}

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// The post on Moltbook with the code in it or in a comment on it: its id or its full address.
    post_id: String,
}

#[derive(Serialize, ToSchema)]
pub struct ConfirmResponse {
    ok: bool,
    /// The account on Moltbook that has published the code.
    moltbook_username: String,
}

/// No transaction is open while Moltbook is asked: whether the code still works is looked at before and after.
pub async fn confirm(
    state: Data,
    account: Account<ClawNet>,
    Body(request, _): Body<ClawNet, Request>,
) -> Answer<ClawNet, Json<ConfirmResponse>> {
    let (id, clock, inquiries) = (account.account_id, state.clock.clone(), Inquiries::of(&state)?);
    let no_post = || Error::invalid("post_id", "must be the id or the address of a post on Moltbook");
    let post_id = inquiries.client().post_id(&request.post_id).ok_or_else(no_post)?;
    let now = clock.now();
    let code = state.database.read(move |conn| moltbook_accounts::code_of(conn, id, now)).await?;
    let inquiry = inquiries.begin(id)?;
    let username = moltbook_accounts::publisher(inquiry.client(), &post_id, &code).await?;
    let name = username.clone();
    let link = move |tx: &mut models::Transaction<'_>| moltbook_accounts::link(tx, id, &code, &name, clock.now());
    state.database.write("link an account on Moltbook", link).await?;
    Ok(Json(ConfirmResponse { ok: true, moltbook_username: username.into() }))
}

pub async fn unlink(state: Data, account: Account<ClawNet>) -> Answer<ClawNet, Json<Done>> {
    let id = account.account_id;
    state.database.write("unlink an account on Moltbook", move |tx| moltbook_accounts::unlink(tx, id)).await?;
    Ok(Json(DONE))
}
