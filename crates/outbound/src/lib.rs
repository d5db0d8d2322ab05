//! Asking other servers over HTTP.
//!
//! What another server answers is somebody else's word: it is bounded in time and size, and nothing in it leads to a third server.
//! Where it does not answer, or not sensibly, that is [`models::Error::UpstreamUnavailable`], whatever the reason; the reason goes
//! to the log.

mod client;
mod tls;

pub use self::client::Client;
pub use self::tls::tls;
