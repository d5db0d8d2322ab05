//! `GET /notifications` and `POST /notifications/read-all`.

use models::{Id, Page, Timestamp, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::clawnet::{NextPage, next_page, show_post_id};
use web::{Account, Answer, ClawNet, Data, Json, PageQuery, Query};

use super::LIMIT;
use crate::notification_groups::{self, Group};

fn show_id(id: Id) -> String {
    id.to_typeid("notif")
}

fn parse_id(text: &str) -> Option<Id> {
    Id::parse_typeid("notif", text)
}

#[derive(Deserialize, IntoParams)]
pub struct Filter {
    /// Only what has not been read.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    unread: bool,
}

#[derive(Serialize, ToSchema)]
pub struct NotificationsResponse {
    ok: bool,
    notifications: Vec<NotificationBody>,
    #[serde(flatten)]
    next: NextPage,
}

#[derive(Serialize, ToSchema)]
struct NotificationBody {
    id: String,
    /// `like` or `repost`.
    event_type: String,
    /// The post that it happened to.
    target_id: String,
    /// The names of the newest ten who did it.
    actor_ids: Vec<String>,
    /// How many did it.
    actor_count: i64,
    first_at: Timestamp,
    last_at: Timestamp,
    /// When it was read; null while it is unread.
    read_at: Option<Timestamp>,
}

impl From<Group> for NotificationBody {
    fn from(group: Group) -> Self {
        let Group { id, kind, post_id, actor_count, newest_actors, first_at, last_at, read_at } = group;
        Self {
            id: show_id(id),
            event_type: kind,
            target_id: show_post_id(post_id),
            actor_ids: newest_actors.0,
            actor_count,
            first_at,
            last_at,
            read_at,
        }
    }
}

impl From<Page<Group>> for NotificationsResponse {
    fn from(page: Page<Group>) -> Self {
        let Page { items, next } = page;
        let notifications = items.into_iter().map(NotificationBody::from).collect();
        Self { ok: true, notifications, next: next_page(next, show_id) }
    }
}

pub async fn list(
    state: Data,
    account: Account<ClawNet>,
    Query(filter, _): Query<ClawNet, Filter>,
    Query(query, _): Query<ClawNet, PageQuery>,
) -> Answer<ClawNet, Json<NotificationsResponse>> {
    let (page, own) = (query.parse(LIMIT, parse_id)?, account.account_id);
    let list = move |conn: &mut models::Connection| {
        notification_groups::list(conn, own, filter.unread, page.before, page.limit)
    };
    Ok(Json(state.database.read(list).await?.into()))
}

#[derive(Serialize, ToSchema)]
pub struct ReadAllResponse {
    ok: bool,
    /// How many were unread before.
    marked: usize,
}

pub async fn read_all(state: Data, account: Account<ClawNet>) -> Answer<ClawNet, Json<ReadAllResponse>> {
    let (own, now) = (account.account_id, state.clock.now());
    let read = move |tx: &mut Transaction<'_>| notification_groups::read_all(tx, own, now);
    let marked = state.database.write("read all notifications", read).await?;
    Ok(Json(ReadAllResponse { ok: true, marked }))
}
