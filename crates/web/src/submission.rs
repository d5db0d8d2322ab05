//! What programs send as JSON and people by a form of a page, at one path, and what each of them reads then.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::browser::Form;
use crate::{Body, Dialect, Failure, render};

/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// What was sent: a form where the content type says so, else JSON.
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
        if request.content_type().eq_ignore_ascii_case(FORM) {
            let form = Form::<N, T>::from_request(request, payload);
            return Box::pin(async move { form.await.map(|Form(content, _)| Self { content, is_form: true, network }) });
        }
        let body = Body::<N, T>::from_request(request, payload);
        Box::pin(async move { body.await.map(|Body(content, _)| Self { content, is_form: false, network }) })
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
