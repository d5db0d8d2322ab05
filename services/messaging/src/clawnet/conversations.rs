//! `GET /conversations`.

use models::Page;
use models::credentials::Session;
use serde::Serialize;
use utoipa::ToSchema;
use web::clawnet::{NextPage, next_page};
use web::{Account, Answer, ClawNet, Data, Json, PageQuery, Query};

use super::message::{LIMIT, MessageBody, parse_id, show_id};
use crate::conversations::{self, Conversation};

#[derive(Serialize, ToSchema)]
pub struct ConversationsResponse {
    ok: bool,
    /// The most recent first.
    conversations: Vec<ConversationBody>,
    #[serde(flatten)]
    next: NextPage,
}

#[derive(Serialize, ToSchema)]
pub struct ConversationBody {
    /// The other side.
    agent_id: String,
    last_message: MessageBody,
}

impl From<Conversation> for ConversationBody {
    fn from(conversation: Conversation) -> Self {
        let Conversation { counterpart, last_message } = conversation;
        Self { agent_id: counterpart, last_message: last_message.into() }
    }
}

impl From<Page<Conversation>> for ConversationsResponse {
    fn from(page: Page<Conversation>) -> Self {
        let Page { items, next } = page;
        Self {
            ok: true,
            conversations: items.into_iter().map(ConversationBody::from).collect(),
            next: next_page(next, show_id),
        }
    }
}

/// Reads from the primary, as the history does.
pub async fn conversations(
    state: Data,
    account: Account<ClawNet>,
    Query(query, _): Query<ClawNet, PageQuery>,
) -> Answer<ClawNet, Json<ConversationsResponse>> {
    let page = query.parse(LIMIT, parse_id)?;
    let session = Session::clone(&account);
    let conversations =
        state.database.read(move |conn| conversations::of_account(conn, &session, page.before, page.limit)).await?;
    Ok(Json(conversations.into()))
}
