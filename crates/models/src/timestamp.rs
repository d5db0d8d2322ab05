//! Instants in UTC, to the microsecond.

use std::fmt;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use jiff::fmt::temporal::Pieces;
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
/// Digits of a fraction of a second that are read.
const FRACTION_DIGITS: usize = 9;

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

    /// Reads any RFC 3339 form, also one whose `+` a query string has turned into a space; `None` for anything else. What lies before
    /// 1970 or after 9999 is moved to that end: nothing here is older or newer, so that it compares as what was written does.
    pub fn parse(text: &str) -> Option<Self> {
        // A year has no sign: RFC 3339, section 5.6.
        let is_signed = text.starts_with(['+', '-']);
        let mended = match text.char_indices().find(|&(at, sign)| at > 10 && sign == ' ') {
            Some((at, _)) => {
                let (before, after) = text.split_at_checked(at)?;
                format!("{before}+{}", after.trim_start())
            }
            None => text.to_owned(),
        };
        let mended = cut_fraction(mended);
        let pieces = Pieces::parse(&mended).ok().filter(|_| !is_signed)?;
        let (civil, offset) = (pieces.date().to_datetime(pieces.time()?), pieces.to_numeric_offset()?);
        // Of years with four digits only the last day has instants that jiff does not represent.
        let micros = offset.to_timestamp(civil).map_or(i64::MAX, jiff::Timestamp::as_microsecond);
        Some(Self::from_micros(micros))
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

    /// This instant moved by `microseconds`, which may be negative.
    #[must_use]
    pub fn plus_micros(self, microseconds: i64) -> Self {
        Self::from_micros(self.0.saturating_add(microseconds))
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

/// `text` without the digits of its fraction that nobody reads; RFC 3339 allows any number of them.
fn cut_fraction(text: String) -> String {
    let Some((before, after)) = text.split_once('.') else { return text };
    let rest = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let digits = after.strip_suffix(rest).unwrap_or(after);
    match digits.get(..FRACTION_DIGITS) {
        Some(digits) => format!("{before}.{digits}{rest}"),
        None => text,
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
            "2026-11-21T21:01:43.70946999999999999999999Z",
            "2026-11-21T23:01:43.7094690000000 02:00",
        ] {
            assert_eq!(Timestamp::parse(form), Some(expected), "{form}");
        }
        assert_eq!(expected.to_string(), "2026-11-21T21:01:43.709469Z");
        assert_eq!(expected.with_offset(), "2026-11-21T21:01:43.709469+00:00");
    }

    #[test]
    fn what_is_no_timestamp_is_refused() {
        for form in [
            "",
            "now",
            "2026-11-21",
            "2026-13-01T00:00:00Z",
            "1969-02-30T00:00:00Z",
            "2026-11-21T21:01:43",
            "2026-11-21T21:01:43.Z",
            "2026-11-21T21:01:43.0123456789",
            "-002026-11-21T21:01:43Z",
            "+002026-11-21T21:01:43Z",
            "12026-11-21T21:01:43Z",
        ] {
            assert_eq!(Timestamp::parse(form), None, "{form}");
        }
        assert_eq!(Timestamp::parse_day("2026-2-1"), None);
        assert_eq!(Timestamp::parse_day("1970-01-02").map(Timestamp::seconds), Some(86_400));
    }

    #[test]
    fn what_no_timestamp_reaches_is_its_first_or_its_last() {
        let (first, last) = (Timestamp::from_micros(i64::MIN), Timestamp::from_micros(i64::MAX));
        for form in ["0000-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59.9999999999Z"] {
            assert_eq!(Timestamp::parse(form), Some(first), "{form}");
        }
        for form in ["9999-12-30T23:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:60.123-23:59"] {
            assert_eq!(Timestamp::parse(form), Some(last), "{form}");
        }
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
        fn every_rfc_3339_form_of_every_year_is_read_and_keeps_its_order(
            year in 0..=9999_u32,
            (month, day) in (1..=12_u32, 1..=28_u32),
            (hour, minute, second) in (0..=23_u32, 0..=59_u32, 0..=60_u32),
            fraction in r"(\.[0-9]{1,40})?",
            between in "[Tt ]",
            offset in "([Zz]|[+ -]([01][0-9]|2[0-3]):[0-5][0-9])",
        ) {
            let parse = |year: u32| {
                let form = format!("{year:04}-{month:02}-{day:02}{between}{hour:02}:{minute:02}:{second:02}{fraction}{offset}");
                Timestamp::parse(&form)
            };
            let (read, next) = (parse(year), parse((year + 1).min(9999)));
            prop_assert!(read.is_some());
            prop_assert!(read <= next);
            prop_assert!(read < next || year < 1970 || year == 9999);
            prop_assert!(year >= 1969 || read == Some(Timestamp::from_micros(0)));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = Timestamp::parse(&text);
            let _ = Timestamp::parse_day(&text);
        }
    }
}
