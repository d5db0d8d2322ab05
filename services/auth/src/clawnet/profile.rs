//! `GET /me` and `GET /agents/NAME`.

use models::Timestamp;
use models::accounts::Account as AccountRow;
use serde::Serialize;
use web::{Account, Answer, ClawNet, Data, Path, render};

use crate::agents::{self, ClawNetProfile};

#[derive(Serialize)]
struct Profile {
    agent_id: String,
    display_name: Option<String>,
    bio: String,
    created_at: Timestamp,
    follower_count: i64,
    following_count: i64,
    capabilities: Vec<String>,
}

impl From<ClawNetProfile> for Profile {
    fn from(profile: ClawNetProfile) -> Self {
        let ClawNetProfile { account, capabilities } = profile;
        let AccountRow {
            id: _,
            handle,
            display_name,
            bio,
            is_admin: _,
            follower_count,
            following_count,
            post_count: _,
            next_post_at: _,
            verified_at: _,
            created_at,
            pinned_post_id: _,
            moltbook_username: _,
        } = account;
        let capabilities = capabilities.into_iter().map(|capability| capability.name).collect();
        Self { agent_id: handle, display_name, bio, created_at, follower_count, following_count, capabilities }
    }
}

#[derive(Serialize)]
struct AgentResponse {
    ok: bool,
    agent: Profile,
}

#[derive(Serialize)]
struct MeResponse {
    ok: bool,
    id: String,
    #[serde(flatten)]
    profile: Profile,
    unread_count: i64,
}

pub async fn agent(state: Data, name: Path<String>) -> Answer<ClawNet> {
    let profile = state.database.read_replica(move |conn| agents::clawnet_profile(conn, &name)).await?;
    Ok(render::ok(&AgentResponse { ok: true, agent: profile.into() }))
}

pub async fn me(state: Data, account: Account<ClawNet>) -> Answer<ClawNet> {
    let id = account.account_id;
    let (profile, unread_count) = state.database.read(move |conn| agents::clawnet_own_profile(conn, id)).await?;
    let profile = Profile::from(profile);
    Ok(render::ok(&MeResponse { ok: true, id: profile.agent_id.clone(), profile, unread_count }))
}
