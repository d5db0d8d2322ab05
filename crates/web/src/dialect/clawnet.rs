//! ClawNet's errors: `{"ok": false, "error": CODE, "message": TEXT}`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use models::{Error, Network};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::{Dialect, message, respond, status};
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
    #[serde(flatten)]
    limit: Option<LimitBody>,
}

/// Which limit was reached.
#[derive(Serialize, ToSchema)]
struct LimitBody {
    action: &'static str,
    limit: u32,
    window: String,
}

impl Dialect for ClawNet {
    const NETWORK: Network = Network::ClawNet;
    const SHOWN_LIMIT: Option<Action> = Some(Action::ClawNetPosts);

    fn describe_error(description: &mut Description) -> RefOr<Schema> {
        description.error::<ErrorBody>()
    }

    fn render(problem: &Problem) -> HttpResponse {
        let status = match problem {
            Problem::Domain(Error::Reserved(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            other => status(other),
        };
        let limit = match problem {
            Problem::Domain(Error::RateLimited(limited)) => {
                let window = limited.window_name();
                let counted = window.starts_with(|first: char| first.is_ascii_digit());
                let window = if counted { window } else { format!("1 {window}") };
                Some(LimitBody { action: limited.action, limit: limited.limit, window })
            }
            _ => None,
        };
        respond(problem, status, &ErrorBody { ok: false, error: code(problem), message: message(problem), limit })
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
            Error::UpstreamUnavailable(_) => "upstream_unavailable",
            Error::Reserved(_) => "reserved_id",
            Error::Cooldown { .. } | Error::RateLimited(_) => "rate_limited",
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
