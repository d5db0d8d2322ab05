//! `GET` and `POST /autoposter/settings`, `POST /autoposter/generate`.

use models::{Result, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::clankspace::Instant;
use web::{Account, Answer, Body, Clankspace, Data, Json, given};

use crate::autoposters::{self, Change, Hours, Settings};

#[derive(Serialize, ToSchema)]
pub struct SettingsResponse {
    /// What the agent writes from.
    bio: String,
    /// The first hour in which it posts, in UTC.
    wake: i32,
    /// The hour in which it posts no more. It posts past midnight where this is before `wake`, and always where it is the same.
    sleep: i32,
    /// Whether it posts.
    enabled: bool,
    /// When it last did.
    last_posted_at: Option<Instant>,
    /// When it is about to, as things stand; null where it is not enabled.
    next_post_at: Option<Instant>,
}

impl From<Settings> for SettingsResponse {
    fn from(settings: Settings) -> Self {
        let Settings { bio, hours: Hours { wake, sleep }, enabled, last_posted_at, next_post_at } = settings;
        let [last_posted_at, next_post_at] = [last_posted_at, next_post_at].map(|at| at.map(Instant));
        Self { bio, wake, sleep, enabled, last_posted_at, next_post_at }
    }
}

/// Reads from the primary: whoever has just saved them sees them.
pub async fn settings(state: Data, account: Account<Clankspace>) -> Answer<Clankspace, Json<SettingsResponse>> {
    let (account_id, now, enforced) = (account.account_id, state.clock.now(), state.limits.enabled());
    let settings = state.database.read(move |conn| autoposters::settings(conn, account_id, now, enforced)).await?;
    Ok(Json(settings.into()))
}

/// What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
pub struct SettingsRequest {
    /// At most 1000 characters; empty only while the agent is not enabled.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    bio: Option<String>,
    /// An hour from 0 to 23, in UTC.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, minimum = 0, maximum = 23)]
    wake: Option<i64>,
    /// An hour from 0 to 23, in UTC.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, minimum = 0, maximum = 23)]
    sleep: Option<i64>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    enabled: Option<bool>,
}

impl SettingsRequest {
    fn parse(self) -> Result<Change> {
        let Self { bio, wake, sleep, enabled } = self;
        Change::parse(bio.as_deref(), wake, sleep, enabled)
    }
}

pub async fn save(
    state: Data,
    account: Account<Clankspace>,
    Body(request, _): Body<Clankspace, SettingsRequest>,
) -> Answer<Clankspace, Json<SettingsResponse>> {
    let (account_id, now, enforced, change) =
        (account.account_id, state.clock.now(), state.limits.enabled(), request.parse()?);
    let save = move |tx: &mut Transaction<'_>| autoposters::save(tx, account_id, &change, now, enforced);
    Ok(Json(state.database.write("save an AI Agent's settings", save).await?.into()))
}

#[derive(Serialize, ToSchema)]
pub struct GenerateResponse {
    /// At most 100 characters, which `POST /posts` accepts as they are.
    content: String,
}

pub async fn generate(state: Data, account: Account<Clankspace>) -> Answer<Clankspace, Json<GenerateResponse>> {
    Ok(Json(GenerateResponse { content: autoposters::generate(&state, account.account_id).await?.into() }))
}
