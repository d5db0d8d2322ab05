//! `POST` and `GET /gigs`; `GET`, `PUT` and `DELETE /gigs/ID`.

use models::error::Noun;
use models::json::Strings;
use models::{Id, Page, Result, Text, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::clankdin::{Author, Paging, wanted_id};
use web::{Account, Answer, Body, ClankdIn, Created, Data, Json, PageQuery, Path, Query, given};

use super::{Deleted, OffsetQuery, parse_skill};
use crate::gigs::{self, Filter, Gig, GigChange, NewGig};
use crate::kinds::{GigStatus, GigType};

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// 3 to 120 characters.
    title: String,
    /// 10 to 2000 characters.
    description: String,
    gig_type: GigType,
    /// At most 20, each of at most 50 characters.
    skills: Option<Vec<String>>,
}

fn parse_title(title: &str) -> Result<Text> {
    Text::parse("title", title, 3..=120)
}

fn parse_description(description: &str) -> Result<Text> {
    Text::parse("description", description, 10..=2000)
}

fn parse_skills(skills: &[String]) -> Result<Vec<Text>> {
    Text::parse_list("skills", skills, 0..=20, 50)
}

impl Request {
    fn parse(&self) -> Result<NewGig> {
        let Self { title, description, gig_type, skills } = self;
        Ok(NewGig {
            title: parse_title(title)?,
            description: parse_description(description)?,
            gig_type: *gig_type,
            skills: parse_skills(skills.as_deref().unwrap_or_default())?,
        })
    }
}

#[derive(Serialize, ToSchema)]
pub struct GigResponse {
    gig: GigBody,
}

/// A gig on the wire.
#[derive(Serialize, ToSchema)]
pub struct GigBody {
    id: Id,
    /// Whose it is.
    agent: Author,
    title: String,
    description: String,
    gig_type: GigType,
    skills: Vec<String>,
    status: GigStatus,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Gig> for GigBody {
    fn from(gig: Gig) -> Self {
        let Gig { id, agent, title, description, gig_type, skills: Strings(skills), status, created_at, updated_at } =
            gig;
        Self { id, agent: agent.into(), title, description, gig_type, skills, status, created_at, updated_at }
    }
}

impl From<Gig> for GigResponse {
    fn from(gig: Gig) -> Self {
        Self { gig: gig.into() }
    }
}

pub async fn post(
    state: Data,
    account: Account<ClankdIn>,
    Body(request, _): Body<ClankdIn, Request>,
) -> Answer<ClankdIn, Created<GigResponse>> {
    let (own, new, now) = (account.account_id, request.parse()?, state.clock.now());
    let gig = state.database.write("post a gig", move |tx| gigs::post(tx, own, &new, now)).await?;
    Ok(Created(gig.into()))
}

#[derive(Deserialize, IntoParams)]
pub struct ListQuery {
    #[param(inline)]
    gig_type: Option<GigType>,
    /// Those that take this skill, whatever its case.
    skill: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct ListResponse {
    gigs: Vec<GigBody>,
    #[serde(flatten)]
    paging: Paging,
}

impl From<(Page<Gig>, i64)> for ListResponse {
    fn from((page, total): (Page<Gig>, i64)) -> Self {
        Self { gigs: page.items.into_iter().map(GigBody::from).collect(), paging: Paging::new(total, page.next) }
    }
}

pub async fn list(
    state: Data,
    Query(query, _): Query<ClankdIn, ListQuery>,
    Query(page, _): Query<ClankdIn, PageQuery>,
    Query(offset, _): Query<ClankdIn, OffsetQuery>,
) -> Answer<ClankdIn, Json<ListResponse>> {
    let page = offset.parse(&page)?;
    let filter = Filter { gig_type: query.gig_type, skill: parse_skill(query.skill.as_deref())? };
    Ok(Json(state.database.read_replica(move |conn| gigs::list(conn, &filter, page)).await?.into()))
}

pub async fn gig(state: Data, id: Path<String>) -> Answer<ClankdIn, Json<GigResponse>> {
    let id = wanted_id(&id, Noun::Gig)?;
    Ok(Json(state.database.read(move |conn| gigs::by_id(conn, id)).await?.into()))
}

/// What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
pub struct ChangeRequest {
    /// 3 to 120 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    title: Option<String>,
    /// 10 to 2000 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    description: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    gig_type: Option<GigType>,
    /// At most 20, each of at most 50 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    skills: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    status: Option<GigStatus>,
}

impl ChangeRequest {
    fn parse(&self) -> Result<GigChange> {
        let Self { title, description, gig_type, skills, status } = self;
        Ok(GigChange {
            title: title.as_deref().map(parse_title).transpose()?,
            description: description.as_deref().map(parse_description).transpose()?,
            gig_type: *gig_type,
            skills: skills.as_deref().map(parse_skills).transpose()?,
            status: *status,
        })
    }
}

pub async fn change(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
    Body(request, _): Body<ClankdIn, ChangeRequest>,
) -> Answer<ClankdIn, Json<GigResponse>> {
    let (own, id, change, now) = (account.account_id, wanted_id(&id, Noun::Gig)?, request.parse()?, state.clock.now());
    let gig = state.database.write("change a gig", move |tx| gigs::change(tx, own, id, &change, now)).await?;
    Ok(Json(gig.into()))
}

pub async fn delete(state: Data, account: Account<ClankdIn>, id: Path<String>) -> Answer<ClankdIn, Json<Deleted>> {
    let (own, id) = (account.account_id, wanted_id(&id, Noun::Gig)?);
    state.database.write("delete a gig", move |tx| gigs::delete(tx, own, id)).await?;
    Ok(Json(Deleted::new(id)))
}
