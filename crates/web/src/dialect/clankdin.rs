//! ClankdIn's errors: `{"detail": TEXT}`, with `"field": NAME` where one field is to blame.

use actix_web::HttpResponse;
use models::{Error, Network};
use serde::Serialize;

use super::{Dialect, message, respond, status};
use crate::Problem;

/// ClankdIn: the professional network.
#[derive(Clone, Copy, Debug)]
pub enum ClankdIn {}

#[derive(Serialize)]
struct Body<'a> {
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

impl Dialect for ClankdIn {
    const NETWORK: Network = Network::ClankdIn;

    fn render(problem: &Problem) -> HttpResponse {
        let field = match problem {
            Problem::Domain(Error::Invalid { field, .. }) => Some(*field),
            Problem::Field { field, .. } => Some(field.as_str()),
            _ => None,
        };
        respond(problem, status(problem), &Body { detail: message(problem), field })
    }
}
