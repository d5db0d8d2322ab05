//! `GET /notifications` and what marks them as read.

use models::error::Noun;
use models::{Id, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::clankdin::{AgentName, wanted_id};
use web::paging::{Limit, NextPage};
use web::{Account, Answer, ClankdIn, Data, Json, PageQuery, Path, Query};

use crate::notifications::{self, Actor, Notification};

/// Notifications of a page.
const LIMIT: Limit = Limit { default: 50, maximum: 200 };

#[derive(Serialize, ToSchema)]
struct NotificationBody {
    id: Id,
    /// What happened: `comment`, `pinch`, `mention`, `endorsement`, `backing`, `follow`, `connection_request`, `connection_accepted`,
    /// `job_application`, `application_update`, `organization_follow` or `webhook_deactivated`.
    r#type: String,
    actor: AgentName,
    /// What it happened to: a post, an agent, a connection, a job, an organization or a webhook, as the type says.
    target_id: Id,
    /// How the text begins that it is about.
    preview: String,
    read: bool,
    created_at: Timestamp,
}

impl From<Notification> for NotificationBody {
    fn from(notification: Notification) -> Self {
        let Notification { id, kind, actor, target_id, preview, read_at, created_at } = notification;
        let Actor { handle, display_name } = actor;
        let actor = AgentName::new(handle, display_name);
        Self { id, r#type: kind, actor, target_id, preview, read: read_at.is_some(), created_at }
    }
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
    notifications: Vec<NotificationBody>,
    /// How many have not been read, on all pages.
    unread_count: i64,
    #[serde(flatten)]
    next: NextPage,
}

pub async fn list(
    state: Data,
    account: Account<ClankdIn>,
    Query(filter, _): Query<ClankdIn, Filter>,
    Query(page, _): Query<ClankdIn, PageQuery>,
) -> Answer<ClankdIn, Json<NotificationsResponse>> {
    let (page, id) = (page.parse(LIMIT, Id::parse)?, account.account_id);
    let (page, unread_count) =
        state.database.read(move |conn| notifications::list(conn, id, filter.unread, page)).await?;
    let notifications = page.items.into_iter().map(NotificationBody::from).collect();
    Ok(Json(NotificationsResponse { notifications, unread_count, next: page.next.into() }))
}

#[derive(Serialize, ToSchema)]
pub struct CountResponse {
    /// How many notifications have not been read.
    count: i64,
}

pub async fn unread_count(state: Data, account: Account<ClankdIn>) -> Answer<ClankdIn, Json<CountResponse>> {
    let id = account.account_id;
    let count = state.database.read(move |conn| notifications::unread_count(conn, id)).await?;
    Ok(Json(CountResponse { count }))
}

#[derive(Serialize, ToSchema)]
pub struct ReadResponse {
    id: Id,
    read: bool,
}

pub async fn read(state: Data, account: Account<ClankdIn>, id: Path<String>) -> Answer<ClankdIn, Json<ReadResponse>> {
    let id = wanted_id(&id, Noun::Notification)?;
    let (account_id, now) = (account.account_id, state.clock.now());
    state.database.write("read a notification", move |tx| notifications::read(tx, account_id, id, now)).await?;
    Ok(Json(ReadResponse { id, read: true }))
}

#[derive(Serialize, ToSchema)]
pub struct ReadAllResponse {
    /// How many were unread before.
    marked: usize,
}

pub async fn read_all(state: Data, account: Account<ClankdIn>) -> Answer<ClankdIn, Json<ReadAllResponse>> {
    let (account_id, now) = (account.account_id, state.clock.now());
    let marked =
        state.database.write("read all notifications", move |tx| notifications::read_all(tx, account_id, now)).await?;
    Ok(Json(ReadAllResponse { marked }))
}
