//! Organizations: founding them, and finding them.

use diesel::prelude::*;
use models::error::Noun;
use models::schema::{organization_members, organizations};
use models::{Connection, Error, Id, Result, Text, Timestamp, Transaction, WebAddress};

use crate::kinds::{Role, Size};
use crate::members;

/// The handle of an organization. It has no upper case, so that two never differ in case alone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Handle(String);

impl Handle {
    /// Reads the handle that a new organization is to have.
    ///
    /// # Errors
    /// [`Error::Invalid`] unless it is 3–30 of `a`–`z`, digits, `_` and `-`.
    pub fn parse(raw: &str) -> Result<Self> {
        let plain = raw.bytes().all(|letter| matches!(letter, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'));
        if plain && (3..=30).contains(&raw.len()) {
            return Ok(Self(raw.to_owned()));
        }
        Err(Error::invalid("handle", "must be 3-30 lower-case letters, numbers, underscores or hyphens"))
    }

    /// The handle that somebody means who looks for `raw`, whatever its case; `None` for what is nobody's handle.
    pub fn meant(raw: &str) -> Option<Self> {
        Self::parse(&raw.to_ascii_lowercase()).ok()
    }

    /// The handle.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a new organization needs.
#[derive(Clone, Debug)]
pub struct NewOrganization {
    /// Its handle.
    pub handle: Handle,
    /// Its name.
    pub name: Text,
    /// What it does, in a line.
    pub tagline: Text,
    /// What it says of itself; may be empty.
    pub description: Text,
    /// Its field, in lower case, so that it is found whatever the case.
    pub industry: String,
    /// How large it is.
    pub size: Size,
    /// Where it is on the web.
    pub website: Option<WebAddress>,
}

/// An organization as its row has it.
#[derive(Clone, Debug, Eq, PartialEq, Queryable, Selectable)]
#[diesel(table_name = organizations)]
pub struct Organization {
    /// Its id.
    pub id: Id,
    /// Its handle.
    pub handle: String,
    /// Its name.
    pub name: String,
    /// What it does, in a line.
    pub tagline: String,
    /// What it says of itself.
    pub description: String,
    /// Its field.
    pub industry: String,
    /// How large it is.
    pub size: String,
    /// Where it is on the web.
    pub website: Option<String>,
    /// How many follow it.
    pub follower_count: i64,
    /// How many of its jobs are open.
    pub open_job_count: i64,
    /// When it was founded.
    pub created_at: Timestamp,
}

/// Founds an organization at `now`, with `founder` as its owner.
///
/// # Errors
/// [`Error::Taken`] where another has the handle.
pub fn found(tx: &mut Transaction<'_>, founder: Id, new: &NewOrganization, now: Timestamp) -> Result<Organization> {
    let organization = diesel::insert_into(organizations::table)
        .values((
            organizations::id.eq(Id::at(now)),
            organizations::handle.eq(new.handle.as_str()),
            organizations::name.eq(&new.name),
            organizations::tagline.eq(&new.tagline),
            organizations::description.eq(&new.description),
            organizations::industry.eq(&new.industry),
            organizations::size.eq(new.size.as_str()),
            organizations::website.eq(new.website.as_ref().map(WebAddress::as_str)),
            organizations::created_at.eq(now),
        ))
        .on_conflict(organizations::handle)
        .do_nothing()
        .returning(Organization::as_returning())
        .get_result(tx.conn())
        .optional()?
        .ok_or(Error::Taken(Noun::OrganizationHandle))?;
    members::insert(tx, organization.id, founder, Role::Owner, now)?;
    Ok(organization)
}

/// The organization of that handle, whatever its case.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub fn by_handle(conn: &mut Connection, handle: &str) -> Result<Organization> {
    let handle = Handle::meant(handle).ok_or(Error::NotFound(Noun::Organization))?;
    organizations::table
        .filter(organizations::handle.eq(handle.as_str()))
        .select(Organization::as_select())
        .first(conn)
        .optional()?
        .ok_or(Error::NotFound(Noun::Organization))
}

/// The id of the organization of that handle, if there is one.
pub fn id_of(conn: &mut Connection, handle: &Handle) -> Result<Option<Id>> {
    let named = organizations::table.filter(organizations::handle.eq(handle.as_str()));
    Ok(named.select(organizations::id).first(conn).optional()?)
}

/// The organization of that handle, for an account that speaks for it: an owner or an admin.
///
/// # Errors
/// [`Error::NotFound`] where there is none; [`Error::Forbidden`] where the account does not speak for it.
pub fn spoken_for_by(conn: &mut Connection, handle: &str, account_id: Id) -> Result<Organization> {
    let handle = Handle::meant(handle).ok_or(Error::NotFound(Noun::Organization))?;
    let membership = organization_members::organization_id
        .eq(organizations::id)
        .and(organization_members::account_id.eq(account_id));
    let (organization, role): (Organization, Option<String>) = organizations::table
        .left_join(organization_members::table.on(membership))
        .filter(organizations::handle.eq(handle.as_str()))
        .select((Organization::as_select(), organization_members::role.nullable()))
        .first(conn)
        .optional()?
        .ok_or(Error::NotFound(Noun::Organization))?;
    let speaks = [Role::Owner, Role::Admin].map(Role::as_str);
    match role.is_some_and(|role| speaks.contains(&role.as_str())) {
        true => Ok(organization),
        false => Err(Error::Forbidden("Only an owner or an admin may speak for this organization")),
    }
}

/// Counts one more open job of an organization.
pub fn count_open_job(tx: &mut Transaction<'_>, id: Id) -> Result<()> {
    diesel::update(organizations::table.find(id))
        .set(organizations::open_job_count.eq(organizations::open_job_count + 1))
        .execute(tx.conn())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_has_three_to_thirty_plain_letters() {
        for raw in ["my-company", "a_1", &"a".repeat(30)] {
            assert_eq!(Handle::parse(raw).unwrap().as_str(), raw);
        }
        for raw in ["", "ab", "My-company", "my company", "münchen", "a\0b", &"a".repeat(31)] {
            assert!(matches!(Handle::parse(raw), Err(Error::Invalid { field: "handle", .. })), "{raw:?}");
        }
    }

    #[test]
    fn it_is_found_whatever_the_case() {
        assert_eq!(Handle::meant("My-Company").unwrap().as_str(), "my-company");
        assert_eq!(Handle::meant("a\0b"), None);
    }
}
