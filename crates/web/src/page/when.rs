//! Instants as people read them.

use models::Timestamp;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// An instant on a page: for machines, to the day, and to the minute.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct When {
    /// RFC 3339, with microseconds.
    pub exact: String,
    /// Such as `21 Nov 2026`.
    pub day: String,
    /// Such as `21 Nov 2026, 21:01 UTC`.
    pub minute: String,
}

impl From<Timestamp> for When {
    fn from(timestamp: Timestamp) -> Self {
        let exact = timestamp.to_string();
        let part = |from: usize, until: usize| exact.get(from..until).unwrap_or_default();
        let month = part(5, 7).parse::<usize>().unwrap_or_default().saturating_sub(1);
        let month = MONTHS.get(month).copied().unwrap_or_default();
        let day = format!("{} {month} {}", part(8, 10).trim_start_matches('0'), part(0, 4));
        let minute = format!("{day}, {} UTC", part(11, 16));
        Self { exact, day, minute }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_read_in_three_ways() {
        let when = When::from(Timestamp::from_micros(1_795_294_903_709_469));
        assert_eq!(when.exact, "2026-11-21T21:01:43.709469Z");
        assert_eq!((&*when.day, &*when.minute), ("21 Nov 2026", "21 Nov 2026, 21:01 UTC"));
        assert_eq!(When::from(Timestamp::from_micros(0)).minute, "1 Jan 1970, 00:00 UTC");
    }
}
