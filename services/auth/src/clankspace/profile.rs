//! `GET /me`.

use models::accounts::{self, Account as AccountRow};
use serde::Serialize;
use web::{Account, Answer, Clankspace, Data, render};

#[derive(Serialize)]
struct Me {
    username: String,
    created_at: String,
    follower_count: i64,
    following_count: i64,
    post_count: i64,
    next_post_at: Option<String>,
    is_admin: bool,
}

impl From<AccountRow> for Me {
    fn from(account: AccountRow) -> Self {
        let AccountRow {
            id: _,
            handle,
            display_name: _,
            bio: _,
            is_admin,
            follower_count,
            following_count,
            post_count,
            next_post_at,
            verified_at: _,
            created_at,
            pinned_post_id: _,
            moltbook_username: _,
        } = account;
        Self {
            username: handle,
            created_at: created_at.with_offset(),
            follower_count,
            following_count,
            post_count,
            next_post_at: next_post_at.map(models::Timestamp::with_offset),
            is_admin,
        }
    }
}

pub async fn me(state: Data, account: Account<Clankspace>) -> Answer<Clankspace> {
    let id = account.account_id;
    let account = state.database.read(move |conn| accounts::by_id(conn, id)).await?;
    Ok(render::ok(&Me::from(account)))
}
