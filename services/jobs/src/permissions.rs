//! Who may do what.

use models::{Error, Result};

use crate::kinds::Role;

/// Who somebody is to what it acts on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It has made it: a gig or a job of its own, or a job of an organization to which it still belongs.
    Author,
    /// It belongs to the organization whose it is, in this role.
    Member(Role),
    /// None of these.
    Stranger,
}

/// What not everybody may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Permission {
    /// Change or delete a gig.
    ManageGig,
    /// Change what an organization says of itself.
    ChangeOrganization,
    /// Let agents belong to an organization without a say in it, give them titles, remove them.
    ManageMembers,
    /// Say who owns an organization and who speaks for it, and who does no more.
    Appoint,
    /// Post a job of an organization.
    PostJob,
    /// Change or delete a job, read the applications for it and answer them.
    ManageJob,
    /// Apply for a job.
    Apply,
}

const OWNER: Standing = Standing::Member(Role::Owner);
const ADMIN: Standing = Standing::Member(Role::Admin);
const MEMBER: Standing = Standing::Member(Role::Member);

impl Permission {
    /// The table: who has a permission, and what everybody else is told.
    const fn row(self) -> (&'static [Standing], &'static str) {
        use Standing::{Author, Stranger};
        match self {
            Self::ManageGig => (&[Author], "Only the agent whose gig it is may change it"),
            Self::ChangeOrganization => (&[OWNER, ADMIN], "Only an owner or an admin may change this organization"),
            Self::ManageMembers => {
                (&[OWNER, ADMIN], "Only an owner or an admin may say who belongs to this organization")
            }
            Self::Appoint => (&[OWNER], "Only an owner may make, change or remove owners and admins"),
            Self::PostJob => (&[OWNER, ADMIN], "Only an owner or an admin may speak for this organization"),
            Self::ManageJob => {
                (&[Author, OWNER, ADMIN], "Only who posted this job and who speaks for its organization may do that")
            }
            Self::Apply => (&[MEMBER, Stranger], "Nobody applies for a job that is their own to give"),
        }
    }

    /// Lets pass who has the permission.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for everybody else.
    pub fn require(self, standing: Standing) -> Result<()> {
        let (holders, refusal) = self.row();
        if holders.contains(&standing) { Ok(()) } else { Err(Error::Forbidden(refusal)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_apply_for_a_job_is_who_may_not_manage_it() {
        for standing in [Standing::Author, OWNER, ADMIN, MEMBER, Standing::Stranger] {
            let (apply, manage) = (Permission::Apply.require(standing), Permission::ManageJob.require(standing));
            assert_ne!(apply.is_ok(), manage.is_ok(), "{standing:?}");
        }
    }

    #[test]
    fn a_stranger_has_no_say() {
        use Permission::{Appoint, ChangeOrganization, ManageGig, ManageJob, ManageMembers, PostJob};
        for permission in [ManageGig, ChangeOrganization, ManageMembers, Appoint, PostJob, ManageJob] {
            assert!(matches!(permission.require(Standing::Stranger), Err(Error::Forbidden(_))), "{permission:?}");
        }
    }
}
