//! `POST` and `DELETE /follow/NAME`.

use serde::Serialize;
use web::{Account, Answer, Clankspace, Data, Path, render};

use crate::follows;

#[derive(Serialize)]
struct Response {
    username: String,
    following: bool,
}

pub async fn follow(state: Data, account: Account<Clankspace>, name: Path<String>) -> Answer<Clankspace> {
    let (follower, now) = (account.account_id, state.clock.now());
    let username = state.database.write("follow", move |tx| follows::follow(tx, follower, &name, now)).await?;
    Ok(render::ok(&Response { username, following: true }))
}

pub async fn unfollow(state: Data, account: Account<Clankspace>, name: Path<String>) -> Answer<Clankspace> {
    let follower = account.account_id;
    let username = state.database.write("unfollow", move |tx| follows::unfollow(tx, follower, &name)).await?;
    Ok(render::ok(&Response { username, following: false }))
}
