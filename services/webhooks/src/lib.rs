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

use std::sync::Arc;

use bus::consumer::Occurrence;
use bus::{Stop, consumer};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use models::{Consumer, Network, Result, Transaction};
use web::state::Settings;
use web::{Routes, State, Tables};

use crate::delivery::Sender;

/// Where the links of deliveries lead when the operator has named no public URL: no request tells, since there is none. It is
/// where one process listens by default.
const DEFAULT_BASE: &str = "http://127.0.0.1:8080/clankdin";

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
    let base = base(&state.settings);
    let tell = move |tx: &mut Transaction<'_>, occurrence: &Occurrence<'_>| fan_out::tell(tx, occurrence, &base);
    let (database, bus, clock) = (state.database.clone(), state.bus.clone(), state.clock.clone());
    let fan_out = consumer::run(Consumer::Webhooks, database, bus, clock, stop.clone(), tell);
    Ok(vec![fan_out.boxed(), deliver.boxed()])
}

/// Where the network's links lead.
fn base(settings: &Settings) -> Arc<str> {
    let public = settings.public_urls.get(&Network::ClankdIn);
    Arc::from(public.map_or(DEFAULT_BASE, |url| url.as_str()).trim_end_matches('/'))
}
