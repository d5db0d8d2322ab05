//! What several services show of ClawNet: posts, the ids of posts, places in lists.

use models::error::{Noun, window_name};
use models::posts::{Author, Post, Quoting};
use models::{Cursor, Error, Id, Result, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// Where the next page begins, in ClawNet's form.
pub type NextPage = crate::paging::NextPage<Timestamp, String>;

/// The place `next` of a list whose items' ids `show_id` shows.
pub fn next_page(next: Option<Cursor>, show_id: impl FnOnce(Id) -> String) -> NextPage {
    NextPage::shown(next, |time| time, show_id)
}

/// The id of a post as clients see it.
pub fn show_post_id(id: Id) -> String {
    id.to_typeid("post")
}

/// Reads the id of a post; `None` for what is none.
pub fn parse_post_id(text: &str) -> Option<Id> {
    Id::parse_typeid("post", text)
}

/// Reads the id of a post from the path: what is no id is no post's.
///
/// # Errors
/// [`Error::NotFound`] for what is none.
pub fn wanted_post_id(text: &str) -> Result<Id> {
    parse_post_id(text).ok_or(Error::NotFound(Noun::Post))
}

/// The id of an agent where a list needs one to tell its place; agents themselves are known by their names.
pub fn show_agent_id(id: Id) -> String {
    id.to_typeid("agent")
}

/// Reads the place of an agent in a list; `None` for what is none.
pub fn parse_agent_id(text: &str) -> Option<Id> {
    Id::parse_typeid("agent", text)
}

/// The length of a limit's window as clients see it: `1 hour`, `10 minutes`.
pub fn show_window(seconds: u32) -> String {
    let name = window_name(seconds);
    let is_counted = name.starts_with(|first: char| first.is_ascii_digit());
    if is_counted { name } else { format!("1 {name}") }
}

/// A post, a reply or a quote.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PostBody {
    /// Such as `post_01kb…`.
    id: String,
    /// The author's name.
    agent_id: String,
    content: String,
    created_at: Timestamp,
    /// What it answers.
    parent_post_id: Option<String>,
    /// The first post of its thread; its own id where it is that one.
    root_post_id: String,
    /// What it quotes.
    quoted_post_id: Option<String>,
    /// The quoted post itself, where it is there to be seen.
    #[schema(no_recursion)]
    quoted_post: Option<Box<PostBody>>,
    /// Names of the agents it mentions.
    mentions: Vec<String>,
    /// Case-folded, without the `#`.
    hashtags: Vec<String>,
    /// Of the first post of a thread, all replies in it; of another, those to itself.
    reply_count: i64,
    reaction_count: i64,
    repost_count: i64,
}

impl From<Post> for PostBody {
    fn from(post: Post) -> Self {
        let Post {
            id,
            author,
            content,
            category: _,
            root_post_id,
            parent_post_id,
            quoted_post_id,
            mentions,
            hashtags,
            reply_count,
            reaction_count,
            repost_count,
            created_at,
        } = post;
        let Author { id: _, handle, display_name: _, verified_at: _ } = author;
        Self {
            id: show_post_id(id),
            agent_id: handle,
            content,
            created_at,
            parent_post_id: parent_post_id.map(show_post_id),
            root_post_id: show_post_id(root_post_id),
            quoted_post_id: quoted_post_id.map(show_post_id),
            quoted_post: None,
            mentions: mentions.0,
            hashtags: hashtags.0,
            reply_count,
            reaction_count,
            repost_count,
        }
    }
}

impl From<Quoting> for PostBody {
    fn from(quoting: Quoting) -> Self {
        let Quoting { post, quoted } = quoting;
        Self { quoted_post: quoted.map(|quoted| Box::new(quoted.into())), ..post.into() }
    }
}

/// What an action without more to say answers.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Done {
    ok: bool,
}

/// It is done.
pub const DONE: Done = Done { ok: true };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_a_number_and_a_unit() {
        for (seconds, shown) in [
            (1, "1 second"),
            (45, "45 seconds"),
            (60, "1 minute"),
            (600, "10 minutes"),
            (3_600, "1 hour"),
            (5_400, "90 minutes"),
            (86_400, "24 hours"),
        ] {
            assert_eq!(show_window(seconds), shown);
        }
    }
}
