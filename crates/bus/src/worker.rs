//! Work in the background: woken when there is something to do, and looking by itself all the same.

use std::time::Duration;

use models::{Clock, Queue, Result};

use crate::{Bus, Stop};

/// How long a worker sleeps when nobody wakes it, and after a failure.
const LOOK: Duration = Duration::from_secs(1);

/// What a step of work has left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Progress {
    /// There may be more at once.
    More,
    /// Nothing is due.
    Idle,
}

/// Runs `step` whenever `queue` has work, at least once a second, until told to stop. A step that fails is logged
/// and tried again a second later. `name` is the worker's in logs and metrics.
pub async fn run<F, S>(name: &'static str, queue: Queue, bus: Bus, clock: Clock, stop: Stop, step: F)
where
    F: Fn() -> S,
    S: Future<Output = Result<Progress>>,
{
    run_between(name, clock, stop, step, || async { bus.woken(queue).await }).await;
}

/// Runs `step` once a second, for work that nobody calls for: taking away what is old. Otherwise like [`run`].
pub async fn sweep<F, S>(name: &'static str, clock: Clock, stop: Stop, step: F)
where
    F: Fn() -> S,
    S: Future<Output = Result<Progress>>,
{
    run_between(name, clock, stop, step, std::future::pending::<()>).await;
}

async fn run_between<F, S, W, A>(name: &'static str, clock: Clock, stop: Stop, step: F, woken: W)
where
    F: Fn() -> S,
    S: Future<Output = Result<Progress>>,
    W: Fn() -> A,
    A: Future<Output = ()>,
{
    let last_run = metrics::gauge!("clankwork_worker_last_run_seconds", "worker" => name);
    let failures = metrics::counter!("clankwork_worker_failures_total", "worker" => name);
    while !stop.is_cancelled() {
        let progress = step().await;
        last_run.set(f64::from(u32::try_from(clock.now().seconds()).unwrap_or(u32::MAX)));
        match progress {
            Ok(Progress::More) => {}
            Ok(Progress::Idle) => {
                tokio::select! {
                    () = woken() => {}
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
            Err(error) => {
                failures.increment(1);
                tracing::error!(worker = name, %error, "a worker's step failed");
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
        }
    }
}
