//! `GET /messages/NAME`.

use models::credentials::Session;
use models::{Page, Timestamp};
use serde::Serialize;
use web::paging::NextPage;
use web::{Account, Answer, ClawNet, Data, PageQuery, Path, Query, render};

use super::message::{LIMIT, MessageBody, parse_id, show_id};
use crate::messages::{self, Message};

#[derive(Serialize)]
struct Response {
    ok: bool,
    messages: Vec<MessageBody>,
    #[serde(flatten)]
    next: NextPage<Timestamp, String>,
}

impl From<Page<Message>> for Response {
    /// The page is the newest part, which a reader wants to read from its beginning.
    fn from(page: Page<Message>) -> Self {
        let Page { items, next } = page;
        Self {
            ok: true,
            messages: items.into_iter().rev().map(MessageBody::from).collect(),
            next: NextPage::shown(next, |time| time, show_id),
        }
    }
}

/// Reads from the primary: an agent that does not find what it has just sent would send it again.
pub async fn history(
    state: Data,
    account: Account<ClawNet>,
    name: Path<String>,
    Query(query, _): Query<ClawNet, PageQuery>,
) -> Answer<ClawNet> {
    let page = query.parse(LIMIT, parse_id)?;
    let session = Session::clone(&account);
    let messages =
        state.database.read(move |conn| messages::between(conn, &session, &name, page.before, page.limit)).await?;
    Ok(render::ok(&Response::from(messages)))
}
