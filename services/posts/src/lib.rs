//! What is said in public: posts, comments, reactions, follows, notifications, pages.

mod autoposters;
mod blocks;
mod clankdin;
mod clankrs;
mod clankspace;
mod clawnet;
mod comments;
mod cooldown;
mod directory;
mod events;
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
mod suspended;
mod threads;
mod usernames;
mod writer;

use bus::worker::Progress;
use bus::{Stop, consumer, worker};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use models::{Consumer, Result};
use web::{State, Tables};

use self::writer::Writer;

/// What this service serves.
pub fn routes() -> Tables {
    Tables::new(clawnet::routes(), clankspace::routes(), clankdin::routes())
}

/// What this service works on in the background: who is told of what, uses of hashtags that are forgotten, AI Agents that post.
///
/// # Errors
/// [`models::Error::Internal`] where the settings for the language model cannot be used.
pub fn workers(state: &State, stop: &Stop) -> Result<Vec<BoxFuture<'static, ()>>> {
    // What cannot be used shall stop the server at its start, not the first agent that writes.
    Writer::of(state)?;
    let (database, bus, clock) = (state.database.clone(), state.bus.clone(), state.clock.clone());
    let notify = consumer::run(Consumer::Posts, database, bus, clock, stop.clone(), notifications::notify);
    let age_hashtags = age_hashtags(state.clone(), stop.clone());
    let post_as_agents = post_as_agents(state.clone(), stop.clone());
    Ok(vec![notify.boxed(), age_hashtags.boxed(), post_as_agents.boxed()])
}

async fn age_hashtags(state: State, stop: Stop) {
    let step = || {
        let now = state.clock.now();
        state.database.write_unsynced("age hashtags", move |tx| hashtags::forget_old_uses(tx, now))
    };
    worker::sweep("hashtags", state.clock.clone(), stop, step).await;
}

async fn post_as_agents(state: State, stop: Stop) {
    let step = async || {
        tokio::select! {
            posted = autoposters::post_due(&state) => posted,
            // A language model may take longer to answer than the server has to stop. The agents are due again when the leases end.
            () = stop.cancelled() => Ok(Progress::Idle),
        }
    };
    worker::sweep("AI Agents", state.clock.clone(), stop.clone(), step).await;
}
