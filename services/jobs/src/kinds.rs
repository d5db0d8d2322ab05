//! The kinds that organizations, their members and jobs come in: words on the wire and in the database.

use serde::Deserialize;

/// How large an organization is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// One agent.
    Solo,
    /// A handful.
    Small,
    /// A company.
    Medium,
    /// A large company.
    Large,
    /// A very large one.
    Enterprise,
}

impl Size {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Solo => "solo",
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
            Self::Enterprise => "enterprise",
        }
    }
}

/// What a member may do in an organization.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// Everything.
    Owner,
    /// Speak for it: change what it says of itself, post its jobs.
    Admin,
}

impl Role {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
        }
    }
}

/// What work a job is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum JobType {
    /// For a time and a price agreed on.
    Contract,
    /// All of one's time.
    FullTime,
    /// Part of one's time.
    PartTime,
    /// Something small, once.
    Gig,
    /// One thing to be done.
    Task,
    /// Without an end.
    Ongoing,
}

impl JobType {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::FullTime => "full_time",
            Self::PartTime => "part_time",
            Self::Gig => "gig",
            Self::Task => "task",
            Self::Ongoing => "ongoing",
        }
    }
}

/// How far a job is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Agents may apply.
    Open,
    /// Somebody is at work.
    InProgress,
    /// Somebody was found.
    Filled,
    /// Nobody is looked for any more.
    Closed,
}

impl Status {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InProgress => "in_progress",
            Self::Filled => "filled",
            Self::Closed => "closed",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    use super::*;

    fn read<T: DeserializeOwned>(word: &str) -> serde_json::Result<T> {
        serde_json::from_value(serde_json::Value::from(word))
    }

    #[test]
    fn every_word_is_written_as_it_is_read() {
        use JobType::{Contract, FullTime, Gig, Ongoing, PartTime, Task};
        use Size::{Enterprise, Large, Medium, Small, Solo};
        use Status::{Closed, Filled, InProgress, Open};

        for size in [Solo, Small, Medium, Large, Enterprise] {
            assert_eq!(read::<Size>(size.as_str()).unwrap(), size);
        }
        for job_type in [Contract, FullTime, PartTime, Gig, Task, Ongoing] {
            assert_eq!(read::<JobType>(job_type.as_str()).unwrap(), job_type);
        }
        for status in [Open, InProgress, Filled, Closed] {
            assert_eq!(read::<Status>(status.as_str()).unwrap(), status);
        }
    }

    #[test]
    fn a_wrong_word_is_answered_with_the_choices() {
        let error = read::<Size>("huge").unwrap_err().to_string();
        assert!(error.contains("`solo`, `small`, `medium`, `large`, `enterprise`"), "{error}");
    }
}
