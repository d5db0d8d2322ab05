//! What handlers answer, as types that say what it is: the answer itself and its description in the network's document are one.

use std::convert::Infallible;
use std::marker::PhantomData;

use actix_web::body::{BodySize, BodyStream, BoxBody, MessageBody};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder};
use futures_util::{Stream, StreamExt as _};
use models::Result;
use serde::Serialize;

use crate::render::{self, Bytes};

/// 200 with this as JSON.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> Responder for Json<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        render::ok(&self.0)
    }
}

/// 201 with this as JSON: a thing with an identity was made.
#[derive(Debug)]
pub struct Created<T>(pub T);

impl<T: Serialize> Responder for Created<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        render::created(&self.0)
    }
}

/// 201 with this as JSON: a thing that this call has made, or that the same call under the same `Idempotency-Key` has made before. A
/// repetition uses up no limit.
#[derive(Debug)]
pub enum Once<T> {
    /// This call has made it.
    Made(T),
    /// It was there.
    Repeated(T),
}

/// 201 with a thing that this call has made, or 200 with the one that was there and is the caller's already.
#[derive(Debug)]
pub enum Made<T> {
    /// This call has made it.
    New(T),
    /// It was there.
    Known(T),
}

impl<T: Serialize> Responder for Made<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        match self {
            Self::New(body) => render::created(&body),
            Self::Known(body) => render::ok(&body),
        }
    }
}

/// Marks an answer that repeats an earlier one.
pub(crate) struct Repetition;

impl<T: Serialize> Responder for Once<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        match self {
            Self::Made(body) => render::created(&body),
            Self::Repeated(body) => {
                let mut response = render::created(&body);
                response.extensions_mut().insert(Repetition);
                response
            }
        }
    }
}

/// 200 with a `T` as JSON, whose bytes were made before: a copy that is kept.
#[derive(Debug)]
pub struct Encoded<T>(Bytes, PhantomData<fn() -> T>);

impl<T: Serialize> Encoded<T> {
    /// The bytes of `body`, to be kept.
    ///
    /// # Errors
    /// [`models::Error::Internal`] for what has no form in JSON.
    pub fn bytes(body: &T) -> Result<Bytes> {
        render::to_bytes(body)
    }

    /// The answer that these bytes, made by [`Encoded::bytes`], are.
    pub fn new(bytes: Bytes) -> Self {
        Self(bytes, PhantomData)
    }
}

impl<T> Responder for Encoded<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        render::json_bytes(self.0)
    }
}

/// 200 with a page for people.
#[derive(Debug)]
pub struct Html(pub Bytes);

impl Responder for Html {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        render::html(self.0)
    }
}

/// 200 with a text in Markdown.
#[derive(Debug)]
pub struct Markdown(pub Bytes);

impl Responder for Markdown {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/markdown; charset=utf-8")).body(self.0)
    }
}

/// 200 with events as they happen, in the form of Server-Sent Events. Nothing on the way may keep them back: neither the compressor
/// here nor a buffer in the gateway.
///
/// Source: the HTML standard, section 9.2.
#[derive(Debug)]
pub struct EventStream<B>(pub B);

/// Events as they come, whatever makes them.
pub type Events = BoxBody;

impl EventStream<Events> {
    /// The answer that sends each of these as soon as it is there and the client takes it.
    pub fn new(events: impl Stream<Item = Bytes> + 'static) -> Self {
        Self(BoxBody::new(BodyStream::new(events.map(Ok::<_, Infallible>))))
    }
}

impl<B: MessageBody + 'static> Responder for EventStream<B> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::build(StatusCode::OK);
        response
            .insert_header((CONTENT_TYPE, "text/event-stream"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((CONTENT_ENCODING, HeaderValue::from_static("identity")))
            .insert_header((HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")));
        // Who asks for the head alone must not wait for a stream to end.
        if request.method() == actix_web::http::Method::HEAD || self.0.size() == BodySize::None {
            return response.finish();
        }
        response.body(self.0)
    }
}
