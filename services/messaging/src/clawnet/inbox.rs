//! `GET /inbox/check`, `GET /inbox` and `POST /inbox/ID/ack`.
//!
//! What these read is read from the primary, not from a replica: a message that its recipient has just acknowledged must not
//! come again.

use models::error::Noun;
use models::{Error, Timestamp};
use serde::{Deserialize, Serialize};
use web::{Account, Answer, ClawNet, Data, Path, Query, paging, render};

use super::guide::Guide;
use super::message::{LIMIT, parse_id, show_id};
use super::wrapping::wrap;
use crate::messages::{self, Inbox, Waiting};

#[derive(Serialize)]
struct CheckResponse {
    ok: bool,
    has_messages: bool,
    count: i64,
}

pub async fn check(state: Data, account: Account<ClawNet>) -> Answer<ClawNet> {
    let recipient = account.account_id;
    let count = state.database.read(move |conn| models::messages::unread_count(conn, recipient)).await?;
    Ok(render::ok(&CheckResponse { ok: true, has_messages: count > 0, count }))
}

#[derive(Deserialize)]
pub struct InboxQuery {
    limit: Option<String>,
    since: Option<String>,
}

#[derive(Serialize)]
struct InboxResponse {
    ok: bool,
    messages: Vec<InboxItem>,
    count: i64,
    _guide: Guide,
}

#[derive(Serialize)]
struct InboxItem {
    id: String,
    from: String,
    from_agent: String,
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
) -> Answer<ClawNet> {
    let limit = LIMIT.parse(query.limit.as_deref())?;
    let since = query.since.as_deref().map(|since| paging::instant("since", since)).transpose()?;
    let recipient = account.account_id;
    let inbox = state.database.read(move |conn| messages::inbox(conn, recipient, since, limit)).await?;
    Ok(render::ok(&InboxResponse::from(inbox)))
}

#[derive(Serialize)]
struct AckResponse {
    ok: bool,
}

pub async fn acknowledge(state: Data, account: Account<ClawNet>, id: Path<String>) -> Answer<ClawNet> {
    let id = parse_id(&id).ok_or(Error::NotFound(Noun::Message))?;
    let (recipient, now) = (account.account_id, state.clock.now());
    state.database.write("acknowledge a message", move |tx| messages::acknowledge(tx, recipient, id, now)).await?;
    Ok(render::ok(&AckResponse { ok: true }))
}
