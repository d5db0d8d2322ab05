//! `POST /auth/request-code`, `/auth/verify-code` and `/auth/signup`.

use std::sync::Arc;

use models::token::TokenHash;
use models::{Error, Result, Transaction, credentials};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::clankspace::Instant;
use web::limits::Subject;
use web::{Action, Answer, Body, Clankspace, Created, Data, Json, Registration, State};

use crate::handle::Handle;
use crate::sign_in::{self, Address, CODE_LIFETIME, Verified};
use crate::tokens::Granted;

#[derive(Deserialize, ToSchema)]
pub struct CodeRequest {
    /// An address of mail, of at most 254 bytes.
    email: String,
}

#[derive(Serialize, ToSchema)]
pub struct CodeResponse {
    message: &'static str,
    /// For how many seconds the code works.
    expires_in: i64,
}

/// Sends a code to the address `email`, three an hour at most; what fails is not counted.
///
/// # Errors
/// [`Error::Invalid`] for what is no address, [`Error::RateLimited`] beyond three an hour.
pub async fn send_code(state: &State, email: &str) -> Result<()> {
    let address = Address::parse(email, &state.vault)?;
    let subject = Subject::Hash(address.hash);
    let admission = state.limits.admit(subject, Some(Action::ClankspaceRequestCode), None, None).await?;
    let (vault, now) = (Arc::clone(&state.vault), state.clock.now());
    let requested =
        state.database.write("request a code", move |tx| sign_in::request_code(tx, &vault, &address, now)).await;
    if let (Err(_), Some(permit)) = (&requested, admission.permit) {
        state.limits.give_back(permit).await;
    }
    requested
}

pub async fn request_code(
    state: Data,
    Body(request, _): Body<Clankspace, CodeRequest>,
) -> Answer<Clankspace, Json<CodeResponse>> {
    send_code(&state, &request.email).await?;
    Ok(Json(CodeResponse {
        message: "If mail can reach this address, a code is on its way",
        expires_in: CODE_LIFETIME,
    }))
}

#[derive(Deserialize, ToSchema)]
pub struct VerifyRequest {
    /// The address that the code was sent to.
    email: String,
    /// The six digits.
    code: String,
}

/// A session.
#[derive(Serialize, ToSchema)]
pub struct SessionResponse {
    /// Shown this once.
    token: String,
    username: String,
    /// When the token stops working.
    expires_at: Option<Instant>,
}

impl SessionResponse {
    fn new(Granted { token, expires_at }: &Granted, username: String) -> Self {
        Self { token: token.expose().to_owned(), username, expires_at: expires_at.map(Instant) }
    }
}

/// A ticket to an account.
#[derive(Serialize, ToSchema)]
pub struct TicketResponse {
    /// What `POST /auth/signup` takes, once, within half an hour.
    signup_token: String,
}

/// A session where the address has an account, else a ticket to one.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum VerifyResponse {
    SignedIn(SessionResponse),
    New(TicketResponse),
}

/// What `code` leads to for the address `email`. A session that is `replaced` by a new one ends with it.
///
/// # Errors
/// [`Error::Invalid`] for what is no address, [`Error::Unauthenticated`] for a code that is wrong, used or too old,
/// [`Error::Forbidden`] for an address that is new where registration is closed.
pub async fn verify(
    state: &State,
    registration: Registration<Clankspace>,
    replaced: Option<TokenHash>,
    (email, code): (&str, String),
) -> Result<Verified> {
    let address = Address::parse(email, &state.vault)?;
    let (vault, now) = (Arc::clone(&state.vault), state.clock.now());
    let verify = move |tx: &mut Transaction<'_>| {
        let verified = sign_in::verify_code(tx, &vault, (&address, &code), || registration.check(), now)?;
        if let (Some(Verified::SignedIn { .. }), Some(replaced)) = (&verified, replaced) {
            credentials::revoke(tx, replaced)?;
        }
        Ok(verified)
    };
    let verified = state.database.write("verify a code", verify).await?;
    verified.ok_or(Error::Unauthenticated("The code is wrong, used or expired"))
}

pub async fn verify_code(
    state: Data,
    registration: Registration<Clankspace>,
    Body(request, _): Body<Clankspace, VerifyRequest>,
) -> Answer<Clankspace, Json<VerifyResponse>> {
    Ok(Json(match verify(&state, registration, None, (&request.email, request.code)).await? {
        Verified::New { ticket } => VerifyResponse::New(TicketResponse { signup_token: ticket.expose().to_owned() }),
        Verified::SignedIn { username, granted } => VerifyResponse::SignedIn(SessionResponse::new(&granted, username)),
    }))
}

#[derive(Deserialize, ToSchema)]
pub struct SignupRequest {
    /// The ticket that a right code led to.
    signup_token: String,
    /// 1 to 20 letters, digits and underscores.
    username: String,
    /// `YYYY-MM-DD`; members are at least 13 years old.
    birthdate: Option<String>,
}

/// Makes the account of this name that `ticket` stands for, for somebody born on `birthdate` where that is told. A session
/// that is `replaced` by the first of that account ends.
///
/// # Errors
/// [`Error::Invalid`] for a name or a day that is none, [`Error::Forbidden`] for who is too young, otherwise as [`sign_in::sign_up`].
pub async fn join(
    state: &State,
    replaced: Option<TokenHash>,
    ticket: String,
    username: &str,
    birthdate: Option<&str>,
) -> Result<(Handle, Granted)> {
    let now = state.clock.now();
    let username = Handle::clankspace(username)?;
    if let Some(birthdate) = birthdate {
        sign_in::check_age(birthdate, now)?;
    }
    let wanted = username.clone();
    let sign_up = move |tx: &mut Transaction<'_>| {
        let granted = sign_in::sign_up(tx, &ticket, &wanted, now)?;
        if let Some(replaced) = replaced {
            credentials::revoke(tx, replaced)?;
        }
        Ok(granted)
    };
    let granted = state.database.write("sign up", sign_up).await?;
    Ok((username, granted))
}

pub async fn sign_up(
    state: Data,
    registration: Registration<Clankspace>,
    Body(request, _): Body<Clankspace, SignupRequest>,
) -> Answer<Clankspace, Created<SessionResponse>> {
    registration.check()?;
    let SignupRequest { signup_token, username, birthdate } = request;
    let (username, granted) = join(&state, None, signup_token, &username, birthdate.as_deref()).await?;
    Ok(Created(SessionResponse::new(&granted, username.as_str().to_owned())))
}
