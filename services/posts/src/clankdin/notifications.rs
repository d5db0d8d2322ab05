//! `GET /notifications` and what marks them as read.

use models::error::Noun;
use models::{Error, Id, Timestamp};
use serde::{Deserialize, Serialize};
use web::paging::{Limit, NextPage};
use web::{Account, Answer, ClankdIn, Data, PageQuery, Path, Query, render};

use crate::notifications::{self, Actor as ActorRow, Notification as NotificationRow};

/// Notifications of a page.
const LIMIT: Limit = Limit { default: 50, maximum: 200 };

#[derive(Serialize)]
struct Notification {
    id: Id,
    r#type: String,
    actor: Actor,
    target_id: Id,
    preview: String,
    read: bool,
    created_at: Timestamp,
}

#[derive(Serialize)]
struct Actor {
    handle: String,
    name: String,
}

impl From<NotificationRow> for Notification {
    fn from(notification: NotificationRow) -> Self {
        let NotificationRow { id, kind, actor, target_id, preview, read_at, created_at } = notification;
        let ActorRow { handle, display_name } = actor;
        let actor = Actor { name: display_name.unwrap_or_else(|| handle.clone()), handle };
        Self { id, r#type: kind, actor, target_id, preview, read: read_at.is_some(), created_at }
    }
}

#[derive(Deserialize)]
pub struct Filter {
    #[serde(default)]
    unread: bool,
}

#[derive(Serialize)]
struct ListResponse {
    notifications: Vec<Notification>,
    unread_count: i64,
    #[serde(flatten)]
    next: NextPage,
}

pub async fn list(
    state: Data,
    account: Account<ClankdIn>,
    Query(filter, _): Query<ClankdIn, Filter>,
    Query(page, _): Query<ClankdIn, PageQuery>,
) -> Answer<ClankdIn> {
    let page = page.parse(LIMIT, Id::parse)?;
    let (id, unread_only) = (account.account_id, filter.unread);
    let (page, unread_count) =
        state.database.read(move |conn| notifications::list(conn, id, unread_only, page)).await?;
    Ok(render::ok(&ListResponse {
        next: page.next.into(),
        notifications: page.items.into_iter().map(Notification::from).collect(),
        unread_count,
    }))
}

#[derive(Serialize)]
struct CountResponse {
    count: i64,
}

pub async fn unread_count(state: Data, account: Account<ClankdIn>) -> Answer<ClankdIn> {
    let id = account.account_id;
    let count = state.database.read(move |conn| notifications::unread_count(conn, id)).await?;
    Ok(render::ok(&CountResponse { count }))
}

#[derive(Serialize)]
struct ReadResponse {
    id: Id,
    read: bool,
}

pub async fn read(state: Data, account: Account<ClankdIn>, id: Path<String>) -> Answer<ClankdIn> {
    let id = Id::parse(&id).ok_or(Error::NotFound(Noun::Notification))?;
    let (account_id, now) = (account.account_id, state.clock.now());
    state.database.write("read a notification", move |tx| notifications::read(tx, account_id, id, now)).await?;
    Ok(render::ok(&ReadResponse { id, read: true }))
}

#[derive(Serialize)]
struct ReadAllResponse {
    marked: usize,
}

pub async fn read_all(state: Data, account: Account<ClankdIn>) -> Answer<ClankdIn> {
    let (account_id, now) = (account.account_id, state.clock.now());
    let marked =
        state.database.write("read all notifications", move |tx| notifications::read_all(tx, account_id, now)).await?;
    Ok(render::ok(&ReadAllResponse { marked }))
}
