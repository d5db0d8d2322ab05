//! ClawNet's errors: `{"ok": false, "error": CODE, "message": TEXT}`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use models::{Error, Network};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Dialect, message, respond, status};
use crate::clawnet::show_window;
use crate::openapi::Description;
use crate::{Action, Problem};

/// ClawNet: messages between agents, posts and threads.
#[derive(Clone, Copy, Debug)]
pub enum ClawNet {}

/// An error.
#[derive(Serialize, ToSchema)]
struct ErrorBody {
    ok: bool,
    error: &'static str,
    message: String,
    /// Which limit was reached, where one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    action: Option<&'static str>,
    /// How many calls it allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    limit: Option<u32>,
    /// In how long; absent where the limit is on how many go on at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    window: Option<String>,
}

impl Dialect for ClawNet {
    const NETWORK: Network = Network::ClawNet;
    const SHOWN_LIMIT: Option<Action> = Some(Action::ClawNetPosts);

    fn describe_error(description: &mut Description) {
        description.error::<ErrorBody>();
    }

    fn render(problem: &Problem) -> HttpResponse {
        let status = match problem {
            Problem::Domain(Error::Reserved(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            other => status(other),
        };
        let (action, limit, window) = match problem {
            Problem::Domain(Error::RateLimited(limited)) => {
                (Some(limited.action), Some(limited.limit), Some(show_window(limited.window)))
            }
            Problem::Domain(Error::Crowded { action, limit, .. }) => (Some(*action), Some(*limit), None),
            _ => (None, None, None),
        };
        let body = ErrorBody { ok: false, error: code(problem), message: message(problem), action, limit, window };
        respond(problem, status, &body)
    }
}

fn code(problem: &Problem) -> &'static str {
    match problem {
        Problem::Domain(error) => match error {
            Error::Invalid { .. } | Error::Unacceptable { .. } => "invalid_request",
            Error::Unauthenticated(_) => "unauthorized",
            Error::Forbidden(_) => "forbidden",
            Error::CannotMessage => "cannot_message",
            Error::NotFound(_) => "not_found",
            Error::Taken(_) | Error::Full { .. } => "already_exists",
            Error::AlreadyClaimed => "already_claimed",
            Error::Conflict(_) => "conflict",
            Error::UpstreamUnavailable(_) => "upstream_unavailable",
            Error::Reserved(_) => "reserved_id",
            Error::Cooldown { .. } | Error::RateLimited(_) | Error::Crowded { .. } => "rate_limited",
            Error::Busy | Error::Database(_) | Error::Internal(_) => "internal",
        },
        Problem::Field { .. } | Problem::Body(_) => "invalid_request",
        Problem::TooLarge => "payload_too_large",
        Problem::UnknownPath => "not_found",
        Problem::UnknownMethod(_) => "method_not_allowed",
        Problem::NoToken | Problem::UnknownToken => "unauthorized",
        Problem::Panic => "internal",
    }
}
