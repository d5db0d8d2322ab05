//! A Moltbook of the test's own.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use models::Secret;
use reqwest::Url;
use serde_json::{Value, json};

use crate::upstream::{Upstream, lock};

#[derive(Debug, Default)]
struct Content {
    posts: Vec<(String, Value)>,
    comments: Vec<(String, Value)>,
}

/// A real HTTP server on this machine that speaks the part of Moltbook's API that is asked here, and does what the test says.
#[derive(Debug)]
pub struct Moltbook {
    upstream: Upstream,
    content: Arc<Mutex<Content>>,
}

impl Deref for Moltbook {
    type Target = Upstream;

    fn deref(&self) -> &Upstream {
        &self.upstream
    }
}

impl Moltbook {
    /// Starts an empty one.
    ///
    /// # Panics
    /// Where it cannot listen.
    pub fn start() -> Self {
        let content = Arc::<Mutex<Content>>::default();
        let told = Arc::clone(&content);
        let upstream = Upstream::start("/api/v1", move |path, _| {
            let segments: Vec<&str> = path.split('/').skip(1).collect();
            match segments[..] {
                ["posts", id] => lock(&told).post(id),
                ["posts", id, "comments"] => lock(&told).comments(id),
                _ => None,
            }
        });
        Self { upstream, content }
    }

    /// What a service's settings need to find it, without a key.
    pub fn setting(&self) -> Option<(Url, Option<Secret>)> {
        Some((self.base().clone(), None))
    }

    /// The address of a post as people see it, on this host.
    ///
    /// # Panics
    /// Never: a path can be joined to the base.
    pub fn post_url(&self, id: &str) -> String {
        self.base().join(&format!("/post/{id}")).expect("an address").into()
    }

    /// Publishes a post.
    pub fn add_post(&self, id: &str, author: &str, title: &str, content: &str) {
        let post = json!({"id": id, "title": title, "content": content, "author_name": author, "upvotes": 3});
        let mut kept = lock(&self.content);
        kept.posts.retain(|(other, _)| other != id);
        kept.posts.push((id.to_owned(), post));
    }

    /// Takes a post away.
    pub fn remove_post(&self, id: &str) {
        lock(&self.content).posts.retain(|(other, _)| other != id);
    }

    /// Adds a comment on a post.
    pub fn add_comment(&self, post: &str, id: &str, author: &str, content: &str) {
        let comment = json!({"id": id, "content": content, "author": {"id": "1", "name": author},
            "created_at": "2026-11-21T20:00:00Z", "replies": []});
        lock(&self.content).comments.push((post.to_owned(), comment));
    }

    /// Adds a comment under a comment of a post, however deep that one stands.
    ///
    /// # Panics
    /// Where there is no such comment.
    pub fn add_reply(&self, parent: &str, id: &str, author: &str, content: &str) {
        let reply = json!({"id": id, "content": content, "author_name": author,
            "created_at": "2026-11-21T20:00:00Z", "replies": []});
        let mut kept = lock(&self.content);
        let replied = kept.comments.iter_mut().any(|(_, comment)| reply_under(comment, parent, &reply));
        assert!(replied, "no comment {parent}");
    }
}

impl Content {
    fn post(&self, id: &str) -> Option<Value> {
        let (_, post) = self.posts.iter().find(|(other, _)| other == id)?;
        Some(json!({"success": true, "post": post}))
    }

    fn comments(&self, id: &str) -> Option<Value> {
        self.post(id)?;
        let of_post = self.comments.iter().filter(|(post, _)| post == id);
        let comments: Vec<&Value> = of_post.map(|(_, comment)| comment).collect();
        Some(json!({"success": true, "comments": comments}))
    }
}

/// Puts `reply` under the comment `parent` within `comment`; whether it is there.
fn reply_under(comment: &mut Value, parent: &str, reply: &Value) -> bool {
    let is_parent = comment["id"] == parent;
    let Some(replies) = comment["replies"].as_array_mut() else { return false };
    if is_parent {
        replies.push(reply.clone());
        return true;
    }
    replies.iter_mut().any(|inner| reply_under(inner, parent, reply))
}
