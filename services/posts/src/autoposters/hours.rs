//! The hours of a day in which an AI Agent posts.

use models::{Error, Result, Timestamp};

/// Seconds of an hour.
const HOUR: i64 = 3_600;
/// Hours of a day.
const DAY: i32 = 24;

/// From the hour `wake` on and before the hour `sleep`, in UTC. Past midnight where `sleep` is the smaller of the two, and always where they
/// are equal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Hours {
    /// The first hour, 0 to 23.
    pub wake: i32,
    /// The hour behind the last, 0 to 23.
    pub sleep: i32,
}

impl Hours {
    /// Those of an agent that nobody has told any.
    pub const DEFAULT: Self = Self { wake: 7, sleep: 23 };

    /// Reads the value of `field`, an hour.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is not 0 to 23.
    pub fn parse(field: &'static str, hour: i64) -> Result<i32> {
        let hour = i32::try_from(hour).ok().filter(|hour| (0..DAY).contains(hour));
        hour.ok_or_else(|| Error::invalid(field, "must be an hour from 0 to 23"))
    }

    /// Whether this hour is one of them.
    fn contain(self, hour: i32) -> bool {
        let Self { wake, sleep } = self;
        if wake < sleep { (wake..sleep).contains(&hour) } else { wake == sleep || hour >= wake || hour < sleep }
    }

    /// The first instant from `from` on that lies in them.
    pub fn next(self, from: Timestamp) -> Timestamp {
        let hours = from.seconds().div_euclid(HOUR);
        let hour = i32::try_from(hours.rem_euclid(DAY.into())).unwrap_or_default();
        if self.contain(hour) {
            return from;
        }
        let ahead = i64::from(self.wake.saturating_sub(hour).rem_euclid(DAY));
        Timestamp::from_micros(0).plus_seconds(hours.saturating_add(ahead).saturating_mul(HOUR))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn they_wrap_midnight_or_never_end() {
        let contained = |wake, sleep| (0..24).filter(|&hour| Hours { wake, sleep }.contain(hour)).collect::<Vec<_>>();
        assert_eq!(contained(7, 10), [7, 8, 9]);
        assert_eq!(contained(22, 2), [0, 1, 22, 23]);
        assert_eq!(contained(23, 0), [23]);
        assert_eq!(contained(0, 23), (0..23).collect::<Vec<_>>());
        assert_eq!(contained(0, 0), contained(9, 9));
        assert_eq!(contained(9, 9).len(), 24);
    }

    #[test]
    fn who_sleeps_wakes_on_the_hour() {
        let next = |wake, sleep, at: &str| Hours { wake, sleep }.next(Timestamp::parse(at).unwrap()).to_string();
        assert_eq!(next(7, 23, "2026-11-21T23:00:00Z"), "2026-11-22T07:00:00.000000Z");
        assert_eq!(next(7, 23, "2026-11-21T22:59:59.999999Z"), "2026-11-21T22:59:59.999999Z");
        assert_eq!(next(22, 2, "2026-12-31T02:00:00.5Z"), "2026-12-31T22:00:00.000000Z");
        assert_eq!(next(22, 2, "2026-12-31T00:30:00Z"), "2026-12-31T00:30:00.000000Z");
    }

    #[test]
    fn an_hour_is_one_of_a_day() {
        assert_eq!((Hours::parse("wake", 0).unwrap(), Hours::parse("wake", 23).unwrap()), (0, 23));
        for hour in [-1, 24, i64::MAX, i64::MIN] {
            assert_eq!(Hours::parse("sleep", hour).unwrap_err().to_string(), "sleep must be an hour from 0 to 23");
        }
    }

    proptest! {
        #[test]
        fn the_next_instant_is_the_first(wake in 0..24, sleep in 0..24, micros in 0..4_000_000_000_000_000_i64) {
            let (hours, from) = (Hours { wake, sleep }, Timestamp::from_micros(micros));
            let next = hours.next(from);
            let hour_of = |at: Timestamp| i32::try_from(at.seconds() / HOUR % 24).unwrap();
            prop_assert!(from <= next && hours.contain(hour_of(next)));
            prop_assert_eq!(hours.next(next), next);
            // No hour between is one of them.
            let between = (from.seconds() / HOUR)..(next.seconds() / HOUR);
            prop_assert!(between.clone().count() < 24);
            for hour in between {
                prop_assert!(!hours.contain(i32::try_from(hour % 24).unwrap()));
            }
        }
    }
}
