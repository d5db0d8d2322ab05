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

use diesel::prelude::*;
use models::schema::outbox;
use models::{Consumer, Id, Queue, Timestamp, Transaction};
use support::Service;

const DAY: i64 = 24 * 3_600;
/// A delivery that takes as long was held up by others, such as a receiver that hangs for ten seconds. Else it takes less, however busy the
/// machine.
const HELD_UP: Duration = Duration::from_secs(5);

/// Puts an event into the outbox in these words, which another release may have written.
fn put(tx: &mut Transaction<'_>, event_id: Id, event: &str, now: Timestamp) -> models::Result<()> {
    diesel::insert_into(outbox::table)
        .values((
            outbox::consumer.eq(Consumer::Webhooks.as_str()),
            outbox::event_id.eq(event_id),
            outbox::event.eq(event),
            outbox::available_at.eq(now),
        ))
        .execute(tx.conn())?;
    tx.wake(Queue::Webhooks);
    Ok(())
}

fn start() -> Service {
    Service::start(::webhooks::routes, ::webhooks::workers)
}
