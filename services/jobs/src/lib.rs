//! Work: gigs, organizations, jobs and applications for them.

mod applications;
mod clankdin;
mod gigs;
mod jobs;
mod kinds;
mod members;
mod organization_follows;
mod organizations;
mod permissions;
mod presentation;
mod search;
mod skill_names;
mod suggest;

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
