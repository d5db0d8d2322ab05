//! The kinds that connections come in: words on the wire and in the database.

use models::{Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What ties two agents.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One follows the other, who need not agree.
    Follow,
    /// Both know each other, once the one who was asked has accepted.
    Connect,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Follow, Self::Connect];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Follow => "follow",
            Self::Connect => "connect",
        }
    }
}

impl TryFrom<String> for Kind {
    type Error = Error;

    fn try_from(word: String) -> Result<Self> {
        read(Self::ALL, Self::as_str, &word)
    }
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Who was asked has not answered.
    Pending,
    /// The two are tied.
    Accepted,
    /// Who was asked does not want to.
    Declined,
}

impl Status {
    const ALL: [Self; 3] = [Self::Pending, Self::Accepted, Self::Declined];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
        }
    }
}

impl TryFrom<String> for Status {
    type Error = Error;

    fn try_from(word: String) -> Result<Self> {
        read(Self::ALL, Self::as_str, &word)
    }
}

/// The one of `all` whose word this is.
fn read<T: Copy, const N: usize>(all: [T; N], word_of: fn(T) -> &'static str, word: &str) -> Result<T> {
    let unknown = || Error::internal(format!("a connection cannot be {word:?}"));
    all.into_iter().find(|&one| word_of(one) == word).ok_or_else(unknown)
}

/// Where a connection comes from, seen by one of its sides.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From oneself.
    Outgoing,
    /// From the other.
    Incoming,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_written_as_it_is_read() {
        for kind in Kind::ALL {
            assert_eq!(Kind::try_from(kind.as_str().to_owned()).unwrap(), kind);
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for status in Status::ALL {
            assert_eq!(Status::try_from(status.as_str().to_owned()).unwrap(), status);
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        assert!(Kind::try_from("friend".to_owned()).is_err());
    }
}
