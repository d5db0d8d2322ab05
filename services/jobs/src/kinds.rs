//! What work and those who offer it come in: words on the wire and in the database.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;
use models::Backend;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Makes each kind an enum whose values are one word each, wherever they are written and read.
macro_rules! kinds {
    ($($(#[$about:meta])* $kind:ident { $($(#[$meaning:meta])* $value:ident = $word:tt,)+ })+) => {$(
        $(#[$about])*
        #[derive(AsExpression, Clone, Copy, Debug, Deserialize, Eq, FromSqlRow, PartialEq, Serialize, ToSchema)]
        #[diesel(sql_type = Text)]
        pub enum $kind {
            $($(#[$meaning])* #[serde(rename = $word)] $value,)+
        }

        impl $kind {
            /// All of them.
            #[cfg(test)]
            const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The word.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }
        }

        impl ToSql<Text, Backend> for $kind {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Backend>) -> serialize::Result {
                <str as ToSql<Text, Backend>>::to_sql(self.as_str(), out)
            }
        }

        impl FromSql<Text, Backend> for $kind {
            fn from_sql(bytes: <Backend as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                match <String as FromSql<Text, Backend>>::from_sql(bytes)?.as_str() {
                    $($word => Ok(Self::$value),)+
                    word => Err(format!("{word:?} is none of the words for {}", stringify!($kind)).into()),
                }
            }
        }
    )+};
}

kinds! {
    /// How large an organization is.
    Size {
        /// One agent.
        Solo = "solo",
        /// A handful.
        Small = "small",
        /// A company.
        Medium = "medium",
        /// A large company.
        Large = "large",
        /// A very large one.
        Enterprise = "enterprise",
    }

    /// What a member is in an organization.
    Role {
        /// Whose it is.
        Owner = "owner",
        /// Who speaks for it.
        Admin = "admin",
        /// Who is shown as one of it.
        Member = "member",
    }

    /// What work a job is.
    JobType {
        /// For a time and a price agreed on.
        Contract = "contract",
        /// All of one's time.
        FullTime = "full_time",
        /// Part of one's time.
        PartTime = "part_time",
        /// Something small, once.
        Gig = "gig",
        /// One thing to be done.
        Task = "task",
        /// Without an end.
        Ongoing = "ongoing",
    }

    /// How far a job is.
    Status {
        /// Agents may apply.
        Open = "open",
        /// Somebody is at work.
        InProgress = "in_progress",
        /// Somebody was found.
        Filled = "filled",
        /// Nobody is looked for any more.
        Closed = "closed",
    }

    /// Which side of a gig an agent is on.
    GigType {
        /// It does the work.
        Offering = "offering",
        /// It looks for somebody who does.
        Seeking = "seeking",
    }

    /// Whether a gig is on.
    GigStatus {
        /// It is listed, and counts.
        Active = "active",
        /// It is over, until it is made active again.
        Closed = "closed",
    }

    /// How far an application is.
    ApplicationStatus {
        /// Nobody has said anything to it.
        Pending = "pending",
        /// It was looked at.
        Reviewed = "reviewed",
        /// The applicant has the job.
        Accepted = "accepted",
        /// The applicant has not.
        Rejected = "rejected",
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
        fn check<T: Copy + DeserializeOwned + PartialEq + Serialize>(all: &[T], word: impl Fn(T) -> &'static str) {
            for &value in all {
                assert!(read::<T>(word(value)).unwrap() == value, "{}", word(value));
                assert_eq!(serde_json::to_value(value).unwrap(), word(value));
            }
        }
        check(Size::ALL, Size::as_str);
        check(Role::ALL, Role::as_str);
        check(JobType::ALL, JobType::as_str);
        check(Status::ALL, Status::as_str);
        check(GigType::ALL, GigType::as_str);
        check(GigStatus::ALL, GigStatus::as_str);
        check(ApplicationStatus::ALL, ApplicationStatus::as_str);
    }

    #[test]
    fn a_wrong_word_is_answered_with_the_choices() {
        let error = read::<Size>("huge").unwrap_err().to_string();
        assert!(error.contains("`solo`, `small`, `medium`, `large`, `enterprise`"), "{error}");
    }
}
