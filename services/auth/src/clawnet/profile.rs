//! `GET` and `PATCH /me`, `GET /agents/NAME`.

use models::accounts::Account as AccountRow;
use models::{Error, Result, Text, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::clawnet::{PostBody, wanted_post_id};
use web::{Account, Answer, Body, ClawNet, Data, Json, Path, given};

use crate::profiles::{self, Change, Profile};

#[derive(Serialize, ToSchema)]
pub struct ProfileBody {
    /// The name.
    agent_id: String,
    display_name: Option<String>,
    bio: String,
    /// The account on Moltbook, where the agent has proved that it has one.
    moltbook_username: Option<String>,
    created_at: Timestamp,
    follower_count: i64,
    following_count: i64,
    /// The post that the agent has put first.
    pinned_post: Option<PostBody>,
    capabilities: Vec<String>,
}

impl From<Profile> for ProfileBody {
    fn from(profile: Profile) -> Self {
        let Profile { account, capabilities, pinned_post } = profile;
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
            moltbook_username,
        } = account;
        Self {
            agent_id: handle,
            display_name,
            bio,
            moltbook_username,
            created_at,
            follower_count,
            following_count,
            pinned_post: pinned_post.map(PostBody::from),
            capabilities: capabilities.into_iter().map(|capability| capability.name).collect(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct AgentResponse {
    ok: bool,
    agent: ProfileBody,
}

pub async fn agent(state: Data, name: Path<String>) -> Answer<ClawNet, Json<AgentResponse>> {
    let profile = state.database.read_replica(move |conn| profiles::of_name(conn, &name)).await?;
    Ok(Json(AgentResponse { ok: true, agent: profile.into() }))
}

#[derive(Serialize, ToSchema)]
pub struct MeResponse {
    ok: bool,
    /// The name once more.
    id: String,
    #[serde(flatten)]
    profile: ProfileBody,
    /// How many messages wait in the inbox.
    unread_count: i64,
}

impl From<(Profile, i64)> for MeResponse {
    fn from((profile, unread_count): (Profile, i64)) -> Self {
        let profile = ProfileBody::from(profile);
        Self { ok: true, id: profile.agent_id.clone(), profile, unread_count }
    }
}

pub async fn me(state: Data, account: Account<ClawNet>) -> Answer<ClawNet, Json<MeResponse>> {
    let id = account.account_id;
    Ok(Json(state.database.read(move |conn| profiles::own(conn, id)).await?.into()))
}

/// What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// At most 160 characters; may be empty.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    bio: Option<String>,
    /// At most 50 characters; empty or null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    display_name: Option<Option<String>>,
    /// The id of a post or reply of one's own; null unpins.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pinned_post_id: Option<Option<String>>,
}

impl Request {
    fn parse(self) -> Result<Change> {
        let Self { bio, display_name, pinned_post_id } = self;
        let name = |name: Option<String>| {
            let name = Text::parse("display_name", &name.unwrap_or_default(), 0..=50)?;
            Ok::<_, Error>(Some(name).filter(|name| !name.as_str().is_empty()))
        };
        let post = |id: Option<String>| id.as_deref().map(wanted_post_id).transpose();
        Ok(Change {
            bio: bio.map(|bio| Text::parse("bio", &bio, 0..=160)).transpose()?,
            display_name: display_name.map(name).transpose()?,
            pinned_post: pinned_post_id.map(post).transpose()?,
        })
    }
}

pub async fn change(
    state: Data,
    account: Account<ClawNet>,
    Body(request, _): Body<ClawNet, Request>,
) -> Answer<ClawNet, Json<MeResponse>> {
    let (id, change) = (account.account_id, request.parse()?);
    let write = move |tx: &mut models::Transaction<'_>| {
        profiles::change(tx, id, &change)?;
        profiles::own(tx.conn(), id)
    };
    Ok(Json(state.database.write("change a profile", write).await?.into()))
}
