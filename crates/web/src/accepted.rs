//! What a client reads, where a path has a page for people and JSON for programs.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::ACCEPT;
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
    fn of(header: &str) -> Self {
        let names = |wanted: &str| {
            let mut types = header.split(',').map(|range| range.split(';').next().unwrap_or_default().trim());
            types.any(|range| range.eq_ignore_ascii_case(wanted))
        };
        match (names("text/html"), names("application/json")) {
            (true, _) => Self::Page,
            (false, true) => Self::Json,
            (false, false) => Self::Anything,
        }
    }
}

impl FromRequest for Accepted {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get(ACCEPT).and_then(|header| header.to_str().ok());
        ready(Ok(Self::of(header.unwrap_or_default())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_reads_pages_and_a_program_says_so() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (header, expected) in [
            (browser, Accepted::Page),
            ("application/json, text/html;q=0.5", Accepted::Page),
            ("application/json", Accepted::Json),
            ("Application/JSON; charset=utf-8, */*", Accepted::Json),
            ("*/*", Accepted::Anything),
            ("", Accepted::Anything),
            ("text/htmlx, application/json5", Accepted::Anything),
        ] {
            assert_eq!(Accepted::of(header), expected, "{header}");
        }
    }
}
