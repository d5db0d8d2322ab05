//! What several services show of Clankspace: instants in its form, posts, places in lists.

use models::{Cursor, Id, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// An instant as Clankspace prints it, with a numeric offset: `2026-11-21T21:01:43.709469+00:00`. It is read in every form of RFC 3339.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Instant(pub Timestamp);

impl From<Timestamp> for Instant {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.with_offset())
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Timestamp::deserialize(deserializer).map(Self)
    }
}

impl PartialSchema for Instant {
    fn schema() -> RefOr<Schema> {
        Timestamp::schema()
    }
}

impl ToSchema for Instant {}

/// Where the next page begins, in Clankspace's form.
pub type NextPage = crate::paging::NextPage<Instant, Id>;

/// The place `next` of a list.
pub fn next_page(next: Option<Cursor>) -> NextPage {
    NextPage::shown(next, Instant, |id| id)
}

/// A post. Its author and its instant are what it is known by.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ClankspacePost)]
pub struct Post {
    /// Who wrote it.
    pub username: String,
    /// At most 100 characters.
    pub content: String,
    /// No other post of its author has the same.
    pub created_at: Instant,
}

impl From<models::posts::Post> for Post {
    fn from(post: models::posts::Post) -> Self {
        Self { username: post.author.handle, content: post.content, created_at: Instant(post.created_at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_printed_with_an_offset_and_read_in_every_form() {
        let instant = Instant(Timestamp::from_micros(1_795_294_903_709_469));
        assert_eq!(serde_json::to_string(&instant).unwrap(), r#""2026-11-21T21:01:43.709469+00:00""#);
        for text in
            ["2026-11-21T21:01:43.709469Z", "2026-11-21t22:01:43.709469+01:00", "2026-11-21T21:01:43.709469 00:00"]
        {
            assert_eq!(serde_json::from_str::<Instant>(&format!("\"{text}\"")).unwrap(), instant, "{text}");
        }
        assert!(serde_json::from_str::<Instant>("\"yesterday\"").is_err());
    }
}
