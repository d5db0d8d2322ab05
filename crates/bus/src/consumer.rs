//! Handling events from the outbox, each once.

use models::outbox::{self, Pending};
use models::{Clock, Consumer, Database, Error, Event, Id, Queue, Result, Timestamp, Transaction};

use crate::worker::{self, Progress};
use crate::{Bus, Stop};

/// How many events one transaction of `consumer` handles at most: enough to share the cost of a commit, few enough that the locks are
/// short. One event of messaging locks the inboxes of hundreds whom it tells, in the order of their ids; a second in the same transaction
/// would lock them out of order, and hold up for longer whoever writes to them. An announcement writes a row for each of hundreds of
/// receivers.
const fn batch(consumer: Consumer) -> usize {
    match consumer {
        Consumer::Posts | Consumer::Webhooks => 64,
        Consumer::Messaging | Consumer::Announcements => 1,
    }
}
/// The longest time in seconds between two tries at an event that cannot be handled.
const LONGEST_DELAY: i64 = 3_600;

/// An event as its handler gets it.
#[derive(Debug)]
pub struct Occurrence<'a> {
    /// The event's id; handling it twice must do no more than handling it once.
    pub id: Id,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: &'a Event,
}

impl<'a> Occurrence<'a> {
    /// What waited, as its handler gets it.
    ///
    /// # Errors
    /// [`Error::Internal`] for an event that this release cannot read.
    fn of(pending: &'a Pending) -> Result<Self> {
        let event = pending.event.as_ref().map_err(Error::internal)?;
        Ok(Self { id: pending.event_id, at: pending.at, event })
    }
}

/// Handles `consumer`'s events with `handle` until told to stop. `handle` is given what is due at the moment, in order and up to a batch, so
/// that a few statements do for all of it. It writes in the transaction that takes the events from the outbox, so that both happen or
/// neither; should the machine lose both, they are handled again. Where it fails, it is given each event by itself, and the one that cannot
/// be handled is put back with a growing delay and holds up nothing else.
pub async fn run<H>(consumer: Consumer, database: Database, bus: Bus, clock: Clock, stop: Stop, handle: H)
where
    H: Fn(&mut Transaction<'_>, &[Occurrence<'_>]) -> Result<()> + Clone + Send + 'static,
{
    let now = clock.clone();
    let step = || step(consumer, &database, now.now(), handle.clone());
    worker::run(consumer.as_str(), Queue::from(consumer), bus, clock, stop, step).await;
}

/// Handles what is due for `consumer` at `now`, up to a batch.
///
/// # Errors
/// [`models::Error::Database`] as the database says; nothing is handled then.
pub async fn step<H>(consumer: Consumer, database: &Database, now: Timestamp, handle: H) -> Result<Progress>
where
    H: Fn(&mut Transaction<'_>, &[Occurrence<'_>]) -> Result<()> + Clone + Send + 'static,
{
    let batch = batch(consumer);
    let limit = i64::try_from(batch).unwrap_or(i64::MAX);
    let handle_batch = |way: Way<H>| {
        let handle = handle.clone();
        database.write_unsynced("handle events", move |tx| {
            let claimed = outbox::claim(tx, consumer, now, limit)?;
            if !claimed.is_empty() {
                way(tx, consumer, &claimed, now, &handle)?;
            }
            Ok(claimed.len())
        })
    };
    // Nearly always every event can be handled, and then all of them share their statements and none needs a savepoint of its own.
    let handled = match handle_batch(handle_all).await {
        Ok(handled) => handled,
        Err(error) => {
            metrics::counter!("clankwork_event_batches_failed_total", "consumer" => consumer.as_str()).increment(1);
            tracing::debug!(consumer = consumer.as_str(), %error, "events could not be handled together");
            handle_batch(handle_each).await?
        }
    };
    count_handled(consumer, handled);
    Ok(if handled == batch { Progress::More } else { Progress::Idle })
}

/// Counts events that were handled for `consumer`, for whoever watches.
pub fn count_handled(consumer: Consumer, handled: usize) {
    metrics::counter!("clankwork_events_handled_total", "consumer" => consumer.as_str())
        .increment(u64::try_from(handled).unwrap_or(0));
}

/// A way to handle events that were claimed.
type Way<H> = fn(&mut Transaction<'_>, Consumer, &[Pending], Timestamp, &H) -> Result<()>;

/// Handles all of these events, or none of them where one cannot be handled.
fn handle_all<H>(
    tx: &mut Transaction<'_>,
    consumer: Consumer,
    claimed: &[Pending],
    _now: Timestamp,
    handle: &H,
) -> Result<()>
where
    H: Fn(&mut Transaction<'_>, &[Occurrence<'_>]) -> Result<()>,
{
    let occurrences = claimed.iter().map(Occurrence::of).collect::<Result<Vec<_>>>()?;
    handle(tx, &occurrences)?;
    let ids: Vec<Id> = claimed.iter().map(|pending| pending.event_id).collect();
    outbox::finish(tx, consumer, &ids)
}

/// Handles each of these events by itself, and puts back those that cannot be handled.
fn handle_each<H>(
    tx: &mut Transaction<'_>,
    consumer: Consumer,
    claimed: &[Pending],
    now: Timestamp,
    handle: &H,
) -> Result<()>
where
    H: Fn(&mut Transaction<'_>, &[Occurrence<'_>]) -> Result<()>,
{
    for pending in claimed {
        let handled = Occurrence::of(pending).and_then(|occurrence| tx.attempt(|tx| handle(tx, &[occurrence])));
        match handled {
            Ok(()) => outbox::finish(tx, consumer, &[pending.event_id])?,
            Err(error) => put_back(tx, consumer, pending, &error, now)?,
        }
    }
    Ok(())
}

/// Puts an event back that could not be handled because of `error`, with a growing delay.
///
/// # Errors
/// [`models::Error::Database`] as the database says.
pub fn put_back(
    tx: &mut Transaction<'_>,
    consumer: Consumer,
    pending: &Pending,
    error: &Error,
    now: Timestamp,
) -> Result<()> {
    let (event_id, attempts) = (pending.event_id, pending.attempts);
    let delay = delay(attempts);
    tracing::error!(consumer = consumer.as_str(), event = %event_id, attempts, delay, %error, "an event could not be handled");
    outbox::postpone(tx, consumer, event_id, now.plus_seconds(delay))
}

/// Seconds until the next try after `attempts` failures before this one: 1, 2, 4 and so on up to an hour.
fn delay(attempts: i32) -> i64 {
    let exponent = u32::try_from(attempts).unwrap_or(0).min(12);
    2_i64.saturating_pow(exponent).min(LONGEST_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_an_hour() {
        assert_eq!([0, 1, 2, 11, 12, 1_000].map(delay), [1, 2, 4, 2_048, 3_600, 3_600]);
    }
}
