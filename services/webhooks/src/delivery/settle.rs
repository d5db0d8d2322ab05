//! Recording what came of attempts.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};
use models::schema::{deliveries, delivery_attempts, webhooks};
use models::{Connection, Id, Result, Timestamp, Transaction};

use super::answer::{Answer, Problem, Verdict};
use super::claim::Leased;
use super::lane::Lane;
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
    /// How many attempts had failed before this one.
    pub attempts: i32,
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
            lease_until: *until,
            answer,
            chance,
        }
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
        match self {
            Self::Delivered => "delivered",
            Self::Postponed | Self::Lost => "pending",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// How a webhook did in the attempts that are settled together.
#[derive(Clone, Copy, Debug, Default)]
struct Conduct {
    settled: i64,
    sluggish: bool,
    gone: bool,
}

/// Records `finished`, and lets go as many parked deliveries as have come back. Says what became of each, in order.
///
/// Webhooks are written before deliveries, in the order of their ids: whoever deletes one locks in that order too.
pub fn settle(tx: &mut Transaction<'_>, finished: &[Finished], now: Timestamp) -> Result<Vec<Outcome>> {
    let mut conducts: BTreeMap<Id, Conduct> = BTreeMap::new();
    for Finished { webhook_id, answer, .. } in finished {
        let conduct = conducts.entry(*webhook_id).or_default();
        conduct.settled = conduct.settled.saturating_add(1);
        conduct.sluggish = answer.is_sluggish();
        conduct.gone |= answer.verdict() == Verdict::Gone;
    }
    for (&webhook_id, conduct) in &conducts {
        note_conduct(tx, webhook_id, *conduct)?;
    }
    let active = active(tx.conn(), conducts.keys().copied().collect())?;
    let outcomes = finished.iter().map(|one| settle_one(tx, one, active.contains(&one.webhook_id), now));
    let outcomes = outcomes.collect::<Result<Vec<Outcome>>>()?;
    for (&webhook_id, conduct) in &conducts {
        match conduct.gone {
            true => skip_waiting(tx, webhook_id)?,
            false => let_go(tx, webhook_id, *conduct, now)?,
        }
    }
    Ok(outcomes)
}

fn note_conduct(tx: &mut Transaction<'_>, webhook_id: Id, conduct: Conduct) -> Result<()> {
    if conduct.gone {
        diesel::update(webhooks::table.find(webhook_id)).set(webhooks::active.eq(false)).execute(tx.conn())?;
    }
    diesel::update(webhooks::table.find(webhook_id).filter(webhooks::sluggish.ne(conduct.sluggish)))
        .set(webhooks::sluggish.eq(conduct.sluggish))
        .execute(tx.conn())?;
    Ok(())
}

/// Which of these webhooks are active.
fn active(conn: &mut Connection, ids: Vec<Id>) -> Result<Vec<Id>> {
    Ok(webhooks::table.filter(webhooks::id.eq_any(ids)).filter(webhooks::active).select(webhooks::id).load(conn)?)
}

/// What becomes of a delivery, and when it is tried again.
fn judge(finished: &Finished, active: bool, now: Timestamp) -> (Outcome, Option<Timestamp>) {
    match finished.answer.verdict() {
        Verdict::Delivered => (Outcome::Delivered, None),
        Verdict::Gone => (Outcome::Failed, None),
        Verdict::Failed { retry_after } => match schedule::delay(finished.attempts, retry_after, finished.chance) {
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
    let number: Option<i32> = diesel::update(deliveries::table.find(finished.id))
        .filter(deliveries::next_attempt_at.is_not_null())
        .filter(holds)
        .set((
            deliveries::status.eq(outcome.status()),
            deliveries::attempts.eq(deliveries::attempts + 1),
            deliveries::lane.eq(Lane::Slow.number()),
            deliveries::next_attempt_at.eq(next_attempt_at),
            deliveries::lease_until.eq(None::<Timestamp>),
        ))
        .returning(deliveries::attempts)
        .get_result(tx.conn())
        .optional()?;
    let Some(number) = number else { return Ok(Outcome::Lost) };
    let Answer { began_at, duration, result } = finished.answer;
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

/// Gives up what waits for a webhook that was switched off; it can be sent later.
fn skip_waiting(tx: &mut Transaction<'_>, webhook_id: Id) -> Result<()> {
    diesel::update(deliveries::table)
        .filter(deliveries::webhook_id.eq(webhook_id))
        .filter(deliveries::next_attempt_at.is_not_null())
        .filter(deliveries::lease_until.is_null())
        .set((
            deliveries::status.eq(Outcome::Skipped.status()),
            deliveries::next_attempt_at.eq(None::<Timestamp>),
            deliveries::parked_at.eq(None::<Timestamp>),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Makes as many parked deliveries of a webhook due as have come back, those first that were parked first. So the number of those
/// that run or wait stays what it was when the others were parked.
fn let_go(tx: &mut Transaction<'_>, webhook_id: Id, conduct: Conduct, now: Timestamp) -> Result<()> {
    let parked: Vec<(Id, String)> = deliveries::table
        .filter(deliveries::webhook_id.eq(webhook_id))
        .filter(deliveries::parked_at.is_not_null())
        .order((deliveries::parked_at, deliveries::id))
        .limit(conduct.settled)
        .select((deliveries::id, deliveries::event))
        .load(tx.conn())?;
    for (id, event) in parked {
        diesel::update(deliveries::table.find(id))
            .set((
                deliveries::parked_at.eq(None::<Timestamp>),
                deliveries::next_attempt_at.eq(now),
                deliveries::lane.eq(Lane::of(&event, conduct.sluggish).number()),
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
