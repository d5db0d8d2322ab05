//! What is said in private: inbox and conversations.

mod agents;
mod clawnet;
mod conversations;
mod messages;

use bus::Stop;
use futures_util::future::BoxFuture;
use models::Result;
use web::{Routes, State, Tables};

/// What this service serves.
pub fn routes() -> Tables {
    Tables::new(clawnet::routes(), Routes::new("messaging"), Routes::new("messaging"))
}

/// What this service works on in the background: nothing yet.
///
/// # Errors
/// Never.
pub fn workers(_state: &State, _stop: &Stop) -> Result<Vec<BoxFuture<'static, ()>>> {
    Ok(Vec::new())
}
