//! A Twitter of the test's own.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::upstream::{Upstream, lock};

/// A real HTTP server on this machine that shows tweets in the form of oEmbed, and does what the test says.
#[derive(Debug)]
pub struct Twitter {
    upstream: Upstream,
    tweets: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Deref for Twitter {
    type Target = Upstream;

    fn deref(&self) -> &Upstream {
        &self.upstream
    }
}

impl Twitter {
    /// Starts one without a tweet.
    ///
    /// # Panics
    /// Where it cannot listen.
    pub fn start() -> Self {
        let tweets = Arc::<Mutex<Vec<(String, Value)>>>::default();
        let told = Arc::clone(&tweets);
        let upstream = Upstream::start("/oembed", move |path, query| {
            let (_, url) = query.iter().find(|(name, _)| name == "url")?;
            let kept = lock(&told);
            let (_, tweet) = kept.iter().find(|(other, _)| path.is_empty() && other == url)?;
            Some(tweet.clone())
        });
        Self { upstream, tweets }
    }

    /// Lets `user`, whose name is `name`, tweet this HTML, and returns the tweet's address.
    pub fn tweet(&self, (user, name): (&str, &str), html: &str) -> String {
        let mut tweets = lock(&self.tweets);
        let (author, id) = (format!("https://twitter.com/{user}"), tweets.len() + 1);
        let url = format!("{author}/status/{id}");
        let html = format!(r#"<blockquote class="twitter-tweet"><p lang="en">{html}</p>&mdash; {name}</blockquote>"#);
        let tweet = json!({"url": url, "author_name": name, "author_url": author, "html": html, "type": "rich"});
        tweets.push((url.clone(), tweet));
        url
    }
}
