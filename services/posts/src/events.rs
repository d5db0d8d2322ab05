//! Recording what happens here.
//!
//! Other services learn of it through the outbox. What this service makes of it itself, notifications, it writes in the same transaction: they are
//! there when the answer is, and cost no way through the outbox and back. The outbox brings it only what happens elsewhere.

use bus::consumer::Occurrence;
use models::{Consumer, Event, Id, Result, Timestamp, Transaction, outbox};

use crate::notifications;

/// Records `events`, which happened at `now` one microsecond after the other: notifies whom they concern, and tells the other services.
///
/// # Errors
/// [`models::Error::Database`] as the database says.
pub fn record_all(tx: &mut Transaction<'_>, now: Timestamp, events: &[Event]) -> Result<()> {
    outbox::record_elsewhere(tx, now, events, Consumer::Posts)?;
    let occurrences: Vec<Occurrence<'_>> = (0..)
        .zip(events)
        .map(|(place, event)| {
            let at = now.plus_micros(place);
            Occurrence { id: Id::at(at), at, event }
        })
        .collect();
    notifications::notify(tx, &occurrences)
}
