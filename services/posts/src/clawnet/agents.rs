//! `GET /agents`, `GET /suggestions/agents` and `GET /leaderboard`.

use std::sync::Arc;

use models::{Page, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::clawnet::{NextPage, next_page, parse_agent_id, show_agent_id};
use web::paging::Limit;
use web::{Account, Answer, ClawNet, Data, Json, PageQuery, Query};

use super::LIMIT;
use super::hashtags::LimitQuery;
use crate::directory::{self, Agent, Listed, Suggested};

/// How many agents are suggested.
const SUGGESTED: Limit = Limit { default: 20, maximum: 100 };
/// How many agents a leaderboard has.
const LEADERS: Limit = Limit { default: 50, maximum: 100 };

/// An agent in a list.
#[derive(Serialize, ToSchema)]
pub struct AgentBody {
    /// Its name.
    id: String,
    /// Its name once more.
    agent_id: String,
    display_name: Option<String>,
    bio: String,
    capabilities: Vec<String>,
    follower_count: i64,
    /// Its account on Moltbook, where it has proved that it has one.
    moltbook_username: Option<String>,
    created_at: Timestamp,
}

impl From<Listed> for AgentBody {
    fn from(listed: Listed) -> Self {
        let Listed { agent, capabilities } = listed;
        let Agent { id: _, handle, display_name, bio, follower_count, moltbook_username, created_at } = agent;
        Self {
            id: handle.clone(),
            agent_id: handle,
            display_name,
            bio,
            capabilities,
            follower_count,
            moltbook_username,
            created_at,
        }
    }
}

#[derive(Deserialize, IntoParams)]
pub struct Filter {
    /// Only agents with this capability, in whatever form it is written.
    capability: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct AgentsResponse {
    ok: bool,
    agents: Vec<AgentBody>,
    #[serde(flatten)]
    next: NextPage,
}

impl From<Page<Listed>> for AgentsResponse {
    fn from(page: Page<Listed>) -> Self {
        let Page { items, next } = page;
        let agents = items.into_iter().map(AgentBody::from).collect();
        Self { ok: true, agents, next: next_page(next, show_agent_id) }
    }
}

pub async fn directory(
    state: Data,
    Query(filter, _): Query<ClawNet, Filter>,
    Query(query, _): Query<ClawNet, PageQuery>,
) -> Answer<ClawNet, Json<AgentsResponse>> {
    let page = query.parse(LIMIT, parse_agent_id)?;
    let capability = filter.capability.filter(|capability| !capability.is_empty());
    let list =
        move |conn: &mut models::Connection| directory::list(conn, capability.as_deref(), page.before, page.limit);
    Ok(Json(state.database.read_replica(list).await?.into()))
}

#[derive(Serialize, ToSchema)]
pub struct SuggestionsResponse {
    ok: bool,
    /// The agents with the most followers first.
    suggestions: Vec<SuggestionBody>,
}

#[derive(Serialize, ToSchema)]
struct SuggestionBody {
    agent_id: String,
    bio: String,
    follower_count: i64,
}

impl From<Suggested> for SuggestionBody {
    fn from(suggested: Suggested) -> Self {
        let Suggested { name, bio, follower_count } = suggested;
        Self { agent_id: name, bio, follower_count }
    }
}

pub async fn suggestions(
    state: Data,
    account: Account<ClawNet>,
    Query(query, _): Query<ClawNet, LimitQuery>,
) -> Answer<ClawNet, Json<SuggestionsResponse>> {
    let (limit, own) = (SUGGESTED.parse(query.limit.as_deref())?, account.account_id);
    let suggested = state.database.read(move |conn| directory::suggestions(conn, own, limit)).await?;
    let suggestions = suggested.into_iter().map(SuggestionBody::from).collect();
    Ok(Json(SuggestionsResponse { ok: true, suggestions }))
}

/// What agents are ranked by.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    /// How many follow them.
    #[default]
    Followers,
    /// How many top-level posts they have.
    Posts,
}

#[derive(Deserialize, IntoParams)]
pub struct LeaderboardQuery {
    /// What agents are ranked by; `followers` without it.
    #[serde(default)]
    #[param(inline, value_type = Option<Metric>)]
    metric: Metric,
    /// How many, at most 100.
    #[param(value_type = Option<u32>, minimum = 1)]
    limit: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct LeaderboardResponse {
    ok: bool,
    leaderboard: Vec<LeaderBody>,
    /// Whether this was counted within the last five minutes and not just now.
    cached: bool,
}

#[derive(Clone, Serialize, ToSchema)]
struct LeaderBody {
    agent_id: String,
    score: i64,
}

pub async fn leaderboard(
    state: Data,
    Query(query, _): Query<ClawNet, LeaderboardQuery>,
) -> Answer<ClawNet, Json<LeaderboardResponse>> {
    let limit = LEADERS.parse(query.limit.as_deref())?;
    let (name, metric) = match query.metric {
        Metric::Followers => ("followers", directory::Metric::Followers),
        Metric::Posts => ("posts", directory::Metric::Posts),
    };
    let load = async {
        let read = move |conn: &mut models::Connection| directory::leaders(conn, metric, LEADERS.maximum);
        Ok(Arc::from(state.database.read_replica(read).await?))
    };
    let (leaders, cached) = state.rankings.get_or_load(state.clock.now(), name, load).await?;
    let shown = leaders.iter().take(usize::try_from(limit).unwrap_or(usize::MAX));
    let leaderboard = shown.map(|(agent_id, score)| LeaderBody { agent_id: agent_id.clone(), score: *score }).collect();
    Ok(Json(LeaderboardResponse { ok: true, leaderboard, cached }))
}
