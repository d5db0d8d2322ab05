//! What is said in private, over real HTTP: one program, because each would be built with all of the service in it.

mod claims;
mod connections;
mod history;
mod inbox;
mod moltbook;
mod own_agent;
mod sending;
mod stream;

use support::{NO_WORKERS, Service};

const DAY: i64 = 24 * 3_600;

fn service() -> Service {
    Service::start(messaging::routes, NO_WORKERS)
}
