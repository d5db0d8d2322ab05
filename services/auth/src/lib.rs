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

use std::sync::Arc;

use bus::{Stop, worker};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use models::{Queue, Result};
use web::{State, Tables};

/// How many mails an instance sends at a time: one that gets no answer keeps no other waiting.
const MAILS_AT_A_TIME: usize = 4;

/// What this service serves.
pub fn routes() -> Tables {
    Tables::new(clawnet::routes(), clankspace::routes(), clankdin::routes())
}

/// What this service works on in the background.
///
/// # Errors
/// [`models::Error::Invalid`] where the settings for mail cannot be read.
pub fn workers(state: &State, stop: &Stop) -> Result<Vec<BoxFuture<'static, ()>>> {
    let mailer = Arc::new(mail::Mailer::new(&state.settings)?);
    let sender = || {
        let (state, stop, mailer) = (state.clone(), stop.clone(), Arc::clone(&mailer));
        let (bus, clock) = (state.bus.clone(), state.clock.clone());
        async move { worker::run("mail", Queue::Mail, bus, clock, stop, || mail::send_due(&state, &mailer)).await }
    };
    Ok((0..MAILS_AT_A_TIME).map(|_| sender().boxed()).collect())
}
