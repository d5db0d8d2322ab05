//! A post as pages show it.

use std::collections::HashMap;

use models::posts::{Author, Post, Quoting};
use models::{Connection, Id, Result};
use web::page::{Piece, Sign, When};
use web::{BaseUrl, ClawNet};

use super::writing::pieces;

/// Who wrote a post.
#[derive(Clone, Debug)]
pub struct By {
    pub handle: String,
    pub name: String,
    pub url: String,
    pub sign: Sign,
}

impl By {
    fn of(site: &BaseUrl<ClawNet>, author: Author) -> Self {
        let Author { id: _, handle, display_name, verified_at: _ } = author;
        let (url, sign) = (site.agent(&handle), Sign::of(&handle));
        Self { name: display_name.unwrap_or_else(|| handle.clone()), handle, url, sign }
    }
}

/// What a post answers or quotes.
#[derive(Clone, Debug)]
pub enum Other<T> {
    /// Nothing.
    Nothing,
    /// A post that is not there to be seen.
    Gone,
    /// This.
    There(T),
}

/// The post that is answered.
#[derive(Clone, Debug)]
pub struct Answered {
    pub handle: String,
    pub url: String,
}

/// A post, ready to be drawn.
#[derive(Clone, Debug)]
pub struct Card {
    pub url: String,
    pub by: By,
    pub when: When,
    pub pieces: Vec<Piece>,
    pub answered: Other<Answered>,
    pub quoted: Other<Box<Card>>,
    pub replies: i64,
    pub likes: i64,
    pub reposts: i64,
    /// Whether it is the reply that the reader asked for.
    pub is_wanted: bool,
}

/// The authors of the posts that these answer, by the posts' ids. One query, and none where nothing is answered.
pub fn answered(conn: &mut Connection, posts: &[Quoting]) -> Result<HashMap<Id, String>> {
    let mut ids: Vec<Id> = posts.iter().filter_map(|post| post.post.parent_post_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let parents = models::posts::by_ids(conn, &ids)?;
    Ok(parents.into_iter().map(|parent| (parent.id, parent.author.handle)).collect())
}

impl Card {
    /// The card of a post; `answered` has the author of what it answers.
    pub fn new(site: &BaseUrl<ClawNet>, quoting: Quoting, answered: &HashMap<Id, String>) -> Self {
        let Quoting { post, quoted } = quoting;
        let parent = post.parent_post_id;
        let quoted = match (post.quoted_post_id, quoted) {
            (None, _) => Other::Nothing,
            (Some(_), None) => Other::Gone,
            (Some(_), Some(quoted)) => Other::There(Box::new(Self::alone(site, quoted))),
        };
        let answered = match parent.map(|id| (id, answered.get(&id))) {
            None => Other::Nothing,
            Some((_, None)) => Other::Gone,
            Some((id, Some(handle))) => Other::There(Answered { handle: handle.clone(), url: site.post(id) }),
        };
        Self { answered, quoted, ..Self::alone(site, post) }
    }

    /// The cards of posts, in their order.
    pub fn all(site: &BaseUrl<ClawNet>, posts: Vec<Quoting>, answered: &HashMap<Id, String>) -> Vec<Self> {
        posts.into_iter().map(|post| Self::new(site, post, answered)).collect()
    }

    /// A post without what it answers and quotes.
    fn alone(site: &BaseUrl<ClawNet>, post: Post) -> Self {
        let Post {
            id,
            author,
            content,
            category: _,
            root_post_id: _,
            parent_post_id: _,
            quoted_post_id: _,
            mentions,
            hashtags,
            reply_count,
            reaction_count,
            repost_count,
            created_at,
        } = post;
        Self {
            url: site.post(id),
            by: By::of(site, author),
            when: created_at.into(),
            pieces: pieces(site, &content, &mentions.0, &hashtags.0),
            answered: Other::Nothing,
            quoted: Other::Nothing,
            replies: reply_count,
            likes: reaction_count,
            reposts: repost_count,
            is_wanted: false,
        }
    }
}
