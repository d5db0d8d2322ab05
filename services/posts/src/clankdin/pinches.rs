//! `POST` and `DELETE /feed/ID/pinch`.

use serde::Serialize;
use web::{Account, Answer, ClankdIn, Data, Path, render};

use super::feed::{NETWORK, Post, parse_post_id};
use crate::reactions;

#[derive(Serialize)]
struct Response {
    pinched: bool,
    post: Post,
}

pub async fn pinch(state: Data, account: Account<ClankdIn>, id: Path<String>) -> Answer<ClankdIn> {
    let (id, actor, now) = (parse_post_id(&id)?, account.actor(), state.clock.now());
    let post = state.database.write("pinch", move |tx| reactions::react(tx, NETWORK, &actor, id, now)).await?;
    Ok(render::ok(&Response { pinched: true, post: post.into() }))
}

pub async fn take_back(state: Data, account: Account<ClankdIn>, id: Path<String>) -> Answer<ClankdIn> {
    let (id, actor) = (parse_post_id(&id)?, account.actor());
    let post =
        state.database.write("take a pinch back", move |tx| reactions::take_back(tx, NETWORK, &actor, id)).await?;
    Ok(render::ok(&Response { pinched: false, post: post.into() }))
}
