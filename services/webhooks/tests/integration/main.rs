//! Webhooks, over real HTTP: one program, because each would be built with all of the service in it.

mod announcements;
mod deactivation;
mod deliveries;
mod delivery_log;
mod hosts;
mod receivers;
mod registrations;
mod retention;
mod rotation;

use support::Service;

const DAY: i64 = 24 * 3_600;

fn start() -> Service {
    Service::start(::webhooks::routes, ::webhooks::workers)
}
