//! Asking a server on this machine whether it is ready.

use std::net::SocketAddr;
use std::time::Duration;

use models::{Error, Result};

use crate::running;

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the server that listens on `bind`.
///
/// # Errors
/// [`Error::Internal`] where it does not answer, or is not ready.
pub async fn run(bind: SocketAddr) -> Result<()> {
    let url = format!("{}/readyz", running::base(bind));
    let response = running::client(PATIENCE)?.get(&url).send().await.map_err(Error::internal)?;
    if response.status().is_success() { Ok(()) } else { Err(Error::internal(format!("{url}: {}", response.status()))) }
}
