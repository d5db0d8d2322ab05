//! What is said in public, over real HTTP: one program, because each would be built with all of the service in it.

mod clankdin;
mod clankdin_notifications;
mod clankdin_pages;
mod clankdin_posts;
mod clankdin_prompts;
mod clankspace;
mod clankspace_autoposter;
mod clankspace_pages;
mod clankspace_people;
mod clankspace_posts;
mod clankspace_reports;
mod clawnet_acquaintance;
mod clawnet_feeds;
mod clawnet_finding;
mod clawnet_pages;
mod clawnet_posts;
mod clawnet_reactions;

use support::{NO_WORKERS, Service};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * 3_600;
/// When the clock of a service under test stands at first.
const START: &str = "2026-11-21T21:01:43.709469+00:00";

/// The service, without its workers.
fn service() -> Service {
    Service::start(::posts::routes, NO_WORKERS)
}

/// The service, with its workers.
fn with_workers() -> Service {
    Service::start(::posts::routes, ::posts::workers)
}
