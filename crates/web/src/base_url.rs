//! Where the links of an answer lead.

use std::fmt;
use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::http::header::HOST;
use actix_web::{FromRequest, HttpRequest};
use models::Error;

use crate::host::network_of_host;
use crate::{Data, Dialect, Failure, client};

/// Bytes that a client's word for this host may have, its port included: more than any name has, and it stands in every link.
const LONGEST_HOST: usize = 255;

/// The address of the network `N` as this client reaches it, without a slash at its end: the one that the operator has set,
/// else the request's own host.
#[derive(Clone, Debug)]
pub struct BaseUrl<N>(String, PhantomData<fn() -> N>);

impl<N> BaseUrl<N> {
    /// The address of `path` (with its leading slash) on the network.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl<N> fmt::Display for BaseUrl<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<N: Dialect> FromRequest for BaseUrl<N> {
    type Error = Failure<N>;
    type Future = Ready<Result<Self, Failure<N>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(state) = request.app_data::<Data>() else {
            return ready(Err(Error::internal("the state is missing").into()));
        };
        let base = match state.settings.public_urls.get(&N::NETWORK) {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => of_request(request, state, N::NETWORK),
        };
        ready(Ok(Self(base, PhantomData)))
    }
}

fn of_request(request: &HttpRequest, state: &Data, network: models::Network) -> String {
    let proxied = client::is_proxied(request, &state.settings.trusted_proxies);
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let scheme = header("x-forwarded-proto").filter(|scheme| proxied && *scheme == "https").unwrap_or("http");
    let host = header("x-forwarded-host").filter(|_| proxied).or_else(|| header(HOST.as_str())).unwrap_or("localhost");
    let host = if is_plausible(host) { host } else { "localhost" };
    match network_of_host(host) {
        Some(of_host) if of_host == network => format!("{scheme}://{host}"),
        _ => format!("{scheme}://{host}/{}", network.as_str()),
    }
}

/// Whether this is a host and perhaps a port, and nothing that could be more in a link.
fn is_plausible(host: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | ':' | '[' | ']');
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    host.len() <= LONGEST_HOST
        && host.chars().all(plain)
        && url::Host::parse(name).is_ok()
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
}
