//! Recording what came of attempts.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use models::schema::{deliveries, delivery_attempts};
use models::{Id, Result, Timestamp, Transaction, prepared, prepared_for_lists, rows, skip_locked};

use super::answer::{Answer, Problem, Verdict};
use super::claim::{Leased, OVER};
use super::conduct::{self, Change};
use super::lane::Lane;
use super::log::DeliveryStatus;
use super::schedule;
use super::turn::Returns;

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
        let Leased { due, until, .. } = leased;
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

    /// How many of each webhook's have arrived at once.
    pub fn at_once(finished: &[Self]) -> HashMap<Id, usize> {
        let mut counts: HashMap<Id, usize> = HashMap::new();
        for one in finished.iter().filter(|one| !one.answer.is_sluggish()) {
            let count = counts.entry(one.webhook_id).or_default();
            *count = count.saturating_add(1);
        }
        counts
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

/// What is written of a delivery that came back. Whoever took it over after the lease may have put it aside.
#[derive(AsChangeset)]
#[diesel(table_name = deliveries, treat_none_as_null = true)]
struct Settled {
    status: &'static str,
    lane: i16,
    next_attempt_at: Option<Timestamp>,
    lease_until: Option<Timestamp>,
    parked_at: Option<Timestamp>,
}

impl Settled {
    const fn new(outcome: Outcome, next_attempt_at: Option<Timestamp>) -> Self {
        let (status, lane) = (outcome.status(), Lane::Slow.number());
        Self { status, lane, next_attempt_at, lease_until: None, parked_at: None }
    }
}

/// An attempt that is kept.
struct Attempt<'a> {
    finished: &'a Finished,
    number: i32,
}

/// Deliveries that one transaction skips for a webhook that is switched off. What is left is skipped when it comes due.
const SKIPPED_AT_ONCE: i64 = 1_000;

/// Records what has come back and gives back what was not sent. Says what became of each that came back, in order, and which parked deliveries
/// may start in their places.
///
/// Webhooks are locked before deliveries are written, in the order of their ids: whoever changes or deletes one locks in that order too.
pub fn settle(tx: &mut Transaction<'_>, returns: &Returns, now: Timestamp) -> Result<(Vec<Outcome>, Vec<Parked>)> {
    let Returns { finished, unsent } = returns;
    let mut answers: BTreeMap<Id, Vec<Answer>> = BTreeMap::new();
    for Finished { webhook_id, answer, .. } in finished {
        answers.entry(*webhook_id).or_default().push(*answer);
    }
    let conducts = if answers.is_empty() { BTreeMap::new() } else { conduct::note(tx, &answers, now)? };
    give_back(tx, unsent, now)?;
    let outcomes = record(tx, finished, &conducts, now)?;
    let mut parked = Vec::new();
    for (&webhook_id, change) in &conducts {
        if change.is_deactivation() {
            deactivated(tx, webhook_id, now)?;
        } else if change.has_parked {
            let returned = answers.get(&webhook_id).map_or(0, Vec::len);
            parked.extend(next_parked(tx, webhook_id, returned, change.after.sluggish, now)?);
        }
    }
    Ok((outcomes, parked))
}

/// Records each attempt and what it leads to.
fn record(
    tx: &mut Transaction<'_>,
    finished: &[Finished],
    conducts: &BTreeMap<Id, Change>,
    now: Timestamp,
) -> Result<Vec<Outcome>> {
    let mut delivered = arrived(tx, finished)?;
    let (mut outcomes, mut attempts) = (Vec::new(), Vec::new());
    for one in finished {
        let active = conducts.get(&one.webhook_id).is_some_and(|change| change.after.active);
        let (outcome, number) = match judge(one, active, now) {
            // Taken out, so that of two answers to the same delivery the second is too late.
            (Outcome::Delivered, _) => (Outcome::Delivered, delivered.remove(&one.id)),
            (outcome, next_attempt_at) => (outcome, postpone(tx, one, outcome, next_attempt_at)?),
        };
        outcomes.push(if number.is_some() { outcome } else { Outcome::Lost });
        attempts.extend(number.map(|number| Attempt { finished: one, number }));
    }
    if !attempts.is_empty() {
        let rows = rows!(&attempts, |attempt| (
            delivery_attempts::delivery_id = attempt.finished.id,
            delivery_attempts::number = attempt.number,
            delivery_attempts::status_code = attempt.finished.answer.result.ok().map(|status| i32::from(status.code)),
            delivery_attempts::error = attempt.finished.answer.result.err().map(Problem::as_str),
            delivery_attempts::duration_ms = attempt.finished.answer.duration,
            delivery_attempts::created_at = attempt.finished.answer.began_at,
        ));
        diesel::insert_into(delivery_attempts::table).values(rows).execute(tx.conn())?;
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

/// Settles all of `finished` that the receiver has. Says how many attempts each of them has had. What the receiver has it has, whoever holds the
/// delivery by now.
fn arrived(tx: &mut Transaction<'_>, finished: &[Finished]) -> Result<HashMap<Id, i32>> {
    let has = |one: &&Finished| one.answer.verdict() == Verdict::Delivered;
    let ids: Vec<Id> = finished.iter().filter(has).map(|one| one.id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let settled = diesel::update(deliveries::table.filter(deliveries::id.eq_any(ids)))
        .filter(deliveries::status.ne_all(OVER))
        .set((deliveries::attempts.eq(deliveries::attempts + 1), Settled::new(Outcome::Delivered, None)))
        .returning((deliveries::id, deliveries::attempts));
    let settled: Vec<(Id, i32)> = prepared_for_lists(settled).load(tx.conn())?;
    Ok(settled.into_iter().collect())
}

/// Settles what has not arrived, under the lease under which it was sent. Says how many attempts it has had, unless somebody else holds it by
/// now.
fn postpone(
    tx: &mut Transaction<'_>,
    finished: &Finished,
    outcome: Outcome,
    next_attempt_at: Option<Timestamp>,
) -> Result<Option<i32>> {
    let settled = diesel::update(deliveries::table.find(finished.id))
        .filter(deliveries::next_attempt_at.is_not_null())
        .filter(deliveries::lease_until.eq(finished.lease_until))
        .set((deliveries::attempts.eq(deliveries::attempts + 1), Settled::new(outcome, next_attempt_at)))
        .returning(deliveries::attempts);
    Ok(prepared(settled).get_result(tx.conn()).optional()?)
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

/// A delivery that was put aside.
#[derive(Debug)]
pub struct Parked {
    /// Its id.
    pub id: Id,
    /// To which webhook it goes.
    pub webhook_id: Id,
    /// The word for what happened.
    pub event: String,
    /// The lane that it belongs to now.
    pub lane: Lane,
    /// Since when it has been put aside.
    pub since: Timestamp,
}

/// How many parked deliveries are looked at for each that has come back: one for its place, and two that may start in the place of others.
const FOR_EACH: usize = 3;

/// The parked deliveries of a webhook that may start when so many have come back, those first that were parked first. One that has become due by
/// itself is found with what is due.
fn next_parked(
    tx: &mut Transaction<'_>,
    webhook_id: Id,
    returned: usize,
    sluggish: bool,
    now: Timestamp,
) -> Result<Vec<Parked>> {
    let parked: Vec<(Id, String, Timestamp)> = deliveries::table
        .filter(deliveries::webhook_id.eq(webhook_id))
        .filter(deliveries::parked_at.is_not_null())
        .filter(deliveries::next_attempt_at.gt(now))
        .order((deliveries::parked_at, deliveries::id))
        .limit(i64::try_from(returned.saturating_mul(FOR_EACH)).unwrap_or(i64::MAX))
        .select((deliveries::id, deliveries::event, deliveries::parked_at.assume_not_null()))
        .load(tx.conn())?;
    let parked = parked.into_iter().map(|(id, event, since)| {
        let lane = Lane::of(&event, sluggish);
        Parked { id, webhook_id, event, lane, since }
    });
    Ok(parked.collect())
}

/// Makes all of these due.
pub fn free(tx: &mut Transaction<'_>, parked: &[Parked]) -> Result<()> {
    Lane::ALL.into_iter().try_for_each(|lane| {
        let of_lane = parked.iter().filter(|parked| parked.lane == lane);
        let_go(tx, lane, &of_lane.map(|parked| parked.id).collect::<Vec<Id>>())
    })
}

/// Makes parked deliveries due in `lane`. They are due since they were parked, so that they come before what came after them.
pub fn let_go(tx: &mut Transaction<'_>, lane: Lane, ids: &[Id]) -> Result<()> {
    if !ids.is_empty() {
        let due = diesel::update(deliveries::table.filter(deliveries::id.eq_any(ids)))
            .filter(deliveries::parked_at.is_not_null())
            .filter(deliveries::status.ne_all(OVER))
            .set((
                deliveries::parked_at.eq(None::<Timestamp>),
                deliveries::next_attempt_at.eq(deliveries::parked_at),
                deliveries::lane.eq(lane.number()),
            ))
            .returning(deliveries::id);
        prepared_for_lists(due).load::<Id>(tx.conn())?;
    }
    Ok(())
}

/// Gives back what was not settled, so that it is taken up again at once.
pub fn give_back(tx: &mut Transaction<'_>, leases: &[(Id, Timestamp)], now: Timestamp) -> Result<()> {
    let mut of_turn: BTreeMap<Timestamp, Vec<Id>> = BTreeMap::new();
    leases.iter().for_each(|&(id, until)| of_turn.entry(until).or_default().push(id));
    for (until, ids) in of_turn {
        diesel::update(deliveries::table.filter(deliveries::id.eq_any(ids)))
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
    use super::super::answer::Status;
    use super::super::samples::{a_delivery, a_webhook, at, in_a_transaction};
    use super::*;

    fn delivered(webhook_id: Id, id: Id, lease_until: Timestamp) -> Finished {
        let result = Ok(Status { code: 200, retry_after: None });
        let answer = Answer { began_at: at(0), duration: 16_000, result, in_connecting: false };
        Finished { id, webhook_id, event_id: id, attempts: 0, attempts_before: 0, lease_until, answer, chance: 0 }
    }

    #[test]
    fn what_is_let_go_comes_before_what_came_after_it() {
        in_a_transaction(|tx| {
            let webhook_id = a_webhook(tx)?;
            let parked = a_delivery(tx, webhook_id, Lane::Prompt, at(61))?;
            diesel::update(deliveries::table.find(parked)).set(deliveries::parked_at.eq(at(1))).execute(tx.conn())?;
            let newer = a_delivery(tx, webhook_id, Lane::Prompt, at(5))?;
            let next = next_parked(tx, webhook_id, 1, false, at(5))?;
            free(tx, &next)?;
            let order = (deliveries::next_attempt_at, deliveries::id);
            let due: Vec<(Id, Option<Timestamp>)> =
                deliveries::table.order(order).select((deliveries::id, deliveries::next_attempt_at)).load(tx.conn())?;
            assert_eq!(due, [(parked, Some(at(1))), (newer, Some(at(5)))]);
            Ok(())
        });
    }

    #[test]
    fn what_was_put_aside_and_yet_delivered_holds_up_nothing() {
        in_a_transaction(|tx| {
            let webhook_id = a_webhook(tx)?;
            // The lease of the first was over before its answer came, and a turn has put the row aside.
            let aside = a_delivery(tx, webhook_id, Lane::Prompt, at(61))?;
            diesel::update(deliveries::table.find(aside)).set(deliveries::parked_at.eq(at(1))).execute(tx.conn())?;
            let other = a_delivery(tx, webhook_id, Lane::Prompt, at(5))?;
            diesel::update(deliveries::table.find(other)).set(deliveries::lease_until.eq(at(20))).execute(tx.conn())?;
            for (id, lease_until) in [(aside, at(0)), (other, at(20))] {
                let returns = Returns { finished: vec![delivered(webhook_id, id, lease_until)], unsent: Vec::new() };
                let (outcomes, parked) = settle(tx, &returns, at(16))?;
                assert_eq!((outcomes, parked.len()), (vec![Outcome::Delivered], 0));
            }
            let left =
                deliveries::table.select((deliveries::status, deliveries::next_attempt_at, deliveries::parked_at));
            let left: Vec<(String, Option<Timestamp>, Option<Timestamp>)> = left.load(tx.conn())?;
            assert_eq!(left, vec![("delivered".to_owned(), None, None); 2]);
            Ok(())
        });
    }
}
