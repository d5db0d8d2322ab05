//! What is said in public: posts, comments, reactions, follows, notifications, pages.

mod clankdin;
mod clankspace;
mod comments;
mod cooldown;
mod follows;
mod mentions;
mod notifications;
mod posts;
mod reactions;

use bus::{Stop, consumer};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use models::{Consumer, Result};
use web::{Routes, State, Tables};

/// What this service serves.
pub fn routes() -> Tables {
    Tables::new(Routes::new("posts"), clankspace::routes(), clankdin::routes())
}

/// What this service works on in the background.
///
/// # Errors
/// None today: the signature is every service's.
pub fn workers(state: &State, stop: &Stop) -> Result<Vec<BoxFuture<'static, ()>>> {
    let (database, bus, clock) = (state.database.clone(), state.bus.clone(), state.clock.clone());
    let notify = consumer::run(Consumer::Posts, database, bus, clock, stop.clone(), notifications::notify);
    Ok(vec![notify.boxed()])
}
