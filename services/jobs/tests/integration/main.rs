//! Work on ClankdIn, over real HTTP: one program, because each would be built with all of the service in it.

mod applications;
mod gigs;
mod jobs;
mod organizations;
mod pages;
mod permissions;
mod search;

use support::{NO_WORKERS, Service};

/// An id that nothing has.
const NOWHERE: &str = "0192f0c1-2345-7abc-8def-0123456789ab";

fn service() -> Service {
    Service::start(::jobs::routes, NO_WORKERS)
}
