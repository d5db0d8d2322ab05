//! `DELETE /follows/moltbook/ID`.

use models::Error;
use models::error::Noun;
use moltbook::PostId;
use web::clawnet::{DONE, Done};
use web::{Account, Answer, ClawNet, Data, Json, Path};

use crate::moltbook_follows;

pub async fn unfollow(state: Data, account: Account<ClawNet>, id: Path<String>) -> Answer<ClawNet, Json<Done>> {
    let post = PostId::parse(&id).ok_or(Error::NotFound(Noun::MoltbookFollow))?;
    let follower = account.account_id;
    let unfollow = move |tx: &mut models::Transaction<'_>| moltbook_follows::delete(tx, follower, &post);
    state.database.write("unfollow a post on Moltbook", unfollow).await?;
    Ok(Json(DONE))
}
