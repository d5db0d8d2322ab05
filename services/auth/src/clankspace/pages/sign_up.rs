//! `GET /signup`, which begins as signing in does, and `POST /signup`, where who is new takes a name.

use askama::Template;
use models::error::Noun;
use models::{Error, Result};
use serde::Deserialize;
use web::page::clankspace::{Sent, Visitor, answer};
use web::page::refusal::{Refusal, again};
use web::page::{Asked, Head, draw};
use web::render::Bytes;
use web::{Answer, BaseUrl, Clankspace, Data, Reader, Registration};

use super::destination::Destination;
use super::session;
use super::sign_in::{Asking, Purpose, draw_address, first};
use crate::clankspace::sign_in;

/// The page that asks for a name.
#[derive(Template)]
#[template(path = "clankspace/name.html")]
pub struct NamePage<'a> {
    site: &'a BaseUrl<Clankspace>,
    head: Head,
    reader: Option<Visitor>,
    ticket: &'a str,
    username: &'a str,
    birthdate: &'a str,
    next: &'a Destination,
    refusal: Option<Refusal>,
}

impl<'a> NamePage<'a> {
    /// The page for whoever holds `ticket`.
    pub fn new(site: &'a BaseUrl<Clankspace>, ticket: &'a str, next: &'a Destination) -> Self {
        let head = Purpose::SignUp.head(site);
        Self { site, head, reader: None, ticket, username: "", birthdate: "", next, refusal: None }
    }

    /// Its bytes.
    ///
    /// # Errors
    /// As [`draw`](web::page::draw).
    pub fn draw(&self) -> Result<Bytes> {
        draw(self)
    }
}

fn shown(
    registration: Registration<Clankspace>,
    site: &BaseUrl<Clankspace>,
    reader: &Reader<Clankspace>,
    asking: Asked<Clankspace, Asking>,
) -> Answer<Clankspace> {
    registration.check()?;
    first(site, reader, Purpose::SignUp, asking)
}

pub async fn page(
    registration: Registration<Clankspace>,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    asking: Asked<Clankspace, Asking>,
) -> Answer<Clankspace> {
    let page = shown(registration, &site, &reader, asking);
    answer(&site, &reader, page)
}

#[derive(Deserialize)]
pub struct NameForm {
    signup_token: String,
    username: String,
    /// Empty where it is absent, and answered as that is.
    #[serde(default)]
    birthdate: String,
    #[serde(default)]
    next: Destination,
}

async fn join(
    state: &Data,
    registration: Registration<Clankspace>,
    (site, reader): (&BaseUrl<Clankspace>, &Reader<Clankspace>),
    form: Sent<NameForm>,
) -> Answer<Clankspace> {
    let NameForm { signup_token, username, birthdate, next } = form?.0;
    // That is about no field of the form.
    registration.check()?;
    match sign_in::join(state, session::token_of(reader), signup_token.clone(), &username, Some(&birthdate)).await {
        Ok((_, granted)) => session::begin(site, &granted, &next, state.clock.now()),
        // Neither another name nor another day helps: all begins anew.
        Err(error @ (Error::Unauthenticated(_) | Error::Taken(Noun::Email))) => {
            again(error, |refusal| draw_address(site, Purpose::SignUp, ("", &next), Some(refusal)))
        }
        Err(error) => again(error, |refusal| {
            let page = NamePage::new(site, &signup_token, &next);
            NamePage { username: &username, birthdate: &birthdate, refusal: Some(refusal), ..page }.draw()
        }),
    }
}

pub async fn sign_up(
    state: Data,
    registration: Registration<Clankspace>,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    form: Sent<NameForm>,
) -> Answer<Clankspace> {
    let page = join(&state, registration, (&site, &reader), form).await;
    answer(&site, &reader, page)
}
