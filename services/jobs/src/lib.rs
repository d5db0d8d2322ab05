//! Work: organizations and jobs.

mod clankdin;
mod jobs;
mod kinds;
mod members;
mod organizations;
mod presentation;

use bus::Stop;
use futures_util::future::BoxFuture;
use models::Result;
use web::{Routes, State, Tables};

/// What this service serves.
pub fn routes() -> Tables {
    Tables::new(Routes::new("jobs"), Routes::new("jobs"), clankdin::routes())
}

/// What this service works on in the background: nothing yet.
///
/// # Errors
/// Never.
pub fn workers(_state: &State, _stop: &Stop) -> Result<Vec<BoxFuture<'static, ()>>> {
    Ok(Vec::new())
}
