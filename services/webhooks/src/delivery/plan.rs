//! Deciding what becomes of the deliveries that wait, from what is under way.

use std::collections::{BTreeMap, HashMap, HashSet};

use models::{Id, Timestamp};

use super::circuit::{Allowance, Circuits};
use super::claim::{Row, Target};
use super::lane::FEW;

/// Exchanges with one webhook at once, over all instances.
const FOR_WEBHOOK: usize = 8;
/// Rows of a host that has enough under way which stay due, so that they start as soon as others have come back.
const NEXT_OF_HOST: usize = 64;
/// Rows of a webhook that has enough under way which stay due, where they hide no others.
pub const NEXT_OF_WEBHOOK: usize = 64;

/// How many exchanges all instances have under way.
#[derive(Debug, Default)]
pub struct Running {
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

/// A lease that holds.
#[derive(Clone, Copy, Debug)]
pub struct Lease<'a> {
    /// On a delivery to which webhook.
    pub webhook_id: Id,
    /// Where that leads.
    pub target: &'a Target,
    /// What the delivery is to this instance, where it is its own.
    pub own: Option<Own>,
}

/// A delivery that this instance holds.
#[derive(Clone, Copy, Debug)]
pub struct Own {
    /// To which webhook it goes.
    pub webhook_id: Id,
    /// Until when it is held, which tells this lease from others.
    pub until: Timestamp,
    /// Whether it waits for the end of an exchange in whose place it starts.
    pub is_next: bool,
}

impl Running {
    /// Counts what these leases stand for: an exchange each, but for those that wait for the places of others. Of another instance's, which wait
    /// cannot be told; as many of a webhook's are exchanges as it may have at most.
    pub fn count(leases: &[Lease<'_>]) -> Self {
        let (mut running, mut foreign) = (Self::default(), HashMap::<Id, usize>::new());
        for Lease { webhook_id, target, own } in leases {
            let is_exchange = match own {
                Some(own) => !own.is_next,
                None => {
                    let count = foreign.entry(*webhook_id).or_default();
                    *count = count.saturating_add(1);
                    *count <= FOR_WEBHOOK
                }
            };
            if is_exchange {
                running.add(*webhook_id, &target.host, target.sluggish);
            }
        }
        running
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
pub struct Plan {
    /// They start.
    pub start: Vec<Row>,
    /// They start in the place of others, as these end.
    pub next: Vec<Row>,
    /// So many stay as they are.
    pub stay: usize,
    /// They were parked, and wait in front from now on.
    pub free: Vec<Id>,
    /// Their webhook has enough of them under way or waiting.
    pub park: Vec<Id>,
    /// Their host has enough under way, and is looked at again at that time.
    pub defer: BTreeMap<Timestamp, Vec<Id>>,
}

/// Room for exchanges.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// For so many.
    pub all: usize,
    /// For so many of webhooks that have [`FEW`] already.
    pub more: usize,
    /// For so many that start in the place of others.
    pub next: usize,
    /// For so many rows of each webhook that wait in front while it has enough under way.
    pub front: usize,
}

/// What may go to which host at a time.
#[derive(Clone, Copy, Debug)]
pub struct Hosts<'a> {
    /// Those that were not reached the last time.
    pub circuits: &'a Circuits,
    /// The time.
    pub now: Timestamp,
}

impl Hosts<'_> {
    fn allowance(self, host: &str) -> Allowance {
        self.circuits.allowance(host, self.now)
    }
}

/// Decides what becomes of `rows`, the oldest first. Of what may start, the webhook with the fewest exchanges comes first, so that
/// webhooks share what there is equally. `nexts` says how many of a webhook's may be taken to start in the place of others.
pub fn plan(
    rows: Vec<Row>,
    running: &mut Running,
    nexts: &mut HashMap<Id, usize>,
    room: Room,
    hosts: Hosts<'_>,
) -> Plan {
    let mut plan = Plan::default();
    let mut waiting = rows;
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
    let waiting = take_next(&mut plan, waiting, running, nexts, room);
    set_aside(&mut plan, waiting, running, room, hosts);
    plan
}

/// Takes of `rows` those that may start in the place of others of their webhook. None of a host at which somebody waits for a place: there each
/// place that comes free is given out anew.
fn take_next(
    plan: &mut Plan,
    rows: Vec<Row>,
    running: &Running,
    nexts: &mut HashMap<Id, usize>,
    room: Room,
) -> Vec<Row> {
    let waits = |row: &&Row| running.of_webhook(row.webhook_id) < FOR_WEBHOOK;
    let wanted: HashSet<String> = rows.iter().filter(waits).map(|row| row.target.host.clone()).collect();
    let mut rest = Vec::new();
    for row in rows {
        let left = nexts.entry(row.webhook_id).or_default();
        let host = &row.target.host;
        if *left > 0 && plan.next.len() < room.next && !wanted.contains(host) {
            *left = left.saturating_sub(1);
            plan.next.push(row);
        } else {
            rest.push(row);
        }
    }
    rest
}

/// Decides what becomes of rows that do not start.
fn set_aside(plan: &mut Plan, rows: Vec<Row>, running: &Running, room: Room, hosts: Hosts<'_>) {
    let mut of_webhook: HashMap<Id, usize> = HashMap::new();
    let mut of_host: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let before = of_webhook.entry(row.webhook_id).or_default();
        let in_front = running.of_webhook(row.webhook_id).saturating_add(*before);
        let allowance = hosts.allowance(&row.target.host);
        let may_stay = !row.is_parked && !row.target.sluggish && !allowance.is_held_back;
        let front = if may_stay { room.front } else { 0 };
        if in_front >= FOR_WEBHOOK.saturating_add(front) {
            // What is parked already stays so.
            plan.park.extend((!row.is_parked).then_some(row.id));
            continue;
        }
        *before = before.saturating_add(1);
        if in_front >= FOR_WEBHOOK {
            plan.stay = plan.stay.saturating_add(1);
            continue;
        }
        let is_free = running.has_place(&row.target, allowance.at_once);
        let before = of_host.entry(row.target.host.clone()).or_default();
        if !is_free && (allowance.is_held_back || *before >= NEXT_OF_HOST) {
            plan.defer.entry(allowance.again_at).or_default().push(row.id);
            continue;
        }
        *before = before.saturating_add(1);
        match row.is_parked {
            true => plan.free.push(row.id),
            false => plan.stay = plan.stay.saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::secrets::Sealed;

    const PLENTY: Room = Room { all: 64, more: 64, next: 64, front: 0 };

    fn any(circuits: &Circuits) -> Hosts<'_> {
        Hosts { circuits, now: Timestamp::from_micros(0) }
    }

    /// What becomes of rows of which none may start in the place of others.
    fn planned(rows: Vec<Row>, running: &mut Running, room: Room, hosts: Hosts<'_>) -> Plan {
        plan(rows, running, &mut HashMap::new(), room, hosts)
    }

    fn id(number: i64) -> Id {
        Id::floor(Timestamp::from_micros(number))
    }

    /// Rows in their order, each given as its webhook's number and its host.
    fn rows(webhooks: &[(i64, &str)]) -> Vec<Row> {
        let row = |(number, &(webhook, host)): (i64, &(i64, &str))| Row {
            id: id(1_000 + number),
            webhook_id: id(webhook),
            event: "comment".to_owned(),
            since: Timestamp::from_micros(0),
            is_parked: false,
            target: Arc::new(Target {
                url: format!("http://{host}/"),
                host: host.to_owned(),
                secrets: Sealed::default(),
                active: true,
                sluggish: false,
            }),
        };
        (0..).zip(webhooks).map(row).collect()
    }

    #[test]
    fn a_webhook_has_eight_exchanges_and_the_rest_is_parked() {
        let mut running = Running::default();
        let plan = planned(rows(&[(1, "a"); 20]), &mut running, PLENTY, any(&Circuits::default()));
        assert_eq!((plan.start.len(), plan.park.len(), plan.defer.len()), (8, 12, 0));
        assert!(plan.start.iter().map(|row| row.id).is_sorted());
        assert_eq!(running.of_webhook(id(1)), 8);
    }

    #[test]
    fn what_other_instances_have_under_way_counts() {
        let mut running = Running::default();
        (0..6).for_each(|_| running.add(id(1), "a", false));
        let plan = planned(rows(&[(1, "a"); 20]), &mut running, PLENTY, any(&Circuits::default()));
        assert_eq!((plan.start.len(), plan.park.len()), (2, 18));
    }

    #[test]
    fn a_host_has_sixteen_whatever_its_webhooks() {
        let webhooks: Vec<(i64, &str)> = (0..20).map(|number| (number % 4, "a")).chain([(9, "b")]).collect();
        let plan = planned(rows(&webhooks), &mut Running::default(), PLENTY, any(&Circuits::default()));
        assert_eq!(plan.start.iter().filter(|row| row.target.host == "a").count(), 16);
        assert!(plan.start.iter().any(|row| row.target.host == "b"));
        assert_eq!((plan.park.len(), plan.stay, plan.defer.len()), (0, 4, 0));
    }

    #[test]
    fn of_a_hosts_places_the_sluggish_have_half() {
        let sluggish = |number: i64, webhook: i64| {
            rows(&[(webhook, "a")]).into_iter().map(move |row| Row {
                id: id(2_000 + number),
                target: Arc::new(Target { sluggish: true, ..Target::clone(&row.target) }),
                ..row
            })
        };
        let hanging: Vec<Row> = (0..20).flat_map(|number| sluggish(number, number % 4)).collect();
        let (mut running, none) = (Running::default(), Circuits::default());
        let first = planned(hanging.clone(), &mut running, PLENTY, any(&none));
        assert_eq!((first.start.len(), first.stay), (8, 12));
        let quick: Vec<(i64, &str)> = (10..30).map(|webhook| (webhook, "a")).collect();
        let second = planned(rows(&quick), &mut running, PLENTY, any(&none));
        assert_eq!((second.start.len(), second.stay), (8, 12));
        // Where nobody is sluggish, all are for the others, and the one that tries a host anew may be anybody.
        assert_eq!(planned(rows(&quick), &mut Running::default(), PLENTY, any(&none)).start.len(), 16);
        assert!(OfHost::default().has_place(true, 1) && !OfHost::default().has_place(true, 0));
    }

    #[test]
    fn of_a_busy_host_some_wait_in_front_and_the_others_later() {
        let webhooks: Vec<(i64, &str)> = (0..200).map(|number| (number, "a")).collect();
        let plan = planned(rows(&webhooks), &mut Running::default(), PLENTY, any(&Circuits::default()));
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
            let plan = planned(rows(&webhooks), &mut Running::default(), PLENTY, Hosts { circuits: &circuits, now });
            assert_eq!((plan.start.len(), plan.stay), (started, 0), "{seconds}");
            let deferred: Vec<(Timestamp, usize)> = plan.defer.iter().map(|(at, ids)| (*at, ids.len())).collect();
            assert_eq!(deferred, [(now.plus_seconds(again_in), 101 - started)], "{seconds}");
        }
    }

    #[test]
    fn webhooks_share_what_room_there_is() {
        let webhooks: Vec<(i64, &str)> = [(1, "a"); 10].into_iter().chain([(2, "b"), (3, "c"), (2, "b")]).collect();
        let plan = planned(
            rows(&webhooks),
            &mut Running::default(),
            Room { all: 4, more: 4, ..PLENTY },
            any(&Circuits::default()),
        );
        let started: Vec<Id> = plan.start.iter().map(|row| row.webhook_id).collect();
        assert_eq!(started, [id(1), id(2), id(3), id(1)]);
        // Two of the first run, six stay, two are too many; of the second one stays.
        assert_eq!((plan.park.len(), plan.defer.len()), (2, 0));
    }

    #[test]
    fn who_has_few_comes_into_the_half_that_is_kept_free() {
        let webhooks: Vec<(i64, &str)> = [(1, "a"); 8].into_iter().chain([(2, "b"); 8]).chain([(3, "c")]).collect();
        let plan = planned(
            rows(&webhooks),
            &mut Running::default(),
            Room { all: 9, more: 6, ..PLENTY },
            any(&Circuits::default()),
        );
        let of = |webhook| plan.start.iter().filter(|row| row.webhook_id == id(webhook)).count();
        assert_eq!([of(1), of(2), of(3)], [3, 2, 1]);
        assert_eq!((plan.stay, plan.park.len()), (11, 0));
    }

    /// Leases of this instance on deliveries to a webhook: so many exchanges, and so many that start in their places.
    fn held(webhook: i64, target: &Target, exchanges: usize, next: usize) -> Vec<Lease<'_>> {
        let lease = |is_next| {
            let own = Own { webhook_id: id(webhook), until: Timestamp::from_micros(0), is_next };
            Lease { webhook_id: id(webhook), target, own: Some(own) }
        };
        std::iter::repeat_n(lease(false), exchanges).chain(std::iter::repeat_n(lease(true), next)).collect()
    }

    /// How many of twelve rows of the first webhook at "a" start at once and how many in the place of others, when ten may, beside `others`.
    fn taken(leases: &[Lease<'_>], others: &[(i64, &str)], room: Room) -> (usize, usize) {
        let rows = rows(&[&[(1, "a"); 12], others].concat());
        let (mut running, mut nexts) = (Running::count(leases), HashMap::from([(id(1), 10)]));
        let plan = plan(rows, &mut running, &mut nexts, room, any(&Circuits::default()));
        let of_first = |rows: &[Row]| rows.iter().filter(|row| row.webhook_id == id(1)).count();
        (of_first(&plan.start), of_first(&plan.next))
    }

    #[test]
    fn who_answers_at_once_has_some_that_start_in_the_place_of_others() {
        let target = Target::clone(&rows(&[(1, "a")]).remove(0).target);
        assert_eq!(taken(&held(1, &target, 6, 0), &[], PLENTY), (2, 10));
        assert_eq!(taken(&held(1, &target, 8, 3), &[], PLENTY), (0, 10));
        assert_eq!(taken(&[], &[], Room { next: 2, ..PLENTY }), (8, 2));
    }

    #[test]
    fn none_does_where_another_webhook_wants_the_place() {
        let target = Target::clone(&rows(&[(1, "a")]).remove(0).target);
        let foreign = Lease { webhook_id: id(2), target: &target, own: None };
        // Another instance has exchanges there too, and yet the places of this one's are its own.
        assert_eq!(taken(&[held(1, &target, 4, 2), vec![foreign]].concat(), &[], PLENTY), (4, 8));
        let full = [held(1, &target, 8, 0), held(2, &target, 8, 0)].concat();
        assert_eq!(taken(&full, &[], PLENTY), (0, 10));
        assert_eq!(taken(&full, &[(3, "a")], PLENTY), (0, 0));
        assert_eq!(taken(&full, &[(3, "b")], PLENTY), (0, 10));
    }

    #[test]
    fn of_another_instances_leases_no_more_are_exchanges_than_a_webhook_may_have() {
        let target = Target::clone(&rows(&[(1, "a")]).remove(0).target);
        let foreign = vec![Lease { webhook_id: id(2), target: &target, own: None }; 100];
        assert_eq!(taken(&foreign, &[(2, "a")], PLENTY), (8, 4), "the host has another eight places");
        assert_eq!(Running::count(&foreign).of_webhook(id(2)), 8);
    }

    #[test]
    fn of_a_busy_webhook_some_wait_in_front_where_they_hide_nobody() {
        let front = Room { front: NEXT_OF_WEBHOOK, ..PLENTY };
        let plan = planned(rows(&[(1, "a"); 100]), &mut Running::default(), front, any(&Circuits::default()));
        assert_eq!((plan.start.len(), plan.stay, plan.park.len()), (8, NEXT_OF_WEBHOOK, 100 - 8 - NEXT_OF_WEBHOOK));
    }

    #[test]
    fn what_is_parked_starts_or_stays_parked_or_waits_where_nothing_else_does() {
        let parked = |count| rows(&vec![(1, "a"); count]).into_iter().map(|row| Row { is_parked: true, ..row });
        let (none, room) = (Circuits::default(), Room { all: 3, more: 3, front: NEXT_OF_WEBHOOK, ..PLENTY });
        let first = planned(parked(20).collect(), &mut Running::default(), room, any(&none));
        assert_eq!((first.start.len(), first.free.len(), first.stay, first.park.len()), (3, 5, 0, 0));
        let all = planned(parked(20).collect(), &mut Running::default(), PLENTY, any(&none));
        assert_eq!((all.start.len(), all.free.len(), all.park.len()), (8, 0, 0));
    }
}
