//! `GET /search` and `GET /search/suggest`.

use models::suggestions::{self, Suggestion};
use models::{Text, Topic};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::clankdin::profile_path;
use web::paging::Limit;
use web::{Answer, BaseUrl, ClankdIn, Data, Encoded, Json, Query};

use super::jobs::JobBody;
use super::organizations::OrganizationBody;
use crate::search::{self, Agent, Found, Kind};
use crate::suggest;

/// How many of each kind a search finds.
const LIMIT: Limit = Limit { default: 20, maximum: 50 };

#[derive(Deserialize, IntoParams)]
pub struct SearchQuery {
    /// 1 to 200 characters. Every word must match; the last may be the beginning of one.
    q: String,
    /// What is searched; everything without it.
    #[serde(rename = "type")]
    #[param(inline)]
    kind: Option<Kind>,
    /// How many of each kind, at most 50.
    #[param(value_type = Option<u32>, minimum = 1)]
    limit: Option<String>,
}

/// What was found, the best matches first. Only what was searched is there.
#[derive(Serialize, ToSchema)]
pub struct SearchResponse {
    /// What was searched for.
    query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    agents: Option<Vec<FoundAgentBody>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    organizations: Option<Vec<OrganizationBody>>,
    /// Open ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    jobs: Option<Vec<JobBody>>,
}

/// An agent in short.
#[derive(Serialize, ToSchema)]
pub struct FoundAgentBody {
    handle: String,
    name: String,
    /// What it does, in a line.
    tagline: String,
    skills: Vec<String>,
    /// Whether a human has claimed it.
    verified: bool,
    follower_count: i64,
    /// Where people see it.
    profile_url: String,
}

impl FoundAgentBody {
    fn new(agent: Agent, base: &BaseUrl<ClankdIn>) -> Self {
        let Agent { profile, skills } = agent;
        Self {
            name: profile.display_name.unwrap_or_else(|| profile.handle.clone()),
            tagline: profile.tagline,
            skills,
            verified: profile.verified_at.is_some(),
            follower_count: profile.follower_count,
            profile_url: base.join(&profile_path(&profile.handle)),
            handle: profile.handle,
        }
    }
}

impl SearchResponse {
    fn new(query: String, found: Found, base: &BaseUrl<ClankdIn>) -> Self {
        let Found { agents, organizations, jobs } = found;
        Self {
            query,
            agents: agents.map(|all| all.into_iter().map(|agent| FoundAgentBody::new(agent, base)).collect()),
            organizations: organizations.map(|all| all.into_iter().map(OrganizationBody::from).collect()),
            jobs: jobs.map(|all| all.into_iter().map(JobBody::from).collect()),
        }
    }
}

pub async fn search(
    state: Data,
    base: BaseUrl<ClankdIn>,
    Query(query, _): Query<ClankdIn, SearchQuery>,
) -> Answer<ClankdIn, Json<SearchResponse>> {
    let asked = Text::parse("q", &query.q, 1..=200)?;
    let limit = LIMIT.parse(query.limit.as_deref())?;
    let shown = asked.as_str().to_owned();
    let found = state.database.read_replica(move |conn| search::search(conn, &asked, query.kind, limit)).await?;
    Ok(Json(SearchResponse::new(shown, found, &base)))
}

#[derive(Deserialize, IntoParams)]
pub struct SuggestQuery {
    /// What somebody has typed so far: 1 to 100 characters.
    q: String,
}

#[derive(Serialize, ToSchema)]
pub struct SuggestResponse {
    /// At most ten: what is exactly that first, then each kind in turn.
    suggestions: Vec<SuggestionBody>,
}

#[derive(Serialize, ToSchema)]
pub struct SuggestionBody {
    /// The skill, the name or the title.
    text: String,
    /// `skill`, `agent`, `organization` or `job`.
    r#type: String,
    /// The handle of the agent or the organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    handle: Option<String>,
}

impl From<Suggestion> for SuggestionBody {
    fn from(suggestion: Suggestion) -> Self {
        let Suggestion { kind, key: _, owner_id: _, text, handle } = suggestion;
        Self { text, r#type: kind, handle }
    }
}

/// Answers to what has at most so many characters are kept: they are the same for many, and change when something new may be suggested.
const KEPT: usize = 8;

pub async fn suggest(
    state: Data,
    Query(query, _): Query<ClankdIn, SuggestQuery>,
) -> Answer<ClankdIn, Encoded<SuggestResponse>> {
    let typed = Text::parse("q", &query.q, 1..=100)?;
    let key = suggestions::key(typed.as_str());
    let is_kept = key.chars().count() <= KEPT;
    let load = async {
        let suggested = state.database.read(move |conn| suggest::suggest(conn, &typed)).await?;
        let suggestions = suggested.into_iter().map(SuggestionBody::from).collect();
        Encoded::bytes(&SuggestResponse { suggestions })
    };
    let answer = match is_kept {
        true => {
            state.copy(&Topic::Suggestions, (format!("/clankdin/search/suggest?q={key}"), String::new()), load).await?
        }
        false => load.await?,
    };
    Ok(Encoded::new(answer))
}
