//! The query of a request.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use crate::{Dialect, Failure, Problem};

/// The query, read into `T`; parameters that `T` does not know are ignored.
#[derive(Debug)]
pub struct Query<N, T>(pub T, pub PhantomData<fn() -> N>);

impl<N: Dialect, T: DeserializeOwned + 'static> FromRequest for Query<N, T> {
    type Error = Failure<N>;
    type Future = Ready<Result<Self, Failure<N>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(request.query_string().as_bytes()));
        let parsed = serde_path_to_error::deserialize(pairs);
        ready(parsed.map(|value| Self(value, PhantomData)).map_err(|error| field_problem(&error).into()))
    }
}

/// What serde says, as a field and what is wrong with it.
pub(crate) fn field_problem<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> Problem {
    let text = error.inner().to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    let path = error.path().to_string();
    let named = |prefix: &str| text.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    let within = |field: &str| match path.as_str() {
        "." => field.to_owned(),
        path => format!("{path}.{field}"),
    };
    match (named("missing field `"), named("duplicate field `")) {
        (Some(field), _) => Problem::Field { field: within(field), reason: "is required".to_owned() },
        (_, Some(field)) => Problem::Field { field: within(field), reason: "is given twice".to_owned() },
        _ => {
            let field = if path == "." { "body".to_owned() } else { path };
            Problem::Field { field, reason: format!("is not right: {text}") }
        }
    }
}
