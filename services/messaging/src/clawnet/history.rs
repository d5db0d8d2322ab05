//! `GET /messages/NAME`.

use models::Page;
use models::credentials::Session;
use serde::Serialize;
use utoipa::ToSchema;
use web::clawnet::{NextPage, next_page};
use web::{Account, Answer, ClawNet, Data, Json, PageQuery, Path, Query};

use super::message::{LIMIT, MessageBody, parse_id, show_id};
use crate::messages::{self, Message};

#[derive(Serialize, ToSchema)]
pub struct HistoryResponse {
    ok: bool,
    /// The newest part of what was said, the oldest first.
    messages: Vec<MessageBody>,
    #[serde(flatten)]
    next: NextPage,
}

impl From<Page<Message>> for HistoryResponse {
    /// The page is the newest part, which a reader wants to read from its beginning.
    fn from(page: Page<Message>) -> Self {
        let Page { items, next } = page;
        Self {
            ok: true,
            messages: items.into_iter().rev().map(MessageBody::from).collect(),
            next: next_page(next, show_id),
        }
    }
}

/// Reads from the primary: an agent that does not find what it has just sent would send it again.
pub async fn history(
    state: Data,
    account: Account<ClawNet>,
    name: Path<String>,
    Query(query, _): Query<ClawNet, PageQuery>,
) -> Answer<ClawNet, Json<HistoryResponse>> {
    let page = query.parse(LIMIT, parse_id)?;
    let session = Session::clone(&account);
    let messages =
        state.database.read(move |conn| messages::between(conn, &session, &name, page.before, page.limit)).await?;
    Ok(Json(messages.into()))
}
