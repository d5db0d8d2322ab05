//! The header with which a client makes sure that what it repeats is done once.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use models::Error;

use crate::openapi::{DescribeArgument, Description};
use crate::{Dialect, Failure};

/// The header's name.
const NAME: &str = "Idempotency-Key";
/// The most characters that it may have.
const LONGEST: usize = 255;

/// The `Idempotency-Key` of a request, where one came along: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug)]
pub struct IdempotencyKey<N>(pub Option<String>, pub PhantomData<fn() -> N>);

impl<N: Dialect> FromRequest for IdempotencyKey<N> {
    type Error = Failure<N>;
    type Future = Ready<Result<Self, Failure<N>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut headers = request.headers().get_all(NAME);
        ready(match (headers.next(), headers.next()) {
            (None, _) => Ok(Self(None, PhantomData)),
            (Some(key), None) => read(key.as_bytes()).map(|key| Self(Some(key), PhantomData)).map_err(Failure::from),
            (Some(_), Some(_)) => Err(Error::invalid(NAME, "is given twice").into()),
        })
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
                    and answered as it was the first time.";
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
