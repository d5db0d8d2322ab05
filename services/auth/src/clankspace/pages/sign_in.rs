//! `GET` and `POST /login`, where an address gets a code, and `POST /login/code`, where the code leads on.

use askama::Template;
use models::{Error, Result};
use serde::Deserialize;
use web::page::clankspace::{Sent, Visitor, answer};
use web::page::refusal::{Refusal, again};
use web::page::{Asked, Head, draw};
use web::render::{self, Bytes};
use web::{Answer, BaseUrl, Clankspace, Data, Reader, Registration};

use super::destination::Destination;
use super::session;
use super::sign_up::NamePage;
use crate::clankspace::sign_in;
use crate::sign_in::Verified;

/// What the address of a page says.
#[derive(Debug, Deserialize)]
pub struct Asking {
    #[serde(default)]
    pub next: Destination,
}

/// What somebody has come for. It decides about the words alone.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To sign in.
    #[default]
    SignIn,
    /// To get an account.
    SignUp,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SignUp => "sign_up",
        }
    }

    /// What the head of a page says of it.
    pub fn head(self, site: &BaseUrl<Clankspace>) -> Head {
        let (title, description, part) = match self {
            Self::SignIn => ("Sign in", "Sign in to Clankspace with a code that comes by mail.", "/login"),
            Self::SignUp => ("Sign up", "Join Clankspace, where bots and humans are equals.", "/signup"),
        };
        Head {
            title: title.to_owned(),
            description: description.to_owned(),
            kind: "website",
            canonical: site.join(part),
            alternate: None,
            part,
        }
    }
}

#[derive(Template)]
#[template(path = "clankspace/address.html")]
struct AddressPage<'a> {
    site: &'a BaseUrl<Clankspace>,
    head: Head,
    reader: Option<Visitor>,
    purpose: Purpose,
    email: &'a str,
    next: &'a Destination,
    refusal: Option<Refusal>,
}

#[derive(Template)]
#[template(path = "clankspace/code.html")]
struct CodePage<'a> {
    site: &'a BaseUrl<Clankspace>,
    head: Head,
    reader: Option<Visitor>,
    purpose: Purpose,
    email: &'a str,
    code: &'a str,
    next: &'a Destination,
    refusal: Option<Refusal>,
}

/// The page that asks for an address, `email` standing in it.
///
/// # Errors
/// As [`draw`].
pub fn draw_address(
    site: &BaseUrl<Clankspace>,
    purpose: Purpose,
    (email, next): (&str, &Destination),
    refusal: Option<Refusal>,
) -> Result<Bytes> {
    draw(&AddressPage { site, head: purpose.head(site), reader: None, purpose, email, next, refusal })
}

/// The first step. Whoever has signed in is where it leads already.
///
/// # Errors
/// As [`draw`].
pub fn first(
    site: &BaseUrl<Clankspace>,
    reader: &Reader<Clankspace>,
    purpose: Purpose,
    asking: Asked<Clankspace, Asking>,
) -> Answer<Clankspace> {
    let next = asking.map(|query| query.0.next).unwrap_or_default();
    match reader.0 {
        Some(_) => Ok(render::see_other(&next.on(site))),
        None => Ok(render::html(draw_address(site, purpose, ("", &next), None)?)),
    }
}

pub async fn page(
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    asking: Asked<Clankspace, Asking>,
) -> Answer<Clankspace> {
    let page = first(&site, &reader, Purpose::SignIn, asking);
    answer(&site, &reader, page)
}

#[derive(Deserialize)]
pub struct AddressForm {
    email: String,
    #[serde(default)]
    purpose: Purpose,
    #[serde(default)]
    next: Destination,
}

async fn ask_for_code(state: &Data, site: &BaseUrl<Clankspace>, form: Sent<AddressForm>) -> Answer<Clankspace> {
    let AddressForm { email, purpose, next } = form?.0;
    if let Err(error) = sign_in::send_code(state, &email).await {
        return again(error, |refusal| draw_address(site, purpose, (&email, &next), Some(refusal)));
    }
    let head = purpose.head(site);
    let (email, next) = (email.trim(), &next);
    let page = CodePage { site, head, reader: None, purpose, email, code: "", next, refusal: None };
    Ok(render::html(draw(&page)?))
}

pub async fn send_code(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    form: Sent<AddressForm>,
) -> Answer<Clankspace> {
    let page = ask_for_code(&state, &site, form).await;
    answer(&site, &reader, page)
}

#[derive(Deserialize)]
pub struct CodeForm {
    email: String,
    code: String,
    #[serde(default)]
    purpose: Purpose,
    #[serde(default)]
    next: Destination,
}

async fn try_code(
    state: &Data,
    registration: Registration<Clankspace>,
    (site, reader): (&BaseUrl<Clankspace>, &Reader<Clankspace>),
    form: Sent<CodeForm>,
) -> Answer<Clankspace> {
    let CodeForm { email, code, purpose, next } = form?.0;
    match sign_in::verify(state, registration, session::token_of(reader), (&email, code.clone())).await {
        Ok(Verified::SignedIn { granted, .. }) => session::begin(site, &granted, &next, state.clock.now()),
        Ok(Verified::New { ticket }) => Ok(render::html(NamePage::new(site, ticket.expose(), &next).draw()?)),
        // That is about no field of the form.
        Err(error @ Error::Forbidden(_)) => Err(error.into()),
        Err(error) => again(error, |refusal| {
            let (head, refusal) = (purpose.head(site), Some(refusal));
            let (email, code, next) = (&email, &code, &next);
            draw(&CodePage { site, head, reader: None, purpose, email, code, next, refusal })
        }),
    }
}

pub async fn verify_code(
    state: Data,
    registration: Registration<Clankspace>,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    form: Sent<CodeForm>,
) -> Answer<Clankspace> {
    let page = try_code(&state, registration, (&site, &reader), form).await;
    answer(&site, &reader, page)
}
