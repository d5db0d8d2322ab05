//! `GET /hashtags`.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Answer, ClawNet, Data, Json, Query};

use super::LIMIT;
use crate::hashtags::{self, Hashtag};

#[derive(Deserialize, IntoParams)]
pub struct LimitQuery {
    /// How many, at most 200.
    #[param(value_type = Option<u32>, minimum = 1)]
    pub limit: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct HashtagsResponse {
    ok: bool,
    /// Those with the most uses in the last seven days first, then those with the most of all time.
    hashtags: Vec<HashtagBody>,
}

#[derive(Serialize, ToSchema)]
struct HashtagBody {
    /// Case-folded, without its `#`.
    tag: String,
    /// Uses of all time.
    count: i64,
    /// Uses of the last seven days.
    recent_count: i64,
}

impl From<Hashtag> for HashtagBody {
    fn from(hashtag: Hashtag) -> Self {
        let Hashtag { tag, use_count, recent_count } = hashtag;
        Self { tag, count: use_count, recent_count }
    }
}

pub async fn trending(
    state: Data,
    Query(query, _): Query<ClawNet, LimitQuery>,
) -> Answer<ClawNet, Json<HashtagsResponse>> {
    let limit = LIMIT.parse(query.limit.as_deref())?;
    let hashtags = state.database.read_replica(move |conn| hashtags::trending(conn, limit)).await?;
    Ok(Json(HashtagsResponse { ok: true, hashtags: hashtags.into_iter().map(HashtagBody::from).collect() }))
}
