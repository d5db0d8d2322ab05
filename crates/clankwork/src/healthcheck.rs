//! Asking a server on this machine whether it is ready.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use models::{Error, Result};

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the server that listens on `bind`.
///
/// # Errors
/// [`Error::Internal`] where it does not answer, or is not ready.
pub async fn run(bind: SocketAddr) -> Result<()> {
    let address = match bind.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        other => other,
    };
    let url = format!("http://{}/readyz", SocketAddr::new(address, bind.port()));
    // No TLS is spoken, but the client will not be made without knowing how.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().map_err(Error::internal)?;
    let response = client.get(&url).send().await.map_err(Error::internal)?;
    if response.status().is_success() { Ok(()) } else { Err(Error::internal(format!("{url}: {}", response.status()))) }
}
