//! What stands around every handler: who is calling, whether that is too often, and a form for every failure.

use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage as _, ResponseError as _};
use futures_util::FutureExt as _;
use models::credentials::Session;
use models::{Error, Token};
use subtle::ConstantTimeEq as _;

use crate::account::Caller;
use crate::idempotency::{self, Exhausted};
use crate::limits::{Admission, Refusal, Subject, Usage};
use crate::reading;
use crate::reply::Repetition;
use crate::route::{Access, Entry};
use crate::{Data, Dialect, Failure, Problem, client};

/// What the gate of one route knows.
pub(crate) struct Gate<N> {
    access: Access,
    limit: Option<crate::Action>,
    is_repeatable: bool,
    has_page: bool,
    latency: metrics::Histogram,
    failures: metrics::Counter,
    network: PhantomData<fn() -> N>,
}

impl<N: Dialect> Gate<N> {
    pub(crate) fn new(entry: &Entry) -> Rc<Self> {
        let labels = [("network", N::NETWORK.as_str().to_owned()), ("route", entry.name())];
        Rc::new(Self {
            access: entry.access,
            limit: entry.limit,
            is_repeatable: entry.is_repeatable,
            has_page: entry.has_page,
            latency: metrics::histogram!("clankwork_http_request_seconds", &labels),
            failures: metrics::counter!("clankwork_http_failures_total", &labels),
            network: PhantomData,
        })
    }

    /// Lets a request through, or answers it.
    pub(crate) async fn pass<B: MessageBody + 'static>(
        self: Rc<Self>,
        request: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
        let begin = Instant::now();
        let http_request = request.request().clone();
        let response = match AssertUnwindSafe(self.admit_and_call(request, next)).catch_unwind().await {
            Ok(Ok(response)) => response,
            Ok(Err(failure)) => ServiceResponse::new(http_request, failure.error_response()),
            Err(_) => ServiceResponse::new(http_request, Failure::<N>::from(Problem::Panic).error_response()),
        };
        self.latency.record(begin.elapsed());
        if response.status().is_server_error() {
            self.failures.increment(1);
        }
        Ok(response)
    }

    async fn admit_and_call<B: MessageBody + 'static>(
        &self,
        request: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse<BoxBody>, Failure<N>> {
        let state = request.app_data::<Data>().cloned().ok_or_else(|| Error::internal("the state is missing"))?;
        let session = self.authenticate(&state, &request).await?;
        let registered_at = session.as_ref().map(|session| session.registered_at);
        let subject = match &session {
            Some(session) => Subject::Account(session.account_id),
            None => Subject::of_address(client::address(request.request(), &state.settings.trusted_proxies)),
        };
        let shown = N::SHOWN_LIMIT.filter(|_| session.is_some());
        let visitors = self.shown_to_visitor(&state, &request).await;
        let admission = match state.limits.admit(subject, self.limit, shown, registered_at).await {
            Ok(admission) => admission,
            Err(Refusal { limited, shown })
                if self.is_repeatable && request.headers().contains_key(idempotency::NAME) =>
            {
                // It may repeat what was counted when it was done.
                request.extensions_mut().insert(Exhausted(limited));
                Admission { permit: None, shown }
            }
            Err(Refusal { limited, shown }) => {
                let refusal = Failure::<N>::from(Error::RateLimited(limited)).error_response();
                let mut response = ServiceResponse::new(request.request().clone(), refusal);
                if let Some(usage) = shown.or(visitors) {
                    show(&mut response, usage);
                }
                return Ok(response);
            }
        };
        if let Some(session) = session {
            request.extensions_mut().insert(Caller::<N>::new(session));
        }
        let http_request = request.request().clone();
        let mut response = match AssertUnwindSafe(next.call(request)).catch_unwind().await {
            Ok(Ok(response)) => response.map_into_boxed_body(),
            Ok(Err(error)) => ServiceResponse::new(http_request, error.error_response()),
            Err(_) => ServiceResponse::new(http_request, Failure::<N>::from(Problem::Panic).error_response()),
        };
        let failed = response.status().is_client_error() || response.status().is_server_error();
        let is_free = failed || response.response().extensions().get::<Repetition>().is_some();
        if is_free && let Some(permit) = admission.permit {
            state.limits.give_back(permit).await;
        }
        if let Some(mut usage) = admission.shown {
            if admission.permit.is_some() && is_free && self.limit == N::SHOWN_LIMIT {
                usage.remaining = usage.remaining.saturating_add(1).min(usage.limit);
            }
            show(&mut response, usage);
        } else if let Some(usage) = visitors {
            show(&mut response, usage);
        }
        Ok(response)
    }

    /// How much the owner of a token that came to a public route has used of the limit that every answer to an account shows. Such a
    /// token opens nothing and is counted for nothing, so that one that is not known, or cannot be looked up, is no matter.
    async fn shown_to_visitor(&self, state: &Data, request: &ServiceRequest) -> Option<Usage> {
        let shown = N::SHOWN_LIMIT.filter(|_| self.access == Access::Public)?;
        let token = Token::parse(N::NETWORK, bearer(request.headers())?)?;
        let session = state.session(N::NETWORK, &token).await.ok()??;
        let subject = Subject::Account(session.account_id);
        state.limits.admit(subject, None, Some(shown), Some(session.registered_at)).await.ok()?.shown
    }

    async fn authenticate(&self, state: &Data, request: &ServiceRequest) -> Result<Option<Session>, Failure<N>> {
        if self.has_page && reading::is_for_people(request.headers()) {
            return Ok(None);
        }
        let bearer = bearer(request.headers());
        match (self.access, bearer) {
            (Access::Public, _) => Ok(None),
            (Access::Viewer, None) if !request.headers().contains_key(AUTHORIZATION) => Ok(None),
            (Access::Operator | Access::Moderator, Some(token)) if is_operator(state, token) => Ok(None),
            (Access::Operator, Some(_)) => Err(Problem::UnknownToken.into()),
            (Access::Account | Access::Viewer | Access::Moderator, Some(token)) => {
                let token = Token::parse(N::NETWORK, token).ok_or(Problem::UnknownToken)?;
                let session = state.session(N::NETWORK, &token).await?.ok_or(Problem::UnknownToken)?;
                if self.access == Access::Moderator {
                    session.check_moderator()?;
                }
                Ok(Some(session))
            }
            (Access::Account | Access::Moderator | Access::Operator | Access::Viewer, None) => {
                Err(Problem::NoToken.into())
            }
        }
    }
}

/// Whether these headers carry the operator's token.
pub(crate) fn is_from_operator(state: &Data, headers: &HeaderMap) -> bool {
    bearer(headers).is_some_and(|token| is_operator(state, token))
}

fn is_operator(state: &Data, token: &str) -> bool {
    bool::from(token.as_bytes().ct_eq(state.admin_token.expose().as_bytes()))
}

/// The token of an `Authorization: Bearer TOKEN` header; the scheme's case does not matter (RFC 9110, section 11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Shows how much of a limit is used, in the headers that clients know.
fn show(response: &mut ServiceResponse<BoxBody>, usage: Usage) {
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-ratelimit-limit"), HeaderValue::from(usage.limit));
    headers.insert(HeaderName::from_static("x-ratelimit-remaining"), HeaderValue::from(usage.remaining));
    headers.insert(HeaderName::from_static("x-ratelimit-reset"), HeaderValue::from(usage.reset_at.seconds()));
}
