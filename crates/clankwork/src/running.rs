//! Calling a server that runs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use models::{Error, Result};
use reqwest::Client;
use reqwest::redirect::Policy;

/// Where a server on this machine that listens on `bind` is reached, without a slash at the end: a server that listens everywhere
/// listens on loopback too.
pub fn base(bind: SocketAddr) -> String {
    let address = match bind.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        other => other,
    };
    format!("http://{}", SocketAddr::new(address, bind.port()))
}

/// A client that waits for an answer no longer than `patience`, and takes what it carries nowhere else.
///
/// # Errors
/// [`Error::Internal`] where none can be made.
pub fn client(patience: Duration) -> Result<Client> {
    // Also where no TLS is spoken, the client will not be made without knowing how.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().timeout(patience).redirect(Policy::none()).no_proxy().build().map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_everywhere_is_reached_on_loopback() {
        let base = |bind: &str| base(bind.parse().unwrap());
        assert_eq!(base("0.0.0.0:8080"), "http://127.0.0.1:8080");
        assert_eq!(base("[::]:80"), "http://[::1]:80");
        assert_eq!(base("192.0.2.7:9"), "http://192.0.2.7:9");
    }
}
