//! What a client reads, where a path has a page for people and JSON for programs.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT, HeaderMap};
use actix_web::{FromRequest, HttpRequest};

/// What the header `Accept` names. Browsers name pages; most programs name nothing, which is neither.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Accepted {
    /// Pages, whatever else.
    Page,
    /// JSON, and no pages.
    Json,
    /// Neither.
    Anything,
}

impl Accepted {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let names = |wanted: &str| {
            let values = headers.get_all(ACCEPT).filter_map(|value| value.to_str().ok());
            let mut ranges = values.flat_map(|value| value.split(','));
            ranges.any(|range| {
                let mut parts = range.split(';').map(str::trim);
                parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case(wanted)) && !parts.any(is_refusal)
            })
        };
        match (names("text/html"), names("application/json")) {
            (true, _) => Self::Page,
            (false, true) => Self::Json,
            (false, false) => Self::Anything,
        }
    }
}

/// Whether a parameter of a range says that it is not wanted: a weight of nothing (RFC 9110, section 12.4.2).
fn is_refusal(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, weight)| {
        name.trim().eq_ignore_ascii_case("q") && weight.trim().parse::<f32>().is_ok_and(|weight| weight <= 0.0)
    })
}

impl FromRequest for Accepted {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request.headers())))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_browser_reads_pages_and_a_program_says_so() {
        let of = |accept: &str| {
            Accepted::of(TestRequest::default().insert_header((ACCEPT, accept)).to_http_request().headers())
        };
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for accept in [browser, "application/json, text/html;q=0.5"] {
            assert_eq!(of(accept), Accepted::Page, "{accept}");
        }
        for accept in ["text/html;q=0, application/json", "text/html; Q=0.000,application/json;q=0.001"] {
            assert_eq!(of(accept), Accepted::Json, "{accept}");
        }
        for accept in ["application/json", "text/plain, Application/JSON;q=0.9, */*", "application/json; charset=utf-8"]
        {
            assert_eq!(of(accept), Accepted::Json, "{accept}");
        }
        for accept in ["*/*", "", "json", "application/json;q=0", "text/htmlx, application/json5"] {
            assert_eq!(of(accept), Accepted::Anything, "{accept}");
        }
        assert_eq!(Accepted::of(TestRequest::default().to_http_request().headers()), Accepted::Anything);
    }
}
