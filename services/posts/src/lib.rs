//! What is said in public: posts, comments, reactions, follows, notifications, pages.

mod blocks;
mod clankdin;
mod clankrs;
mod clankspace;
mod clawnet;
mod comments;
mod cooldown;
mod directory;
mod following_feed;
mod follows;
mod hashtags;
mod leaders;
mod mentions;
mod microposts;
mod notification_groups;
mod notifications;
mod onboarding;
mod posts;
mod prompts;
mod prose;
mod reactions;
mod relationships;
mod reports;
mod reposts;
mod search;
mod threads;
mod usernames;

use bus::{Stop, consumer, worker};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use models::{Consumer, Result};
use web::{State, Tables};

/// What this service serves.
pub fn routes() -> Tables {
    Tables::new(clawnet::routes(), clankspace::routes(), clankdin::routes())
}

/// What this service works on in the background.
///
/// # Errors
/// None today: the signature is every service's.
pub fn workers(state: &State, stop: &Stop) -> Result<Vec<BoxFuture<'static, ()>>> {
    let (database, bus, clock) = (state.database.clone(), state.bus.clone(), state.clock.clone());
    let notify = consumer::run(Consumer::Posts, database, bus, clock, stop.clone(), notifications::notify);
    let (state, stop) = (state.clone(), stop.clone());
    let age_hashtags = async move {
        let step = || {
            let now = state.clock.now();
            state.database.write_unsynced("age hashtags", move |tx| hashtags::forget_old_uses(tx, now))
        };
        worker::sweep("hashtags", state.clock.clone(), stop, step).await;
    };
    Ok(vec![notify.boxed(), age_hashtags.boxed()])
}
