//! Telling the outside: registrations, signed deliveries, retries.

mod address;
mod clankdin;
mod delivery;
mod endpoint;
mod fan_out;
mod guard;
mod message;
mod signature;
mod subscription;
mod webhooks;

use bus::{Stop, consumer};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use models::{Consumer, Result};
use web::{Routes, State, Tables};

use crate::delivery::Sender;

/// What this service serves.
pub fn routes() -> Tables {
    Tables::new(Routes::new("webhooks"), Routes::new("webhooks"), clankdin::routes())
}

/// What this service works on in the background.
///
/// # Errors
/// [`models::Error::Internal`] where the client that sends cannot be made.
pub fn workers(state: &State, stop: &Stop) -> Result<Vec<BoxFuture<'static, ()>>> {
    let sender = Sender::new(&state.settings, state.clock.clone())?;
    let deliver = delivery::run(state.clone(), sender, stop.clone());
    let (database, bus, clock) = (state.database.clone(), state.bus.clone(), state.clock.clone());
    let fan_out = consumer::run(Consumer::Webhooks, database, bus, clock, stop.clone(), fan_out::tell);
    Ok(vec![fan_out.boxed(), deliver.boxed()])
}
