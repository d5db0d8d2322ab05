//! Deciding which deliveries start.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;
use models::schema::{deliveries, webhooks};
use models::{Connection, Id, Result, Timestamp, Transaction, prepared};

use super::circuit::{Allowance, Circuits};
use super::lane::{FEW, Lane, Load};
use super::settle::skip;
use crate::secrets::Sealed;
use crate::subscription::Kind;

/// For how many seconds a delivery belongs to the instance that took it; longer than an exchange may take.
const LEASE: i64 = 15;
/// Leases that are counted: as many as sixteen instances have.
const LEASES: i64 = 4_096;
/// Exchanges with one webhook at once, over all instances.
const FOR_WEBHOOK: usize = 8;
/// Rows of a host that has enough under way which stay due, so that they start as soon as others have come back.
const NEXT_OF_HOST: usize = 64;
/// Rows of a lane that a turn looks at.
const WINDOW: i64 = 256;
/// Seconds after which a parked row becomes due by itself, should nobody have let it go before.
const PARKED: i64 = 60;

/// A delivery that is due, with what an attempt needs.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = deliveries)]
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
    #[diesel(embed)]
    pub target: Target,
}

impl Due {
    /// Whether its webhook was switched off while it waited. A ping is what its owner asks for to see whether it works.
    fn is_unwanted(&self) -> bool {
        !self.target.active && self.event != Kind::Ping.as_str()
    }
}

/// Where a delivery goes.
#[derive(Clone, Debug, Queryable, Selectable)]
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

/// A delivery that this instance has taken.
#[derive(Debug)]
pub struct Leased {
    /// What is to be done.
    pub due: Due,
    /// The way it goes.
    pub lane: Lane,
    /// Until when it belongs to this instance; also what tells this lease from a later one.
    pub until: Timestamp,
}

/// How many exchanges all instances have under way.
#[derive(Debug, Default)]
struct Running {
    webhooks: HashMap<Id, usize>,
    hosts: HashMap<String, OfHost>,
}

/// How many of them with one host.
#[derive(Clone, Copy, Debug, Default)]
struct OfHost {
    all: usize,
    /// With webhooks there whose last attempt failed or took long.
    sluggish: usize,
}

impl OfHost {
    /// Whether another may start where there are `places`. Webhooks that are sluggish have half of them, so that they leave the
    /// others theirs.
    const fn has_place(self, sluggish: bool, places: usize) -> bool {
        self.all < places && !(sluggish && self.sluggish >= places.div_ceil(2))
    }
}

impl Running {
    /// Counts the leases that hold at `now`. They are read in order and to a bound so that the database walks along the index, and remembers
    /// which of its entries are of the past: where many deliveries are settled those are thousands, and would be looked at by every turn.
    fn count(conn: &mut Connection, now: Timestamp) -> Result<Self> {
        let leased: Vec<(Id, String, bool)> = deliveries::table
            .inner_join(webhooks::table)
            .filter(deliveries::lease_until.gt(now))
            .order(deliveries::lease_until)
            .limit(LEASES)
            .select((deliveries::webhook_id, webhooks::host, webhooks::sluggish))
            .load(conn)?;
        let mut running = Self::default();
        leased.iter().for_each(|(webhook_id, host, sluggish)| running.add(*webhook_id, host, *sluggish));
        Ok(running)
    }

    fn add(&mut self, webhook_id: Id, host: &str, sluggish: bool) {
        let of_webhook = self.webhooks.entry(webhook_id).or_default();
        *of_webhook = of_webhook.saturating_add(1);
        let of_host = self.hosts.entry(host.to_owned()).or_default();
        of_host.all = of_host.all.saturating_add(1);
        of_host.sluggish = of_host.sluggish.saturating_add(usize::from(sluggish));
    }

    fn of_webhook(&self, id: Id) -> usize {
        self.webhooks.get(&id).copied().unwrap_or(0)
    }

    /// Whether an exchange with `target` may start, where its host has so many places.
    fn has_place(&self, target: &Target, places: usize) -> bool {
        self.hosts.get(&target.host).copied().unwrap_or_default().has_place(target.sluggish, places)
    }
}

/// What becomes of the rows that a turn looks at.
#[derive(Debug, Default)]
struct Plan {
    /// They start.
    start: Vec<Due>,
    /// So many stay as they are.
    stay: usize,
    /// Their webhook has enough of them under way or waiting.
    park: Vec<Id>,
    /// Their host has enough under way, and is looked at again at that time.
    defer: BTreeMap<Timestamp, Vec<Id>>,
}

/// Room for exchanges.
#[derive(Clone, Copy, Debug)]
struct Room {
    /// For so many.
    all: usize,
    /// For so many of webhooks that have [`FEW`] already.
    more: usize,
}

/// What may go to which host at a time.
#[derive(Clone, Copy, Debug)]
struct Hosts<'a> {
    circuits: &'a Circuits,
    now: Timestamp,
}

impl Hosts<'_> {
    fn allowance(self, host: &str) -> Allowance {
        self.circuits.allowance(host, self.now)
    }
}

/// Decides what becomes of `due`, the oldest first. Of what may start, the webhook with the fewest exchanges comes first, so that
/// webhooks share what there is equally.
fn plan(due: Vec<Due>, running: &mut Running, room: Room, hosts: Hosts<'_>) -> Plan {
    let mut plan = Plan::default();
    let mut waiting = due;
    for round in 1..=FOR_WEBHOOK {
        let room = if round <= FEW { room.all } else { room.more };
        let mut rest = Vec::new();
        for row in waiting {
            let fits = plan.start.len() < room
                && running.of_webhook(row.webhook_id) < round
                && running.has_place(&row.target, hosts.allowance(&row.target.host).at_once);
            if fits {
                running.add(row.webhook_id, &row.target.host, row.target.sluggish);
                plan.start.push(row);
            } else {
                rest.push(row);
            }
        }
        waiting = rest;
    }
    set_aside(&mut plan, waiting, running, hosts);
    plan
}

/// Decides what becomes of rows that do not start.
fn set_aside(plan: &mut Plan, rows: Vec<Due>, running: &Running, hosts: Hosts<'_>) {
    let mut of_webhook: HashMap<Id, usize> = HashMap::new();
    let mut of_host: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let before = of_webhook.entry(row.webhook_id).or_default();
        if running.of_webhook(row.webhook_id).saturating_add(*before) >= FOR_WEBHOOK {
            plan.park.push(row.id);
            continue;
        }
        *before = before.saturating_add(1);
        let allowance = hosts.allowance(&row.target.host);
        let is_free = running.has_place(&row.target, allowance.at_once);
        let before = of_host.entry(row.target.host).or_default();
        if is_free || (!allowance.is_held_back && *before < NEXT_OF_HOST) {
            *before = before.saturating_add(1);
            plan.stay = plan.stay.saturating_add(1);
        } else {
            plan.defer.entry(allowance.again_at).or_default().push(row.id);
        }
    }
}

/// What a turn has claimed.
#[derive(Debug, Default)]
pub struct Claimed {
    /// To be sent.
    pub leased: Vec<Leased>,
    /// Whether more may be due that could start now.
    pub more: bool,
}

/// Takes what is due at `now` and can start, with `load` under way, and nothing for hosts that are left alone.
pub fn claim(tx: &mut Transaction<'_>, mut load: Load, circuits: &Circuits, now: Timestamp) -> Result<Claimed> {
    let mut running = Running::count(tx.conn(), now)?;
    let mut claimed = Claimed::default();
    for lane in Lane::ALL {
        let room = Room { all: load.room(lane), more: load.room_for_more(lane) };
        if room.all == 0 {
            continue;
        }
        let due = due(tx.conn(), lane, now)?;
        let full_window = i64::try_from(due.len()).unwrap_or(WINDOW) >= WINDOW;
        let (unwanted, due): (Vec<Due>, Vec<Due>) = due.into_iter().partition(Due::is_unwanted);
        let (strays, due): (Vec<Due>, Vec<Due>) =
            due.into_iter().partition(|row| row.target.sluggish && lane != Lane::Slow);
        let looked_at = due.len();
        let Plan { start, stay, park, defer } = plan(due, &mut running, room, Hosts { circuits, now });
        skip(tx, &ids(&unwanted))?;
        move_to_slow_lane(tx, &ids(&strays))?;
        put_aside(tx, &park, Some(now), now.plus_seconds(PARKED))?;
        for (again_at, ids) in &defer {
            put_aside(tx, ids, None, *again_at)?;
        }
        let leased = lease(tx, lane, start, now)?;
        load = load.plus(lane, leased.len());
        // Behind a window of rows that all stay as they are, the next turn would see the same again.
        let moved = !unwanted.is_empty() || !strays.is_empty() || stay < looked_at;
        claimed.more |= full_window && moved && load.room(lane) > 0;
        claimed.leased.extend(leased);
    }
    Ok(claimed)
}

fn ids(rows: &[Due]) -> Vec<Id> {
    rows.iter().map(|row| row.id).collect()
}

/// The rows of `lane` that are due at `now`, the longest first, as many as a turn looks at. Served by `deliveries_due`.
fn due(conn: &mut Connection, lane: Lane, now: Timestamp) -> Result<Vec<Due>> {
    Ok(deliveries::table
        .inner_join(webhooks::table)
        .filter(deliveries::lane.eq(lane.number()))
        .filter(deliveries::next_attempt_at.le(now))
        .order((deliveries::next_attempt_at, deliveries::id))
        .limit(WINDOW)
        .select(Due::as_select())
        .load(conn)?)
}

/// Takes the rows. One whose webhook was deleted or switched off in this moment is not among what comes back.
fn lease(tx: &mut Transaction<'_>, lane: Lane, rows: Vec<Due>, now: Timestamp) -> Result<Vec<Leased>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let until = now.plus_seconds(LEASE);
    let taken = diesel::update(deliveries::table.filter(deliveries::id.eq_any(ids(&rows))))
        .filter(deliveries::next_attempt_at.is_not_null())
        .set((
            deliveries::lease_until.eq(until),
            deliveries::next_attempt_at.eq(until),
            deliveries::parked_at.eq(None::<Timestamp>),
        ))
        .returning(deliveries::id);
    let taken: HashSet<Id> = prepared(taken).load::<Id>(tx.conn())?.into_iter().collect();
    let rows = rows.into_iter().filter(|row| taken.contains(&row.id));
    Ok(rows.map(|due| Leased { due, lane, until }).collect())
}

fn move_to_slow_lane(tx: &mut Transaction<'_>, ids: &[Id]) -> Result<()> {
    if !ids.is_empty() {
        diesel::update(deliveries::table.filter(deliveries::id.eq_any(ids)))
            .filter(deliveries::next_attempt_at.is_not_null())
            .set(deliveries::lane.eq(Lane::Slow.number()))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// Puts rows off until `until`; until a settled delivery lets them go, where they are parked.
fn put_aside(tx: &mut Transaction<'_>, ids: &[Id], parked_at: Option<Timestamp>, until: Timestamp) -> Result<()> {
    if !ids.is_empty() {
        diesel::update(deliveries::table.filter(deliveries::id.eq_any(ids)))
            .filter(deliveries::next_attempt_at.is_not_null())
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
    use diesel::Connection as _;
    use models::backend::scratch::Scratch;

    use super::super::samples::{a_delivery, a_webhook, at};
    use super::*;

    const PLENTY: Room = Room { all: 64, more: 64 };

    fn any(circuits: &Circuits) -> Hosts<'_> {
        Hosts { circuits, now: Timestamp::from_micros(0) }
    }

    fn id(number: i64) -> Id {
        Id::floor(Timestamp::from_micros(number))
    }

    /// Rows in their order, each given as its webhook's number and its host.
    fn rows(webhooks: &[(i64, &str)]) -> Vec<Due> {
        let row = |(number, &(webhook, host)): (i64, &(i64, &str))| Due {
            id: id(1_000 + number),
            webhook_id: id(webhook),
            event_id: id(number),
            event: "comment".to_owned(),
            body: "{}".to_owned(),
            attempts: 0,
            attempts_before: 0,
            target: Target {
                url: format!("http://{host}/"),
                host: host.to_owned(),
                secrets: Sealed::default(),
                active: true,
                sluggish: false,
            },
        };
        (0..).zip(webhooks).map(row).collect()
    }

    #[test]
    fn what_is_skipped_in_the_moment_in_which_it_is_claimed_stays_skipped() {
        let scratch = Scratch::new();
        let target = models::backend::connection_string(&scratch.url()).unwrap();
        let mut conn = Connection::establish(&target).unwrap();
        Transaction::for_test(&mut conn, |tx| {
            let webhook_id = a_webhook(tx)?;
            let id = a_delivery(tx, webhook_id, Lane::Prompt, at(0))?;
            let found = due(tx.conn(), Lane::Prompt, at(0))?;
            assert_eq!(ids(&found), [id]);
            skip(tx, &[id])?;
            move_to_slow_lane(tx, &[id])?;
            put_aside(tx, &[id], Some(at(0)), at(PARKED))?;
            assert!(lease(tx, Lane::Prompt, found, at(0))?.is_empty());
            let columns = (deliveries::status, deliveries::next_attempt_at, deliveries::lease_until);
            let row: (String, Option<Timestamp>, Option<Timestamp>) =
                deliveries::table.find(id).select(columns).first(tx.conn())?;
            assert_eq!(row, ("skipped".to_owned(), None, None));
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn a_webhook_has_eight_exchanges_and_the_rest_is_parked() {
        let mut running = Running::default();
        let plan = plan(rows(&[(1, "a"); 20]), &mut running, PLENTY, any(&Circuits::default()));
        assert_eq!((plan.start.len(), plan.park.len(), plan.defer.len()), (8, 12, 0));
        assert!(plan.start.iter().map(|row| row.id).is_sorted());
        assert_eq!(running.of_webhook(id(1)), 8);
    }

    #[test]
    fn what_other_instances_have_under_way_counts() {
        let mut running = Running::default();
        (0..6).for_each(|_| running.add(id(1), "a", false));
        let plan = plan(rows(&[(1, "a"); 20]), &mut running, PLENTY, any(&Circuits::default()));
        assert_eq!((plan.start.len(), plan.park.len()), (2, 18));
    }

    #[test]
    fn a_host_has_sixteen_whatever_its_webhooks() {
        let webhooks: Vec<(i64, &str)> = (0..20).map(|number| (number % 4, "a")).chain([(9, "b")]).collect();
        let plan = plan(rows(&webhooks), &mut Running::default(), PLENTY, any(&Circuits::default()));
        assert_eq!(plan.start.iter().filter(|row| row.target.host == "a").count(), 16);
        assert!(plan.start.iter().any(|row| row.target.host == "b"));
        assert_eq!((plan.park.len(), plan.stay, plan.defer.len()), (0, 4, 0));
    }

    #[test]
    fn of_a_hosts_places_the_sluggish_have_half() {
        let sluggish = |number: i64, webhook: i64| {
            rows(&[(webhook, "a")]).into_iter().map(move |row| Due {
                id: id(2_000 + number),
                target: Target { sluggish: true, ..row.target },
                ..row
            })
        };
        let hanging: Vec<Due> = (0..20).flat_map(|number| sluggish(number, number % 4)).collect();
        let (mut running, none) = (Running::default(), Circuits::default());
        let first = plan(hanging.clone(), &mut running, PLENTY, any(&none));
        assert_eq!((first.start.len(), first.stay), (8, 12));
        let quick: Vec<(i64, &str)> = (10..30).map(|webhook| (webhook, "a")).collect();
        let second = plan(rows(&quick), &mut running, PLENTY, any(&none));
        assert_eq!((second.start.len(), second.stay), (8, 12));
        // Where nobody is sluggish, all are for the others, and the one that tries a host anew may be anybody.
        assert_eq!(plan(rows(&quick), &mut Running::default(), PLENTY, any(&none)).start.len(), 16);
        assert!(OfHost::default().has_place(true, 1) && !OfHost::default().has_place(true, 0));
    }

    #[test]
    fn of_a_busy_host_some_wait_in_front_and_the_others_later() {
        let webhooks: Vec<(i64, &str)> = (0..200).map(|number| (number, "a")).collect();
        let plan = plan(rows(&webhooks), &mut Running::default(), PLENTY, any(&Circuits::default()));
        assert_eq!((plan.start.len(), plan.stay, plan.park.len()), (16, NEXT_OF_HOST, 0));
        let deferred: Vec<(Timestamp, usize)> = plan.defer.iter().map(|(at, ids)| (*at, ids.len())).collect();
        assert_eq!(deferred, [(Timestamp::from_micros(1_000_000), 200 - 16 - NEXT_OF_HOST)]);
    }

    #[test]
    fn nothing_goes_to_a_host_that_is_left_alone_until_one_may_try() {
        let (mut circuits, began_at) = (Circuits::default(), Timestamp::from_micros(0));
        (0..16).for_each(|_| circuits.note("a", false, began_at, began_at));
        let webhooks: Vec<(i64, &str)> = (0..100).map(|number| (number, "a")).chain([(200, "b")]).collect();
        for (seconds, started, again_in) in [(0, 1, 5), (4, 1, 1), (5, 2, 5)] {
            let now = began_at.plus_seconds(seconds);
            let plan = plan(rows(&webhooks), &mut Running::default(), PLENTY, Hosts { circuits: &circuits, now });
            assert_eq!((plan.start.len(), plan.stay), (started, 0), "{seconds}");
            let deferred: Vec<(Timestamp, usize)> = plan.defer.iter().map(|(at, ids)| (*at, ids.len())).collect();
            assert_eq!(deferred, [(now.plus_seconds(again_in), 101 - started)], "{seconds}");
        }
    }

    #[test]
    fn webhooks_share_what_room_there_is() {
        let webhooks: Vec<(i64, &str)> = [(1, "a"); 10].into_iter().chain([(2, "b"), (3, "c"), (2, "b")]).collect();
        let plan = plan(rows(&webhooks), &mut Running::default(), Room { all: 4, more: 4 }, any(&Circuits::default()));
        let started: Vec<Id> = plan.start.iter().map(|row| row.webhook_id).collect();
        assert_eq!(started, [id(1), id(2), id(3), id(1)]);
        // Two of the first run, six stay, two are too many; of the second one stays.
        assert_eq!((plan.park.len(), plan.defer.len()), (2, 0));
    }

    #[test]
    fn who_has_few_comes_into_the_half_that_is_kept_free() {
        let webhooks: Vec<(i64, &str)> = [(1, "a"); 8].into_iter().chain([(2, "b"); 8]).chain([(3, "c")]).collect();
        let plan = plan(rows(&webhooks), &mut Running::default(), Room { all: 9, more: 6 }, any(&Circuits::default()));
        let of = |webhook| plan.start.iter().filter(|row| row.webhook_id == id(webhook)).count();
        assert_eq!([of(1), of(2), of(3)], [3, 2, 1]);
        assert_eq!((plan.stay, plan.park.len()), (11, 0));
    }
}
