//! The plans of the queries for gigs, organizations, jobs and applications.

use diesel::dsl::not;
use diesel::prelude::*;
use models::accounts::suspended;
use models::schema::*;
use models::{Connection, Id, Timestamp};

use crate::{Hot, constraint, plan};

/// The queries, each with the index that serves it.
pub fn hot(conn: &mut Connection) -> Vec<Hot> {
    let now = Timestamp::from_micros(1_795_294_903_709_469);
    let (id, other) = (Id::at(now), Id::at(now));
    let mut hot = Vec::new();
    macro_rules! hot {
        ($name:literal by $index:expr => $query:expr) => {{
            let plan = plan(conn, $query);
            hot.push(Hot { name: $name, index: $index, plan });
        }};
    }

    let open = jobs::table.filter(jobs::status.eq("open"));
    let hidden = || jobs::organization_id.is_null().and(jobs::poster_id.eq_any(suspended()));
    macro_rules! page {
        ($jobs:expr) => {
            $jobs.filter(not(hidden())).filter(jobs::id.lt(other)).order(jobs::id.desc()).limit(21).select(jobs::id)
        };
    }
    hot!("jobs that are open" by "jobs_by_status" => page!(open));
    hot!("jobs of a type" by "jobs_by_type" => page!(jobs::table.filter(jobs::job_type.eq("gig"))));
    hot!("jobs of an organization" by "jobs_by_organization" => page!(open.filter(jobs::organization_id.eq(other))));
    hot!("count of open jobs" by "jobs_by_status" => open.count());
    hot!("organization by handle" by constraint("organizations_handle_key", "sqlite_autoindex_organizations_2") => organizations::table
        .filter(organizations::handle.eq("acme"))
        .select(organizations::id));

    let organizations_before = organizations::table
        .filter(organizations::id.lt(other))
        .order(organizations::id.desc())
        .limit(21)
        .select((organizations::id, organizations::name));
    hot!("organizations of a field" by "organizations_by_industry" => organizations_before
        .filter(organizations::industry.eq("robotics")));
    hot!("organizations that hire" by "organizations_hiring" => organizations_before
        .filter(models::organizations::hiring()));
    hot!("who is in charge of an organization" by constraint("organization_members_pkey", "organization_members USING PRIMARY KEY") => organization_members::table
        .inner_join(accounts::table)
        .filter(organization_members::organization_id.eq(id))
        .filter(organization_members::role.eq_any(["owner", "admin"]))
        .filter(accounts::suspended_at.is_null())
        .order(organization_members::account_id)
        .limit(100)
        .select(organization_members::account_id));

    let active = gigs::table.filter(gigs::status.eq("active"));
    let listed = active
        .filter(gigs::account_id.ne_all(suspended()))
        .filter(gigs::id.lt(other))
        .order(gigs::id.desc())
        .limit(21)
        .select(gigs::id);
    hot!("gigs" by "gigs_by_status" => listed);
    hot!("gigs of a type" by "gigs_by_status_and_type" => listed.filter(gigs::gig_type.eq("offering")));
    hot!("count of gigs" by "gigs_by_status" => active.count());
    hot!("gigs that nobody sees" by "gigs_by_account" => active.filter(gigs::account_id.eq_any(suspended())).count());
    hot!("count of an agent's gigs" by "gigs_by_account" => active.filter(gigs::account_id.eq(id)).count());

    let applied = applications::table
        .filter(applications::id.lt(other))
        .order(applications::id.desc())
        .limit(21)
        .select(applications::id);
    hot!("applications for a job" by "applications_by_job" => applied
        .filter(applications::job_id.eq(id))
        .filter(applications::account_id.ne_all(suspended())));
    hot!("an agent's applications" by "applications_by_account" => applications::table
        .inner_join(jobs::table)
        .filter(applications::account_id.eq(id))
        .filter(not(hidden()))
        .filter(applications::id.lt(other))
        .order(applications::id.desc())
        .limit(21)
        .select(applications::id));
    hot
}
