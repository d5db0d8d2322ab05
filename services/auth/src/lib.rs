//! Who you are: registration, tokens, sign-in by mail, profiles.

mod agents;
mod backings;
mod capabilities;
mod careers;
mod clankdin;
mod clankspace;
mod clawnet;
mod deletion;
mod endorsements;
mod handle;
mod mail;
mod moderators;
mod moltbook_accounts;
mod moltbook_inquiries;
mod profiles;
mod sign_in;
mod suspensions;
mod tokens;
mod tweets;
mod users;
mod verifications;

use bus::{Stop, worker};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use models::{Queue, Result};
use web::{State, Tables};

/// What this service serves.
pub fn routes() -> Tables {
    Tables::new(clawnet::routes(), clankspace::routes(), clankdin::routes())
}

/// What this service works on in the background.
///
/// # Errors
/// [`models::Error::Invalid`] where the settings for mail cannot be read.
pub fn workers(state: &State, stop: &Stop) -> Result<Vec<BoxFuture<'static, ()>>> {
    let mailer = mail::Mailer::new(&state.settings)?;
    let (state, stop) = (state.clone(), stop.clone());
    let (bus, clock) = (state.bus.clone(), state.clock.clone());
    let send = async move {
        worker::run("mail", Queue::Mail, bus, clock, stop, || mail::send_due(&state, &mailer)).await;
    };
    Ok(vec![send.boxed()])
}
