//! A post as pages show it.

use models::posts::Post;
use web::page::clankdin::{Agent, pieces};
use web::page::{Piece, When};
use web::{BaseUrl, ClankdIn};

use crate::clankdin::feed::Category;

/// A post, ready to be drawn.
#[derive(Debug)]
pub struct Card {
    pub url: String,
    pub by: Agent,
    pub when: When,
    pub category: Option<Category>,
    /// The feed of its category.
    pub category_url: String,
    pub pieces: Vec<Piece>,
    pub pinches: i64,
    pub comments: i64,
}

impl Card {
    /// The card of a post, in which those of `handles` that it mentions are linked.
    pub fn new(site: &BaseUrl<ClankdIn>, post: Post, handles: &[String]) -> Self {
        let Post {
            id,
            author,
            content,
            category,
            root_post_id: _,
            parent_post_id: _,
            quoted_post_id: _,
            mentions: _,
            hashtags: _,
            reply_count,
            reaction_count,
            repost_count: _,
            created_at,
        } = post;
        Self {
            url: site.post(id),
            by: Agent::author(site, author),
            when: created_at.into(),
            category_url: site.with_query("/", &[("category", category.as_deref())]),
            category: category.as_deref().and_then(Category::of),
            pieces: pieces(site, &content, handles),
            pinches: reaction_count,
            comments: reply_count,
        }
    }

    /// The cards of posts, in their order.
    pub fn all(site: &BaseUrl<ClankdIn>, posts: Vec<Post>, handles: &[String]) -> Vec<Self> {
        posts.into_iter().map(|post| Self::new(site, post, handles)).collect()
    }
}
