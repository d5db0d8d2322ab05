//! The worker that takes turns and starts what it has claimed.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bus::Stop;
use futures_util::FutureExt as _;
use models::{Error, Id, Queue, Result, Timestamp, backend};
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;
use web::State;

use super::answer::{Answer, Problem};
use super::circuit::Circuits;
use super::claim::Leased;
use super::lane::{Lane, Load};
use super::sender::Sender;
use super::settle::{self, Finished, Outcome};
use super::turn::{self, Turn};

/// How long the dispatcher sleeps when nobody wakes it, and after a failure.
const LOOK: Duration = Duration::from_secs(1);
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
        exchanges: JoinSet::new(),
        finished: Vec::new(),
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
    exchanges: JoinSet<Finished>,
    /// What has come back and is not settled yet.
    finished: Vec<Finished>,
    /// Which hosts are left alone. Shared with the turn that is being taken.
    circuits: Arc<Circuits>,
}

/// An exchange.
struct UnderWay {
    lease_until: Timestamp,
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
            let turn = self.take_turn(Some(self.load())).await;
            last_run.set(f64::from(u32::try_from(self.state.clock.now().seconds()).unwrap_or(u32::MAX)));
            exchanges.set(f64::from(u32::try_from(self.exchanges.len()).unwrap_or(u32::MAX)));
            hosts.set(f64::from(u32::try_from(self.circuits.open()).unwrap_or(u32::MAX)));
            match turn {
                Ok(true) => self.collect_ready(),
                Ok(false) => self.wait(stop).await,
                Err(error) => fail(&error, stop).await,
            }
        }
    }

    /// Waits until there is something for another turn.
    async fn wait(&mut self, stop: &Stop) {
        let is_full = Lane::ALL.into_iter().all(|lane| self.load().room(lane) == 0);
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.state.bus.woken(Queue::Deliveries), if !is_full => {}
            Some(ended) = self.exchanges.join_next() => self.collect(ended),
            () = sleep(LOOK) => {}
        }
        self.collect_ready();
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
                self.finished.push(finished);
            }
            Err(error) => tracing::error!(%error, "an exchange was lost; its lease brings it back"),
        }
    }

    fn load(&self) -> Load {
        self.under_way.values().fold(Load::default(), |load, exchange| load.plus(exchange.lane, 1))
    }

    /// Takes a turn and starts what it claimed. Says whether another should follow at once.
    async fn take_turn(&mut self, load: Option<Load>) -> Result<bool> {
        let (finished, circuits, now) = (self.finished.clone(), Arc::clone(&self.circuits), self.state.clock.now());
        let take = move |tx: &mut models::Transaction<'_>| turn::take(tx, &finished, load, &circuits, now);
        let Turn { outcomes, claimed } = self.state.database.write_unsynced("deliver", take).await?;
        for (finished, outcome) in self.finished.drain(..).zip(outcomes) {
            tell(&finished, outcome, now);
        }
        for leased in claimed.leased {
            self.start(leased);
        }
        Ok(claimed.more)
    }

    fn start(&mut self, leased: Leased) {
        let host = leased.due.target.host.clone();
        let exchange = UnderWay { lease_until: leased.until, lane: leased.lane, host };
        self.under_way.insert(leased.due.id, exchange);
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
        while let Ok(Some(ended)) = tokio::time::timeout_at(deadline, self.exchanges.join_next()).await {
            self.collect(ended);
            self.collect_ready();
            if let Err(error) = self.take_turn(None).await {
                tracing::warn!(%error, "deliveries could not be settled yet");
            }
        }
        let settled = if self.finished.is_empty() { Ok(false) } else { self.take_turn(None).await };
        self.exchanges.abort_all();
        let (leases, now): (Vec<(Id, Timestamp)>, _) =
            (self.under_way.iter().map(|(&id, exchange)| (id, exchange.lease_until)).collect(), self.state.clock.now());
        let give_back = move |tx: &mut models::Transaction<'_>| settle::give_back(tx, &leases, now);
        let given_back = match self.under_way.is_empty() {
            true => Ok(()),
            false => self.state.database.write("give back deliveries", give_back).await,
        };
        if let Err(error) = settled.and(given_back) {
            tracing::warn!(%error, "deliveries could not be given back; their leases bring them back");
        }
    }
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
