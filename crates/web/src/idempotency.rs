//! The header with which a client makes sure that what it repeats is done once.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use models::Error;
use models::error::RateLimited;

use crate::openapi::{DescribeArgument, Description};
use crate::{Dialect, Failure};

/// The header's name.
pub(crate) const NAME: &str = "Idempotency-Key";
/// The most characters that it may have.
const LONGEST: usize = 255;

/// The `Idempotency-Key` of a request, where one came along: 1 to 255 visible ASCII characters.
///
/// What was done before is answered whatever of the limit is left. So a route that is [`repeatable`](crate::route::Draft::repeatable) lets a
/// call with a key in also where nothing is: then `exhausted` is how it must be refused, should it be no repetition.
#[derive(Clone, Debug)]
pub struct IdempotencyKey<N> {
    /// The key.
    pub key: Option<String>,
    /// The refusal of whatever this call would do anew.
    pub exhausted: Option<RateLimited>,
    /// Whose form a failure has.
    pub network: PhantomData<fn() -> N>,
}

/// What the gate leaves for the extractor.
pub(crate) struct Exhausted(pub RateLimited);

impl<N: Dialect> FromRequest for IdempotencyKey<N> {
    type Error = Failure<N>;
    type Future = Ready<Result<Self, Failure<N>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut headers = request.headers().get_all(NAME);
        let key = match (headers.next(), headers.next()) {
            (None, _) => Ok(None),
            (Some(key), None) => read(key.as_bytes()).map(Some),
            (Some(_), Some(_)) => Err(Error::invalid(NAME, "is given twice")),
        };
        let exhausted = request.extensions().get().map(|Exhausted(limited)| limited.clone());
        ready(key.map(|key| Self { key, exhausted, network: PhantomData }).map_err(Failure::from))
    }
}

fn read(key: &[u8]) -> models::Result<String> {
    let is_key = (1..=LONGEST).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
    let key = is_key.then(|| String::from_utf8_lossy(key).into_owned());
    key.ok_or_else(|| Error::invalid(NAME, format!("must be 1 to {LONGEST} visible ASCII characters")))
}

impl<N> DescribeArgument for IdempotencyKey<N> {
    fn describe(description: &mut Description) {
        let text = "Visible ASCII characters that name this call. The same call under the same key within 24 hours is done once, \
                    answered as it was the first time, and counted once.";
        description.header(NAME, text, LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_visible() {
        let longest = "k".repeat(LONGEST);
        for key in ["a", "5e2b-7", "!~", &longest] {
            assert_eq!(read(key.as_bytes()).unwrap(), key);
        }
        for key in ["", "a b", "a\t", "é", &"k".repeat(LONGEST + 1)] {
            let error = read(key.as_bytes()).unwrap_err().to_string();
            assert_eq!(error, "Idempotency-Key must be 1 to 255 visible ASCII characters", "{key}");
        }
    }
}
