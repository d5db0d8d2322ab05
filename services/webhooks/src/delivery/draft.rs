//! Deliveries that are not written yet.
//!
//! A turn decides what becomes of a new delivery before it writes it: most start at once, and are written as leases. So a delivery is written
//! twice in all, when it starts and when it is settled.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;
use models::schema::deliveries;
use models::{Id, Result, Timestamp, Transaction};

use super::claim::{Due, Target};
use super::lane::Lane;
use super::log::DeliveryStatus;
use crate::message::Message;

/// A delivery as it is going to be written.
#[derive(Debug)]
pub struct Draft {
    /// Its id, the same however often it is drafted.
    pub id: Id,
    /// To which webhook it goes.
    pub webhook_id: Id,
    /// Where that leads.
    pub target: Arc<Target>,
    /// The way it goes.
    pub lane: Lane,
    event_id: Id,
    event: &'static str,
    body: String,
    standing: Standing,
}

/// What a delivery is written as.
#[derive(Clone, Copy, Debug)]
enum Standing {
    /// Due at once.
    Due,
    /// Not to be sent, since its webhook is switched off.
    Skipped,
    /// Put off until then.
    Deferred(Timestamp),
    /// Put aside at the first time until others are done; due by itself at the second.
    Parked(Timestamp, Timestamp),
    /// Taken until then.
    Leased(Timestamp),
}

impl Standing {
    const fn status(self) -> &'static str {
        let status = if matches!(self, Self::Skipped) { DeliveryStatus::Skipped } else { DeliveryStatus::Pending };
        status.as_str()
    }

    /// When it may be taken: what is due, since that time.
    const fn next_attempt_at(self, due: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Due => Some(due),
            Self::Skipped => None,
            Self::Deferred(until) | Self::Parked(_, until) | Self::Leased(until) => Some(until),
        }
    }

    const fn lease_until(self) -> Option<Timestamp> {
        if let Self::Leased(until) = self { Some(until) } else { None }
    }

    const fn parked_at(self) -> Option<Timestamp> {
        if let Self::Parked(since, _) = self { Some(since) } else { None }
    }
}

impl Draft {
    /// The delivery of `message` to this webhook. Where that is switched off it is kept as skipped, so that it can be sent later.
    pub fn new(message: &Message, webhook_id: Id, target: &Arc<Target>) -> Self {
        let event = message.kind.as_str();
        Self {
            id: Id::derived(message.origin, webhook_id),
            webhook_id,
            target: Arc::clone(target),
            lane: Lane::of(event, target.sluggish),
            event_id: message.origin,
            event,
            body: message.body.clone(),
            standing: if target.active { Standing::Due } else { Standing::Skipped },
        }
    }

    /// What happened, in the order of time.
    pub const fn event_id(&self) -> Id {
        self.event_id
    }

    /// The word for what happened.
    pub const fn event(&self) -> &'static str {
        self.event
    }

    const fn is_due(&self) -> bool {
        matches!(self.standing, Standing::Due)
    }

    /// What an attempt needs.
    fn into_due(self) -> Due {
        let Self { id, webhook_id, target, event_id, event, body, .. } = self;
        let event = event.to_owned();
        Due { id, webhook_id, event_id, event, body, attempts: 0, attempts_before: 0, target }
    }
}

/// The deliveries that a turn drafts.
#[derive(Debug, Default)]
pub struct Drafts {
    in_order: Vec<Id>,
    by_id: HashMap<Id, Draft>,
}

impl From<Vec<Draft>> for Drafts {
    fn from(drafts: Vec<Draft>) -> Self {
        let in_order = drafts.iter().map(|draft| draft.id).collect();
        Self { in_order, by_id: drafts.into_iter().map(|draft| (draft.id, draft)).collect() }
    }
}

/// The rows of drafts.
macro_rules! rows_of {
    ($drafts:expr) => {
        models::rows!($drafts.in_order.iter().filter_map(|id| $drafts.by_id.get(id)), |draft| (
            deliveries::id = draft.id,
            deliveries::webhook_id = draft.webhook_id,
            deliveries::event_id = draft.event_id,
            deliveries::event = draft.event,
            deliveries::body = draft.body.as_str(),
            deliveries::status = draft.standing.status(),
            deliveries::lane = draft.lane.number(),
            deliveries::next_attempt_at = draft.standing.next_attempt_at(draft.event_id.timestamp()),
            deliveries::lease_until = draft.standing.lease_until(),
            deliveries::parked_at = draft.standing.parked_at(),
            deliveries::created_at = draft.event_id.timestamp(),
        ))
    };
}

impl Drafts {
    /// Those that may start at once, in their order.
    pub fn due(&self) -> impl Iterator<Item = &Draft> {
        self.in_order.iter().filter_map(|id| self.by_id.get(id)).filter(|draft| draft.is_due())
    }

    /// Puts those of `ids` off that are drafts, until `until`; until a settled delivery lets them go, where they are parked. Returns the others.
    pub fn put_aside(&mut self, ids: &[Id], parked_at: Option<Timestamp>, until: Timestamp) -> Vec<Id> {
        let standing = parked_at.map_or(Standing::Deferred(until), |parked_at| Standing::Parked(parked_at, until));
        self.stand(ids.iter().copied(), standing)
    }

    /// Takes those of `ids` that are drafts, until `until`. Returns the others.
    pub fn lease(&mut self, ids: impl Iterator<Item = Id>, until: Timestamp) -> Vec<Id> {
        self.stand(ids, Standing::Leased(until))
    }

    fn stand(&mut self, ids: impl Iterator<Item = Id>, standing: Standing) -> Vec<Id> {
        let mut others = Vec::new();
        for id in ids {
            match self.by_id.get_mut(&id) {
                Some(draft) => draft.standing = standing,
                None => others.push(id),
            }
        }
        others
    }

    /// Writes all of them, in one statement.
    ///
    /// # Errors
    /// [`models::Error::Database`] as the database says, and where one of them is there already.
    pub fn insert(&self, tx: &mut Transaction<'_>) -> Result<()> {
        if !self.in_order.is_empty() {
            diesel::insert_into(deliveries::table).values(rows_of!(self)).execute(tx.conn())?;
        }
        Ok(())
    }

    /// The same, but one that is there already stays as it is.
    ///
    /// # Errors
    /// [`models::Error::Database`] as the database says.
    pub fn insert_missing(&self, tx: &mut Transaction<'_>) -> Result<()> {
        if !self.in_order.is_empty() {
            diesel::insert_into(deliveries::table)
                .values(rows_of!(self))
                .on_conflict_do_nothing()
                .execute(tx.conn())?;
        }
        Ok(())
    }

    /// The draft with this id, for its attempt.
    pub fn take(&mut self, id: Id) -> Option<Due> {
        self.by_id.remove(&id).map(Draft::into_due)
    }
}

#[cfg(test)]
mod tests {
    use super::super::circuit::Circuits;
    use super::super::claim::{Claimed, Holding, LEASE, Leased, NEXTS, Settled, claim};
    use super::super::lane::{EXCHANGES, Load};
    use super::super::plan::Own;
    use super::super::samples::{a_webhook, at, in_a_transaction};
    use models::schema::webhooks;

    use super::*;
    use crate::secrets::Sealed;
    use crate::subscription::Kind;

    /// Drafts of so many comments, one a microsecond after the other, to this webhook.
    fn drafts(webhook_id: Id, active: bool, count: i64) -> Vec<Draft> {
        let (url, host) = ("http://example.com/".to_owned(), "example.com:80".to_owned());
        let target = Arc::new(Target { url, host, secrets: Sealed::default(), active, sluggish: false });
        let message = |number: i64| Message {
            kind: Kind::Comment,
            body: number.to_string(),
            origin: Id::floor(at(0).plus_micros(number)),
        };
        (0..count).map(|number| Draft::new(&message(number), webhook_id, &target)).collect()
    }

    fn claimed(tx: &mut Transaction<'_>, drafts: Vec<Draft>) -> Result<Claimed> {
        claim(tx, &Settled::default(), drafts, &Holding::default(), &Circuits::default(), at(1))
    }

    /// Fifty deliveries to this webhook have arrived at once.
    fn after_fifty_to(webhook_id: Id) -> Settled {
        Settled { parked: Vec::new(), delivered: HashMap::from([(webhook_id, 50)]) }
    }

    /// A delivery's status, when it may be taken, until when it is taken, and since when it is put aside.
    type Row = (String, Option<Timestamp>, Option<Timestamp>, Option<Timestamp>);

    /// How many deliveries look like this.
    fn count(tx: &mut Transaction<'_>, looks: impl Fn(&Row) -> bool) -> usize {
        let columns = (deliveries::status, deliveries::next_attempt_at, deliveries::lease_until, deliveries::parked_at);
        let rows: Vec<Row> = deliveries::table.select(columns).load(tx.conn()).unwrap();
        rows.iter().filter(|row| looks(row)).count()
    }

    #[test]
    fn each_is_written_once_as_what_becomes_of_it() {
        in_a_transaction(|tx| {
            let webhook_id = a_webhook(tx)?;
            let leased = claimed(tx, drafts(webhook_id, true, 100))?.leased;
            let bodies: Vec<&str> = leased.iter().map(|leased| leased.due.body.as_str()).collect();
            assert_eq!(bodies, ["0", "1", "2", "3", "4", "5", "6", "7"], "the oldest start");
            assert!(leased.iter().all(|leased| leased.due.attempts == 0 && leased.until == at(1 + LEASE)));
            let pending = |next, lease, parked| ("pending".to_owned(), Some(next), lease, parked);
            assert_eq!(count(tx, |row| *row == pending(at(1 + LEASE), Some(at(1 + LEASE)), None)), 8);
            assert_eq!(count(tx, |row| *row == pending(at(61), None, Some(at(1)))), 100 - 8 - 64);
            let is_in_front = |&(_, next, lease, parked): &Row| next < Some(at(1)) && (lease, parked) == (None, None);
            assert_eq!(count(tx, is_in_front), 64);
            Drafts::from(drafts(webhook_id, true, 101)).insert_missing(tx)?;
            assert_eq!(count(tx, |(_, _, lease, _)| lease.is_some()), 8, "drafted again, they are what they are");
            assert_eq!(count(tx, |_| true), 101);
            Ok(())
        });
    }

    #[test]
    fn what_starts_in_the_place_of_others_is_bounded_over_all_webhooks() {
        in_a_transaction(|tx| {
            let webhook_id = a_webhook(tx)?;
            let next = Own { webhook_id: Id::at(at(0)), until: at(LEASE), is_next: true };
            let own = (0..NEXTS - 3).map(|_| (Id::at(at(0)), next)).collect();
            let holding = Holding { load: Load::default(), own };
            let settled = after_fifty_to(webhook_id);
            let drafts = drafts(webhook_id, true, 100);
            let leased = claim(tx, &settled, drafts, &holding, &Circuits::default(), at(1))?.leased;
            assert_eq!(leased.iter().filter(|leased| leased.is_next).count(), 3);
            assert_eq!(leased.len(), 8 + 3);
            Ok(())
        });
    }

    #[test]
    fn what_starts_in_the_place_of_others_is_for_a_webhook_as_it_is() {
        in_a_transaction(|tx| {
            let webhook_id = a_webhook(tx)?;
            let settled = after_fifty_to(webhook_id);
            let (drafts, circuits) = (drafts(webhook_id, true, 100), Circuits::default());
            let leased = claim(tx, &settled, drafts, &Holding::default(), &circuits, at(1))?.leased;
            let next = leased.iter().find(|leased| leased.is_next).unwrap();
            let own = leased.iter().map(|Leased { due, until, is_next, .. }| {
                (due.id, Own { webhook_id, until: *until, is_next: *is_next })
            });
            let full = Load::default().plus(Lane::Prompt, EXCHANGES);
            let holding = Holding { load: full, own: own.collect() };
            let goes_right = |tx: &mut Transaction<'_>| -> Result<bool> {
                let claimed = claim(tx, &Settled::default(), Vec::new(), &holding, &circuits, at(2))?;
                Ok(next.goes_right(&claimed.targets))
            };
            assert!(goes_right(tx)?);
            let webhook = webhooks::table.find(webhook_id);
            diesel::update(webhook).set(webhooks::url.eq("http://example.org/")).execute(tx.conn())?;
            assert!(!goes_right(tx)?, "its owner has changed it");
            diesel::update(webhook).set(webhooks::url.eq("http://example.com/")).execute(tx.conn())?;
            assert!(goes_right(tx)?);
            diesel::delete(webhook).execute(tx.conn())?;
            assert!(!goes_right(tx)?, "it is not there any more");
            Ok(())
        });
    }

    #[test]
    fn what_starts_in_the_place_of_others_is_taken_where_all_are_seen_that_wait() {
        in_a_transaction(|tx| {
            let webhook_id = a_webhook(tx)?;
            let settled = after_fifty_to(webhook_id);
            let full = Holding { load: Load::default().plus(Lane::Prompt, EXCHANGES), ..Holding::default() };
            let prompt = drafts(webhook_id, true, 30);
            let bulk = drafts(webhook_id, true, 60).split_off(30);
            let bulk = bulk.into_iter().map(|draft| Draft { lane: Lane::Bulk, ..draft }).collect();
            for (drafts, holding, started) in [(bulk, Holding::default(), 8), (prompt, full, 0)] {
                let leased = claim(tx, &settled, drafts, &holding, &Circuits::default(), at(1))?.leased;
                assert_eq!((leased.len(), leased.iter().any(|leased| leased.is_next)), (started, false));
            }
            Ok(())
        });
    }

    #[test]
    fn what_is_for_a_webhook_that_is_switched_off_is_kept_and_not_sent() {
        in_a_transaction(|tx| {
            let webhook_id = a_webhook(tx)?;
            assert_eq!(claimed(tx, drafts(webhook_id, false, 3))?.leased.len(), 0);
            assert_eq!(count(tx, |row| *row == ("skipped".to_owned(), None, None, None)), 3);
            Ok(())
        });
    }
}
