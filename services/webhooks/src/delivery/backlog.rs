//! What waits, in numbers for whoever watches.
//!
//! Both are read off the index of what is due and cost the same however much waits: the first entry of each lane, and a count that ends
//! at ten thousand.

use std::time::Duration;

use bus::Stop;
use diesel::prelude::*;
use models::schema::deliveries;
use models::{Connection, Result, Timestamp};
use tokio::time::sleep;
use web::State;

use super::lane::Lane;

/// How long it is from one look to the next.
const PAUSE: Duration = Duration::from_secs(5);
/// How far is counted.
const COUNTED: i64 = 10_000;
/// The worker's name in logs and metrics.
const NAME: &str = "backlog";

/// What waits in a lane.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Backlog {
    lane: Lane,
    /// For how many seconds what is due the longest has been due.
    late: i64,
    /// How many deliveries are pending, those under way included; at most [`COUNTED`].
    pending: i64,
}

/// Tells of what waits until told to stop. Every instance tells of all of it.
pub async fn watch(state: State, stop: Stop) {
    let last_run = metrics::gauge!("clankwork_worker_last_run_seconds", "worker" => NAME);
    let failures = metrics::counter!("clankwork_worker_failures_total", "worker" => NAME);
    while !stop.is_cancelled() {
        let now = state.clock.now();
        match state.database.read(move |conn| measure(conn, now)).await {
            Ok(backlogs) => {
                backlogs.into_iter().for_each(tell);
                last_run.set(gauge(now.seconds()));
            }
            Err(error) => {
                failures.increment(1);
                tracing::error!(worker = NAME, %error, "a worker's step failed");
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(PAUSE) => {}
        }
    }
}

fn tell(Backlog { lane, late, pending }: Backlog) {
    metrics::gauge!("clankwork_deliveries_late_seconds", "lane" => lane.as_str()).set(gauge(late));
    metrics::gauge!("clankwork_deliveries_pending", "lane" => lane.as_str()).set(gauge(pending));
}

fn gauge(number: i64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// What waits in each lane at `now`.
fn measure(conn: &mut Connection, now: Timestamp) -> Result<Vec<Backlog>> {
    let of_lane = |lane: Lane| {
        let waiting = deliveries::table
            .filter(deliveries::lane.eq(lane.number()))
            .filter(deliveries::next_attempt_at.is_not_null());
        let first: Option<Option<Timestamp>> = waiting
            .order((deliveries::next_attempt_at, deliveries::id))
            .select(deliveries::next_attempt_at)
            .first(conn)
            .optional()?;
        let counted: Vec<Option<Timestamp>> = waiting.limit(COUNTED).select(deliveries::next_attempt_at).load(conn)?;
        let late = first.flatten().map_or(0, |due| due.seconds_until(now));
        Ok(Backlog { lane, late, pending: i64::try_from(counted.len()).unwrap_or(COUNTED) })
    };
    Lane::ALL.into_iter().map(of_lane).collect()
}

#[cfg(test)]
mod tests {
    use diesel::Connection as _;
    use models::Transaction;
    use models::backend::scratch::Scratch;

    use super::super::samples::{a_delivery, a_webhook, at};
    use super::*;

    #[test]
    fn it_is_what_is_due_and_what_will_be_and_counted_to_a_bound() {
        let scratch = Scratch::new();
        let target = models::backend::connection_string(&scratch.url()).unwrap();
        let mut conn = Connection::establish(&target).unwrap();
        let measured = |conn: &mut Connection| -> Vec<(i64, i64)> {
            measure(conn, at(100)).unwrap().iter().map(|backlog| (backlog.late, backlog.pending)).collect()
        };
        assert_eq!(measured(&mut conn), [(0, 0), (0, 0), (0, 0)]);
        Transaction::for_test(&mut conn, |tx| {
            let webhook_id = a_webhook(tx)?;
            let due = [(Lane::Prompt, at(93)), (Lane::Prompt, at(160)), (Lane::Bulk, at(160))];
            let many = std::iter::repeat_n((Lane::Slow, at(40)), 10_001);
            for (lane, due) in due.into_iter().chain(many) {
                a_delivery(tx, webhook_id, lane, due)?;
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(measured(&mut conn), [(7, 2), (0, 1), (60, 10_000)]);
    }
}
