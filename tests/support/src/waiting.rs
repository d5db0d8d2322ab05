//! Waiting for something to become true.

use std::time::{Duration, Instant};

/// A deadline that only a broken server misses, also on a busy machine with two cores.
pub const GENEROUS: Duration = Duration::from_secs(30);
/// How long to wait between two looks.
pub(crate) const PAUSE: Duration = Duration::from_millis(5);

/// Asks `look` every few milliseconds until it says something, and returns that.
///
/// # Panics
/// With `what` when `deadline` passes before.
pub async fn eventually<T>(deadline: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(begin.elapsed() < deadline, "not within {deadline:?}: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// The same for where nothing may be awaited.
pub(crate) fn eventually_blocking<T>(deadline: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(begin.elapsed() < deadline, "not within {deadline:?}: {what}");
        std::thread::sleep(PAUSE);
    }
}
