//! How webhooks do, and what that leads to.
//!
//! A webhook whose last attempt failed or took long goes the slow way. One at which nothing but failure has come for three days, or that
//! says that it is gone, is switched off, and its owner is notified.

use std::collections::BTreeMap;

use diesel::prelude::*;
use models::event::{Actor, PREVIEW_CHARACTERS};
use models::schema::{accounts, deliveries, webhooks};
use models::{Event, Id, NotificationKind, Result, Timestamp, Transaction, locked, outbox};

use super::answer::{Answer, Problem, Verdict};

/// Seconds from the first failure since the last success until a failure switches a webhook off: three days. Source: the contract.
const ENDURED: i64 = 3 * 24 * 3_600;

/// How a webhook does.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Queryable, Selectable)]
#[diesel(table_name = webhooks)]
pub struct Conduct {
    /// Whether deliveries go there.
    pub active: bool,
    /// Whether its last attempt failed or took long.
    pub sluggish: bool,
    /// When the first attempt failed since one has succeeded.
    pub failing_since: Option<Timestamp>,
}

impl Conduct {
    /// How it does after these answers, which came in this order and are settled at `now`.
    fn after(self, answers: &[Answer], now: Timestamp) -> Self {
        let mut after = self;
        let (mut is_gone, mut has_failed) = (false, false);
        for answer in answers {
            after.sluggish = answer.is_sluggish();
            match answer.verdict() {
                Verdict::Delivered => after.failing_since = None,
                // That we failed ourselves says nothing about the receiver.
                Verdict::Failed { .. } if answer.result == Err(Problem::Internal) => {}
                verdict => {
                    is_gone |= verdict == Verdict::Gone;
                    has_failed = true;
                    after.failing_since = after.failing_since.or(Some(now));
                }
            }
        }
        let is_lost = after.failing_since.is_some_and(|since| since.plus_seconds(ENDURED) <= now);
        after.active &= !(is_gone || has_failed && is_lost);
        after
    }
}

/// How a webhook did before and does after what was settled.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// Before.
    pub before: Conduct,
    /// After.
    pub after: Conduct,
    /// Whether deliveries to it are put aside.
    pub has_parked: bool,
}

impl Change {
    /// Whether it was switched off.
    pub const fn is_deactivation(&self) -> bool {
        self.before.active && !self.after.active
    }
}

/// Notes what these answers say about their webhooks. Those that are no more are missing from what comes back.
pub fn note(
    tx: &mut Transaction<'_>,
    answers: &BTreeMap<Id, Vec<Answer>>,
    now: Timestamp,
) -> Result<BTreeMap<Id, Change>> {
    let parked = deliveries::table
        .filter(deliveries::webhook_id.eq(webhooks::id))
        .filter(deliveries::parked_at.is_not_null())
        .filter(deliveries::next_attempt_at.is_not_null())
        // In the order of their index, of which the first is all that is read.
        .order((deliveries::parked_at, deliveries::id))
        .limit(1)
        .select(deliveries::parked_at);
    let known = webhooks::table.filter(webhooks::id.eq_any(answers.keys())).order(webhooks::id).select((
        webhooks::id,
        Conduct::as_select(),
        parked.single_value().is_not_null(),
    ));
    let known: Vec<(Id, Conduct, bool)> = locked!(known).load(tx.conn())?;
    let mut changes = BTreeMap::new();
    for (id, before, has_parked) in known {
        let after = before.after(answers.get(&id).map_or(&[], Vec::as_slice), now);
        if after != before {
            let Conduct { active, sluggish, failing_since } = after;
            diesel::update(webhooks::table.find(id))
                .set((
                    webhooks::active.eq(active),
                    webhooks::sluggish.eq(sluggish),
                    webhooks::failing_since.eq(failing_since),
                ))
                .execute(tx.conn())?;
        }
        changes.insert(id, Change { before, after, has_parked });
    }
    Ok(changes)
}

/// Notifies the owner of a webhook that it was switched off.
pub fn tell_owner(tx: &mut Transaction<'_>, webhook_id: Id, now: Timestamp) -> Result<()> {
    let (id, handle, display_name, host): (Id, String, Option<String>, String) = webhooks::table
        .find(webhook_id)
        .inner_join(accounts::table)
        .select((accounts::id, accounts::handle, accounts::display_name, webhooks::host))
        .first(tx.conn())?;
    let event = Event::Notable {
        notification: NotificationKind::WebhookDeactivated,
        actor: Actor { id, name: display_name.unwrap_or_else(|| handle.clone()), handle },
        recipient_id: id,
        target_id: webhook_id,
        preview: host.chars().take(PREVIEW_CHARACTERS).collect(),
    };
    outbox::record(tx, now, &event)
}

#[cfg(test)]
mod tests {
    use super::super::answer::Status;
    use super::*;

    const FRESH: Conduct = Conduct { active: true, sluggish: false, failing_since: None };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_795_294_903_709_469).plus_seconds(seconds)
    }

    fn answer(result: Result<u16, Problem>) -> Answer {
        let result = result.map(|code| Status { code, retry_after: None });
        Answer { began_at: at(0), duration: 5, result, in_connecting: false }
    }

    #[test]
    fn three_days_of_nothing_but_failure_switch_it_off() {
        let failing = FRESH.after(&[answer(Ok(500))], at(0));
        assert_eq!(failing, Conduct { active: true, sluggish: true, failing_since: Some(at(0)) });
        for result in [Ok(302), Ok(404), Err(Problem::Timeout), Err(Problem::Dns), Err(Problem::RefusedAddress)] {
            assert!(failing.after(&[answer(result)], at(ENDURED - 1)).active);
            let off = failing.after(&[answer(result)], at(ENDURED));
            assert_eq!((off.active, off.failing_since), (false, Some(at(0))));
        }
    }

    #[test]
    fn a_success_in_between_begins_the_count_anew() {
        let failing = FRESH.after(&[answer(Ok(500))], at(0));
        let well = failing.after(&[answer(Ok(500)), answer(Ok(204))], at(ENDURED));
        assert_eq!(well, FRESH);
        let again = failing.after(&[answer(Ok(204)), answer(Ok(500))], at(ENDURED));
        assert_eq!((again.active, again.failing_since), (true, Some(at(ENDURED))));
    }

    #[test]
    fn who_is_gone_is_switched_off_at_once_whatever_else_comes() {
        let off = FRESH.after(&[answer(Ok(410)), answer(Ok(200))], at(0));
        assert!(!off.active);
        assert!(Change { before: FRESH, after: off, has_parked: false }.is_deactivation());
        // A ping that succeeds does not switch it on.
        let still = off.after(&[answer(Ok(200))], at(1));
        assert!(!still.active && !Change { before: off, after: still, has_parked: false }.is_deactivation());
    }

    #[test]
    fn our_own_failure_is_not_the_receivers() {
        assert_eq!(FRESH.after(&[answer(Err(Problem::Internal))], at(0)).failing_since, None);
        let failing = FRESH.after(&[answer(Ok(500))], at(0));
        let later = failing.after(&[answer(Err(Problem::Internal))], at(ENDURED));
        assert_eq!((later.active, later.failing_since), (true, Some(at(0))));
    }
}
