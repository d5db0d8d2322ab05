//! Paging on the wire: `limit`, `before`, `before_id` in, `next_before`, `next_before_id` out.

use models::{Cursor, Error, Id, Result, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How many items a list gives, and at most.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Where the client says nothing.
    pub default: u32,
    /// However much it asks for.
    pub maximum: u32,
}

impl Limit {
    /// Reads `limit`: above the maximum it is the maximum.
    ///
    /// # Errors
    /// [`Error::Invalid`] below 1 and for what is no number.
    pub fn parse(self, limit: Option<&str>) -> Result<u32> {
        let Some(text) = limit else { return Ok(self.default) };
        let digits = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
        // A number too large for the type is above every maximum.
        match text.parse::<u32>() {
            Ok(0) => Err(()),
            Ok(limit) => Ok(limit.min(self.maximum)),
            Err(_) if digits => Ok(self.maximum),
            Err(_) => Err(()),
        }
        .map_err(|()| Error::invalid("limit", format!("must be a whole number from 1 to {}", self.maximum)))
    }
}

/// Reads an instant that a client gave as `field`.
///
/// # Errors
/// [`Error::Invalid`] for what is not RFC 3339.
pub fn instant(field: &'static str, text: &str) -> Result<Timestamp> {
    Timestamp::parse(text)
        .ok_or_else(|| Error::invalid(field, "must be an RFC 3339 timestamp such as 2026-11-21T21:01:43.709469Z"))
}

/// The parameters of a paged list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
pub struct PageQuery {
    /// How many items, at most; above the list's maximum it is the maximum.
    #[param(value_type = Option<u32>, minimum = 1)]
    limit: Option<String>,
    /// Only items older than this: `next_before` of the page before.
    #[param(value_type = Option<Timestamp>)]
    before: Option<String>,
    /// `next_before_id` of the page before, to tell apart items of one instant.
    before_id: Option<String>,
}

/// A page as a finder takes it.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest {
    /// At most so many items.
    pub limit: u32,
    /// Those behind this; the newest where `None`.
    pub before: Option<Cursor>,
    /// Of those, behind so many more. A cursor finds its place in an index, whatever the page; what an offset passes over is read
    /// and dropped. It is for clients that know no other way, and therefore bounded.
    pub offset: u32,
}

/// The largest offset.
const FARTHEST: u32 = 10_000;

/// Reads `offset`. One that is too large is refused and not cut down, as a limit is: what it would show was shown before.
///
/// # Errors
/// [`Error::Invalid`] for what is no number, and beyond 10,000.
pub fn offset(offset: Option<&str>) -> Result<u32> {
    let Some(text) = offset else { return Ok(0) };
    text.parse().ok().filter(|&offset| offset <= FARTHEST).ok_or_else(|| {
        Error::invalid("offset", format!("must be a whole number from 0 to {FARTHEST}; use before to go farther"))
    })
}

impl PageQuery {
    /// Reads the parameters; `parse_id` reads an id in the network's form.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a limit, a time or an id that cannot be read, and for an id without a time.
    pub fn parse(&self, limit: Limit, parse_id: impl Fn(&str) -> Option<Id>) -> Result<PageRequest> {
        let limit = limit.parse(self.limit.as_deref())?;
        let before = self.before.as_deref().map(|before| instant("before", before)).transpose()?;
        let read_id =
            |text: &str| parse_id(text).ok_or_else(|| Error::invalid("before_id", "must be an id from next_before_id"));
        let before_id = self.before_id.as_deref().map(read_id).transpose()?;
        match (before, before_id) {
            (None, Some(_)) => Err(Error::invalid("before_id", "goes with before")),
            (None, None) => Ok(PageRequest { limit, before: None, offset: 0 }),
            (Some(before), before_id) => {
                Ok(PageRequest { limit, before: Some(Cursor { before, before_id }), offset: 0 })
            }
        }
    }
}

/// Where the next page begins, as an answer tells it: `next_before` and `next_before_id`, null on the last page. Flattened into the
/// answer, in the network's own forms of times and ids.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct NextPage<T = Timestamp, I = Id> {
    /// The `before` of the next page.
    #[schema(inline)]
    next_before: Option<T>,
    /// Its `before_id`.
    #[schema(inline)]
    next_before_id: Option<I>,
}

impl<T, I> NextPage<T, I> {
    /// The place `next`, as `time` and `id` show it.
    pub fn shown(next: Option<Cursor>, time: impl FnOnce(Timestamp) -> T, id: impl FnOnce(Id) -> I) -> Self {
        Self {
            next_before: next.map(|cursor| time(cursor.before)),
            next_before_id: next.and_then(|cursor| cursor.before_id).map(id),
        }
    }
}

impl From<Option<Cursor>> for NextPage {
    fn from(next: Option<Cursor>) -> Self {
        Self::shown(next, |time| time, |id| id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_has_an_end() {
        assert_eq!(offset(None).unwrap(), 0);
        assert_eq!(offset(Some("10000")).unwrap(), FARTHEST);
        for text in ["10001", "-1", "", "x", "99999999999"] {
            assert!(matches!(offset(Some(text)), Err(Error::Invalid { field: "offset", .. })), "{text}");
        }
    }

    #[test]
    fn a_limit_is_clamped_above_and_refused_below() {
        let limit = Limit { default: 50, maximum: 200 };
        assert_eq!(limit.parse(None).unwrap(), 50);
        for (text, expected) in [("1", 1), ("200", 200), ("201", 200), ("99999999999999999999", 200)] {
            assert_eq!(limit.parse(Some(text)).unwrap(), expected, "{text}");
        }
        for text in ["0", "-1", "", "ten", "1.5", "٣"] {
            assert!(limit.parse(Some(text)).is_err(), "{text}");
        }
    }
}
