//! Encryption on the way out.

use std::sync::Arc;

use models::{Error, Result};
use rustls::{ClientConfig, RootCertStore};

/// Trusts the authorities that browsers trust, as they are compiled in: no store of the system is needed.
///
/// # Errors
/// [`Error::Internal`] where no version of TLS can be spoken.
pub fn tls() -> Result<ClientConfig> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::internal)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
