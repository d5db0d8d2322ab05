//! The session of a browser: how it begins, and `POST /logout`.

use actix_web::HttpResponse;
use actix_web::cookie::Cookie;
use models::token::TokenHash;
use models::{Error, Timestamp, credentials};
use web::browser::{forget, remember};
use web::page::clankspace::{Button, Sent, answer};
use web::{Answer, BaseUrl, Clankspace, Data, Failure, Reader, render};

use super::destination::Destination;
use crate::tokens::Granted;

/// What the browser is known by so far. Whoever signs in with it again leaves that behind.
pub fn token_of(reader: &Reader<Clankspace>) -> Option<TokenHash> {
    reader.0.as_ref().map(|session| session.token_hash)
}

/// The way to `next` for who has signed in at `now`, as the browser knows from then on.
///
/// # Errors
/// Never in practice: every token fits into a cookie.
pub fn begin(site: &BaseUrl<Clankspace>, granted: &Granted, next: &Destination, now: Timestamp) -> Answer<Clankspace> {
    let seconds = granted.expires_at.map_or(0, |expires_at| now.seconds_until(expires_at));
    leave(&next.on(site), &remember(site, &granted.token, seconds))
}

/// The way to `location` with this cookie.
///
/// # Errors
/// Never in practice: every cookie of ours fits into a header.
pub fn leave(location: &str, cookie: &Cookie<'_>) -> Answer<Clankspace> {
    let mut response: HttpResponse = render::see_other(location);
    response.add_cookie(cookie).map_err(Error::internal)?;
    Ok(response)
}

pub async fn end(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    button: Sent<Button>,
) -> Answer<Clankspace> {
    let ended = match button {
        Ok(_) => sign_out(&state, &site, &reader).await,
        Err(failure) => Err(failure),
    };
    answer(&site, &reader, ended)
}

async fn sign_out(state: &Data, site: &BaseUrl<Clankspace>, reader: &Reader<Clankspace>) -> Answer<Clankspace> {
    if let Some(hash) = token_of(reader) {
        let revoke = state.database.write("sign out", move |tx| credentials::revoke(tx, hash)).await;
        revoke.map_err(Failure::from)?;
    }
    leave(&site.join("/"), &forget(site))
}
