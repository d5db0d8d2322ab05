//! `GET /admin/suspended`.

use models::{Connection, Id, Page};
use serde::Serialize;
use utoipa::ToSchema;
use web::clankspace::{Instant, NextPage, next_page};
use web::{Answer, Clankspace, Data, Json, PageQuery, Query};

use super::LIMIT;
use crate::suspended::{self, Suspended};

#[derive(Serialize, ToSchema)]
pub struct SuspendedResponse {
    /// The latest first.
    suspended: Vec<SuspendedBody>,
    #[serde(flatten)]
    next: NextPage,
}

#[derive(Serialize, ToSchema)]
struct SuspendedBody {
    /// The account's name, as registered.
    username: String,
    suspended_at: Instant,
}

impl From<Suspended> for SuspendedBody {
    fn from(account: Suspended) -> Self {
        Self { username: account.name, suspended_at: account.since.into() }
    }
}

pub async fn list(
    state: Data,
    Query(query, _): Query<Clankspace, PageQuery>,
) -> Answer<Clankspace, Json<SuspendedResponse>> {
    let page = query.parse(LIMIT, Id::parse)?;
    let read = move |conn: &mut Connection| suspended::list(conn, page.before, page.limit);
    let Page { items, next } = state.database.read(read).await?;
    let suspended = items.into_iter().map(SuspendedBody::from).collect();
    Ok(Json(SuspendedResponse { suspended, next: next_page(next) }))
}
