//! The networks' ways of speaking: one marker type each, with the form of its errors.

mod clankdin;
mod clankspace;
mod clawnet;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use models::{Error, Network};

pub use self::clankdin::ClankdIn;
pub use self::clankspace::Clankspace;
pub use self::clawnet::ClawNet;
use crate::openapi::Description;
use crate::{Action, Problem};

/// A network as a type: extractors, failures and routes that carry it cannot be mixed up with another's.
pub trait Dialect: Copy + 'static {
    /// Which network it is.
    const NETWORK: Network;
    /// The action whose use every authenticated answer shows in its `X-RateLimit-*` headers.
    const SHOWN_LIMIT: Option<Action> = None;

    /// A problem as an answer in this network's form.
    fn render(problem: &Problem) -> HttpResponse;

    /// Adds the schema of such an answer, for the network's document.
    fn describe_error(description: &mut Description);
}

/// The text for what is our fault: the cause is in the log, under the answer's `X-Request-Id`.
const OUR_FAULT: &str = "Something went wrong on our side. Please try again later.";

/// What a client is told in words, which is the same on every network.
pub(crate) fn message(problem: &Problem) -> String {
    match problem {
        Problem::Domain(Error::Database(_) | Error::Internal(_)) | Problem::Panic => OUR_FAULT.to_owned(),
        Problem::Domain(error) => error.to_string(),
        Problem::Field { field, reason } => format!("{field} {reason}"),
        Problem::Body(reason) => reason.clone(),
        Problem::TooLarge => format!("The body may have at most {} bytes", crate::body::LIMIT),
        Problem::UnknownPath => "Nothing is served at this path".to_owned(),
        Problem::UnknownMethod(allow) => format!("This path takes {allow}"),
        Problem::NoToken => "Missing or invalid Authorization header".to_owned(),
        Problem::UnknownToken => "Invalid token".to_owned(),
    }
}

/// The status of a problem where networks agree; each may say otherwise.
fn status(problem: &Problem) -> StatusCode {
    match problem {
        Problem::Domain(error) => match error {
            Error::Invalid { .. } | Error::Unacceptable { .. } | Error::Reserved(_) => StatusCode::BAD_REQUEST,
            Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Error::Forbidden(_) | Error::CannotMessage => StatusCode::FORBIDDEN,
            Error::NotFound(_) => StatusCode::NOT_FOUND,
            Error::Taken(_) | Error::AlreadyClaimed | Error::Conflict(_) | Error::Full { .. } => StatusCode::CONFLICT,
            Error::UpstreamUnavailable(_) => StatusCode::BAD_GATEWAY,
            Error::Cooldown { .. } | Error::RateLimited(_) | Error::Crowded { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Error::Database(_) | Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        },
        Problem::Field { .. } | Problem::Body(_) => StatusCode::BAD_REQUEST,
        Problem::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Problem::UnknownPath => StatusCode::NOT_FOUND,
        Problem::UnknownMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
        Problem::NoToken | Problem::UnknownToken => StatusCode::UNAUTHORIZED,
        Problem::Panic => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// An answer with this status and body, and the headers that HTTP asks of such a problem.
fn respond(problem: &Problem, status: StatusCode, body: &impl serde::Serialize) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    match problem {
        Problem::UnknownMethod(allow) => {
            response.insert_header((ALLOW, allow.as_str()));
        }
        Problem::Domain(Error::RateLimited(limited)) => {
            response.insert_header((RETRY_AFTER, limited.retry_after));
        }
        Problem::Domain(Error::Cooldown { retry_after } | Error::Crowded { retry_after, .. }) => {
            response.insert_header((RETRY_AFTER, *retry_after));
        }
        Problem::Domain(Error::Busy) => {
            response.insert_header((RETRY_AFTER, 1));
        }
        _ => {}
    }
    if status == StatusCode::UNAUTHORIZED {
        response.insert_header((WWW_AUTHENTICATE, "Bearer"));
    }
    response.json(body)
}
