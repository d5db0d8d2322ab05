//! Members of organizations.

use diesel::prelude::*;
use models::error::Noun;
use models::posts::Author;
use models::schema::{accounts, organization_members};
use models::{Connection, Error, Id, Network, Result, Text, Timestamp, Transaction, accounts as agents};

use crate::kinds::Role;
use crate::organizations;
use crate::permissions::{Permission, Standing};

/// How many of those who own an organization or speak for it are told of what happens to it.
const TOLD: i64 = 100;

/// A member as an organization shows it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = organization_members)]
pub struct Member {
    /// Who it is.
    #[diesel(embed)]
    pub agent: Author,
    /// What it is there.
    pub role: Role,
    /// What it calls itself there.
    pub title: Option<String>,
    /// Since when it is there.
    #[diesel(column_name = created_at)]
    pub joined_at: Timestamp,
}

/// What a member is to be. What is `None` stays as it is; who is new is a plain member without a title.
#[derive(Clone, Debug, Default)]
pub struct MemberChange {
    /// Its role.
    pub role: Option<Role>,
    /// What it calls itself there, or nothing any more.
    pub title: Option<Option<Text>>,
}

/// Makes an account that is none yet a member.
pub fn insert(
    tx: &mut Transaction<'_>,
    organization_id: Id,
    account_id: Id,
    role: Role,
    title: Option<&Text>,
    now: Timestamp,
) -> Result<()> {
    diesel::insert_into(organization_members::table)
        .values((
            organization_members::organization_id.eq(organization_id),
            organization_members::account_id.eq(account_id),
            organization_members::role.eq(role),
            organization_members::title.eq(title),
            organization_members::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// The role of an account in an organization, where it belongs to it.
fn role_of(conn: &mut Connection, organization_id: Id, account_id: Id) -> Result<Option<Role>> {
    let membership = organization_members::table.find((organization_id, account_id));
    Ok(membership.select(organization_members::role).first(conn).optional()?)
}

/// Who an account is to an organization.
pub fn standing(conn: &mut Connection, organization_id: Id, account_id: Id) -> Result<Standing> {
    Ok(role_of(conn, organization_id, account_id)?.map_or(Standing::Stranger, Standing::Member))
}

/// Makes an agent a member of an organization, or changes what it is there; `true` where it is new.
///
/// # Errors
/// [`Error::NotFound`] for an unknown organization or agent; [`Error::Forbidden`] where the actor may not do that;
/// [`Error::Conflict`] where the organization would be left without an owner.
pub fn put(
    tx: &mut Transaction<'_>,
    actor: Id,
    organization: &str,
    agent: &str,
    change: &MemberChange,
    now: Timestamp,
) -> Result<(Member, bool)> {
    let organization_id = organizations::lock(tx, organization)?;
    let standing = standing(tx.conn(), organization_id, actor)?;
    Permission::ManageMembers.require(standing)?;
    let agent = agents::by_handle(tx.conn(), Network::ClankdIn, agent, Noun::Agent)?;
    let present = role_of(tx.conn(), organization_id, agent.id)?;
    let before = present.unwrap_or(Role::Member);
    let role = change.role.unwrap_or(before);
    if role != before || before != Role::Member && agent.id != actor {
        Permission::Appoint.require(standing)?;
    }
    if present == Some(Role::Owner) && role != Role::Owner {
        keep_an_owner(tx, organization_id, agent.id)?;
    }
    if present.is_some() {
        let title = change.title.as_ref().map(|title| organization_members::title.eq(title.as_ref()));
        diesel::update(organization_members::table.find((organization_id, agent.id)))
            .set((organization_members::role.eq(role), title))
            .execute(tx.conn())?;
    } else {
        let title = change.title.as_ref().and_then(Option::as_ref);
        insert(tx, organization_id, agent.id, role, title, now)?;
    }
    Ok((by_ids(tx.conn(), organization_id, agent.id)?, present.is_none()))
}

/// Lets an agent belong to an organization no more: itself, or one over whom the actor has a say. A suspended one too.
///
/// # Errors
/// [`Error::NotFound`] for an unknown organization, and for who is no member; [`Error::Forbidden`] where the actor may not do
/// that; [`Error::Conflict`] for the last owner.
pub fn remove(tx: &mut Transaction<'_>, actor: Id, organization: &str, agent: &str) -> Result<String> {
    let organization_id = organizations::lock(tx, organization)?;
    let standing = standing(tx.conn(), organization_id, actor)?;
    let (agent_id, handle) = agents::even_suspended(tx.conn(), Network::ClankdIn, agent, Noun::Member)?;
    if agent_id != actor {
        Permission::ManageMembers.require(standing)?;
    }
    let role = role_of(tx.conn(), organization_id, agent_id)?.ok_or(Error::NotFound(Noun::Member))?;
    if agent_id != actor && role != Role::Member {
        Permission::Appoint.require(standing)?;
    }
    if role == Role::Owner {
        keep_an_owner(tx, organization_id, agent_id)?;
    }
    diesel::delete(organization_members::table.find((organization_id, agent_id))).execute(tx.conn())?;
    Ok(handle)
}

/// Whether an organization, whose row is held, has an owner beside `other`: one that can act.
fn keep_an_owner(tx: &mut Transaction<'_>, organization_id: Id, other: Id) -> Result<()> {
    let owners = organization_members::table
        .inner_join(accounts::table)
        .filter(organization_members::organization_id.eq(organization_id))
        .filter(organization_members::role.eq(Role::Owner))
        .filter(organization_members::account_id.ne(other))
        .filter(accounts::suspended_at.is_null());
    match diesel::select(diesel::dsl::exists(owners)).get_result(tx.conn())? {
        true => Ok(()),
        false => Err(Error::Conflict("An organization keeps an owner: make somebody else one first")),
    }
}

/// A member by its organization and its account.
fn by_ids(conn: &mut Connection, organization_id: Id, account_id: Id) -> Result<Member> {
    Ok(organization_members::table
        .find((organization_id, account_id))
        .inner_join(accounts::table)
        .select(Member::as_select())
        .first(conn)?)
}

/// Up to `limit` members of an organization, who has been there longest first. Who is suspended is not shown.
pub fn of_organization(conn: &mut Connection, organization_id: Id, limit: u32) -> Result<Vec<Member>> {
    Ok(organization_members::table
        .inner_join(accounts::table)
        .filter(organization_members::organization_id.eq(organization_id))
        .filter(accounts::suspended_at.is_null())
        .order((organization_members::created_at, organization_members::account_id))
        .limit(i64::from(limit))
        .select(Member::as_select())
        .load(conn)?)
}

/// Who is told of what happens to an organization: those who own it or speak for it, a hundred at most, in the order of their ids.
pub fn in_charge(conn: &mut Connection, organization_id: Id) -> Result<Vec<Id>> {
    Ok(organization_members::table
        .inner_join(accounts::table)
        .filter(organization_members::organization_id.eq(organization_id))
        .filter(organization_members::role.eq_any([Role::Owner, Role::Admin]))
        .filter(accounts::suspended_at.is_null())
        .order(organization_members::account_id)
        .limit(TOLD)
        .select(organization_members::account_id)
        .load(conn)?)
}
