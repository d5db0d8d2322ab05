//! What programs send as JSON and people by a form of a page, at one path, and what each of them reads then.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::browser::{self, FromHere};
use crate::{Dialect, Failure, body, render};

/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// What was sent: a form where the content type says so, else JSON. An object in JSON is one whatever the content type says, since a program
/// that names none may say by that that it sends a form; no form begins with a brace.
#[derive(Debug)]
pub struct Submission<N, T> {
    /// What it says.
    pub content: T,
    /// Whether a form has brought it.
    pub is_form: bool,
    network: PhantomData<fn() -> N>,
}

impl<N: Dialect, T: DeserializeOwned + 'static> FromRequest for Submission<N, T> {
    type Error = Failure<N>;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure<N>>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let network = PhantomData;
        let says_form = request.content_type().eq_ignore_ascii_case(FORM);
        let from_here = FromHere::<N>::from_request(request, payload).into_inner();
        let bytes = body::arrive(request, payload);
        Box::pin(async move {
            let bytes = bytes.await?;
            let is_form = says_form && !body::begins_object(&bytes);
            let content = match is_form {
                true => from_here.and_then(|_| Ok(browser::fields(&bytes)?))?,
                false => body::parse(&bytes)?,
            };
            Ok(Self { content, is_form, network })
        })
    }
}

/// What came of it.
#[derive(Debug)]
pub enum Outcome<T> {
    /// 200 with this, for whoever has sent JSON.
    Json(T),
    /// A page, or the way to one, for whoever has sent a form.
    Page(HttpResponse),
}

impl<T: Serialize> Responder for Outcome<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        match self {
            Self::Json(body) => render::ok(&body),
            Self::Page(response) => response,
        }
    }
}
