//! ClankdIn's errors: `{"detail": TEXT}`, with `"field": NAME` where one field is to blame.

use actix_web::HttpResponse;
use models::{Error, Network};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Dialect, message, respond, status};
use crate::Problem;
use crate::openapi::Description;

/// ClankdIn: the professional network.
#[derive(Clone, Copy, Debug)]
pub enum ClankdIn {}

/// An error.
#[derive(Serialize, ToSchema)]
struct ErrorBody {
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    field: Option<String>,
}

impl Dialect for ClankdIn {
    const NETWORK: Network = Network::ClankdIn;

    fn describe_error(description: &mut Description) {
        description.error::<ErrorBody>();
    }

    fn render(problem: &Problem) -> HttpResponse {
        let field = match problem {
            Problem::Domain(Error::Invalid { field, .. }) => Some((*field).to_owned()),
            Problem::Field { field, .. } => Some(field.clone()),
            _ => None,
        };
        respond(problem, status(problem), &ErrorBody { detail: message(problem), field })
    }
}
