//! When a delivery that failed is tried again.

use actix_web::http::header::HttpDate;
use models::Timestamp;

/// Seconds until the next attempt, by how many have failed before the last. There is none after these. Source: the contract.
const DELAYS: [i64; 7] = [5, 30, 2 * 60, 10 * 60, HOUR, 6 * HOUR, 24 * HOUR];
const HOUR: i64 = 3_600;
/// How far a delay is spread to either side, in percent.
const JITTER: i64 = 20;

/// Milliseconds until the next attempt, after `failed` that failed before the last. `None` when all are spent. `chance`, which may be
/// any number, spreads the delay, so that what failed together does not come back together.
///
/// What the receiver asks for (`retry_after`, in seconds) takes the place of a delay of up to an hour, and is itself at most an
/// hour. The delays behind that it can lengthen but not shorten: else a receiver that asks for a minute each time
/// would have used up all its attempts within ten.
pub fn delay(failed: i32, retry_after: Option<i64>, chance: u64) -> Option<i64> {
    let seconds = usize::try_from(failed).ok().and_then(|failed| DELAYS.get(failed).copied())?;
    let milliseconds = spread(seconds, chance);
    let asked = retry_after.map(|asked| asked.clamp(1, HOUR).saturating_mul(1_000));
    Some(match asked {
        Some(asked) if seconds <= HOUR => asked,
        Some(asked) => asked.max(milliseconds),
        None => milliseconds,
    })
}

/// `seconds` as milliseconds, moved by up to [`JITTER`] to either side.
fn spread(seconds: i64, chance: u64) -> i64 {
    let width = seconds.saturating_mul(10).saturating_mul(JITTER);
    let range = u64::try_from(width.saturating_mul(2).saturating_add(1)).unwrap_or(1).max(1);
    let offset = i64::try_from(chance % range).unwrap_or(0).saturating_sub(width);
    seconds.saturating_mul(1_000).saturating_add(offset)
}

/// Reads the value of a `Retry-After` header at `now`: whole seconds, or a date. `None` for anything else.
pub fn retry_after(value: &str, now: Timestamp) -> Option<i64> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|digit| digit.is_ascii_digit()) {
        // A number too large for the type is as good as the largest.
        return Some(value.parse().unwrap_or(i64::MAX));
    }
    let date = std::time::SystemTime::from(value.parse::<HttpDate>().ok()?);
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    let at = Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
    Some(now.seconds_until(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_more_attempts_and_then_none() {
        let delays: Vec<Option<i64>> = (0..9).map(|failed| delay(failed, None, 0)).collect();
        let smallest = [4_000, 24_000, 96_000, 480_000, 2_880_000, 17_280_000, 69_120_000];
        assert_eq!(delays.iter().flatten().copied().collect::<Vec<_>>(), smallest);
        assert_eq!(delays.iter().filter(|delay| delay.is_none()).count(), 2);
        assert_eq!(delay(-1, None, 0), None);
    }

    #[test]
    fn a_delay_is_spread_over_a_fifth_to_either_side() {
        let spread: Vec<i64> = (0..=2_000).map(|chance| delay(0, None, chance).unwrap()).collect();
        assert_eq!((spread.iter().min(), spread.iter().max()), (Some(&4_000), Some(&6_000)));
        for chance in [0, 1, 12_345, u64::MAX / 3, u64::MAX] {
            for (failed, seconds) in (0..).zip(DELAYS) {
                let delay = delay(failed, None, chance).unwrap();
                assert!((seconds * 800..=seconds * 1_200).contains(&delay), "{seconds} s became {delay} ms");
            }
        }
    }

    #[test]
    fn a_receiver_may_ask_for_up_to_an_hour() {
        for (failed, asked, expected) in [
            (0, 2, 2_000),
            (0, 0, 1_000),
            (0, 60, 60_000),
            (4, 1, 1_000),
            (0, 100_000, 3_600_000),
            (0, i64::MAX, 3_600_000),
            (5, 60, 17_280_000),
            (6, 3_600, 69_120_000),
        ] {
            assert_eq!(delay(failed, Some(asked), 0), Some(expected), "{failed} {asked}");
        }
        assert_eq!(delay(7, Some(60), 0), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Timestamp::parse("2026-11-21T21:00:00.5Z").unwrap();
        for (value, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999", Some(i64::MAX)),
            ("Sat, 21 Nov 2026 21:02:00 GMT", Some(120)),
            ("Sat, 21 Nov 2026 20:00:00 GMT", Some(0)),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
        ] {
            assert_eq!(retry_after(value, now), expected, "{value}");
        }
    }
}
