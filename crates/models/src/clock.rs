//! The one reader of the system's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Timestamp;

/// Tells the time. The server reads the system's clock; a test holds a clock that it moves itself.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Source>);

#[derive(Debug)]
enum Source {
    /// Holds the last instant told, so that no two tellings of one process are equal or run backwards,
    /// even when the system's clock is set back.
    System(AtomicI64),
    Manual(AtomicI64),
}

impl Clock {
    /// The system's clock, strictly increasing.
    pub fn system() -> Self {
        Self(Arc::new(Source::System(AtomicI64::new(0))))
    }

    /// A clock that stands at `start` until [`Clock::advance`] moves it.
    pub fn manual(start: Timestamp) -> Self {
        Self(Arc::new(Source::Manual(AtomicI64::new(start.micros()))))
    }

    /// The present instant.
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the system's clock")]
    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            Source::System(last) => {
                let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let read = i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX);
                let next = |told: i64| Some(read.max(told.saturating_add(1)));
                let told = last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or(0);
                Timestamp::from_micros(read.max(told.saturating_add(1)))
            }
            Source::Manual(now) => Timestamp::from_micros(now.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock on by `seconds`; the system's clock cannot be moved.
    pub fn advance(&self, seconds: i64) {
        if let Source::Manual(now) = &*self.0 {
            now.fetch_add(seconds.saturating_mul(1_000_000), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_never_tells_the_same_instant_twice() {
        let clock = Clock::system();
        let told: Vec<Timestamp> = (0..10_000).map(|_| clock.now()).collect();
        assert!(told.is_sorted_by(|earlier, later| earlier < later));
    }

    #[test]
    fn a_manual_clock_stands_until_it_is_moved() {
        let clock = Clock::manual(Timestamp::from_micros(5));
        assert_eq!(clock.now(), clock.now());
        clock.advance(2);
        assert_eq!(clock.now(), Timestamp::from_micros(2_000_005));
    }
}
