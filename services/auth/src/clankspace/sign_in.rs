//! `POST /auth/request-code`, `/auth/verify-code` and `/auth/signup`.

use std::sync::Arc;

use models::{Error, Network};
use serde::{Deserialize, Serialize};
use web::limits::Subject;
use web::{Action, Answer, Body, Clankspace, Data, render};

use crate::handle::Handle;
use crate::sign_in::{self, Address, CODE_LIFETIME, Verified};
use crate::tokens::Granted;

#[derive(Deserialize)]
pub struct CodeRequest {
    email: String,
}

#[derive(Serialize)]
struct CodeResponse {
    message: &'static str,
    expires_in: i64,
}

pub async fn request_code(state: Data, Body(request, _): Body<Clankspace, CodeRequest>) -> Answer<Clankspace> {
    let address = Address::parse(&request.email, &state.vault)?;
    let subject = Subject::Hash(address.hash);
    let admission = state.limits.admit(subject, Some(Action::ClankspaceRequestCode), None, None).await;
    let admission = admission.map_err(Error::from)?;
    let (vault, now) = (Arc::clone(&state.vault), state.clock.now());
    let requested =
        state.database.write("request a code", move |tx| sign_in::request_code(tx, &vault, &address, now)).await;
    if let (Err(_), Some(permit)) = (&requested, admission.permit) {
        state.limits.give_back(permit).await;
    }
    requested?;
    Ok(render::ok(&CodeResponse {
        message: "If mail can reach this address, a code is on its way",
        expires_in: CODE_LIFETIME,
    }))
}

#[derive(Deserialize)]
pub struct VerifyRequest {
    email: String,
    code: String,
}

#[derive(Serialize)]
struct TokenResponse {
    token: String,
    username: String,
    expires_at: Option<String>,
}

impl TokenResponse {
    fn new(granted: &Granted, username: String) -> Self {
        let Granted { token, expires_at } = granted;
        let expires_at = expires_at.map(models::Timestamp::with_offset);
        Self { token: token.expose().to_owned(), username, expires_at }
    }
}

#[derive(Serialize)]
struct TicketResponse<'a> {
    signup_token: &'a str,
}

pub async fn verify_code(state: Data, Body(request, _): Body<Clankspace, VerifyRequest>) -> Answer<Clankspace> {
    let address = Address::parse(&request.email, &state.vault)?;
    let (vault, now) = (Arc::clone(&state.vault), state.clock.now());
    let verified = state
        .database
        .write("verify a code", move |tx| sign_in::verify_code(tx, &vault, &address, &request.code, now))
        .await?;
    match verified {
        None => Err(Error::Unauthenticated("The code is wrong, used or expired").into()),
        Some(Verified::New { ticket }) => Ok(render::ok(&TicketResponse { signup_token: ticket.expose() })),
        Some(Verified::SignedIn { username, granted }) => Ok(render::ok(&TokenResponse::new(&granted, username))),
    }
}

#[derive(Deserialize)]
pub struct SignupRequest {
    signup_token: String,
    username: String,
    birthdate: Option<String>,
}

pub async fn sign_up(state: Data, Body(request, _): Body<Clankspace, SignupRequest>) -> Answer<Clankspace> {
    state.may_register(Network::Clankspace)?;
    let now = state.clock.now();
    let username = Handle::clankspace(&request.username)?;
    if let Some(birthdate) = &request.birthdate {
        sign_in::check_age(birthdate, now)?;
    }
    let (wanted, ticket) = (username.clone(), request.signup_token);
    let granted = state.database.write("sign up", move |tx| sign_in::sign_up(tx, &ticket, &wanted, now)).await?;
    Ok(render::created(&TokenResponse::new(&granted, username.as_str().to_owned())))
}
