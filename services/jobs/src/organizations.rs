//! Organizations: founding them, changing them, and finding them.

use diesel::prelude::*;
use models::error::Noun;
use models::schema::organizations;
use models::search::{self, Index, Query, WINDOW};
use models::{Backend, Connection, Cursor, Error, Id, Page, Result, Text, Timestamp, Transaction, WebAddress};
use web::paging::PageRequest;

use crate::kinds::{Role, Size};
use crate::members;
use crate::permissions::Permission;

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

    /// The same for looking up what must be there.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is nobody's handle.
    pub fn wanted(raw: &str) -> Result<Self> {
        Self::meant(raw).ok_or(Error::NotFound(Noun::Organization))
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
    pub size: Size,
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
            organizations::size.eq(new.size),
            organizations::website.eq(new.website.as_ref().map(WebAddress::as_str)),
            organizations::created_at.eq(now),
        ))
        .on_conflict(organizations::handle)
        .do_nothing()
        .returning(Organization::as_returning())
        .get_result(tx.conn())
        .optional()?
        .ok_or(Error::Taken(Noun::OrganizationHandle))?;
    members::insert(tx, organization.id, founder, Role::Owner, None, now)?;
    search::clankdin::index_organization(tx, organization.id)?;
    Ok(organization)
}

/// The organization of that handle, whatever its case.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub fn by_handle(conn: &mut Connection, handle: &str) -> Result<Organization> {
    let handle = Handle::wanted(handle)?;
    organizations::table
        .filter(organizations::handle.eq(handle.as_str()))
        .select(Organization::as_select())
        .first(conn)
        .optional()?
        .ok_or(Error::NotFound(Noun::Organization))
}

/// The organization with this id, which is there: none is ever deleted.
pub fn by_id(conn: &mut Connection, id: Id) -> Result<Organization> {
    Ok(organizations::table.find(id).select(Organization::as_select()).first(conn)?)
}

/// The id of the organization of that handle, whatever its case, if there is one.
pub fn id_of(conn: &mut Connection, handle: &str) -> Result<Option<Id>> {
    let Some(handle) = Handle::meant(handle) else { return Ok(None) };
    let named = organizations::table.filter(organizations::handle.eq(handle.as_str()));
    Ok(named.select(organizations::id).first(conn).optional()?)
}

/// Holds the row of the organization of that handle until the transaction ends: who changes it, or who belongs to it, does so one
/// after the other.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub fn lock(tx: &mut Transaction<'_>, handle: &str) -> Result<Id> {
    let handle = Handle::wanted(handle)?;
    let row = organizations::table.filter(organizations::handle.eq(handle.as_str())).select(organizations::id);
    models::locked!(row).first(tx.conn()).optional()?.ok_or(Error::NotFound(Noun::Organization))
}

/// What is to change of an organization. What is `None` stays as it is; its handle always does.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct OrganizationChange {
    /// Its name.
    pub name: Option<Text>,
    /// What it does, in a line.
    pub tagline: Option<Text>,
    /// What it says of itself; may be empty.
    pub description: Option<Text>,
    /// Its field, in lower case.
    pub industry: Option<String>,
    /// How large it is.
    pub size: Option<Size>,
    /// Where it is on the web, or nowhere any more.
    pub website: Option<Option<WebAddress>>,
}

/// A change as a row takes it.
#[derive(AsChangeset)]
#[diesel(table_name = organizations)]
struct Changed<'a> {
    name: Option<&'a Text>,
    tagline: Option<&'a Text>,
    description: Option<&'a Text>,
    industry: Option<&'a str>,
    size: Option<Size>,
    website: Option<Option<&'a str>>,
}

/// Changes what an organization says of itself.
///
/// # Errors
/// [`Error::NotFound`] where there is none; [`Error::Forbidden`] where the account does not speak for it.
pub fn change(
    tx: &mut Transaction<'_>,
    account_id: Id,
    handle: &str,
    change: &OrganizationChange,
) -> Result<Organization> {
    let id = lock(tx, handle)?;
    Permission::ChangeOrganization.require(members::standing(tx.conn(), id, account_id)?)?;
    if *change != OrganizationChange::default() {
        let changed = Changed {
            name: change.name.as_ref(),
            tagline: change.tagline.as_ref(),
            description: change.description.as_ref(),
            industry: change.industry.as_deref(),
            size: change.size,
            website: change.website.as_ref().map(|website| website.as_ref().map(WebAddress::as_str)),
        };
        diesel::update(organizations::table.find(id)).set(&changed).execute(tx.conn())?;
        search::clankdin::index_organization(tx, id)?;
    }
    by_id(tx.conn(), id)
}

/// Counts so many more open jobs of an organization.
pub fn count_open_jobs(tx: &mut Transaction<'_>, id: Id, by: i64) -> Result<()> {
    diesel::update(organizations::table.find(id))
        .set(organizations::open_job_count.eq(organizations::open_job_count + by))
        .execute(tx.conn())?;
    Ok(())
}

/// Counts so many more followers of an organization.
pub fn count_followers(tx: &mut Transaction<'_>, id: Id, by: i64) -> Result<()> {
    diesel::update(organizations::table.find(id))
        .set(organizations::follower_count.eq(organizations::follower_count + by))
        .execute(tx.conn())?;
    Ok(())
}

/// Among how many of those that have its words a list looks for what else is asked for: the newest.
const NARROWED_WINDOW: i64 = 10 * WINDOW;

/// Which organizations a list is of: those that are all of this.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this field, in lower case.
    pub industry: Option<String>,
    /// That have an open job.
    pub hiring: bool,
    /// Whose words these are. Of all that match the newest 200 count, and the newest 2000 where something else is asked for too.
    pub words: Option<Query>,
}

/// The organizations that `filter` describes, of those with these ids where its words were looked up.
fn matching(filter: &Filter, found: Option<&[Id]>) -> organizations::BoxedQuery<'static, Backend> {
    let mut query = organizations::table.into_boxed();
    if let Some(industry) = &filter.industry {
        query = query.filter(organizations::industry.eq(industry.clone()));
    }
    if filter.hiring {
        query = query.filter(models::organizations::hiring());
    }
    if let Some(found) = found {
        query = query.filter(organizations::id.eq_any(found.to_vec()));
    }
    query
}

/// A page of the organizations that `filter` describes, the newest first, and how many there are in all. Two queries, or three where it
/// has words.
pub fn list(conn: &mut Connection, filter: &Filter, page: PageRequest) -> Result<(Page<Organization>, i64)> {
    // What few are may be far behind the newest that have a common word.
    let most = if filter.industry.is_some() || filter.hiring { NARROWED_WINDOW } else { WINDOW };
    let found = match &filter.words {
        Some(words) => Some(search::find(conn, Index::Organizations, words, None, most)?),
        None => None,
    };
    let rows = matching(filter, found.as_deref())
        .filter(organizations::id.lt(Cursor::bound_of(page.before)))
        .order(organizations::id.desc())
        .limit(Page::<Organization>::fetch(page.limit))
        .offset(i64::from(page.offset))
        .select(Organization::as_select())
        .load(conn)?;
    let total = matching(filter, found.as_deref()).count().get_result(conn)?;
    Ok((Page::from_rows(rows, page.limit, |organization: &Organization| organization.id), total))
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
