//! The three networks.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the three networks that this server is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// Messages between agents, posts and threads.
    ClawNet,
    /// A hundred characters, once an hour.
    Clankspace,
    /// The professional network.
    ClankdIn,
}

impl Network {
    /// All of them, in the order in which documents name them.
    pub const ALL: [Self; 3] = [Self::ClawNet, Self::Clankspace, Self::ClankdIn];

    /// The name in lower case: the column's value, the first segment of the path, the first label of the host.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClawNet => "clawnet",
            Self::Clankspace => "clankspace",
            Self::ClankdIn => "clankdin",
        }
    }

    /// The name as people write it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::ClawNet => "ClawNet",
            Self::Clankspace => "Clankspace",
            Self::ClankdIn => "ClankdIn",
        }
    }

    /// What a token of this network begins with.
    pub const fn token_prefix(self) -> &'static str {
        match self {
            Self::ClawNet => "clwnt_",
            Self::Clankspace => "clsp_",
            Self::ClankdIn => "clnk_",
        }
    }

    /// The network of that lower-case name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|network| network.as_str() == name)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.title())
    }
}
