//! Telling the outside: registrations, signed deliveries, retries.

mod address;
mod clankdin;
mod delivery;
mod endpoint;
mod guard;
mod message;
mod secrets;
mod signature;
mod subscription;
mod webhooks;

use bus::consumer::Occurrence;
use bus::{Stop, consumer};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use models::{Consumer, Result, Transaction};
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
    let announce = announce(state.clone(), stop.clone());
    let forget = delivery::forget_old(state.clone(), stop.clone());
    let watch = delivery::watch_backlog(state.clone(), stop.clone());
    Ok(vec![announce.boxed(), deliver.boxed(), forget.boxed(), watch.boxed()])
}

/// Tells everybody what concerns everybody. What concerns one account is told by the deliveries' turns.
fn announce(state: State, stop: Stop) -> impl Future<Output = ()> {
    let State { database, bus, clock, .. } = state;
    let time = clock.clone();
    let handle =
        move |tx: &mut Transaction<'_>, occurrences: &[Occurrence<'_>]| delivery::tell(tx, occurrences, time.now());
    consumer::run(Consumer::Announcements, database, bus, clock, stop, handle)
}
