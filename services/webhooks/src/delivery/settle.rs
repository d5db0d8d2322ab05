//! Recording what came of attempts.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};
use models::schema::{deliveries, delivery_attempts};
use models::{Id, Result, Timestamp, Transaction, prepared, skip_locked};

use super::answer::{Answer, Problem, Verdict};
use super::claim::Leased;
use super::conduct;
use super::lane::Lane;
use super::log::DeliveryStatus;
use super::schedule;

/// An attempt that is over.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The delivery.
    pub id: Id,
    /// Its webhook.
    pub webhook_id: Id,
    /// What it tells of.
    pub event_id: Id,
    /// How many attempts had been made before this one.
    pub attempts: i32,
    /// How many of them before it was sent anew.
    pub attempts_before: i32,
    /// The lease under which it was made.
    pub lease_until: Timestamp,
    /// What came of it.
    pub answer: Answer,
    /// Any number, to spread the next attempt.
    pub chance: u64,
}

impl Finished {
    /// What came of the attempt at `leased`.
    pub fn new(leased: &Leased, answer: Answer, chance: u64) -> Self {
        let Leased { due, lane: _, until } = leased;
        Self {
            id: due.id,
            webhook_id: due.webhook_id,
            event_id: due.event_id,
            attempts: due.attempts,
            attempts_before: due.attempts_before,
            lease_until: *until,
            answer,
            chance,
        }
    }

    /// How many attempts of the schedule had failed before this one.
    const fn failed(&self) -> i32 {
        self.attempts.saturating_sub(self.attempts_before)
    }
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The receiver has it.
    Delivered,
    /// It is tried again.
    Postponed,
    /// It is given up.
    Failed,
    /// It is not tried again, because its webhook was switched off.
    Skipped,
    /// It was deleted, or taken over by another instance.
    Lost,
}

impl Outcome {
    /// The name in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Postponed => "postponed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Lost => "lost",
        }
    }

    const fn status(self) -> &'static str {
        let status = match self {
            Self::Delivered => DeliveryStatus::Delivered,
            Self::Postponed | Self::Lost => DeliveryStatus::Pending,
            Self::Failed => DeliveryStatus::Failed,
            Self::Skipped => DeliveryStatus::Skipped,
        };
        status.as_str()
    }
}

/// Deliveries that one transaction skips for a webhook that is switched off. What is left is skipped when it comes due.
const SKIPPED_AT_ONCE: i64 = 1_000;

/// Records `finished`, and lets go as many parked deliveries as have come back. Says what became of each, in order.
///
/// Webhooks are locked before deliveries are written, in the order of their ids: whoever changes or deletes one locks in that order too.
pub fn settle(tx: &mut Transaction<'_>, finished: &[Finished], now: Timestamp) -> Result<Vec<Outcome>> {
    let mut answers: BTreeMap<Id, Vec<Answer>> = BTreeMap::new();
    for Finished { webhook_id, answer, .. } in finished {
        answers.entry(*webhook_id).or_default().push(*answer);
    }
    let conducts = conduct::note(tx, &answers, now)?;
    let is_active = |id: Id| conducts.get(&id).is_some_and(|change| change.after.active);
    let outcomes = finished.iter().map(|one| settle_one(tx, one, is_active(one.webhook_id), now));
    let outcomes = outcomes.collect::<Result<Vec<Outcome>>>()?;
    for (&webhook_id, change) in &conducts {
        let returned = answers.get(&webhook_id).map_or(0, Vec::len);
        match change.is_deactivation() {
            true => deactivated(tx, webhook_id, now)?,
            false => let_go(tx, webhook_id, returned, change.after.sluggish)?,
        }
    }
    Ok(outcomes)
}

/// What becomes of a delivery, and when it is tried again.
fn judge(finished: &Finished, active: bool, now: Timestamp) -> (Outcome, Option<Timestamp>) {
    match finished.answer.verdict() {
        Verdict::Delivered => (Outcome::Delivered, None),
        Verdict::Gone => (Outcome::Failed, None),
        Verdict::Failed { retry_after } => match schedule::delay(finished.failed(), retry_after, finished.chance) {
            Some(delay) if active => (Outcome::Postponed, Some(now.plus_millis(delay))),
            Some(_) => (Outcome::Skipped, None),
            None => (Outcome::Failed, None),
        },
    }
}

fn settle_one(tx: &mut Transaction<'_>, finished: &Finished, active: bool, now: Timestamp) -> Result<Outcome> {
    let (outcome, next_attempt_at) = judge(finished, active, now);
    // What the receiver has it has, whoever holds the delivery by now. Else only the lease counts under which it was sent.
    let whatever = outcome == Outcome::Delivered;
    let holds = deliveries::lease_until.eq(finished.lease_until).or(whatever.into_sql::<Nullable<Bool>>());
    let settled = diesel::update(deliveries::table.find(finished.id))
        .filter(deliveries::next_attempt_at.is_not_null())
        .filter(holds)
        .set((
            deliveries::status.eq(outcome.status()),
            deliveries::attempts.eq(deliveries::attempts + 1),
            deliveries::lane.eq(Lane::Slow.number()),
            deliveries::next_attempt_at.eq(next_attempt_at),
            deliveries::lease_until.eq(None::<Timestamp>),
            // Whoever took it over after the lease may have put it aside.
            deliveries::parked_at.eq(None::<Timestamp>),
        ))
        .returning(deliveries::attempts);
    let Some(number) = prepared(settled).get_result::<i32>(tx.conn()).optional()? else { return Ok(Outcome::Lost) };
    let Answer { began_at, duration, result, in_connecting: _ } = finished.answer;
    diesel::insert_into(delivery_attempts::table)
        .values((
            delivery_attempts::delivery_id.eq(finished.id),
            delivery_attempts::number.eq(number),
            delivery_attempts::status_code.eq(result.ok().map(|status| i32::from(status.code))),
            delivery_attempts::error.eq(result.err().map(Problem::as_str)),
            delivery_attempts::duration_ms.eq(duration),
            delivery_attempts::created_at.eq(began_at),
        ))
        .execute(tx.conn())?;
    Ok(outcome)
}

/// What follows when a webhook was switched off because nothing arrives there.
fn deactivated(tx: &mut Transaction<'_>, webhook_id: Id, now: Timestamp) -> Result<()> {
    skip_waiting(tx, webhook_id)?;
    conduct::tell_owner(tx, webhook_id, now)
}

/// Skips what waits for a webhook that was switched off; it can be sent later. Rows that a turn of another instance holds at the moment are
/// passed over: like those behind the first thousand, they are skipped when they come due.
///
/// # Errors
/// [`models::Error::Database`] as the database says.
pub fn skip_waiting(tx: &mut Transaction<'_>, webhook_id: Id) -> Result<()> {
    let waiting = deliveries::table
        .filter(deliveries::webhook_id.eq(webhook_id))
        .filter(deliveries::status.eq(DeliveryStatus::Pending.as_str()))
        .filter(deliveries::lease_until.is_null())
        .order(deliveries::id)
        .limit(SKIPPED_AT_ONCE)
        .select(deliveries::id);
    let waiting: Vec<Id> = skip_locked!(waiting).load(tx.conn())?;
    skip(tx, &waiting)
}

/// Skips these deliveries.
pub fn skip(tx: &mut Transaction<'_>, ids: &[Id]) -> Result<()> {
    if !ids.is_empty() {
        diesel::update(deliveries::table.filter(deliveries::id.eq_any(ids)))
            .set((
                deliveries::status.eq(DeliveryStatus::Skipped.as_str()),
                deliveries::next_attempt_at.eq(None::<Timestamp>),
                deliveries::lease_until.eq(None::<Timestamp>),
                deliveries::parked_at.eq(None::<Timestamp>),
            ))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// Makes as many parked deliveries of a webhook due as have come back, those first that were parked first. So the number of those
/// that run or wait stays what it was when the others were parked. They are due since then, so that they come before what came after them.
fn let_go(tx: &mut Transaction<'_>, webhook_id: Id, returned: usize, sluggish: bool) -> Result<()> {
    let parked: Vec<(Id, String)> = deliveries::table
        .filter(deliveries::webhook_id.eq(webhook_id))
        .filter(deliveries::parked_at.is_not_null())
        .filter(deliveries::next_attempt_at.is_not_null())
        .order((deliveries::parked_at, deliveries::id))
        .limit(i64::try_from(returned).unwrap_or(i64::MAX))
        .select((deliveries::id, deliveries::event))
        .load(tx.conn())?;
    for (id, event) in parked {
        diesel::update(deliveries::table.find(id))
            .filter(deliveries::parked_at.is_not_null())
            .filter(deliveries::next_attempt_at.is_not_null())
            .set((
                deliveries::parked_at.eq(None::<Timestamp>),
                deliveries::next_attempt_at.eq(deliveries::parked_at),
                deliveries::lane.eq(Lane::of(&event, sluggish).number()),
            ))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// Gives back what was not settled, so that it is taken up again at once.
pub fn give_back(tx: &mut Transaction<'_>, leases: &[(Id, Timestamp)], now: Timestamp) -> Result<()> {
    for &(id, until) in leases {
        diesel::update(deliveries::table.find(id))
            .filter(deliveries::lease_until.eq(until))
            .set((deliveries::lease_until.eq(None::<Timestamp>), deliveries::next_attempt_at.eq(now)))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// Gives back everything that anybody holds: for the start of the only process, when whoever held something is dead.
pub fn give_back_all(tx: &mut Transaction<'_>, now: Timestamp) -> Result<usize> {
    Ok(diesel::update(deliveries::table)
        .filter(deliveries::lease_until.is_not_null())
        .set((deliveries::lease_until.eq(None::<Timestamp>), deliveries::next_attempt_at.eq(now)))
        .execute(tx.conn())?)
}

#[cfg(test)]
mod tests {
    use diesel::Connection as _;
    use models::backend::scratch::Scratch;

    use super::super::answer::Status;
    use super::super::samples::{a_delivery, a_webhook, at};
    use super::*;

    fn delivered(webhook_id: Id, id: Id, lease_until: Timestamp) -> Finished {
        let result = Ok(Status { code: 200, retry_after: None });
        let answer = Answer { began_at: at(0), duration: 16_000, result, in_connecting: false };
        Finished { id, webhook_id, event_id: id, attempts: 0, attempts_before: 0, lease_until, answer, chance: 0 }
    }

    #[test]
    fn what_is_let_go_comes_before_what_came_after_it() {
        let scratch = Scratch::new();
        let target = models::backend::connection_string(&scratch.url()).unwrap();
        let mut conn = models::Connection::establish(&target).unwrap();
        Transaction::for_test(&mut conn, |tx| {
            let webhook_id = a_webhook(tx)?;
            let parked = a_delivery(tx, webhook_id, Lane::Prompt, at(61))?;
            diesel::update(deliveries::table.find(parked)).set(deliveries::parked_at.eq(at(1))).execute(tx.conn())?;
            let newer = a_delivery(tx, webhook_id, Lane::Prompt, at(5))?;
            let_go(tx, webhook_id, 1, false)?;
            let order = (deliveries::next_attempt_at, deliveries::id);
            let due: Vec<(Id, Option<Timestamp>)> =
                deliveries::table.order(order).select((deliveries::id, deliveries::next_attempt_at)).load(tx.conn())?;
            assert_eq!(due, [(parked, Some(at(1))), (newer, Some(at(5)))]);
            Ok(())
        })
        .unwrap();
    }
    #[test]
    fn what_was_put_aside_and_yet_delivered_holds_up_nothing() {
        let scratch = Scratch::new();
        let target = models::backend::connection_string(&scratch.url()).unwrap();
        let mut conn = models::Connection::establish(&target).unwrap();
        Transaction::for_test(&mut conn, |tx| {
            let webhook_id = a_webhook(tx)?;
            // The lease of the first was over before its answer came, and a turn has put the row aside.
            let aside = a_delivery(tx, webhook_id, Lane::Prompt, at(61))?;
            diesel::update(deliveries::table.find(aside)).set(deliveries::parked_at.eq(at(1))).execute(tx.conn())?;
            let other = a_delivery(tx, webhook_id, Lane::Prompt, at(5))?;
            diesel::update(deliveries::table.find(other)).set(deliveries::lease_until.eq(at(20))).execute(tx.conn())?;
            for (id, lease_until) in [(aside, at(0)), (other, at(20))] {
                assert_eq!(settle(tx, &[delivered(webhook_id, id, lease_until)], at(16))?, [Outcome::Delivered]);
            }
            let left =
                deliveries::table.select((deliveries::status, deliveries::next_attempt_at, deliveries::parked_at));
            let left: Vec<(String, Option<Timestamp>, Option<Timestamp>)> = left.load(tx.conn())?;
            assert_eq!(left, vec![("delivered".to_owned(), None, None); 2]);
            Ok(())
        })
        .unwrap();
    }
}
