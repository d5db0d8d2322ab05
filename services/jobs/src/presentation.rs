//! An organization as it presents itself: what it is, who belongs to it, what it looks for.

use models::{Connection, Result};

use crate::jobs::{self, Job};
use crate::members::{self, Member};
use crate::organizations::{self, Organization};

/// An organization with its people and its open jobs.
#[derive(Debug)]
pub struct Presentation {
    /// The organization.
    pub organization: Organization,
    /// Who belongs to it, the earliest first; at most 100.
    pub members: Vec<Member>,
    /// What it looks for, the newest first; at most 100.
    pub open_jobs: Vec<Job>,
}

/// How many members and open jobs a presentation has at most.
const PRESENTED: u32 = 100;

/// The organization of that handle as it presents itself, in three queries.
///
/// # Errors
/// [`models::Error::NotFound`] where there is none.
pub fn of_organization(conn: &mut Connection, handle: &str) -> Result<Presentation> {
    let organization = organizations::by_handle(conn, handle)?;
    let members = members::of_organization(conn, organization.id, PRESENTED)?;
    let open_jobs = jobs::open_of_organization(conn, organization.id, PRESENTED)?;
    Ok(Presentation { organization, members, open_jobs })
}
