//! Instants in UTC, to the microsecond.

use std::fmt;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use jiff::tz::Offset;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::backend::SqlTimestamp;

/// An instant: whole microseconds since 1970 in UTC, which both databases keep exactly.
#[derive(AsExpression, Clone, Copy, Debug, Eq, FromSqlRow, Hash, Ord, PartialEq, PartialOrd)]
#[diesel(sql_type = SqlTimestamp)]
pub struct Timestamp(i64);

/// The years that a timestamp may lie in: 1970 to 9999, whose form has four digits, less the last day, which is not over yet
/// in every time zone and which jiff therefore does not represent.
const RANGE: std::ops::Range<i64> = 0..253_402_207_200_000_000;

impl Timestamp {
    /// The instant `micros` microseconds after 1970, moved into the years 1970 to 9999.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(RANGE.start, RANGE.end.saturating_sub(1)))
    }

    /// Microseconds since 1970.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Reads any RFC 3339 form, also one whose `+` a query string has turned into a space.
    /// `None` for anything else, and for years outside 1970 to 9999.
    pub fn parse(text: &str) -> Option<Self> {
        let mended = match text.char_indices().find(|&(at, sign)| at > 10 && sign == ' ') {
            Some((at, _)) => {
                let (before, after) = text.split_at_checked(at)?;
                format!("{before}+{}", after.trim_start())
            }
            None => text.to_owned(),
        };
        let instant: jiff::Timestamp = mended.parse().ok()?;
        let micros = instant.as_microsecond();
        RANGE.contains(&micros).then_some(Self(micros))
    }

    /// The first instant of a day written `YYYY-MM-DD`, in UTC.
    pub fn parse_day(text: &str) -> Option<Self> {
        let date: jiff::civil::Date = text.parse().ok()?;
        (text.len() == 10).then_some(())?;
        Self::parse(&format!("{date}T00:00:00Z"))
    }

    /// This instant moved by `seconds`, which may be negative.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_micros(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// This instant moved by `milliseconds`, which may be negative.
    #[must_use]
    pub fn plus_millis(self, milliseconds: i64) -> Self {
        Self::from_micros(self.0.saturating_add(milliseconds.saturating_mul(1_000)))
    }

    /// Whole seconds from this instant until `later`, rounded up; 0 when `later` has passed.
    pub fn seconds_until(self, later: Self) -> i64 {
        let micros = later.0.saturating_sub(self.0).max(0);
        micros.saturating_add(999_999).div_euclid(1_000_000)
    }

    /// `2026-11-21T21:01:43.709469`, to which each network adds its own sign of UTC.
    fn civil(self) -> impl fmt::Display {
        let instant = jiff::Timestamp::from_microsecond(self.0).unwrap_or_default();
        let civil = Offset::UTC.to_datetime(instant);
        let micros = self.0.rem_euclid(1_000_000);
        fmt::from_fn(move |formatter| {
            write!(
                formatter,
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{micros:06}",
                civil.year(),
                civil.month(),
                civil.day(),
                civil.hour(),
                civil.minute(),
                civil.second(),
            )
        })
    }

    /// The form with a numeric offset: `2026-11-21T21:01:43.709469+00:00`.
    pub fn with_offset(self) -> String {
        format!("{}+00:00", self.civil())
    }
}

/// The whole years from a day written `YYYY-MM-DD` until `now`: somebody's age. `None` for what is no day, or one to come.
pub fn whole_years(day: &str, now: Timestamp) -> Option<i16> {
    let born: jiff::civil::Date = day.parse().ok()?;
    (day.len() == 10).then_some(())?;
    let today = Offset::UTC.to_datetime(jiff::Timestamp::from_microsecond(now.0).ok()?).date();
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    let years = today.year().saturating_sub(born.year()).saturating_sub(i16::from(!had_birthday));
    (born <= today).then_some(years)
}

/// The form with a `Z`: `2026-11-21T21:01:43.709469Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}Z", self.civil())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
        ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).format(Some(format)).build().into()
    }
}

impl ToSchema for Timestamp {}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("expected an RFC 3339 timestamp"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_rfc_3339_form_is_the_same_instant() {
        let expected = Timestamp::from_micros(1_795_294_903_709_469);
        for form in [
            "2026-11-21T21:01:43.709469Z",
            "2026-11-21T21:01:43.709469+00:00",
            "2026-11-21T21:01:43.709469 00:00",
            "2026-11-21t22:01:43.709469+01:00",
            "2026-11-21 21:01:43.709469z",
            "2026-11-21T21:01:43.7094699Z",
        ] {
            assert_eq!(Timestamp::parse(form), Some(expected), "{form}");
        }
        assert_eq!(expected.to_string(), "2026-11-21T21:01:43.709469Z");
        assert_eq!(expected.with_offset(), "2026-11-21T21:01:43.709469+00:00");
    }

    #[test]
    fn what_is_no_timestamp_is_refused() {
        for form in ["", "now", "2026-11-21", "2026-13-01T00:00:00Z", "1969-12-31T23:59:59Z", "2026-11-21T21:01:43"] {
            assert_eq!(Timestamp::parse(form), None, "{form}");
        }
        assert_eq!(Timestamp::parse_day("2026-2-1"), None);
        assert_eq!(Timestamp::parse_day("1970-01-02").map(Timestamp::seconds), Some(86_400));
    }

    #[test]
    fn one_is_thirteen_on_the_thirteenth_birthday() {
        let now = Timestamp::parse("2026-11-21T00:00:00Z").unwrap();
        assert_eq!(whole_years("2013-11-21", now), Some(13));
        assert_eq!(whole_years("2013-11-22", now), Some(12));
        assert_eq!(whole_years("2026-11-22", now), None);
        assert_eq!(whole_years("2013-02-30", now), None);
    }

    proptest! {
        #[test]
        fn both_forms_read_back(micros in RANGE) {
            let timestamp = Timestamp::from_micros(micros);
            prop_assert_eq!(Timestamp::parse(&timestamp.to_string()), Some(timestamp));
            prop_assert_eq!(Timestamp::parse(&timestamp.with_offset()), Some(timestamp));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = Timestamp::parse(&text);
            let _ = Timestamp::parse_day(&text);
        }
    }
}
