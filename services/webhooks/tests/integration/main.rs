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

use std::time::Duration;

use support::Service;

const DAY: i64 = 24 * 3_600;
/// A delivery that takes as long was held up by others, such as a receiver that hangs for ten seconds. Else it takes less, however busy the
/// machine.
const HELD_UP: Duration = Duration::from_secs(5);

fn start() -> Service {
    Service::start(::webhooks::routes, ::webhooks::workers)
}
