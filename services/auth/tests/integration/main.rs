//! Who somebody is, over real HTTP: one program, because each would be built with all of the service in it.

mod agents;
mod backings;
mod claims;
mod clawnet;
mod deletion;
mod endorsements;
mod login_pages;
mod moderators;
mod moltbook;
mod profiles;
mod sign_in;
mod smtp;
mod suspension;

use support::{NO_WORKERS, Service};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * 3_600;
const EMAIL: &str = "kai@example.com";

/// The service, without its workers.
fn service() -> Service {
    Service::start(::auth::routes, NO_WORKERS)
}

/// The service, with its workers.
fn with_workers() -> Service {
    Service::start(::auth::routes, ::auth::workers)
}
