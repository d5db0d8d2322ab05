//! The way out: one attempt, from the bytes that were kept to an answer.

use std::error::Error as StdError;
use std::io;
use std::time::{Duration, Instant};

use models::{Clock, Error, Network, Result};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use url::Url;
use web::state::Settings;

use super::answer::{Answer, Problem, Status};
use super::claim::Due;
use super::schedule;
use crate::guard::{Guard, NoWay};
use crate::signature::Signer;

/// How long connecting may take, with resolving the name and agreeing on encryption.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the whole exchange may take.
const EXCHANGE: Duration = Duration::from_secs(10);
/// How long an idle connection is kept: less than the five seconds after which common servers close it, so that no delivery is
/// sent into a connection that is being closed; and not for long, since news for everybody goes to thousands of hosts one after another,
/// and a process has only so many sockets.
const IDLE: Duration = Duration::from_secs(1);
/// Idle connections kept for a host.
const IDLE_FOR_HOST: usize = 16;
/// Bytes of an answer that are read. Reading on lets the connection be used again; nothing of it is kept.
const ANSWER_BYTES: usize = 64 * 1024;

/// Why there was no answer, and whether that was before a connection stood.
struct NoAnswer {
    problem: Problem,
    in_connecting: bool,
}

impl From<Problem> for NoAnswer {
    fn from(problem: Problem) -> Self {
        Self { problem, in_connecting: false }
    }
}

impl From<&reqwest::Error> for NoAnswer {
    fn from(error: &reqwest::Error) -> Self {
        let problem = problem(error);
        // That an address is refused is our word and not the host's.
        Self { problem, in_connecting: error.is_connect() && problem != Problem::RefusedAddress }
    }
}

/// Sends deliveries.
#[derive(Clone, Debug)]
pub struct Sender {
    client: Client,
    guard: Guard,
    clock: Clock,
}

impl Sender {
    /// A sender that reaches the public internet and what `settings` allow.
    ///
    /// # Errors
    /// [`Error::Internal`] where the client cannot be made.
    pub fn new(settings: &Settings, clock: Clock) -> Result<Self> {
        Self::behind(Guard::of_deliveries(&settings.webhook_allow), settings, clock)
    }

    /// A sender that reaches what `guard` admits.
    fn behind(guard: Guard, settings: &Settings, clock: Clock) -> Result<Self> {
        let home =
            settings.public_urls.get(&Network::ClankdIn).map_or(env!("CARGO_PKG_REPOSITORY"), |url| url.as_str());
        let client = Client::builder()
            .user_agent(format!("Clankwork-Webhooks/{} (+{home})", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(outbound::tls()?)
            .dns_resolver(guard.clone())
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT)
            .timeout(EXCHANGE)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_FOR_HOST)
            .build()
            .map_err(Error::internal)?;
        Ok(Self { client, guard, clock })
    }

    /// Makes an attempt at `due`, signed by `signer`.
    pub async fn send(&self, due: &Due, signer: Result<Signer>) -> Answer {
        let (began_at, begin) = (self.clock.now(), Instant::now());
        let result = match signer {
            Ok(signer) => self.exchange(due, &signer).await,
            Err(error) => {
                tracing::error!(delivery = %due.id, %error, "a delivery cannot be signed");
                Err(Problem::Internal.into())
            }
        };
        let duration = i64::try_from(begin.elapsed().as_millis()).unwrap_or(i64::MAX);
        let in_connecting = result.as_ref().is_err_and(|no_answer| no_answer.in_connecting);
        Answer { began_at, duration, result: result.map_err(|no_answer| no_answer.problem), in_connecting }
    }

    async fn exchange(&self, due: &Due, signer: &Signer) -> Result<Status, NoAnswer> {
        let now = self.clock.now();
        let internal = |_| Problem::Internal;
        let url = Url::parse(&due.target.url).map_err(|_| Problem::Internal)?;
        // A host that is an address is not resolved, and so does not come by the guard in the client.
        self.guard.check_address(&url).map_err(|_| Problem::RefusedAddress)?;
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("X-ClankdIn-Event", &due.event)
            .header("X-ClankdIn-Delivery", due.id.to_string())
            .header("X-ClankdIn-Signature", signer.sign_body(&due.body).map_err(internal)?)
            .header("webhook-id", due.id.to_string())
            .header("webhook-timestamp", now.seconds())
            .header("webhook-signature", signer.sign_attempt(due.id, now, &due.body).map_err(internal)?)
            .body(due.body.clone());
        let response = request.send().await.map_err(|error| {
            let no_answer = NoAnswer::from(&error);
            let problem = no_answer.problem.as_str();
            tracing::debug!(delivery = %due.id, problem, error = ?error.without_url(), "no answer");
            no_answer
        })?;
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(|value| schedule::retry_after(value, self.clock.now()));
        let status = Status { code: response.status().as_u16(), retry_after };
        drain(response).await;
        Ok(status)
    }
}

/// Reads an answer to its end, which must come within the time of the exchange, or until it is too long. The status alone
/// decides: a receiver that has said 2xx has the delivery, whatever becomes of the rest of its answer.
async fn drain(mut response: Response) {
    let mut left = ANSWER_BYTES;
    while let Ok(Some(chunk)) = response.chunk().await {
        match left.checked_sub(chunk.len()) {
            Some(less) => left = less,
            None => return,
        }
    }
}

/// Finds in the chain of causes what kept an answer from coming.
fn problem(error: &reqwest::Error) -> Problem {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    let mut broke_off = false;
    while let Some(this) = cause {
        if let Some(NoWay::Refused) = this.downcast_ref() {
            return Problem::RefusedAddress;
        }
        if this.is::<rustls::Error>() {
            return Problem::Tls;
        }
        // An I/O error does not name what it wraps as its source.
        let io = this.downcast_ref::<io::Error>();
        broke_off |= io.is_some();
        cause = match io.and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => this.source(),
        };
    }
    match error {
        error if error.is_timeout() => Problem::Timeout,
        error if error.is_dns() => Problem::Dns,
        error if error.is_connect() || broke_off => Problem::Connect,
        _ => Problem::Protocol,
    }
}

#[cfg(test)]
mod tests;
