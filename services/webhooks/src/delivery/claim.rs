//! Taking deliveries: which start is planned, and written as leases.

use std::collections::{HashMap, HashSet};
use std::iter;
use std::sync::Arc;

use diesel::prelude::*;
use models::schema::{deliveries, webhooks};
use models::{Connection, Id, Queue, Result, Timestamp, Transaction, prepared_for_lists};

use super::circuit::Circuits;
use super::draft::{Draft, Drafts};
use super::lane::{Lane, Load};
use super::log::DeliveryStatus;
use super::plan::{Hosts, Lease, NEXT_OF_WEBHOOK, Own, Plan, Room, Running, plan};
use super::settle::{Parked, let_go, skip};
use crate::secrets::Sealed;
use crate::subscription::Kind;

/// For how many seconds a delivery belongs to the instance that took it; longer than an exchange may take.
pub const LEASE: i64 = 15;
/// Leases that are counted: as many as ten instances have.
const LEASES: i64 = 8_192;
/// Rows of a lane that a turn looks at.
const WINDOW: i64 = 256;
/// What is over. A row by its id that is none of these may still be taken, the same as to have a time for its next attempt or to be pending; but
/// that an index knows, which might be read from end to end for a handful of rows.
pub const OVER: [&str; 3] =
    [DeliveryStatus::Delivered.as_str(), DeliveryStatus::Failed.as_str(), DeliveryStatus::Skipped.as_str()];
/// Seconds after which a parked row becomes due by itself, should nobody have let it go before.
const PARKED: i64 = 60;
/// Deliveries to one webhook that an instance takes at most to start in the place of others: as many as a receiver that answers at once has between
/// two turns of a busy server.
const NEXTS_OF_WEBHOOK: usize = 256;
/// The same to all webhooks.
pub const NEXTS: usize = 512;

/// A delivery, with what an attempt needs.
#[derive(Clone, Debug)]
pub struct Due {
    /// Its id.
    pub id: Id,
    /// To which webhook it goes.
    pub webhook_id: Id,
    /// What happened, by whose time latency is measured.
    pub event_id: Id,
    /// The word for what happened.
    pub event: String,
    /// The bytes to send.
    pub body: String,
    /// How many attempts have been made.
    pub attempts: i32,
    /// How many of them before it was sent anew.
    pub attempts_before: i32,
    /// Where it goes.
    pub target: Arc<Target>,
}

/// Where a delivery goes.
#[derive(Clone, Debug, Eq, PartialEq, Queryable, Selectable)]
#[diesel(table_name = webhooks)]
pub struct Target {
    /// The URL.
    pub url: String,
    /// The host, by which exchanges are counted.
    pub host: String,
    /// The secrets.
    #[diesel(embed)]
    pub secrets: Sealed,
    /// Whether anything goes there at present, but for pings.
    pub active: bool,
    /// Whether the last attempt failed or took long.
    pub sluggish: bool,
}

/// The targets of webhooks.
pub type Targets = HashMap<Id, Arc<Target>>;

/// A delivery that may start, without what only an attempt needs.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id.
    pub id: Id,
    /// To which webhook it goes.
    pub webhook_id: Id,
    /// The word for what happened.
    pub event: String,
    /// Where it goes.
    pub target: Arc<Target>,
    /// Since when it has waited.
    pub since: Timestamp,
    /// Whether it was put aside until another delivery to its webhook is done.
    pub is_parked: bool,
}

impl Row {
    /// A row that is not written yet.
    fn of(draft: &Draft) -> Self {
        let (event, target) = (draft.event().to_owned(), Arc::clone(&draft.target));
        let since = draft.event_id().timestamp();
        Self { id: draft.id, webhook_id: draft.webhook_id, event, target, since, is_parked: false }
    }

    /// Whether its webhook was switched off while it waited. A ping is what its owner asks for to see whether it works.
    fn is_unwanted(&self) -> bool {
        !self.target.active && self.event != Kind::Ping.as_str()
    }
}

/// A delivery that this instance has taken.
#[derive(Debug)]
pub struct Leased {
    /// What is to be done.
    pub due: Due,
    /// The way it goes.
    pub lane: Lane,
    /// Until when it belongs to this instance; also what tells this lease from a later one.
    pub until: Timestamp,
    /// Whether it starts in the place of another of its webhook, when that ends.
    pub is_next: bool,
}

impl Leased {
    /// Whether it goes where its webhook leads by these `targets`.
    pub fn goes_right(&self, targets: &Targets) -> bool {
        targets.get(&self.due.webhook_id) == Some(&self.due.target)
    }
}

/// What this instance has under way when it claims more.
#[derive(Debug, Default)]
pub struct Holding {
    /// How many exchanges in each lane.
    pub load: Load,
    /// Each delivery that it holds.
    pub own: HashMap<Id, Own>,
}

impl Holding {
    /// How many more of each webhook may be taken to start in the place of others, where so many were delivered at once since the last turn: as
    /// many as two turns need at this pace. A receiver that gives no answer has none waiting.
    fn nexts(&self, delivered: &HashMap<Id, usize>) -> HashMap<Id, usize> {
        let mut nexts: HashMap<Id, usize> =
            delivered.iter().map(|(&id, count)| (id, count.saturating_mul(2).min(NEXTS_OF_WEBHOOK))).collect();
        for own in self.own_nexts() {
            nexts.entry(own.webhook_id).and_modify(|left| *left = left.saturating_sub(1));
        }
        nexts
    }

    /// What it holds to start in the place of others.
    fn own_nexts(&self) -> impl Iterator<Item = &Own> {
        self.own.values().filter(|own| own.is_next)
    }

    /// How many more of any webhook may be.
    fn room_for_nexts(&self) -> usize {
        NEXTS.saturating_sub(self.own_nexts().count())
    }
}

/// What there is to start with.
#[derive(Debug, Default)]
pub struct Settled {
    /// Deliveries that were put aside until others were done, those first that were parked first.
    pub parked: Vec<Parked>,
    /// How many deliveries to each webhook arrived at once.
    pub delivered: HashMap<Id, usize>,
}

/// What a turn has claimed.
#[derive(Debug, Default)]
pub struct Claimed {
    /// To be sent.
    pub leased: Vec<Leased>,
    /// Whether more may be due that could start now.
    pub more: bool,
    /// Where webhooks lead at present, among them all of which the instance holds something to start in the place of others.
    pub targets: Targets,
}

/// A row, its webhook, its event, and since when it has waited.
type Waiting = (Id, Id, String, Timestamp);

/// Takes what is due at `now` and can start, beside what this instance is `holding`, and nothing for hosts that are left alone. Writes
/// the drafts, which are younger than all that waits, as what becomes of them.
pub fn claim(
    tx: &mut Transaction<'_>,
    settled: &Settled,
    drafts: Vec<Draft>,
    holding: &Holding,
    circuits: &Circuits,
    now: Timestamp,
) -> Result<Claimed> {
    let due = due(tx.conn(), holding.load, now)?;
    let mut room_for_nexts = holding.room_for_nexts();
    let has_none = settled.parked.is_empty() && drafts.is_empty() && due.iter().all(|(_, rows)| rows.is_empty());
    if has_none && room_for_nexts == NEXTS {
        return Ok(Claimed::default());
    }
    let leases = leases(tx.conn(), now)?;
    let of_leases = leases.iter().map(|(_, webhook_id, _)| *webhook_id);
    let of_due = due.iter().flat_map(|(_, rows)| rows).map(|(_, webhook_id, ..)| *webhook_id);
    let of_parked = settled.parked.iter().map(|parked| parked.webhook_id);
    let known = drafts.iter().map(|draft| (draft.webhook_id, Arc::clone(&draft.target))).collect();
    let targets = targets(tx.conn(), known, of_leases.chain(of_due).chain(of_parked).collect())?;
    let mut running = Running::count(&with_known(&leases, &targets, &holding.own));
    let (mut nexts, mut load) = (holding.nexts(&settled.delivered), holding.load);
    let (mut claimed, mut start, mut drafts) = (Claimed::default(), Vec::new(), Drafts::from(drafts));
    for (lane, rows) in due {
        let full_window = i64::try_from(rows.len()).unwrap_or(WINDOW) >= WINDOW;
        let room = room(load, lane, room_for_nexts, full_window);
        let parked = settled.parked.iter().filter(|parked| parked.lane == lane);
        let parked = parked.map(|parked| (parked.id, parked.webhook_id, parked.event.clone(), parked.since));
        // Behind a full window others wait that are older.
        let drafted = drafts.due().filter(|draft| draft.lane == lane && !full_window).map(Row::of);
        let waiting = with_targets(parked, &targets, true).chain(with_targets(rows, &targets, false));
        let mut rows: Vec<Row> = waiting.chain(drafted).collect();
        // Neither what is parked nor what stands in front shall wait until there is no more of the other.
        rows.sort_by_key(|row| (row.since, row.id));
        let looked_at = rows.iter().filter(|row| !row.is_parked).count();
        let (unwanted, rows): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(Row::is_unwanted);
        let (strays, rows): (Vec<Row>, Vec<Row>) =
            rows.into_iter().partition(|row| row.target.sluggish && lane != Lane::Slow);
        let plan = plan(rows, &mut running, &mut nexts, room, Hosts { circuits, now });
        skip(tx, &ids(&unwanted))?;
        move_to_slow_lane(tx, &ids(&strays))?;
        write(tx, lane, &plan, &mut drafts, now)?;
        let Plan { start: starting, next, stay, .. } = plan;
        load = load.plus(lane, starting.len());
        room_for_nexts = room_for_nexts.saturating_sub(next.len());
        // Behind a window of rows that all stay as they are, the next turn would see the same again.
        claimed.more |= full_window && stay < looked_at && load.room(lane) > 0;
        if stay > 0 && load.room(lane) == 0 {
            // Another instance may have the room.
            tx.wake(Queue::Deliveries);
        }
        start.extend(starting.into_iter().map(|row| (row, lane, false)));
        start.extend(next.into_iter().map(|row| (row, lane, true)));
    }
    claimed.leased = lease(tx, start, drafts, now)?;
    claimed.targets = targets;
    Ok(claimed)
}

/// The room in a lane.
fn room(load: Load, lane: Lane, for_nexts: usize, full_window: bool) -> Room {
    let all = load.room(lane);
    // What starts after others is taken where all are seen that wait, and not in the lanes that have few places.
    let next = if lane == Lane::Prompt && all > 0 { for_nexts } else { 0 };
    let front = if full_window { 0 } else { NEXT_OF_WEBHOOK };
    Room { all, more: load.room_for_more(lane), next, front }
}

/// Writes what becomes of rows that do not start.
fn write(tx: &mut Transaction<'_>, lane: Lane, plan: &Plan, drafts: &mut Drafts, now: Timestamp) -> Result<()> {
    let_go(tx, lane, &plan.free)?;
    let parked_until = now.plus_seconds(PARKED);
    let deferred = plan.defer.iter().map(|(&again_at, ids)| (ids, None, again_at));
    for (ids, parked_at, until) in iter::once((&plan.park, Some(now), parked_until)).chain(deferred) {
        put_aside(tx, &drafts.put_aside(ids, parked_at, until), parked_at, until)?;
    }
    Ok(())
}

fn ids(rows: &[Row]) -> Vec<Id> {
    rows.iter().map(|row| row.id).collect()
}

/// The rows whose webhooks are still there.
fn with_targets(
    rows: impl IntoIterator<Item = Waiting>,
    targets: &Targets,
    is_parked: bool,
) -> impl Iterator<Item = Row> {
    rows.into_iter().filter_map(move |(id, webhook_id, event, since)| {
        let target = Arc::clone(targets.get(&webhook_id)?);
        Some(Row { id, webhook_id, event, target, since, is_parked })
    })
}

/// The leases whose webhooks are still there.
fn with_known<'a>(leases: &[(Id, Id, Timestamp)], targets: &'a Targets, own: &HashMap<Id, Own>) -> Vec<Lease<'a>> {
    let lease = |&(id, webhook_id, until): &(Id, Id, Timestamp)| {
        let own = own.get(&id).copied().filter(|own| own.until == until);
        Some(Lease { webhook_id, target: targets.get(&webhook_id)?, own })
    };
    leases.iter().filter_map(lease).collect()
}

/// The leases that hold at `now`: each with its delivery, its webhook and its end. They are read in order and to a bound so that the database
/// walks along the index, and remembers which of its entries are of the past: where many deliveries are settled those are thousands, and would be
/// looked at by every turn.
fn leases(conn: &mut Connection, now: Timestamp) -> Result<Vec<(Id, Id, Timestamp)>> {
    let leases: Vec<(Id, Id, Option<Timestamp>)> = deliveries::table
        .filter(deliveries::lease_until.gt(now))
        .order(deliveries::lease_until)
        .limit(LEASES)
        .select((deliveries::id, deliveries::webhook_id, deliveries::lease_until))
        .load(conn)?;
    Ok(leases.into_iter().filter_map(|(id, webhook_id, until)| Some((id, webhook_id, until?))).collect())
}

/// Where these webhooks lead, beside those that are `known`.
fn targets(conn: &mut Connection, mut known: Targets, mut ids: HashSet<Id>) -> Result<Targets> {
    ids.retain(|id| !known.contains_key(id));
    if !ids.is_empty() {
        let targets: Vec<(Id, Target)> =
            webhooks::table.filter(webhooks::id.eq_any(ids)).select((webhooks::id, Target::as_select())).load(conn)?;
        known.extend(targets.into_iter().map(|(id, target)| (id, Arc::new(target))));
    }
    Ok(known)
}

/// The rows that are due at `now` in each lane that has room, the longest first, as many as a turn looks at. One statement finds that there are
/// none, which is what most turns find.
fn due(conn: &mut Connection, load: Load, now: Timestamp) -> Result<Vec<(Lane, Vec<Waiting>)>> {
    let first_due = first_due(conn, now)?;
    let of_lane = |(lane, first_due): (Lane, Option<Timestamp>)| {
        let since = first_due.filter(|_| load.room(lane) > 0);
        Ok((lane, since.map_or(Ok(Vec::new()), |since| due_in(conn, lane, since, now))?))
    };
    Lane::ALL.into_iter().zip(first_due).map(of_lane).collect()
}

/// Since when the first of each lane is due at `now`, where any is.
fn first_due(conn: &mut Connection, now: Timestamp) -> Result<[Option<Timestamp>; 3]> {
    let [prompt, bulk, slow] = Lane::ALL.map(|lane| {
        deliveries::table
            .filter(deliveries::lane.eq(lane.number()))
            .filter(deliveries::next_attempt_at.le(now))
            .order((deliveries::next_attempt_at, deliveries::id))
            .limit(1)
            .select(deliveries::next_attempt_at)
    });
    let first = diesel::select((prompt.single_value(), bulk.single_value(), slow.single_value()));
    let (prompt, bulk, slow) = first.get_result(conn)?;
    Ok([prompt, bulk, slow])
}

/// The rows of `lane` that are due at `now`, the first of them `since` then. Served by `deliveries_due`: the entries before the first are of rows
/// that have been moved on, as many as deliveries were put off, and are not walked through once more.
fn due_in(conn: &mut Connection, lane: Lane, since: Timestamp, now: Timestamp) -> Result<Vec<Waiting>> {
    Ok(deliveries::table
        .filter(deliveries::lane.eq(lane.number()))
        .filter(deliveries::next_attempt_at.between(since, now))
        .order((deliveries::next_attempt_at, deliveries::id))
        .limit(WINDOW)
        .select((
            deliveries::id,
            deliveries::webhook_id,
            deliveries::event,
            deliveries::next_attempt_at.assume_not_null(),
        ))
        .load(conn)?)
}

/// What an attempt needs of a delivery: its event's id, its body, its attempts and those before it was sent anew.
type Content = (Id, String, i32, i32);

/// Takes the rows, and writes the drafts. A row whose webhook was deleted or switched off in this moment is not among what comes back.
fn lease(
    tx: &mut Transaction<'_>,
    rows: Vec<(Row, Lane, bool)>,
    mut drafts: Drafts,
    now: Timestamp,
) -> Result<Vec<Leased>> {
    let until = now.plus_seconds(LEASE);
    let written = drafts.lease(rows.iter().map(|(row, ..)| row.id), until);
    drafts.insert(tx)?;
    let mut taken = take(tx, written, until)?;
    let leased = |(row, lane, is_next): (Row, Lane, bool)| {
        let Row { id, webhook_id, event, target, .. } = row;
        let due = drafts.take(id).or_else(|| {
            let (event_id, body, attempts, attempts_before) = taken.remove(&id)?;
            Some(Due { id, webhook_id, event_id, event, body, attempts, attempts_before, target })
        })?;
        Some(Leased { due, lane, until, is_next })
    };
    Ok(rows.into_iter().filter_map(leased).collect())
}

/// Takes those of these rows that are still there to be taken.
fn take(tx: &mut Transaction<'_>, ids: Vec<Id>, until: Timestamp) -> Result<HashMap<Id, Content>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let content = (deliveries::event_id, deliveries::body, deliveries::attempts, deliveries::attempts_before);
    let taken = diesel::update(deliveries::table.filter(deliveries::id.eq_any(ids)))
        .filter(deliveries::status.ne_all(OVER))
        .set((
            deliveries::lease_until.eq(until),
            deliveries::next_attempt_at.eq(until),
            deliveries::parked_at.eq(None::<Timestamp>),
        ))
        .returning((deliveries::id, content));
    Ok(prepared_for_lists(taken).load(tx.conn())?.into_iter().collect())
}

fn move_to_slow_lane(tx: &mut Transaction<'_>, ids: &[Id]) -> Result<()> {
    if !ids.is_empty() {
        diesel::update(deliveries::table.filter(deliveries::id.eq_any(ids)))
            .filter(deliveries::status.ne_all(OVER))
            .set(deliveries::lane.eq(Lane::Slow.number()))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// Puts rows off until `until`; until a settled delivery lets them go, where they are parked.
fn put_aside(tx: &mut Transaction<'_>, ids: &[Id], parked_at: Option<Timestamp>, until: Timestamp) -> Result<()> {
    if !ids.is_empty() {
        diesel::update(deliveries::table.filter(deliveries::id.eq_any(ids)))
            .filter(deliveries::status.ne_all(OVER))
            .set((
                deliveries::parked_at.eq(parked_at),
                deliveries::next_attempt_at.eq(until),
                deliveries::lease_until.eq(None::<Timestamp>),
            ))
            .execute(tx.conn())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::samples::{a_delivery, a_webhook, at, in_a_transaction};
    use super::*;

    #[test]
    fn what_waits_in_front_does_not_wait_for_what_was_parked_behind_it() {
        in_a_transaction(|tx| {
            let webhook_id = a_webhook(tx)?;
            let in_front = a_delivery(tx, webhook_id, Lane::Prompt, at(0))?;
            for _ in 0..7 {
                let leased = a_delivery(tx, webhook_id, Lane::Prompt, at(LEASE))?;
                let lease = deliveries::lease_until.eq(at(LEASE));
                diesel::update(deliveries::table.find(leased)).set(lease).execute(tx.conn())?;
            }
            let event = "comment".to_owned();
            let parked = Parked { id: Id::floor(at(0)), webhook_id, event, lane: Lane::Prompt, since: at(1) };
            let settled = Settled { parked: vec![parked], delivered: HashMap::new() };
            let claimed = claim(tx, &settled, Vec::new(), &Holding::default(), &Circuits::default(), at(2))?;
            assert_eq!(claimed.leased.iter().map(|leased| leased.due.id).collect::<Vec<_>>(), [in_front]);
            Ok(())
        });
    }

    #[test]
    fn what_is_skipped_in_the_moment_in_which_it_is_claimed_stays_skipped() {
        in_a_transaction(|tx| {
            let webhook_id = a_webhook(tx)?;
            let id = a_delivery(tx, webhook_id, Lane::Prompt, at(0))?;
            assert_eq!(first_due(tx.conn(), at(0))?, [Some(at(0)), None, None]);
            let found = due_in(tx.conn(), Lane::Prompt, at(0), at(0))?;
            let targets = targets(tx.conn(), Targets::new(), HashSet::from([webhook_id]))?;
            let found: Vec<Row> = with_targets(found, &targets, false).collect();
            assert_eq!(ids(&found), [id]);
            skip(tx, &[id])?;
            move_to_slow_lane(tx, &[id])?;
            put_aside(tx, &[id], Some(at(0)), at(PARKED))?;
            let found = found.into_iter().map(|row| (row, Lane::Prompt, false)).collect();
            assert!(lease(tx, found, Drafts::default(), at(0))?.is_empty());
            let columns = (deliveries::status, deliveries::next_attempt_at, deliveries::lease_until);
            let row: (String, Option<Timestamp>, Option<Timestamp>) =
                deliveries::table.find(id).select(columns).first(tx.conn())?;
            assert_eq!(row, ("skipped".to_owned(), None, None));
            Ok(())
        });
    }
}
