//! Where the links of an answer lead.

use std::fmt;
use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::http::header::HOST;
use actix_web::{FromRequest, HttpRequest};
use models::{Cursor, Error, Id};

use crate::host::network_of_host;
use crate::{Data, Dialect, Failure, client};

/// Bytes that a client's word for this host may have, its port included: more than any name has, and it stands in every link.
const LONGEST_HOST: usize = 255;

/// The address of the network `N` as this client reaches it, without a slash at its end: the one that the operator has set,
/// else the request's own host.
#[derive(Clone, Debug)]
pub struct BaseUrl<N>(String, PhantomData<fn() -> N>);

impl<N> BaseUrl<N> {
    /// This address, which has no slash at its end.
    pub fn new(address: impl Into<String>) -> Self {
        Self(address.into(), PhantomData)
    }

    /// The address of `path` (with its leading slash) on the network.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The address of `path` with those parameters that have a value.
    pub fn with_query(&self, path: &str, parameters: &[(&str, Option<&str>)]) -> String {
        let given: Vec<(&str, &str)> =
            parameters.iter().filter_map(|(name, value)| value.map(|value| (*name, value))).collect();
        match serde_urlencoded::to_string(given) {
            Ok(query) if !query.is_empty() => self.join(&format!("{path}?{query}")),
            _ => self.join(path),
        }
    }

    /// The address of the page of the list at `path` that begins at `next`, whose id `show_id` shows; `kept` are the parameters that
    /// all its pages share.
    pub fn next_page(
        &self,
        path: &str,
        kept: &[(&str, Option<&str>)],
        next: Cursor,
        show_id: impl FnOnce(Id) -> String,
    ) -> String {
        let (before, id) = (next.before.to_string(), next.before_id.map(show_id));
        let place = [("before", Some(&*before)), ("before_id", id.as_deref())];
        self.with_query(path, &[kept, &place].concat())
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
        ready(Ok(Self::new(base)))
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
