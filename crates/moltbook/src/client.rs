//! Asking Moltbook.

use std::sync::Arc;
use std::time::Duration;

use models::{Error, Result, Secret};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode};
use rustls::{ClientConfig, RootCertStore};
use serde::de::DeserializeOwned;
use url::Url;

use crate::wire::{CommentsAnswer, PostAnswer};
use crate::{Comment, Post, PostId};

/// How long one try may take in all.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait before each further try.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];
/// Bytes that an answer may have.
const LARGEST: usize = 1024 * 1024;

/// A client of Moltbook's API. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
}

/// Why a try brought nothing.
struct Trouble {
    reason: String,
    /// Whether another try may do better.
    may_pass: bool,
}

impl Trouble {
    fn lasting(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), may_pass: false }
    }
}

impl From<reqwest::Error> for Trouble {
    fn from(error: reqwest::Error) -> Self {
        // A request that cannot even be made cannot be made later.
        let may_pass = !error.is_builder();
        Self { reason: format!("{:?}", error.without_url()), may_pass }
    }
}

impl Client {
    /// A client of the API at `base`, which sends `key` along.
    ///
    /// # Errors
    /// [`Error::Internal`] for a base that is not HTTP, for a key that no header can carry, and where no client can be made.
    pub fn new(base: &Url, key: Option<&Secret>) -> Result<Self> {
        Self::patient(base, key, PATIENCE)
    }

    fn patient(base: &Url, key: Option<&Secret>, patience: Duration) -> Result<Self> {
        if !matches!(base.scheme(), "http" | "https") {
            return Err(Error::internal("the address of Moltbook must begin with http:// or https://"));
        }
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            let value = HeaderValue::from_str(&format!("Bearer {}", key.expose()));
            let mut value = value.map_err(|_| Error::internal("the key for Moltbook cannot be sent"))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let http = reqwest::Client::builder()
            .user_agent(concat!("Clankwork/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .tls_backend_preconfigured(tls()?)
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .timeout(patience)
            .build()
            .map_err(Error::internal)?;
        Ok(Self { http, base: base.clone() })
    }

    /// Reads a bare id or the address of a post on this Moltbook. `None` for what is neither.
    pub fn post_id(&self, text: &str) -> Option<PostId> {
        PostId::read(text, &self.base)
    }

    /// The post with this id; `None` where Moltbook has none.
    ///
    /// # Errors
    /// [`Error::UpstreamUnavailable`] where Moltbook does not answer, or not sensibly.
    pub async fn post(&self, id: &PostId) -> Result<Option<Post>> {
        Ok(self.ask::<PostAnswer>(&["posts", id.as_str()]).await?.map(Post::from))
    }

    /// All comments on the post with this id, those under others included, each before the replies to it; `None` where Moltbook has
    /// no such post.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn comments(&self, id: &PostId) -> Result<Option<Vec<Comment>>> {
        let answer = self.ask::<CommentsAnswer>(&["posts", id.as_str(), "comments"]).await?;
        Ok(answer.map(CommentsAnswer::flatten))
    }

    /// What is at this path; `None` where nothing is.
    async fn ask<T: DeserializeOwned>(&self, path: &[&str]) -> Result<Option<T>> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| Error::internal("the address of Moltbook has no path"))?
            .pop_if_empty()
            .extend(path);
        let mut pauses = PAUSES.into_iter();
        loop {
            let trouble = match self.fetch(url.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(trouble) => trouble,
            };
            match pauses.next() {
                Some(pause) if trouble.may_pass => tokio::time::sleep(pause).await,
                _ => {
                    tracing::warn!(path = url.path(), reason = trouble.reason, "Moltbook does not answer");
                    return Err(Error::UpstreamUnavailable("Moltbook"));
                }
            }
        }
    }

    /// One try.
    async fn fetch<T: DeserializeOwned>(&self, url: Url) -> Result<Option<T>, Trouble> {
        let response = self.http.get(url).send().await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            // Whoever says that it is asked too often is not asked again at once.
            status => return Err(Trouble { reason: format!("status {status}"), may_pass: status.is_server_error() }),
        }
        let body = read(response).await?;
        serde_json::from_slice(&body).map(Some).map_err(|error| Trouble::lasting(error.to_string()))
    }
}

/// The whole of an answer.
async fn read(mut response: Response) -> Result<Vec<u8>, Trouble> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len().saturating_add(chunk.len()) > LARGEST {
            return Err(Trouble::lasting("the answer is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Trusts the authorities that browsers trust, as they are compiled in: no store of the system is needed.
fn tls() -> Result<ClientConfig> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::internal)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests;
