//! What is said in private: inbox and conversations, what the network's own agent says, claim codes, posts followed on Moltbook; and
//! who is connected to whom.

mod agents;
mod claims;
mod clankdin;
mod clawnet;
mod connection_kinds;
mod connections;
mod conversations;
mod excerpt;
mod idempotency;
mod messages;
mod moltbook_follows;
mod own_agent;
mod sending;
mod watcher;

use bus::worker::Progress;
use bus::{Stop, consumer, worker};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use models::{Consumer, Queue, Result};
use web::{Routes, State, Tables};

use self::own_agent::OwnAgent;

/// What this service serves.
pub fn routes() -> Tables {
    Tables::new(clawnet::routes(), Routes::new("messaging"), clankdin::routes())
}

/// What this service works on in the background: the messages of the network's own agent, keys that are forgotten, posts on Moltbook. One
/// more ends the live streams when the server stops, which would otherwise wait for them.
///
/// # Errors
/// [`models::Error::Internal`] where the settings for Moltbook cannot be used.
pub fn workers(state: &State, stop: &Stop) -> Result<Vec<BoxFuture<'static, ()>>> {
    let moltbook = state.settings.moltbook.as_ref();
    let moltbook = moltbook.map(|(base, key)| moltbook::Client::new(base, key.as_ref())).transpose()?;
    let mut workers = vec![
        speak(state, moltbook.clone(), stop.clone()).boxed(),
        forget_keys(state.clone(), stop.clone()).boxed(),
        end_streams(state.clone(), stop.clone()).boxed(),
    ];
    workers.extend(moltbook.map(|moltbook| watch(state.clone(), moltbook, stop.clone()).boxed()));
    Ok(workers)
}

fn speak(state: &State, moltbook: Option<moltbook::Client>, stop: Stop) -> impl Future<Output = ()> + use<> {
    let (database, bus, clock) = (state.database.clone(), state.bus.clone(), state.clock.clone());
    let (own_agent, time) = (OwnAgent::new(&state.settings, moltbook), clock.clone());
    let handle = move |tx: &mut models::Transaction<'_>, occurrences: &[consumer::Occurrence<'_>]| {
        occurrences.iter().try_for_each(|occurrence| own_agent.handle(tx, occurrence, time.now()))
    };
    consumer::run(Consumer::Messaging, database, bus, clock, stop, handle)
}

async fn forget_keys(state: State, stop: Stop) {
    let step = || {
        let now = state.clock.now();
        state.database.write_unsynced("forget old keys", move |tx| idempotency::forget_old(tx, now))
    };
    worker::sweep("idempotency keys", state.clock.clone(), stop, step).await;
}

async fn watch(state: State, moltbook: moltbook::Client, stop: Stop) {
    let (bus, clock) = (state.bus.clone(), state.clock.clone());
    let step = async || {
        tokio::select! {
            looked = watcher::look_at_due(&state, &moltbook) => looked,
            // Moltbook may take longer to answer than the server has to stop. The posts are looked at when the leases end.
            () = stop.cancelled() => Ok(Progress::Idle),
        }
    };
    worker::run("moltbook", Queue::Moltbook, bus, clock, stop.clone(), step).await;
}

async fn end_streams(state: State, stop: Stop) {
    stop.cancelled().await;
    state.streams.end();
}
