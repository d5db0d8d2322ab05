//! Failures on their way to the client.

use std::fmt;
use std::marker::PhantomData;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use models::Error;

use crate::Dialect;
use crate::dialect::message;

/// Every way in which a request can fail: what the domain says, and what HTTP adds.
#[derive(Debug)]
pub enum Problem {
    /// The domain refused or failed.
    Domain(Error),
    /// A field of the body or the query has the wrong type or is missing.
    Field {
        /// The field's name on the wire.
        field: String,
        /// What is wrong with it; reads on after the name.
        reason: String,
    },
    /// The body is not what it should be; the text says how.
    Body(String),
    /// The body is larger than a body may be.
    TooLarge,
    /// Nobody serves this path.
    UnknownPath,
    /// The path is served, with the methods in the text, as an `Allow` header has them.
    UnknownMethod(String),
    /// No `Authorization` header, or one that is not `Bearer TOKEN`.
    NoToken,
    /// The token is nobody's.
    UnknownToken,
    /// A handler panicked.
    Panic,
}

/// A [`Problem`] that answers in the form of the network `N`.
pub struct Failure<N> {
    problem: Problem,
    network: PhantomData<fn() -> N>,
}

impl<N> fmt::Debug for Failure<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(formatter)
    }
}

impl<N> fmt::Display for Failure<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.problem)
    }
}

impl<N> From<Problem> for Failure<N> {
    fn from(problem: Problem) -> Self {
        Self { problem, network: PhantomData }
    }
}

impl<N> From<Error> for Failure<N> {
    fn from(error: Error) -> Self {
        Problem::Domain(error).into()
    }
}

impl<N: Dialect> Failure<N> {
    /// The status of this failure, and what is told of it in words, for a page that tells it to people. As with an answer in the
    /// network's own form, what is our fault goes to the log.
    pub fn told(&self) -> (StatusCode, String) {
        (self.status_code(), message(&self.problem))
    }
}

impl<N: Dialect> ResponseError for Failure<N> {
    fn status_code(&self) -> StatusCode {
        self.error_response().status()
    }

    fn error_response(&self) -> HttpResponse {
        if let Problem::Domain(error @ (Error::Database(_) | Error::Internal(_))) = &self.problem {
            tracing::error!(%error, "a request failed");
        }
        N::render(&self.problem)
    }
}
