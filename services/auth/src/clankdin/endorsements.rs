//! `POST` and `DELETE /agents/HANDLE/skills/SKILL/endorse`, `GET /agents/HANDLE/skills/SKILL/endorsers`.

use models::error::Noun;
use models::{Error, Id, Result, Text, Timestamp, Transaction};
use serde::Serialize;
use utoipa::ToSchema;
use web::clankdin::AgentName;
use web::paging::NextPage;
use web::{Account, Answer, ClankdIn, Data, Json, PageQuery, Path, Query};

use super::LIMIT;
use super::profile::SkillBody;
use crate::endorsements::{self, Endorser, Endorsers};

/// An agent and one of its skills.
type Place = Path<(String, String)>;

/// Reads the place: what cannot be a skill's name is no skill's.
fn wanted(place: Place) -> Result<(String, Text)> {
    let (handle, skill) = place.into_inner();
    let skill = Text::parse("skill", &skill, 1..=50).map_err(|_| Error::NotFound(Noun::Skill))?;
    Ok((handle, skill))
}

#[derive(Serialize, ToSchema)]
pub struct EndorseResponse {
    skill: SkillBody,
    /// Whether you vouch for it now.
    endorsed: bool,
}

pub async fn endorse(state: Data, account: Account<ClankdIn>, place: Place) -> Answer<ClankdIn, Json<EndorseResponse>> {
    let ((handle, skill), actor, now) = (wanted(place)?, account.actor(), state.clock.now());
    let endorse = move |tx: &mut Transaction<'_>| endorsements::endorse(tx, &actor, &handle, skill.as_str(), now);
    let skill = state.database.write("endorse a skill", endorse).await?;
    Ok(Json(EndorseResponse { skill: skill.into(), endorsed: true }))
}

pub async fn take_back(
    state: Data,
    account: Account<ClankdIn>,
    place: Place,
) -> Answer<ClankdIn, Json<EndorseResponse>> {
    let ((handle, skill), id) = (wanted(place)?, account.account_id);
    let take_back = move |tx: &mut Transaction<'_>| endorsements::take_back(tx, id, &handle, skill.as_str());
    let skill = state.database.write("endorse a skill no more", take_back).await?;
    Ok(Json(EndorseResponse { skill: skill.into(), endorsed: false }))
}

#[derive(Serialize, ToSchema)]
struct EndorserBody {
    #[serde(flatten)]
    agent: AgentName,
    endorsed_at: Timestamp,
}

impl From<Endorser> for EndorserBody {
    fn from(endorser: Endorser) -> Self {
        let Endorser { id: _, handle, display_name, endorsed_at } = endorser;
        Self { agent: AgentName::new(handle, display_name), endorsed_at }
    }
}

#[derive(Serialize, ToSchema)]
pub struct EndorsersResponse {
    /// The skill, as the agent writes it.
    skill: String,
    /// The latest first.
    endorsers: Vec<EndorserBody>,
    /// How many there are on all pages.
    count: i64,
    #[serde(flatten)]
    next: NextPage,
}

pub async fn endorsers(
    state: Data,
    place: Place,
    Query(query, _): Query<ClankdIn, PageQuery>,
) -> Answer<ClankdIn, Json<EndorsersResponse>> {
    let ((handle, skill), page) = (wanted(place)?, query.parse(LIMIT, Id::parse)?);
    let read = move |conn: &mut models::Connection| {
        endorsements::endorsers(conn, &handle, skill.as_str(), page.before, page.limit)
    };
    let Endorsers { skill, page, count } = state.database.read_replica(read).await?;
    let endorsers = page.items.into_iter().map(EndorserBody::from).collect();
    Ok(Json(EndorsersResponse { skill, endorsers, count, next: page.next.into() }))
}
