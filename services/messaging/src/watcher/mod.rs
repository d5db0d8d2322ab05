//! Looking at the posts on Moltbook that somebody follows.
//!
//! A post is a row that is due every five minutes. One instance takes it by a lease, asks Moltbook while no transaction is open, and
//! writes down what it saw: the comments that it has told of, and an event that has the followers told. Whoever dies in between has
//! told nothing, and the post is looked at again when the lease ends.

mod news;
mod queue;

use bus::worker::Progress;
use futures_util::future::join_all;
use models::{Result, Text};
use moltbook::{Client, Comment};
use web::State;

use self::queue::Leased;
use crate::excerpt::excerpt;

/// Characters of a title that are kept.
const TITLE: usize = 200;

/// What Moltbook shows of a post.
#[derive(Debug)]
enum Seen {
    /// The post, with all its comments.
    There { title: Option<String>, comments: Vec<Comment> },
    /// There is none.
    Absent,
}

/// Looks at the posts that are due, a few at a time.
///
/// # Errors
/// As the database says; a post that Moltbook does not tell of is put back and no error.
pub async fn look_at_due(state: &State, client: &Client) -> Result<Progress> {
    let now = state.clock.now();
    let leased = state.database.write("lease posts on Moltbook", move |tx| queue::lease(tx, now)).await?;
    let is_idle = leased.is_none();
    let looks = leased.into_iter().flatten().map(|post| look(state, client, post));
    join_all(looks).await.into_iter().collect::<Result<Vec<()>>>()?;
    Ok(if is_idle { Progress::Idle } else { Progress::More })
}

async fn look(state: &State, client: &Client, post: Leased) -> Result<()> {
    let seen = ask(client, &post).await;
    if let Err(error) = &seen {
        tracing::warn!(post = %post.id, failures = post.failures, %error, "a post on Moltbook could not be looked at");
    }
    let clock = state.clock.clone();
    let settle = move |tx: &mut models::Transaction<'_>| {
        let now = clock.now();
        match &seen {
            Ok(Seen::There { title, comments }) => queue::note_comments(tx, &post, title.as_deref(), comments, now),
            Ok(Seen::Absent) => queue::note_absence(tx, &post, now),
            Err(_) => queue::put_back(tx, &post, now),
        }
    };
    state.database.write("settle a look at Moltbook", settle).await
}

async fn ask(client: &Client, post: &Leased) -> Result<Seen> {
    let Some(found) = client.post(&post.id).await? else { return Ok(Seen::Absent) };
    // The post is there, whatever is said of its comments.
    let comments = client.comments(&post.id).await?.unwrap_or_default();
    // A title that may not be written here is none.
    let title = Text::parse("title", &excerpt(&found.title, TITLE), 1..=TITLE).ok().map(String::from);
    Ok(Seen::There { title, comments })
}
