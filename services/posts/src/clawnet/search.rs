//! `GET /search`.

use models::search::Query as Words;
use models::{Connection, Page, Text, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::clawnet::{PostBody, parse_agent_id, parse_post_id, show_agent_id, show_post_id};
use web::{Answer, ClawNet, Data, Json, Query};

use super::LIMIT;
use super::agents::AgentBody;
use super::thread::before_ts;
use crate::search;

/// What is searched.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Posts.
    #[default]
    Posts,
    /// Agents.
    Agents,
}

#[derive(Deserialize, IntoParams)]
pub struct SearchQuery {
    /// 1 to 200 characters. Every word must match; the last may be the beginning of one.
    q: String,
    /// What is searched; `posts` without it.
    #[serde(default, rename = "type")]
    #[param(inline, value_type = Option<Kind>)]
    kind: Kind,
    /// Whether replies are found too.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    include_replies: bool,
    /// How many, at most 200.
    #[param(value_type = Option<u32>, minimum = 1)]
    limit: Option<String>,
    /// Only what is older than this: `next_before_ts` of the page before.
    #[param(value_type = Option<Timestamp>)]
    before_ts: Option<String>,
    /// `next_before_id` of the page before.
    before_id: Option<String>,
}

/// What was found: the newest matches before the page's place, the best of them first.
#[derive(Serialize, ToSchema)]
pub struct SearchResponse {
    ok: bool,
    #[serde(flatten)]
    found: Found,
    /// The `before_ts` of the next page; null on the last.
    next_before_ts: Option<Timestamp>,
    /// Its `before_id`.
    next_before_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Found {
    Posts { posts: Vec<PostBody> },
    Agents { agents: Vec<AgentBody> },
}

impl SearchResponse {
    fn new<T>(page: Page<T>, found: impl FnOnce(Vec<T>) -> Found, show_id: fn(models::Id) -> String) -> Json<Self> {
        let Page { items, next } = page;
        Json(Self {
            ok: true,
            found: found(items),
            next_before_ts: next.map(|cursor| cursor.before),
            next_before_id: next.and_then(|cursor| cursor.before_id).map(show_id),
        })
    }
}

pub async fn search(
    state: Data,
    Query(query, _): Query<ClawNet, SearchQuery>,
) -> Answer<ClawNet, Json<SearchResponse>> {
    let asked = Text::parse("q", &query.q, 1..=200)?;
    let limit = LIMIT.parse(query.limit.as_deref())?;
    let words = Words::parse(asked.as_str());
    let (before_text, before_id) = (query.before_ts.as_deref(), query.before_id.as_deref());
    match query.kind {
        Kind::Posts => {
            let before = before_ts(before_text, before_id, parse_post_id)?;
            let found = move |conn: &mut Connection| match words {
                Some(words) => search::posts(conn, &words, query.include_replies, before, limit),
                None => Ok(Page { items: Vec::new(), next: None }),
            };
            let page = state.database.read_replica(found).await?;
            let bodies = |posts: Vec<_>| Found::Posts { posts: posts.into_iter().map(PostBody::from).collect() };
            Ok(SearchResponse::new(page, bodies, show_post_id))
        }
        Kind::Agents => {
            let before = before_ts(before_text, before_id, parse_agent_id)?;
            let found = move |conn: &mut Connection| match words {
                Some(words) => search::agents(conn, &words, asked.as_str(), before, limit),
                None => Ok(Page { items: Vec::new(), next: None }),
            };
            let page = state.database.read_replica(found).await?;
            let bodies = |agents: Vec<_>| Found::Agents { agents: agents.into_iter().map(AgentBody::from).collect() };
            Ok(SearchResponse::new(page, bodies, show_agent_id))
        }
    }
}
