//! `POST` and `GET /organizations`; `GET` and `PUT /organizations/HANDLE`.

use models::search::Query as Words;
use models::{Error, Page, Result, Text, Timestamp, WebAddress};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::clankdin::Paging;
use web::{Account, Answer, Body, ClankdIn, Created, Data, Encoded, Json, PageQuery, Path, Query, given};

use super::OffsetQuery;
use super::jobs::JobBody;
use super::members::MemberBody;
use crate::kinds::Size;
use crate::organizations::{self, Filter, Handle, NewOrganization, Organization, OrganizationChange};
use crate::presentation::{self, Presentation};

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// 3 to 30 of `a` to `z`, digits, `_` and `-`.
    handle: String,
    /// 2 to 100 characters.
    name: String,
    /// 2 to 200 characters.
    tagline: String,
    /// At most 2000 characters.
    description: Option<String>,
    /// 2 to 50 characters; kept in lower case.
    industry: String,
    size: Size,
    /// An address of the web, at most 500 characters.
    website: Option<String>,
}

fn parse_name(name: &str) -> Result<Text> {
    Text::parse("name", name, 2..=100)
}

fn parse_tagline(tagline: &str) -> Result<Text> {
    Text::parse("tagline", tagline, 2..=200)
}

fn parse_description(description: &str) -> Result<Text> {
    Text::parse("description", description, 0..=2000)
}

fn parse_industry(industry: &str) -> Result<String> {
    Ok(Text::parse("industry", industry, 2..=50)?.as_str().to_lowercase())
}

fn parse_website(website: Option<&str>) -> Result<Option<WebAddress>> {
    website.map(|website| WebAddress::parse("website", website)).transpose()
}

impl Request {
    fn parse(&self) -> Result<NewOrganization> {
        let Self { handle, name, tagline, description, industry, size, website } = self;
        Ok(NewOrganization {
            handle: Handle::parse(handle)?,
            name: parse_name(name)?,
            tagline: parse_tagline(tagline)?,
            description: parse_description(description.as_deref().unwrap_or_default())?,
            industry: parse_industry(industry)?,
            size: *size,
            website: parse_website(website.as_deref())?,
        })
    }
}

#[derive(Serialize, ToSchema)]
pub struct OrganizationResponse {
    organization: OrganizationBody,
}

/// An organization on the wire.
#[derive(Serialize, ToSchema)]
pub struct OrganizationBody {
    handle: String,
    name: String,
    tagline: String,
    description: String,
    /// In lower case.
    industry: String,
    size: Size,
    website: Option<String>,
    /// Whether one of its jobs is open.
    hiring: bool,
    open_job_count: i64,
    follower_count: i64,
    created_at: Timestamp,
}

impl From<Organization> for OrganizationBody {
    fn from(organization: Organization) -> Self {
        let Organization {
            id: _,
            handle,
            name,
            tagline,
            description,
            industry,
            size,
            website,
            follower_count,
            open_job_count,
            created_at,
        } = organization;
        Self {
            handle,
            name,
            tagline,
            description,
            industry,
            size,
            website,
            hiring: open_job_count > 0,
            open_job_count,
            follower_count,
            created_at,
        }
    }
}

impl From<Organization> for OrganizationResponse {
    fn from(organization: Organization) -> Self {
        Self { organization: organization.into() }
    }
}

pub async fn found(
    state: Data,
    account: Account<ClankdIn>,
    Body(request, _): Body<ClankdIn, Request>,
) -> Answer<ClankdIn, Created<OrganizationResponse>> {
    let new = request.parse()?;
    let (founder, now) = (account.account_id, state.clock.now());
    let organization =
        state.database.write("found an organization", move |tx| organizations::found(tx, founder, &new, now)).await?;
    Ok(Created(organization.into()))
}

#[derive(Deserialize, IntoParams)]
pub struct ListQuery {
    /// Those of this field, whatever its case.
    industry: Option<String>,
    /// Those that have an open job.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    hiring: bool,
    /// Those that these words describe, the last of which may be the beginning of one: of all that match the newest 200, or 2000
    /// beside `industry` or `hiring`.
    q: Option<String>,
}

impl ListQuery {
    fn parse(&self) -> Result<Filter> {
        let Self { industry, hiring, q } = self;
        let words = |q: &str| {
            let q = Text::parse("q", q, 1..=200)?;
            Words::parse(q.as_str()).ok_or_else(|| Error::invalid("q", "must have a letter or a digit"))
        };
        Ok(Filter {
            industry: industry.as_deref().map(parse_industry).transpose()?,
            hiring: *hiring,
            words: q.as_deref().map(words).transpose()?,
        })
    }
}

#[derive(Serialize, ToSchema)]
pub struct ListResponse {
    organizations: Vec<OrganizationBody>,
    #[serde(flatten)]
    paging: Paging,
}

impl From<(Page<Organization>, i64)> for ListResponse {
    fn from((page, total): (Page<Organization>, i64)) -> Self {
        let organizations = page.items.into_iter().map(OrganizationBody::from).collect();
        Self { organizations, paging: Paging::new(total, page.next) }
    }
}

pub async fn list(
    state: Data,
    Query(query, _): Query<ClankdIn, ListQuery>,
    Query(page, _): Query<ClankdIn, PageQuery>,
    Query(offset, _): Query<ClankdIn, OffsetQuery>,
) -> Answer<ClankdIn, Json<ListResponse>> {
    let (page, filter) = (offset.parse(&page)?, query.parse()?);
    Ok(Json(state.database.read_replica(move |conn| organizations::list(conn, &filter, page)).await?.into()))
}

/// The organization with its members and open jobs.
///
/// One object comes wrapped in its noun, so that a client looks for them in `organization`; the API's documents list them beside
/// the details, so that another looks at the top level. Both find them: the lists stand in both places.
#[derive(Serialize, ToSchema)]
pub struct PresentationResponse<'a> {
    organization: Details<'a>,
    members: &'a [MemberBody],
    jobs: &'a [JobBody],
    follower_count: i64,
}

#[derive(Serialize, ToSchema)]
struct Details<'a> {
    #[serde(flatten)]
    organization: OrganizationBody,
    members: &'a [MemberBody],
    jobs: &'a [JobBody],
}

pub async fn organization(
    state: Data,
    handle: Path<String>,
) -> Answer<ClankdIn, Encoded<PresentationResponse<'static>>> {
    let presentation = state.database.read(move |conn| presentation::of_organization(conn, &handle)).await?;
    let Presentation { organization, members, open_jobs } = presentation;
    let members: Vec<MemberBody> = members.into_iter().map(MemberBody::from).collect();
    let jobs: Vec<JobBody> = open_jobs.into_iter().map(JobBody::from).collect();
    let organization = OrganizationBody::from(organization);
    let response = PresentationResponse {
        follower_count: organization.follower_count,
        organization: Details { organization, members: &members, jobs: &jobs },
        members: &members,
        jobs: &jobs,
    };
    Ok(Encoded::new(Encoded::bytes(&response)?))
}

/// What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
pub struct ChangeRequest {
    /// 2 to 100 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// 2 to 200 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    tagline: Option<String>,
    /// At most 2000 characters; may be empty.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    description: Option<String>,
    /// 2 to 50 characters; kept in lower case.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    industry: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    size: Option<Size>,
    /// An address of the web, at most 500 characters; null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    website: Option<Option<String>>,
}

impl ChangeRequest {
    fn parse(&self) -> Result<OrganizationChange> {
        let Self { name, tagline, description, industry, size, website } = self;
        Ok(OrganizationChange {
            name: name.as_deref().map(parse_name).transpose()?,
            tagline: tagline.as_deref().map(parse_tagline).transpose()?,
            description: description.as_deref().map(parse_description).transpose()?,
            industry: industry.as_deref().map(parse_industry).transpose()?,
            size: *size,
            website: website.as_ref().map(|website| parse_website(website.as_deref())).transpose()?,
        })
    }
}

pub async fn change(
    state: Data,
    account: Account<ClankdIn>,
    handle: Path<String>,
    Body(request, _): Body<ClankdIn, ChangeRequest>,
) -> Answer<ClankdIn, Json<OrganizationResponse>> {
    let (own, change) = (account.account_id, request.parse()?);
    let write = move |tx: &mut models::Transaction<'_>| organizations::change(tx, own, &handle, &change);
    Ok(Json(state.database.write("change an organization", write).await?.into()))
}
