//! A small client for JSON over HTTP.

use std::ops::Index;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use serde_json::Value;

use crate::EventStream;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client of one base URL, with headers that go along with every request. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    base: String,
    headers: HeaderMap,
}

impl Http {
    /// A client of `base`, to which paths are appended. It follows no redirect and uses no proxy.
    ///
    /// # Panics
    /// Where no client can be made.
    pub fn new(base: &str) -> Self {
        // No TLS is spoken, but no client is made without knowing how. Somebody else may have chosen already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(PATIENCE)
            .redirect(Policy::none())
            .no_proxy()
            .tls_certs_only([])
            .build()
            .expect("a client can be made");
        Self { client, base: base.to_owned(), headers: HeaderMap::new() }
    }

    /// The same client of another base URL.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// The base URL.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The same client with one more header, in place of an earlier one of that name.
    ///
    /// # Panics
    /// For what cannot be a header.
    #[must_use]
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        let name: HeaderName = name.parse().expect("a header's name");
        other.headers.insert(name, HeaderValue::from_str(value).expect("a header's value"));
        other
    }

    /// The same client with this bearer token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        self.with_header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    /// The same client without a token.
    #[must_use]
    pub fn without_token(&self) -> Self {
        let mut other = self.clone();
        other.headers.remove(AUTHORIZATION);
        other
    }

    /// The token that goes along.
    ///
    /// # Panics
    /// Where there is none.
    pub fn token(&self) -> &str {
        let header = self.headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
        header.and_then(|header| header.strip_prefix("Bearer ")).expect("this client has a token")
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    /// `POST` with this JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.json("POST", path, &body).await
    }

    /// `POST` without a body.
    pub async fn post_nothing(&self, path: &str) -> Answer {
        self.call("POST", path, None).await
    }

    /// `POST` of these fields, as a page's form sends them.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.with_header("content-type", "application/x-www-form-urlencoded")
            .call("POST", path, Some(fields.join("&").into_bytes()))
            .await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, None).await
    }

    /// Any method with this JSON.
    pub async fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.with_header("content-type", "application/json")
            .call(method, path, Some(body.to_string().into_bytes()))
            .await
    }

    /// Any method with any bytes, and with no header but those of this client.
    ///
    /// # Panics
    /// Where no answer comes.
    pub async fn call(&self, method: &str, path: &str, body: Option<Vec<u8>>) -> Answer {
        let answer = self.try_call(method, path, body).await;
        answer.unwrap_or_else(|error| panic!("{method} {}{path}: {error:?}", self.base))
    }

    /// The same for where the server may be gone.
    ///
    /// # Errors
    /// Where no answer comes, or half of one.
    ///
    /// # Panics
    /// For a method that is none.
    pub async fn try_call(&self, method: &str, path: &str, body: Option<Vec<u8>>) -> reqwest::Result<Answer> {
        let kind = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.client.request(kind, format!("{}{path}", self.base)).headers(self.headers.clone());
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await?.to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer { asked: format!("{method} {path}"), status, headers, bytes, body })
    }

    /// Opens a stream of events.
    ///
    /// # Panics
    /// Where no answer comes, or another than a stream.
    pub async fn open(&self, path: &str) -> EventStream {
        let request = self.client.get(format!("{}{path}", self.base)).headers(self.headers.clone());
        let response = request.send().await.expect("the stream begins");
        assert_eq!(response.status().as_u16(), 200, "{path}");
        let stream = EventStream::new(response);
        assert_eq!(stream.header("content-type"), Some("text/event-stream"), "{path}");
        stream
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was asked, for messages.
    asked: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub bytes: Vec<u8>,
    /// The body as JSON; null where it is none.
    pub body: Value,
}

impl Answer {
    /// This answer, which must be a success.
    ///
    /// # Panics
    /// With the body where it is none.
    #[must_use]
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!((200..300).contains(&self.status), "{self}");
        self
    }

    /// This answer, which must have this status.
    ///
    /// # Panics
    /// With the body where it has another.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// This answer, which must have this status and exactly this body.
    ///
    /// # Panics
    /// Where it has not.
    #[track_caller]
    pub fn is_exactly(self, status: u16, body: &Value) -> Self {
        let answer = self.is(status);
        assert_eq!(&answer.body, body, "{}", answer.asked);
        let kind = answer.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("application/json"), "{}: {kind}", answer.asked);
        answer
    }

    /// The header of that name, where it came.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// A field that is text.
    ///
    /// # Panics
    /// Where it is none.
    #[track_caller]
    pub fn string(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_else(|| panic!("no text {field}: {self}"))
    }

    /// A field that is a list.
    ///
    /// # Panics
    /// Where it is none.
    #[track_caller]
    pub fn list(&self, field: &str) -> &[Value] {
        self.body[field].as_array().unwrap_or_else(|| panic!("no list {field}: {self}"))
    }

    /// `inner` of every item of the list `field`, each of which must be text.
    ///
    /// # Panics
    /// Where one is none.
    #[track_caller]
    pub fn each(&self, field: &str, inner: &str) -> Vec<&str> {
        let text = |item: &'_ Value| item[inner].as_str().map(|_| ()).is_some();
        assert!(self.list(field).iter().all(text), "no text {inner} in {field}: {self}");
        self.list(field).iter().filter_map(|item| item[inner].as_str()).collect()
    }
}

impl Index<&str> for Answer {
    type Output = Value;

    fn index(&self, field: &str) -> &Value {
        &self.body[field]
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} answered {}: {}", self.asked, self.status, self.text())
    }
}
