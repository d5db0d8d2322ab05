//! What people read as a page and programs as JSON, at one path.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT, AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpRequest};

use crate::account::caller;
use crate::{Dialect, Failure, Reader};

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
        let is_page = is_for_people(request.headers()) || (caller.is_some() && !wants_json(request.headers()));
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
    !headers.contains_key(AUTHORIZATION) && !wants_json(headers)
}

/// Whether JSON is asked for by its name, and a page is not.
fn wants_json(headers: &HeaderMap) -> bool {
    let names = |wanted: &str| {
        let values = headers.get_all(ACCEPT).filter_map(|value| value.to_str().ok());
        let mut kinds = values.flat_map(|value| value.split(',')).filter_map(|range| range.split(';').next());
        kinds.any(|kind| kind.trim().eq_ignore_ascii_case(wanted))
    };
    names("application/json") && !names("text/html")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn json_is_for_whoever_asks_for_it_by_name() {
        let is_wanted = |accept: &str| {
            wants_json(TestRequest::default().insert_header((ACCEPT, accept)).to_http_request().headers())
        };
        for accept in ["application/json", "text/plain, Application/JSON;q=0.9", "application/json; charset=utf-8"] {
            assert!(is_wanted(accept), "{accept}");
        }
        for accept in ["", "*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html, application/json", "json"] {
            assert!(!is_wanted(accept), "{accept}");
        }
        assert!(!wants_json(TestRequest::default().to_http_request().headers()));
    }
}
