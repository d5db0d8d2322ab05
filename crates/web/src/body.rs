//! The body of a request.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::query::field_problem;
use crate::{Dialect, Failure, Problem};

/// Bytes that a body may have.
pub(crate) const LIMIT: usize = 64 * 1024;
/// Bytes of a body that is too large which are read nevertheless, so that the client is done sending when the answer comes
/// and reads it instead of a broken connection.
const DRAIN: usize = 1024 * 1024;
/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// A body read as JSON, whatever its content type says; an empty one reads as an empty object.
#[derive(Debug)]
pub struct Body<N, T>(pub T, pub PhantomData<fn() -> N>);

impl<N: Dialect, T: DeserializeOwned + 'static> FromRequest for Body<N, T> {
    type Error = Failure<N>;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure<N>>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = arrive(request, payload);
        Box::pin(async move { Ok(Self(parse(&bytes.await?)?, PhantomData)) })
    }
}

/// The bytes of a body, once all of them are there.
pub(crate) fn arrive(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Vec<u8>, Problem>> + 'static {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let payload = payload.take();
    async move {
        tokio::time::timeout(PATIENCE, read(payload, announced)).await.unwrap_or_else(|_| {
            Err(Problem::Body(format!("The body did not arrive within {} seconds", PATIENCE.as_secs())))
        })
    }
}

/// Reads a field that is there, whatever it holds, for `deserialize_with` beside `default`: null is something else than nothing.
///
/// # Errors
/// As the field's type says.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

async fn read(mut payload: Payload, announced: Option<usize>) -> Result<Vec<u8>, Problem> {
    // Reading a part of it would serve nobody.
    if announced.is_some_and(|announced| announced > DRAIN) {
        return Err(Problem::TooLarge);
    }
    let mut bytes = Vec::with_capacity(announced.unwrap_or(0).min(LIMIT));
    let mut length = 0_usize;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| Problem::Body(format!("The body could not be read: {error}")))?;
        length = length.saturating_add(chunk.len());
        if length > DRAIN {
            break;
        }
        if length <= LIMIT {
            bytes.extend_from_slice(&chunk);
        }
    }
    if length > LIMIT { Err(Problem::TooLarge) } else { Ok(bytes) }
}

/// Whether these bytes can be nothing but an object in JSON.
pub(crate) fn begins_object(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().first() == Some(&b'{')
}

/// Reads these bytes as an object in JSON; none at all read as an empty one.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = if bytes.trim_ascii().is_empty() { b"{}" } else { bytes };
    // Serde would read a list as an object's fields in their order.
    if !begins_object(bytes) {
        return Err(Problem::Body(match serde_json::from_slice::<serde::de::IgnoredAny>(bytes) {
            Ok(_) => "The body must be a JSON object".to_owned(),
            Err(error) => format!("The body is not valid JSON: {error}"),
        }));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        // What is JSON, but not of the kind that an enum's words are, is told as if it was not.
        if error.inner().is_data() || serde_json::from_slice::<serde_json::Value>(bytes).is_ok() {
            field_problem(&error)
        } else {
            Problem::Body(format!("The body is not valid JSON: {}", error.inner()))
        }
    })?;
    json.end().map_err(|error| Problem::Body(format!("The body is not valid JSON: {error}")))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[expect(dead_code, reason = "only its type is asked")]
        tags: Vec<String>,
    }

    #[derive(Debug, Deserialize)]
    enum Word {
        Yes,
    }

    #[derive(Debug, Deserialize)]
    struct Request {
        #[expect(dead_code, reason = "only its type is asked")]
        word: Option<Word>,
        #[expect(dead_code, reason = "only its type is asked")]
        content: String,
        #[expect(dead_code, reason = "only its type is asked")]
        inner: Option<Inner>,
    }

    fn problem(body: &str) -> String {
        match parse::<Request>(body.as_bytes()).unwrap_err() {
            Problem::Field { field, reason } => format!("{field}: {reason}"),
            Problem::Body(reason) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_problem_names_its_field() {
        assert!(problem("{\"content\": 5}").starts_with("content: "));
        assert!(problem("{\"content\": \"a\", \"inner\": {\"tags\": [1]}}").starts_with("inner.tags[0]: "));
        for word in ["5", "[\"Yes\"]", "true", "{}", "\"No\""] {
            let told = problem(&format!("{{\"content\": \"a\", \"word\": {word}}}"));
            assert!(told.starts_with("word: is not right"), "{word}: {told}");
        }
        assert_eq!(problem(""), "content: is required");
        assert_eq!(problem("{}"), "content: is required");
        assert!(problem("{\"content\"").starts_with("The body is not valid JSON"));
        assert!(problem("{\"content\": \"a\"} b").starts_with("The body is not valid JSON"));
        for body in ["[\"a\"]", "null", "5", "\"content\""] {
            assert_eq!(problem(body), "The body must be a JSON object", "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(bytes: Vec<u8>) {
            let _ = parse::<Request>(&bytes);
        }
    }
}
