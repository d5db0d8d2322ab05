//! Readers with a browser: who they are, by a cookie, and what their forms say.
//!
//! A cookie comes along whoever has made the browser ask. So it opens nothing but pages, and a form does something only where a page of this
//! site has sent it: browsers say in `Sec-Fetch-Site`, and older ones in `Origin`, who has. The cookie is `SameSite=Lax` beside that.
//!
//! Source: the Fetch Metadata specification, and OWASP's notes on cross-site request forgery.

use std::future::{Future, Ready, ready};
use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::header::{HOST, ORIGIN};
use actix_web::{FromRequest, HttpRequest};
use models::credentials::Session;
use models::{Error, Token};
use serde::de::DeserializeOwned;
use url::Url;

use crate::query::field_problem;
use crate::{BaseUrl, Data, Dialect, Failure, Problem, body};

/// What the name of the cookie ends with, behind the network's.
const COOKIE: &str = "_session";
/// What it begins with on https: browsers take such a cookie from this very host alone, so that none beside it can plant one.
const OF_THIS_HOST: &str = "__Host-";

fn is_encrypted<N>(base: &BaseUrl<N>) -> bool {
    base.to_string().starts_with("https:")
}

fn cookie_name<N: Dialect>(base: &BaseUrl<N>) -> String {
    let prefix = if is_encrypted(base) { OF_THIS_HOST } else { "" };
    format!("{prefix}{}{COOKIE}", N::NETWORK.as_str())
}

/// Who reads a page: whose session the browser's cookie stands for, or nobody that is known.
#[derive(Clone, Debug)]
pub struct Reader<N>(pub Option<Session>, pub PhantomData<fn() -> N>);

impl<N: Dialect> FromRequest for Reader<N> {
    type Error = Failure<N>;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure<N>>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let base = BaseUrl::<N>::from_request(request, payload).into_inner();
        let cookie = base.ok().and_then(|base| request.cookie(&cookie_name(&base)));
        let token = cookie.and_then(|cookie| Token::parse(N::NETWORK, cookie.value()));
        let state = request.app_data::<Data>().cloned();
        Box::pin(async move {
            let state = state.ok_or_else(|| Error::internal("the state is missing"))?;
            let session = match token {
                Some(token) => state.session(N::NETWORK, &token).await?,
                None => None,
            };
            Ok(Self(session, PhantomData))
        })
    }
}

/// The cookie that lets a browser be known by `token` for so many seconds.
pub fn remember<N: Dialect>(base: &BaseUrl<N>, token: &Token, seconds: i64) -> Cookie<'static> {
    cookie(base, token.expose().to_owned(), seconds)
}

/// The cookie that has a browser forget who it was.
pub fn forget<N: Dialect>(base: &BaseUrl<N>) -> Cookie<'static> {
    cookie(base, String::new(), 0)
}

fn cookie<N: Dialect>(base: &BaseUrl<N>, value: String, seconds: i64) -> Cookie<'static> {
    Cookie::build(cookie_name(base), value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(is_encrypted(base))
        .max_age(Duration::seconds(seconds))
        .finish()
}

/// The fields of a form that a page of this site has sent.
#[derive(Debug)]
pub struct Form<N, T>(pub T, pub PhantomData<fn() -> N>);

impl<N: Dialect, T: DeserializeOwned + 'static> FromRequest for Form<N, T> {
    type Error = Failure<N>;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure<N>>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let from_here = FromHere::<N>::from_request(request, payload).into_inner();
        let bytes = body::arrive(request, payload);
        Box::pin(async move {
            let FromHere(_) = from_here?;
            Ok(Self(fields(&bytes.await?)?, PhantomData))
        })
    }
}

/// Reads these bytes as the fields of a form.
pub(crate) fn fields<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let fields = serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(bytes));
    serde_path_to_error::deserialize(fields).map_err(|error| field_problem(&error))
}

/// That no other site has made a browser send this request.
#[derive(Debug)]
pub(crate) struct FromHere<N>(PhantomData<fn() -> N>);

impl<N: Dialect> FromRequest for FromHere<N> {
    type Error = Failure<N>;
    type Future = Ready<Result<Self, Failure<N>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let base = BaseUrl::<N>::from_request(request, payload).into_inner();
        ready(base.and_then(|base| match is_from_here(request, &base.to_string()) {
            true => Ok(Self(PhantomData)),
            false => Err(Problem::Domain(Error::Forbidden("This form must be sent from a page of this site")).into()),
        }))
    }
}

/// What neither header tells of was not sent by a browser for another site: every browser of today sends one of the two with a form.
fn is_from_here(request: &HttpRequest, base: &str) -> bool {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = header("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = header(ORIGIN.as_str()) else { return true };
    let authority = |url: &str| Url::parse(url).ok().map(|url| url.authority().to_owned());
    let Some(sender) = authority(origin) else { return false };
    authority(base).is_some_and(|own| own == sender) || header(HOST.as_str()).is_some_and(|host| host == sender)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn is_believed(headers: &[(&str, &str)]) -> bool {
        let request = headers.iter().fold(TestRequest::default(), |request, header| request.insert_header(*header));
        is_from_here(&request.to_http_request(), "https://social.example/clankspace")
    }

    #[test]
    fn a_form_comes_from_a_page_of_this_site() {
        let fetch = |site| is_believed(&[("sec-fetch-site", site), ("origin", "https://social.example")]);
        assert!(fetch("same-origin") && fetch("none"));
        assert!(!fetch("cross-site") && !fetch("same-site") && !fetch(""));
        assert!(is_believed(&[("origin", "https://social.example")]));
        assert!(is_believed(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]));
        assert!(is_believed(&[]), "a program that is no browser has no cookies of others");
        for origin in ["https://evil.example", "null", "https://social.example.evil.example", "social.example"] {
            assert!(!is_believed(&[("origin", origin), ("host", "social.example")]), "{origin}");
        }
    }
}
