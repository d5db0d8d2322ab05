//! The worker that takes turns and starts what it has claimed.

use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bus::{Stop, consumer};
use futures_util::FutureExt as _;
use models::{Consumer, Error, Id, Queue, Result, Timestamp, Transaction, backend};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, sleep_until};
use web::State;

use super::answer::{Answer, Problem};
use super::circuit::Circuits;
use super::claim::{Holding, LEASE, Leased, Targets};
use super::fan_out;
use super::lane::{Lane, Load};
use super::plan::Own;
use super::sender::Sender;
use super::settle::{self, Finished, Outcome};
use super::turn::{self, Returns, Turn};

/// How long the dispatcher sleeps when nobody wakes it, and after a failure.
const LOOK: Duration = Duration::from_secs(1);
/// How long it is at least from one turn to the next: what ends or comes meanwhile shares a turn. So much later may a delivery start for which
/// there was a turn just now.
const PAUSE: Duration = Duration::from_millis(2);
/// The same for an instance with nothing to do, and for one that has nothing to settle while another takes its turn, which claims what is due.
const LONG_PAUSE: Duration = Duration::from_millis(8);
/// Seconds for which a delivery may wait for the end of an exchange in whose place it starts.
const WAITS: i64 = 1;
/// Seconds of its lease that must be left to a delivery that starts: more than an exchange may take.
const NEEDED: i64 = 12;
/// How long exchanges under way may take when the server stops. What is not done then is given back.
const GRACE: Duration = Duration::from_secs(5);
/// The worker's name in logs and metrics.
const NAME: &str = "deliveries";

/// Delivers until told to stop.
pub async fn run(state: State, sender: Sender, stop: Stop) {
    let mut dispatcher = Dispatcher {
        state,
        sender,
        under_way: HashMap::new(),
        next: HashMap::new(),
        places: HashMap::new(),
        exchanges: JoinSet::new(),
        returns: Returns::default(),
        circuits: Arc::default(),
    };
    dispatcher.take_over(&stop).await;
    dispatcher.deliver(&stop).await;
    dispatcher.finish().await;
}

struct Dispatcher {
    state: State,
    sender: Sender,
    under_way: HashMap<Id, UnderWay>,
    /// By their webhooks, those under way of which each starts in the place of one that ends.
    next: HashMap<Id, VecDeque<Leased>>,
    /// By their webhooks, how many exchanges have ended since the last turn began in whose place none could start yet.
    places: HashMap<Id, usize>,
    exchanges: JoinSet<Finished>,
    /// What has come back and is not settled yet.
    returns: Returns,
    /// Which hosts are left alone. Shared with the turn that is being taken.
    circuits: Arc<Circuits>,
}

/// An exchange, or what starts in the place of one.
struct UnderWay {
    webhook_id: Id,
    lease_until: Timestamp,
    is_next: bool,
    lane: Lane,
    host: String,
}

impl Dispatcher {
    /// Where no other process can hold a lease, whoever holds one is dead: what they held is due at once.
    async fn take_over(&self, stop: &Stop) {
        while backend::SOLE_PROCESS && !stop.is_cancelled() {
            let now = self.state.clock.now();
            let given_back =
                self.state.database.write("take over deliveries", move |tx| settle::give_back_all(tx, now)).await;
            match given_back {
                Ok(0) => return,
                Ok(count) => {
                    return tracing::info!(count, "took over deliveries that were under way when the server ended");
                }
                Err(error) => fail(&error, stop).await,
            }
        }
    }

    async fn deliver(&mut self, stop: &Stop) {
        let last_run = metrics::gauge!("clankwork_worker_last_run_seconds", "worker" => NAME);
        let exchanges = metrics::gauge!("clankwork_deliveries_under_way");
        let hosts = metrics::gauge!("clankwork_delivery_hosts_left_alone");
        while !stop.is_cancelled() {
            let turn = self.take_turn(true).await;
            last_run.set(f64::from(u32::try_from(self.state.clock.now().seconds()).unwrap_or(u32::MAX)));
            exchanges.set(f64::from(u32::try_from(self.exchanges.len()).unwrap_or(u32::MAX)));
            hosts.set(f64::from(u32::try_from(self.circuits.open()).unwrap_or(u32::MAX)));
            match turn {
                Ok(After::More) => self.collect_ready(),
                Ok(After::Enough { pause }) => self.wait(pause, stop).await,
                Ok(After::Taken) => {
                    let pause = if self.returns.finished.is_empty() { LONG_PAUSE } else { PAUSE };
                    self.collect_during(sleep(pause)).await;
                }
                Err(error) => {
                    self.fan_out_apart().await;
                    fail(&error, stop).await;
                }
            }
        }
    }

    /// Takes what has happened from the outbox without starting anything, each event by itself where need be: it may be the deliveries of one of
    /// these at which a turn has failed, and the others and all that waits shall not wait for it.
    async fn fan_out_apart(&self) {
        let now = self.state.clock.now();
        let tell = move |tx: &mut Transaction<'_>, occurrences: &[consumer::Occurrence<'_>]| {
            fan_out::tell(tx, occurrences, now)
        };
        if let Err(error) = consumer::step(Consumer::Webhooks, &self.state.database, now, tell).await {
            tracing::warn!(worker = NAME, %error, "what has happened is not told yet");
        }
    }

    /// Waits until there is something for another turn, and at least for `pause`.
    async fn wait(&mut self, pause: Duration, stop: &Stop) {
        let is_full = Lane::ALL.into_iter().all(|lane| self.load().room(lane) == 0);
        let begin = tokio::time::Instant::now();
        if self.returns.finished.is_empty() {
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.state.bus.woken(Queue::Deliveries), if !is_full => {}
                () = self.state.bus.woken(Queue::Webhooks) => {}
                Some(ended) = self.exchanges.join_next() => self.collect(ended),
                () = sleep(LOOK) => {}
            }
        }
        self.collect_during(sleep_until(begin + pause)).await;
        self.collect_ready();
    }

    /// Does `work` and collects meanwhile what ends, so that the next may start in its place.
    async fn collect_during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                Some(ended) = self.exchanges.join_next() => self.collect(ended),
            }
        }
    }

    fn collect_ready(&mut self) {
        while let Some(ended) = self.exchanges.try_join_next() {
            self.collect(ended);
        }
    }

    fn collect(&mut self, ended: Result<Finished, JoinError>) {
        match ended {
            Ok(finished) => {
                if let Some(UnderWay { host, .. }) = self.under_way.remove(&finished.id) {
                    let (answer, now) = (&finished.answer, self.state.clock.now());
                    Arc::make_mut(&mut self.circuits).note(&host, answer.has_reached(), answer.began_at, now);
                }
                self.start_next(&finished);
                self.returns.finished.push(finished);
            }
            Err(error) => tracing::error!(%error, "an exchange was lost; its lease brings it back"),
        }
    }

    /// Starts another in the place of one that has arrived at once. After any other answer, those that wait here are given back.
    fn start_next(&mut self, finished: &Finished) {
        if finished.answer.is_sluggish() {
            return self.call_back(finished.webhook_id);
        }
        let places = self.places.entry(finished.webhook_id).or_default();
        *places = places.saturating_add(1);
        self.fill_places(finished.webhook_id);
    }

    /// Starts as many of those that wait for places of this webhook as there are.
    fn fill_places(&mut self, webhook_id: Id) {
        let now = self.state.clock.now();
        while let Some(places) = self.places.get_mut(&webhook_id).filter(|places| **places > 0) {
            let Some(next) = self.next.get_mut(&webhook_id).and_then(VecDeque::pop_front) else { return };
            if is_short(&next, now) {
                self.give_back(&next);
                return self.call_back(webhook_id);
            }
            *places = places.saturating_sub(1);
            if let Some(exchange) = self.under_way.get_mut(&next.due.id) {
                exchange.is_next = false;
            }
            self.start(next);
        }
    }

    /// Gives back what waits for the places of other deliveries to this webhook.
    fn call_back(&mut self, webhook_id: Id) {
        for next in self.next.remove(&webhook_id).unwrap_or_default() {
            self.give_back(&next);
        }
    }

    fn give_back(&mut self, leased: &Leased) {
        self.under_way.remove(&leased.due.id);
        self.returns.unsent.push((leased.due.id, leased.until));
    }

    /// The same for each webhook of which `is_wrong` says so, given the first of what waits there.
    fn call_back_where(&mut self, is_wrong: impl Fn(Id, Option<&Leased>) -> bool) {
        let wrong = self.next.iter().filter(|&(&webhook_id, next)| is_wrong(webhook_id, next.front()));
        let wrong: Vec<Id> = wrong.map(|(&webhook_id, _)| webhook_id).collect();
        wrong.into_iter().for_each(|webhook_id| self.call_back(webhook_id));
    }

    /// Gives back what waits for the places of a webhook that was changed or deleted meanwhile.
    fn call_back_changed(&mut self, targets: &Targets) {
        self.call_back_where(|_, first| first.is_some_and(|first| !first.goes_right(targets)));
    }

    /// Gives back what has waited for long, and what waits where nothing is under way that could end.
    fn call_back_late(&mut self, now: Timestamp) {
        let exchanges: HashSet<Id> = self.exchanges_under_way().map(|exchange| exchange.webhook_id).collect();
        let latest = now.plus_seconds(LEASE.saturating_sub(WAITS));
        self.call_back_where(|webhook_id, first| {
            first.is_some_and(|first| first.until < latest) || !exchanges.contains(&webhook_id)
        });
    }

    fn exchanges_under_way(&self) -> impl Iterator<Item = &UnderWay> {
        self.under_way.values().filter(|exchange| !exchange.is_next)
    }

    fn load(&self) -> Load {
        self.exchanges_under_way().fold(Load::default(), |load, exchange| load.plus(exchange.lane, 1))
    }

    fn holding(&self) -> Holding {
        let own = |(&id, exchange): (&Id, &UnderWay)| {
            let &UnderWay { webhook_id, lease_until, is_next, .. } = exchange;
            (id, Own { webhook_id, until: lease_until, is_next })
        };
        Holding { load: self.load(), own: self.under_way.iter().map(own).collect() }
    }

    /// Takes a turn and starts what it claimed, or claims nothing. Says what should follow.
    async fn take_turn(&mut self, claims: bool) -> Result<After> {
        let (circuits, now) = (Arc::clone(&self.circuits), self.state.clock.now());
        self.call_back_late(now);
        self.places.clear();
        let holding = claims.then(|| self.holding());
        let returns = self.returns.clone();
        let (finished, unsent) = (returns.finished.len(), returns.unsent.len());
        let take = move |tx: &mut Transaction<'_>| turn::take(tx, &returns, holding.as_ref(), &circuits, now);
        let database = self.state.database.clone();
        let turn = self.collect_during(database.write_unsynced("deliver", take)).await?;
        let Some(Turn { outcomes, events, claimed }) = turn else { return Ok(After::Taken) };
        consumer::count_handled(Consumer::Webhooks, events);
        self.returns.unsent.drain(..unsent);
        for (finished, outcome) in self.returns.finished.drain(..finished).zip(outcomes) {
            tell(&finished, outcome, now);
        }
        let is_idle = finished == 0 && events == 0 && claimed.leased.is_empty();
        let more = claimed.more || events == fan_out::EVENTS;
        self.call_back_changed(&claimed.targets);
        for leased in claimed.leased {
            self.take_up(leased);
        }
        Ok(match more {
            true => After::More,
            false => After::Enough { pause: if is_idle { LONG_PAUSE } else { PAUSE } },
        })
    }

    /// Starts what was claimed, or has it wait for the end of another. What came out of a long turn with too little of its lease is given back.
    fn take_up(&mut self, leased: Leased) {
        if is_short(&leased, self.state.clock.now()) {
            return self.give_back(&leased);
        }
        let Leased { due, lane, until, is_next } = &leased;
        let (webhook_id, host) = (due.webhook_id, due.target.host.clone());
        let exchange = UnderWay { webhook_id, lease_until: *until, is_next: *is_next, lane: *lane, host };
        self.under_way.insert(due.id, exchange);
        match leased.is_next {
            true => {
                self.next.entry(webhook_id).or_default().push_back(leased);
                self.fill_places(webhook_id);
            }
            false => self.start(leased),
        }
    }

    fn start(&mut self, leased: Leased) {
        let (state, sender) = (self.state.clone(), self.sender.clone());
        self.exchanges.spawn(async move {
            let began_at = state.clock.now();
            let answer = AssertUnwindSafe(attempt(&state, &sender, &leased)).catch_unwind().await;
            let lost = Answer { began_at, duration: 0, result: Err(Problem::Internal), in_connecting: false };
            let answer = answer.unwrap_or(lost);
            Finished::new(&leased, answer, chance())
        });
    }

    /// Lets exchanges end, for a while, and gives back the others.
    async fn finish(mut self) {
        let deadline = tokio::time::Instant::now() + GRACE;
        self.call_back_where(|_, _| true);
        self.settle().await;
        while let Ok(Some(ended)) = tokio::time::timeout_at(deadline, self.exchanges.join_next()).await {
            self.collect(ended);
            self.collect_ready();
            self.settle().await;
        }
        self.exchanges.abort_all();
        let left = self.under_way.drain().map(|(id, exchange)| (id, exchange.lease_until));
        self.returns.unsent.extend(left);
        self.settle().await;
    }

    /// Settles what has come back, once no other instance takes its turn.
    async fn settle(&mut self) {
        while !self.returns.is_empty() {
            match self.take_turn(false).await {
                Ok(After::Taken) => sleep(PAUSE).await,
                Ok(_) => {}
                Err(error) => {
                    return tracing::warn!(%error, "deliveries could not be settled; their leases bring them back");
                }
            }
        }
    }
}

/// Whether less of its lease is left than an exchange may take.
fn is_short(leased: &Leased, now: Timestamp) -> bool {
    leased.until < now.plus_seconds(NEEDED)
}

/// What follows a turn.
enum After {
    /// Another, since more may be due that can start.
    More,
    /// Another when there is reason to, and not before this pause is over.
    Enough {
        /// The pause.
        pause: Duration,
    },
    /// The same again, since another instance was taking its turn.
    Taken,
}

async fn attempt(state: &State, sender: &Sender, leased: &Leased) -> Answer {
    let signer = leased.due.target.secrets.open(&state.vault, state.clock.now());
    sender.send(&leased.due, signer).await
}

/// Any number; where the system has no randomness, the same one.
fn chance() -> u64 {
    let mut random = [0; 8];
    match getrandom::fill(&mut random) {
        Ok(()) => u64::from_le_bytes(random),
        Err(_) => 0,
    }
}

async fn fail(error: &Error, stop: &Stop) {
    metrics::counter!("clankwork_worker_failures_total", "worker" => NAME).increment(1);
    tracing::error!(worker = NAME, %error, "a worker's step failed");
    tokio::select! {
        () = stop.cancelled() => {}
        () = sleep(LOOK) => {}
    }
}

/// Counts and logs what became of a delivery.
fn tell(finished: &Finished, outcome: Outcome, now: Timestamp) {
    let Finished { id, webhook_id, event_id, attempts, attempts_before, answer, .. } = finished;
    metrics::counter!("clankwork_deliveries_total", "outcome" => outcome.as_str()).increment(1);
    let status = answer.result.ok().map(|status| status.code);
    let problem = answer.result.err().map(Problem::as_str);
    let (attempts, duration) = (attempts.saturating_add(1), answer.duration);
    match outcome {
        Outcome::Delivered => {
            // What was sent anew has waited for its owner, and not for us.
            if *attempts_before == 0 {
                let micros = now.micros().saturating_sub(event_id.timestamp().micros()).max(0);
                let latency = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
                metrics::histogram!("clankwork_delivery_seconds").record(latency);
            }
            tracing::debug!(delivery = %id, webhook = %webhook_id, attempts, duration, "delivered");
        }
        Outcome::Postponed | Outcome::Skipped | Outcome::Lost => {
            tracing::debug!(delivery = %id, webhook = %webhook_id, attempts, duration, status, problem, outcome = outcome.as_str(), "not delivered");
        }
        Outcome::Failed => {
            tracing::info!(delivery = %id, webhook = %webhook_id, attempts, duration, status, problem, "delivery given up");
        }
    }
}
