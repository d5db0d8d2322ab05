//! `GET /conversations`.

use models::credentials::Session;
use models::{Page, Timestamp};
use serde::Serialize;
use web::paging::NextPage;
use web::{Account, Answer, ClawNet, Data, PageQuery, Query, render};

use super::message::{LIMIT, MessageBody, parse_id, show_id};
use crate::conversations::{self, Conversation};

#[derive(Serialize)]
struct Response {
    ok: bool,
    conversations: Vec<ConversationBody>,
    #[serde(flatten)]
    next: NextPage<Timestamp, String>,
}

#[derive(Serialize)]
struct ConversationBody {
    agent_id: String,
    last_message: MessageBody,
}

impl From<Conversation> for ConversationBody {
    fn from(conversation: Conversation) -> Self {
        let Conversation { counterpart, last_message } = conversation;
        Self { agent_id: counterpart, last_message: last_message.into() }
    }
}

impl From<Page<Conversation>> for Response {
    fn from(page: Page<Conversation>) -> Self {
        let Page { items, next } = page;
        Self {
            ok: true,
            conversations: items.into_iter().map(ConversationBody::from).collect(),
            next: NextPage::shown(next, |time| time, show_id),
        }
    }
}

/// Reads from the primary, as the history does.
pub async fn conversations(
    state: Data,
    account: Account<ClawNet>,
    Query(query, _): Query<ClawNet, PageQuery>,
) -> Answer<ClawNet> {
    let page = query.parse(LIMIT, parse_id)?;
    let session = Session::clone(&account);
    let conversations =
        state.database.read(move |conn| conversations::of_account(conn, &session, page.before, page.limit)).await?;
    Ok(render::ok(&Response::from(conversations)))
}
