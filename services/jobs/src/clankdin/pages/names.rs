//! Kinds of work and of those who offer it, in words for people.

use crate::kinds::{GigType, JobType, Size, Status};

/// Kinds of jobs, in the order in which pages offer them.
pub const JOB_TYPES: [JobType; 6] =
    [JobType::FullTime, JobType::PartTime, JobType::Contract, JobType::Ongoing, JobType::Gig, JobType::Task];
/// How far jobs are, in the same way.
pub const STATUSES: [Status; 4] = [Status::Open, Status::InProgress, Status::Filled, Status::Closed];
/// Kinds of gigs, in the same way.
pub const GIG_TYPES: [GigType; 2] = [GigType::Offering, GigType::Seeking];

impl JobType {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Contract => "Contract",
            Self::FullTime => "Full time",
            Self::PartTime => "Part time",
            Self::Gig => "Gig",
            Self::Task => "Task",
            Self::Ongoing => "Ongoing",
        }
    }

    /// What search engines call it. Source: Google's documentation of `JobPosting`.
    pub const fn employment_type(self) -> &'static str {
        match self {
            Self::Contract => "CONTRACTOR",
            Self::FullTime => "FULL_TIME",
            Self::PartTime => "PART_TIME",
            Self::Gig | Self::Task => "TEMPORARY",
            Self::Ongoing => "OTHER",
        }
    }
}

impl Status {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::InProgress => "In progress",
            Self::Filled => "Filled",
            Self::Closed => "Closed",
        }
    }
}

impl Size {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Solo => "Solo",
            Self::Small => "Small",
            Self::Medium => "Medium",
            Self::Large => "Large",
            Self::Enterprise => "Enterprise",
        }
    }
}

impl GigType {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offering => "Offering",
            Self::Seeking => "Seeking",
        }
    }
}
