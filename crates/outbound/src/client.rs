//! Asking one server for JSON.

use std::time::Duration;

use models::{Error, Result, Secret};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::tls;

/// How long one try may take in all, where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait before each further try.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];
/// Bytes that an answer may have.
const LARGEST: usize = 1024 * 1024;

/// A client of one server. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    name: &'static str,
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
    /// A client of the server at `base`, which callers are told of by `name`; `key` is sent along.
    ///
    /// # Errors
    /// [`Error::Internal`] for a base that is not HTTP, for a key that no header can carry, and where no client can be made.
    pub fn new(name: &'static str, base: &Url, key: Option<&Secret>) -> Result<Self> {
        Self::patient(name, base, key, PATIENCE)
    }

    /// The same where one try may take `patience` in all.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn patient(name: &'static str, base: &Url, key: Option<&Secret>, patience: Duration) -> Result<Self> {
        if !matches!(base.scheme(), "http" | "https") {
            return Err(Error::internal(format!("the address of {name} must begin with http:// or https://")));
        }
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            let value = HeaderValue::from_str(&format!("Bearer {}", key.expose()));
            let mut value = value.map_err(|_| Error::internal(format!("the key for {name} cannot be sent")))?;
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
        Ok(Self { http, base: base.clone(), name })
    }

    /// Where the server is.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// What is at these segments below the base; `None` where nothing is.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<Option<T>> {
        self.fetch(self.below(path)?).await
    }

    /// What the server answers to `body` as JSON at these segments below the base. It is asked once: what an answer costs would be
    /// paid again for each further try.
    ///
    /// # Errors
    /// As [`Client::ask`], also where nothing is there.
    pub async fn post<T: DeserializeOwned>(&self, path: &[&str], body: &impl Serialize) -> Result<T> {
        let url = self.below(path)?;
        let answer = try_once(self.http.post(url.clone()).json(body)).await;
        let answer = answer.and_then(|found| found.ok_or_else(|| Trouble::lasting("nothing is there")));
        answer.map_err(|trouble| self.give_up(&url, &trouble))
    }

    /// What the base itself answers to this query; `None` where that is nothing.
    ///
    /// # Errors
    /// [`Error::UpstreamUnavailable`] where the server does not answer, or not sensibly.
    pub async fn ask<T: DeserializeOwned>(&self, query: &[(&str, &str)]) -> Result<Option<T>> {
        let mut url = self.base.clone();
        url.query_pairs_mut().extend_pairs(query);
        self.fetch(url).await
    }

    /// The address that these segments lead to from the base.
    fn below(&self, path: &[&str]) -> Result<Url> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| Error::internal(format!("the address of {} has no path", self.name)))?
            .pop_if_empty()
            .extend(path);
        Ok(url)
    }

    /// As many tries as it takes and as there may be.
    async fn fetch<T: DeserializeOwned>(&self, url: Url) -> Result<Option<T>> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let trouble = match try_once(self.http.get(url.clone())).await {
                Ok(answer) => return Ok(answer),
                Err(trouble) => trouble,
            };
            match pauses.next() {
                Some(pause) if trouble.may_pass => tokio::time::sleep(pause).await,
                _ => return Err(self.give_up(&url, &trouble)),
            }
        }
    }

    fn give_up(&self, url: &Url, trouble: &Trouble) -> Error {
        tracing::warn!(server = self.name, path = url.path(), reason = trouble.reason, "no sensible answer");
        Error::UpstreamUnavailable(self.name)
    }
}

async fn try_once<T: DeserializeOwned>(request: RequestBuilder) -> Result<Option<T>, Trouble> {
    let response = request.send().await?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Ok(None),
        // Whoever says that it is asked too often is not asked again at once.
        status => return Err(Trouble { reason: format!("status {status}"), may_pass: status.is_server_error() }),
    }
    let body = read(response).await?;
    serde_json::from_slice(&body).map(Some).map_err(|error| Trouble::lasting(error.to_string()))
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

#[cfg(test)]
mod tests;
