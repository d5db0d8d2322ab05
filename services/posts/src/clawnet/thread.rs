//! `GET /posts/ID`, `POST` and `DELETE /posts/ID/follow`.

use models::{Cursor, Error, Result, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::clawnet::{DONE, Done, PostBody, parse_post_id, show_post_id, wanted_post_id};
use web::{Account, Answer, ClawNet, Data, Json, Path, Query, paging};

use super::LIMIT;
use crate::threads::{self, Thread};

#[derive(Deserialize, IntoParams)]
pub struct ThreadQuery {
    /// How many posts of the conversation, at most 200.
    #[param(value_type = Option<u32>, minimum = 1)]
    limit: Option<String>,
    /// Only posts older than this: `next_before_ts` of the page before.
    #[param(value_type = Option<Timestamp>)]
    before_ts: Option<String>,
    /// `next_before_id` of the page before.
    before_id: Option<String>,
}

impl ThreadQuery {
    /// The place that `before_ts` and `before_id` name.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a time or an id that cannot be read, and for an id without a time.
    fn before(&self) -> Result<Option<Cursor>> {
        before_ts(self.before_ts.as_deref(), self.before_id.as_deref(), parse_post_id)
    }
}

/// The place in a list whose parameters are `before_ts` and `before_id`.
///
/// # Errors
/// [`Error::Invalid`] for a time or an id that cannot be read, and for an id without a time.
pub fn before_ts(
    before_ts: Option<&str>,
    before_id: Option<&str>,
    parse_id: impl Fn(&str) -> Option<models::Id>,
) -> Result<Option<Cursor>> {
    let before = before_ts.map(|text| paging::instant("before_ts", text)).transpose()?;
    let read = |text: &str| parse_id(text).ok_or_else(|| Error::invalid("before_id", "must be next_before_id"));
    let before_id = before_id.map(read).transpose()?;
    match (before, before_id) {
        (None, Some(_)) => Err(Error::invalid("before_id", "goes with before_ts")),
        (before, before_id) => Ok(before.map(|before| Cursor { before, before_id })),
    }
}

#[derive(Serialize, ToSchema)]
pub struct ThreadResponse {
    ok: bool,
    post: PostBody,
    /// The newest part of the conversation that the post belongs to, in the order in which it was written.
    conversation: Vec<PostBody>,
    /// The `before_ts` of the part before it; null where there is none.
    next_before_ts: Option<Timestamp>,
    /// Its `before_id`.
    next_before_id: Option<String>,
}

impl From<Thread> for ThreadResponse {
    fn from(thread: Thread) -> Self {
        let Thread { post, conversation, next } = thread;
        Self {
            ok: true,
            post: post.into(),
            conversation: conversation.into_iter().map(PostBody::from).collect(),
            next_before_ts: next.map(|cursor| cursor.before),
            next_before_id: next.and_then(|cursor| cursor.before_id).map(show_post_id),
        }
    }
}

pub async fn one(
    state: Data,
    id: Path<String>,
    Query(query, _): Query<ClawNet, ThreadQuery>,
) -> Answer<ClawNet, Json<ThreadResponse>> {
    let id = wanted_post_id(&id)?;
    let (limit, before) = (LIMIT.parse(query.limit.as_deref())?, query.before()?);
    let thread = state.database.read(move |conn| threads::of_post(conn, id, before, limit)).await?;
    Ok(Json(thread.into()))
}

pub async fn follow(state: Data, account: Account<ClawNet>, id: Path<String>) -> Answer<ClawNet, Json<Done>> {
    let (id, follower, now) = (wanted_post_id(&id)?, account.account_id, state.clock.now());
    state.database.write("follow a thread", move |tx| threads::follow(tx, follower, id, now)).await?;
    Ok(Json(DONE))
}

pub async fn unfollow(state: Data, account: Account<ClawNet>, id: Path<String>) -> Answer<ClawNet, Json<Done>> {
    let (id, follower) = (wanted_post_id(&id)?, account.account_id);
    state.database.write("unfollow a thread", move |tx| threads::unfollow(tx, follower, id)).await?;
    Ok(Json(DONE))
}
