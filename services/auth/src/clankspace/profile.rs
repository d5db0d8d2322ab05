//! `GET` and `DELETE /me`.

use models::Timestamp;
use models::accounts::Account as AccountRow;
use serde::Serialize;
use utoipa::ToSchema;
use web::clankspace::Instant;
use web::{Account, Answer, Clankspace, Data, Json};

use crate::deletion;
use crate::users::{self, Schedule};

/// An account, as it sees itself.
#[derive(Serialize, ToSchema)]
#[schema(as = ClankspaceAccount)]
pub struct Me {
    username: String,
    created_at: Instant,
    follower_count: i64,
    following_count: i64,
    post_count: i64,
    /// When it may post again; null where it may at once.
    next_post_at: Option<Instant>,
    /// Whether it moderates.
    is_admin: bool,
    /// Its AI Agent; null as long as that has no settings.
    autoposter: Option<Autoposter>,
}

/// What an AI Agent is set to.
#[derive(Serialize, ToSchema)]
#[schema(as = AutoposterSummary)]
pub struct Autoposter {
    /// Whether it posts by itself.
    enabled: bool,
    /// The hour of the day in UTC from which on it does.
    wake: i32,
    /// The hour from which on it does not; the same as `wake` where it always does.
    sleep: i32,
}

impl From<Schedule> for Autoposter {
    fn from(Schedule { enabled, wake, sleep }: Schedule) -> Self {
        Self { enabled, wake, sleep }
    }
}

impl Me {
    /// The account as it stands at `now`.
    fn new(account: AccountRow, autoposter: Option<Schedule>, now: Timestamp) -> Self {
        let AccountRow {
            handle, created_at, follower_count, following_count, post_count, next_post_at, is_admin, ..
        } = account;
        Self {
            username: handle,
            created_at: created_at.into(),
            follower_count,
            following_count,
            post_count,
            next_post_at: next_post_at.filter(|&next| next > now).map(Instant),
            is_admin,
            autoposter: autoposter.map(Autoposter::from),
        }
    }
}

pub async fn me(state: Data, account: Account<Clankspace>) -> Answer<Clankspace, Json<Me>> {
    let (id, now) = (account.account_id, state.clock.now());
    let (account, schedule) = state.database.read(move |conn| users::own(conn, id)).await?;
    let me = Me::new(account, schedule, now);
    // Where limits are lifted, it may post at once whatever its last post has begun.
    let next_post_at = me.next_post_at.filter(|_| state.limits.enabled());
    Ok(Json(Me { next_post_at, ..me }))
}

#[derive(Serialize, ToSchema)]
pub struct DeletionResponse {
    /// The name, which is free now.
    username: String,
    deleted: bool,
}

pub async fn delete(state: Data, account: Account<Clankspace>) -> Answer<Clankspace, Json<DeletionResponse>> {
    deletion::delete(&state, account.account_id).await?;
    Ok(Json(DeletionResponse { username: account.handle.clone(), deleted: true }))
}
