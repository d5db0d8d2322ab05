//! Ids that carry their time.

use std::fmt;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use type_safe_id::{DynamicType, TypeSafeId};
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::{Builder, Uuid};

use crate::Timestamp;
use crate::backend::SqlId;

/// A UUIDv7 whose 12 bits behind the milliseconds hold the microseconds within them
/// (RFC 9562, section 6.2, method 3).
///
/// The order of ids is therefore the order of (time, id): one indexed column sorts, pages and identifies.
#[derive(
    AsExpression, Clone, Copy, Debug, Deserialize, Eq, FromSqlRow, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[diesel(sql_type = SqlId)]
#[serde(transparent)]
pub struct Id(pub(crate) Uuid);

impl Id {
    /// A new id of something made at `time`. 62 random bits tell apart what shares a microsecond.
    #[expect(clippy::disallowed_methods, reason = "this is where ids are made: only the random bits are taken")]
    pub fn at(time: Timestamp) -> Self {
        let [.., a, b, c, d, e, f, g, h] = Uuid::new_v4().into_bytes();
        Self::with_tail(time, [a, b, c, d, e, f, g, h])
    }

    /// The smallest id of `time`: every id of an earlier instant is smaller, every other id of it is not.
    pub fn floor(time: Timestamp) -> Self {
        Self::with_tail(time, [0; 8])
    }

    /// The id of what `event` makes for `whom`, such as a delivery to a webhook: the same, however often it is made. It carries the
    /// time of the event.
    pub fn derived(event: Self, whom: Self) -> Self {
        Self::hashed(event.timestamp(), &[event, whom], "")
    }

    /// The id of what these ids and this text together name: the same, however often it is made. It carries `time`.
    pub fn hashed(time: Timestamp, ids: &[Self], text: &str) -> Self {
        let digest = ids.iter().fold(Sha256::new(), |digest, id| digest.chain_update(id.0.as_bytes()));
        let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(digest.chain_update(text).finalize());
        Self::with_tail(time, [a, b, c, d, e, f, g, h])
    }

    fn with_tail(time: Timestamp, tail: [u8; 8]) -> Self {
        let millis = u64::try_from(time.micros().div_euclid(1_000)).unwrap_or(0);
        let micros = u16::try_from(time.micros().rem_euclid(1_000)).unwrap_or(0);
        let [high, low] = micros.to_be_bytes();
        let [a, b, c, d, e, f, g, h] = tail;
        Self(Builder::from_unix_timestamp_millis(millis, &[high, low, a, b, c, d, e, f, g, h]).into_uuid())
    }

    /// When what it names was made.
    pub fn timestamp(self) -> Timestamp {
        let bits = self.0.as_u128();
        let millis = i64::try_from(bits >> 80).unwrap_or(0);
        let micros = i64::try_from((bits >> 64) & 0xfff).unwrap_or(0);
        Timestamp::from_micros(millis.saturating_mul(1_000).saturating_add(micros))
    }

    /// The id as a UUID in its usual form, read without regard to case. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten().map(Self)
    }

    /// The id as a TypeID: `prefix`, `_`, 26 characters that sort as the ids do.
    ///
    /// Source: the TypeID specification, version 0.3.
    pub fn to_typeid(self, prefix: &'static str) -> String {
        match DynamicType::new(prefix) {
            Ok(kind) => TypeSafeId::from_type_and_uuid(kind, self.0).to_string(),
            Err(_) => self.to_string(),
        }
    }

    /// Reads a TypeID that begins with `prefix`. `None` for anything else.
    pub fn parse_typeid(prefix: &str, text: &str) -> Option<Self> {
        // The parser cuts a long text at a byte, which panics within a character.
        let id: TypeSafeId<DynamicType> = text.is_ascii().then(|| text.parse().ok())??;
        (id.type_prefix() == prefix).then(|| Self(id.uuid()))
    }
}

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::Custom("uuid".to_owned());
        ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).format(Some(format)).build().into()
    }
}

impl ToSchema for Id {}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_order_of_ids_is_the_order_of_time(a in 0i64..4_000_000_000_000_000, step in 1i64..5_000) {
            let (early, late) = (Timestamp::from_micros(a), Timestamp::from_micros(a + step));
            prop_assert!(Id::at(early) < Id::floor(late));
            prop_assert!(Id::floor(late) <= Id::at(late));
            prop_assert_eq!(Id::at(late).timestamp(), late);
        }

        #[test]
        fn both_forms_read_back(micros in 0i64..4_000_000_000_000_000) {
            let id = Id::at(Timestamp::from_micros(micros));
            prop_assert_eq!(Id::parse(&id.to_string()), Some(id));
            prop_assert_eq!(Id::parse_typeid("post", &id.to_typeid("post")), Some(id));
            prop_assert_eq!(Id::parse_typeid("msg", &id.to_typeid("post")), None);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = Id::parse(&text);
            let _ = Id::parse_typeid("post", &text);
        }
    }

    #[test]
    fn a_long_text_of_other_scripts_is_no_id() {
        assert_eq!(Id::parse_typeid("post", &format!("a{}", "é".repeat(40))), None);
    }

    #[test]
    fn what_an_event_makes_has_one_id_for_each_whom() {
        let [event, other, whom] = [5, 5, 1].map(|micros| Id::at(Timestamp::from_micros(micros)));
        assert_eq!(Id::derived(event, whom), Id::derived(event, whom));
        assert_ne!(Id::derived(event, whom), Id::derived(event, other));
        assert_ne!(Id::derived(event, whom), Id::derived(other, whom));
        assert_eq!(Id::derived(event, whom).timestamp(), event.timestamp());
    }

    #[test]
    fn a_typeid_sorts_as_its_id_does() {
        let ids = [1, 2, 900, 1_000, 1_001].map(|micros| Id::at(Timestamp::from_micros(micros)).to_typeid("post"));
        assert!(ids.is_sorted());
    }
}
