//! `GET /admin/audit`.

use models::audit::{self, Entry};
use models::{Id, Network, Page};
use serde::Serialize;
use utoipa::ToSchema;
use web::clankspace::{Instant, NextPage, next_page};
use web::{Answer, Clankspace, Data, Json, PageQuery, Query};

use super::LIMIT;

#[derive(Serialize, ToSchema)]
pub struct AuditResponse {
    entries: Vec<EntryBody>,
    #[serde(flatten)]
    next: NextPage,
}

#[derive(Serialize, ToSchema)]
struct EntryBody {
    id: Id,
    /// Who did it; null for the operator, and for an account that is gone.
    moderator: Option<String>,
    /// Whether the operator did it.
    by_operator: bool,
    /// `delete_post`, `dismiss_reports`, `suspend`, `lift`, `grant` or `revoke`.
    action: String,
    /// To whom, or to whose post; null for an account that is gone.
    username: Option<String>,
    created_at: Instant,
}

impl From<Entry> for EntryBody {
    fn from(entry: Entry) -> Self {
        let Entry { id, actor, by_operator, action, account, created_at } = entry;
        Self { id, moderator: actor, by_operator, action, username: account, created_at: created_at.into() }
    }
}

pub async fn list(
    state: Data,
    Query(query, _): Query<Clankspace, PageQuery>,
) -> Answer<Clankspace, Json<AuditResponse>> {
    let page = query.parse(LIMIT, Id::parse)?;
    let read = move |conn: &mut models::Connection| audit::list(conn, Network::Clankspace, page.before, page.limit);
    let Page { items, next } = state.database.read(read).await?;
    Ok(Json(AuditResponse { entries: items.into_iter().map(EntryBody::from).collect(), next: next_page(next) }))
}
