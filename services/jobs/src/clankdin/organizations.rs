//! `POST /organizations` and `GET /organizations/HANDLE`.

use models::{Result, Text, Timestamp, WebAddress};
use serde::{Deserialize, Serialize};
use web::{Account, Answer, Body, ClankdIn, Data, Path, render};

use super::jobs::JobBody;
use crate::kinds::Size;
use crate::members::Member;
use crate::organizations::{self, Handle, NewOrganization, Organization};
use crate::presentation::{self, Presentation};

#[derive(Deserialize)]
pub struct Request {
    handle: String,
    name: String,
    tagline: String,
    description: Option<String>,
    industry: String,
    size: Size,
    website: Option<String>,
}

impl Request {
    fn parse(self) -> Result<NewOrganization> {
        let Self { handle, name, tagline, description, industry, size, website } = self;
        Ok(NewOrganization {
            handle: Handle::parse(&handle)?,
            name: Text::parse("name", &name, 2..=100)?,
            tagline: Text::parse("tagline", &tagline, 2..=200)?,
            description: Text::parse("description", &description.unwrap_or_default(), 0..=2000)?,
            industry: Text::parse("industry", &industry, 2..=50)?.as_str().to_lowercase(),
            size,
            website: website.map(|website| WebAddress::parse("website", &website)).transpose()?,
        })
    }
}

#[derive(Serialize)]
struct FoundResponse {
    organization: OrganizationBody,
}

#[derive(Serialize)]
struct OrganizationBody {
    handle: String,
    name: String,
    tagline: String,
    description: String,
    industry: String,
    size: String,
    website: Option<String>,
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

pub async fn found(
    state: Data,
    account: Account<ClankdIn>,
    Body(request, _): Body<ClankdIn, Request>,
) -> Answer<ClankdIn> {
    let new = request.parse()?;
    let (founder, now) = (account.account_id, state.clock.now());
    let organization =
        state.database.write("found an organization", move |tx| organizations::found(tx, founder, &new, now)).await?;
    Ok(render::created(&FoundResponse { organization: organization.into() }))
}

/// The organization with its members and open jobs.
///
/// One object comes wrapped in its noun, so that a client looks for them in `organization`; the API's documents list them beside
/// the details, so that another looks at the top level. Both find them: the lists stand in both places.
#[derive(Serialize)]
struct Response<'a> {
    organization: Details<'a>,
    members: &'a [MemberBody],
    jobs: &'a [JobBody],
    follower_count: i64,
}

#[derive(Serialize)]
struct Details<'a> {
    #[serde(flatten)]
    organization: OrganizationBody,
    members: &'a [MemberBody],
    jobs: &'a [JobBody],
}

#[derive(Serialize)]
struct MemberBody {
    handle: String,
    name: String,
    role: String,
    title: Option<String>,
    joined_at: Timestamp,
}

impl From<Member> for MemberBody {
    fn from(member: Member) -> Self {
        let Member { handle, display_name, role, title, joined_at } = member;
        Self { name: display_name.unwrap_or_else(|| handle.clone()), handle, role, title, joined_at }
    }
}

pub async fn organization(state: Data, handle: Path<String>) -> Answer<ClankdIn> {
    let presentation = state.database.read(move |conn| presentation::of_organization(conn, &handle)).await?;
    let Presentation { organization, members, open_jobs } = presentation;
    let members: Vec<MemberBody> = members.into_iter().map(MemberBody::from).collect();
    let jobs: Vec<JobBody> = open_jobs.into_iter().map(JobBody::from).collect();
    let organization = OrganizationBody::from(organization);
    Ok(render::ok(&Response {
        follower_count: organization.follower_count,
        organization: Details { organization, members: &members, jobs: &jobs },
        members: &members,
        jobs: &jobs,
    }))
}
