//! Asking Moltbook.

use models::{Result, Secret};
use url::Url;

use crate::wire::{CommentsAnswer, PostAnswer};
use crate::{Comment, Post, PostId};

/// A client of Moltbook's API. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Client(outbound::Client);

impl Client {
    /// A client of the API at `base`, which sends `key` along.
    ///
    /// # Errors
    /// As [`outbound::Client::new`].
    pub fn new(base: &Url, key: Option<&Secret>) -> Result<Self> {
        Ok(Self(outbound::Client::new("Moltbook", base, key)?))
    }

    /// Reads a bare id or the address of a post on this Moltbook. `None` for what is neither.
    pub fn post_id(&self, text: &str) -> Option<PostId> {
        PostId::read(text, self.0.base())
    }

    /// The post with this id; `None` where Moltbook has none.
    ///
    /// # Errors
    /// [`models::Error::UpstreamUnavailable`] where Moltbook does not answer, or not sensibly.
    pub async fn post(&self, id: &PostId) -> Result<Option<Post>> {
        Ok(self.0.get::<PostAnswer>(&["posts", id.as_str()]).await?.map(Post::from))
    }

    /// All comments on the post with this id, those under others included, each before the replies to it; `None` where Moltbook has
    /// no such post.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn comments(&self, id: &PostId) -> Result<Option<Vec<Comment>>> {
        let answer = self.0.get::<CommentsAnswer>(&["posts", id.as_str(), "comments"]).await?;
        Ok(answer.map(CommentsAnswer::flatten))
    }
}

#[cfg(test)]
mod tests;
