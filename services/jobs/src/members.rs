//! Members of organizations.

use diesel::prelude::*;
use models::schema::{accounts, organization_members};
use models::{Connection, Id, Result, Timestamp, Transaction};

use crate::kinds::Role;

/// A member as an organization shows it.
#[derive(Clone, Debug, Queryable)]
pub struct Member {
    /// Its handle.
    pub handle: String,
    /// Its name for display, where it has one.
    pub display_name: Option<String>,
    /// What it may do.
    pub role: String,
    /// What it calls itself there.
    pub title: Option<String>,
    /// Since when it is there.
    pub joined_at: Timestamp,
}

/// Makes an account that is none yet a member.
pub fn insert(tx: &mut Transaction<'_>, organization_id: Id, account_id: Id, role: Role, now: Timestamp) -> Result<()> {
    diesel::insert_into(organization_members::table)
        .values((
            organization_members::organization_id.eq(organization_id),
            organization_members::account_id.eq(account_id),
            organization_members::role.eq(role.as_str()),
            organization_members::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Up to `limit` members of an organization, who has been there longest first. Who is suspended is not shown.
pub fn of_organization(conn: &mut Connection, organization_id: Id, limit: u32) -> Result<Vec<Member>> {
    Ok(organization_members::table
        .inner_join(accounts::table)
        .filter(organization_members::organization_id.eq(organization_id))
        .filter(accounts::suspended_at.is_null())
        .order((organization_members::created_at, organization_members::account_id))
        .limit(i64::from(limit))
        .select((
            accounts::handle,
            accounts::display_name,
            organization_members::role,
            organization_members::title,
            organization_members::created_at,
        ))
        .load(conn)?)
}
