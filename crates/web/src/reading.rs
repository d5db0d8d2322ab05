//! What people read as a page and programs as JSON, at one path.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpRequest};

use crate::account::caller;
use crate::{Accepted, Dialect, Failure, Reader};

/// How somebody wants to read what a route of [`or_page`](crate::route::Draft::or_page) shows.
#[derive(Debug)]
pub enum Reading<N> {
    /// As JSON. The gate has seen to it that they may.
    Json,
    /// As a page: whoever the browser's cookie stands for, or the caller's own token. Whether they may is not known yet.
    Page(Reader<N>),
}

impl<N: Dialect> FromRequest for Reading<N> {
    type Error = Failure<N>;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure<N>>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = caller::<N>(request);
        let is_page =
            is_for_people(request.headers()) || (caller.is_some() && Accepted::of(request.headers()) != Accepted::Json);
        let reader = Reader::<N>::from_request(request, payload);
        Box::pin(async move {
            match (is_page, caller) {
                (false, _) => Ok(Self::Json),
                (true, Some(account)) => Ok(Self::Page(Reader(Some((*account).clone()), std::marker::PhantomData))),
                (true, None) => Ok(Self::Page(reader.await?)),
            }
        })
    }
}

/// Whether nothing tells that a program asks: neither a token nor what it accepts.
pub(crate) fn is_for_people(headers: &HeaderMap) -> bool {
    !headers.contains_key(AUTHORIZATION) && Accepted::of(headers) != Accepted::Json
}
