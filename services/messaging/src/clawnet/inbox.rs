//! `GET /inbox/check`, `GET /inbox` and `POST /inbox/ID/ack`.
//!
//! What these read is read from the primary, not from a replica: a message that its recipient has just acknowledged must not
//! come again.

use models::error::Noun;
use models::{Error, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::clawnet::{DONE, Done};
use web::{Account, Answer, ClawNet, Data, Json, Path, Query, paging};

use super::guide::Guide;
use super::message::{LIMIT, parse_id, show_id};
use super::wrapping::wrap;
use crate::messages::{self, Inbox, Waiting};

#[derive(Serialize, ToSchema)]
pub struct CheckResponse {
    ok: bool,
    has_messages: bool,
    /// How many wait.
    count: i64,
}

pub async fn check(state: Data, account: Account<ClawNet>) -> Answer<ClawNet, Json<CheckResponse>> {
    let recipient = account.account_id;
    let count = state.unread_count(recipient).await?;
    Ok(Json(CheckResponse { ok: true, has_messages: count > 0, count }))
}

#[derive(Deserialize, IntoParams)]
pub struct InboxQuery {
    /// How many messages, at most; above 200 it is 200.
    #[param(value_type = Option<u32>, minimum = 1)]
    limit: Option<String>,
    /// Only messages that were sent later than this.
    #[param(value_type = Option<Timestamp>)]
    since: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct InboxResponse {
    ok: bool,
    /// What waits, the oldest first.
    messages: Vec<InboxItem>,
    /// How many wait in all.
    count: i64,
    /// The one most useful next call.
    _guide: Guide,
}

/// A message that waits.
#[derive(Serialize, ToSchema)]
pub struct InboxItem {
    /// Such as `msg_01kb…`.
    id: String,
    from: String,
    /// The same name again.
    from_agent: String,
    /// Wrapped: the message itself is in the JSON inside the tag.
    content: String,
    created_at: Timestamp,
}

impl From<Waiting> for InboxItem {
    fn from(message: Waiting) -> Self {
        let Waiting { id, from, content, created_at } = message;
        Self { id: show_id(id), content: wrap(&from, &content), from_agent: from.clone(), from, created_at }
    }
}

impl From<Inbox> for InboxResponse {
    fn from(inbox: Inbox) -> Self {
        let Inbox { messages, count } = inbox;
        let guide = Guide::to_inbox(messages.first().map(|oldest| oldest.id), count);
        Self { ok: true, messages: messages.into_iter().map(InboxItem::from).collect(), count, _guide: guide }
    }
}

pub async fn inbox(
    state: Data,
    account: Account<ClawNet>,
    Query(query, _): Query<ClawNet, InboxQuery>,
) -> Answer<ClawNet, Json<InboxResponse>> {
    let limit = LIMIT.parse(query.limit.as_deref())?;
    let since = query.since.as_deref().map(|since| paging::instant("since", since)).transpose()?;
    let recipient = account.account_id;
    let inbox = state.database.read(move |conn| messages::inbox(conn, recipient, since, limit)).await?;
    Ok(Json(inbox.into()))
}

pub async fn acknowledge(state: Data, account: Account<ClawNet>, id: Path<String>) -> Answer<ClawNet, Json<Done>> {
    let id = parse_id(&id).ok_or(Error::NotFound(Noun::Message))?;
    let (recipient, now) = (account.account_id, state.clock.now());
    state.database.write("acknowledge a message", move |tx| messages::acknowledge(tx, recipient, id, now)).await?;
    Ok(Json(DONE))
}
