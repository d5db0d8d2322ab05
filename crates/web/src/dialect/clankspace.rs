//! Clankspace's errors: `{"error": TEXT, "code": CODE}`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use models::error::Noun;
use models::{Error, Network};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Dialect, message, respond, status};
use crate::Problem;
use crate::openapi::Description;

/// Clankspace: a hundred characters, once an hour.
#[derive(Clone, Copy, Debug)]
pub enum Clankspace {}

/// An error.
#[derive(Serialize, ToSchema)]
struct ErrorBody {
    error: String,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    retry_after: Option<i64>,
}

impl Dialect for Clankspace {
    const NETWORK: Network = Network::Clankspace;

    fn describe_error(description: &mut Description) {
        description.error::<ErrorBody>();
    }

    fn render(problem: &Problem) -> HttpResponse {
        let status = match problem {
            // A reserved name is taken: by the site itself.
            Problem::Domain(Error::Reserved(Noun::Username)) => StatusCode::CONFLICT,
            other => status(other),
        };
        let retry_after = match problem {
            Problem::Domain(Error::Cooldown { retry_after } | Error::Crowded { retry_after, .. }) => Some(*retry_after),
            Problem::Domain(Error::RateLimited(limited)) => Some(limited.retry_after),
            _ => None,
        };
        respond(problem, status, &ErrorBody { error: message(problem), code: code(problem), retry_after })
    }
}

fn code(problem: &Problem) -> &'static str {
    match problem {
        Problem::Domain(error) => match error {
            Error::Invalid { .. } => "invalid",
            Error::Unacceptable { code, .. } => code,
            Error::Unauthenticated(_) => "unauthorized",
            Error::Forbidden(_) | Error::CannotMessage => "forbidden",
            Error::NotFound(_) => "not_found",
            Error::Taken(_) | Error::AlreadyClaimed | Error::Reserved(_) => "taken",
            Error::Conflict(_) => "conflict",
            Error::Full { .. } => "dunbar",
            Error::Cooldown { .. } => "cooldown",
            Error::RateLimited(_) | Error::Crowded { .. } => "rate_limited",
            Error::UpstreamUnavailable(_) => "upstream_unavailable",
            Error::Busy | Error::Database(_) | Error::Internal(_) => "internal",
        },
        Problem::Field { .. } | Problem::Body(_) => "invalid",
        Problem::TooLarge => "too_large",
        Problem::UnknownPath => "not_found",
        Problem::UnknownMethod(_) => "method_not_allowed",
        Problem::NoToken | Problem::UnknownToken => "unauthorized",
        Problem::Panic => "internal",
    }
}
