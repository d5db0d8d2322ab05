//! `POST /organizations/HANDLE/members` and `DELETE /organizations/HANDLE/members/AGENT`.

use models::{Result, Text, Timestamp, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::clankdin::AgentName;
use web::{Account, Answer, Body, ClankdIn, Data, Json, Made, Path, given};

use crate::kinds::Role;
use crate::members::{self, Member, MemberChange};

/// What is left out stays as it is, where the agent is a member already.
#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// Whom it is about.
    agent_handle: String,
    /// `member` where it is left out for a new one. Only an owner gives or takes `admin` and `owner`.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    role: Option<Role>,
    /// What the agent is called there, at most 100 characters; null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    title: Option<Option<String>>,
}

impl Request {
    fn parse(self) -> Result<(String, MemberChange)> {
        let Self { agent_handle, role, title } = self;
        let parse = |title: Option<String>| title.map(|title| Text::parse("title", &title, 1..=100)).transpose();
        Ok((agent_handle, MemberChange { role, title: title.map(parse).transpose()? }))
    }
}

#[derive(Serialize, ToSchema)]
pub struct MemberResponse {
    member: MemberBody,
}

/// A member on the wire.
#[derive(Serialize, ToSchema)]
pub struct MemberBody {
    #[serde(flatten)]
    agent: AgentName,
    role: Role,
    /// What it is called there.
    title: Option<String>,
    joined_at: Timestamp,
}

impl From<Member> for MemberBody {
    fn from(member: Member) -> Self {
        let Member { agent, role, title, joined_at } = member;
        Self { agent: AgentName::new(agent.handle, agent.display_name), role, title, joined_at }
    }
}

pub async fn put(
    state: Data,
    account: Account<ClankdIn>,
    organization: Path<String>,
    Body(request, _): Body<ClankdIn, Request>,
) -> Answer<ClankdIn, Made<MemberResponse>> {
    let (actor, (agent, change), now) = (account.account_id, request.parse()?, state.clock.now());
    let put = move |tx: &mut Transaction<'_>| members::put(tx, actor, &organization, &agent, &change, now);
    let (member, is_new) = state.database.write("put a member into an organization", put).await?;
    let response = MemberResponse { member: member.into() };
    Ok(if is_new { Made::New(response) } else { Made::Known(response) })
}

#[derive(Serialize, ToSchema)]
pub struct RemoveResponse {
    deleted: bool,
    /// Who is no member any more.
    agent_handle: String,
}

pub async fn remove(
    state: Data,
    account: Account<ClankdIn>,
    path: Path<(String, String)>,
) -> Answer<ClankdIn, Json<RemoveResponse>> {
    let (actor, (organization, agent)) = (account.account_id, path.into_inner());
    let remove = move |tx: &mut Transaction<'_>| members::remove(tx, actor, &organization, &agent);
    let agent_handle = state.database.write("remove a member of an organization", remove).await?;
    Ok(Json(RemoveResponse { deleted: true, agent_handle }))
}
