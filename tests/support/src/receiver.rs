//! A receiver of webhooks.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use models::Clock;
use serde_json::Value;

use crate::signatures::{is_clankdin_signature, is_standard_signature};
use crate::{GENEROUS, eventually};

/// What a receiver answers.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    /// This status.
    Status(u16),
    /// This status, and a `Retry-After` of so many seconds.
    RetryAfter(u16, u32),
    /// This status, after so many milliseconds.
    After(u64, u16),
    /// Nothing, ever.
    Hang,
}

/// A request as the receiver got it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The headers, their names in lower case.
    pub headers: HashMap<String, String>,
    /// The body's bytes.
    pub body: Vec<u8>,
    /// When it had arrived.
    pub at: Instant,
}

impl Delivery {
    /// The header of that name in lower case; empty where it did not come.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// Whether ClankdIn's own signature is right under `secret`.
    pub fn is_signed(&self, secret: &str) -> bool {
        is_clankdin_signature(secret, &self.body, self.header("x-clankdin-signature"))
    }

    /// Whether the signature of Standard Webhooks is right under `secret`, at present.
    pub fn is_signed_by_the_standard(&self, secret: &str) -> bool {
        let headers = ("webhook-id", "webhook-timestamp", "webhook-signature");
        let headers = (self.header(headers.0), self.header(headers.1), self.header(headers.2));
        is_standard_signature(secret, headers, &self.body, Clock::system().now().seconds())
    }
}

/// A real HTTP server on this machine that keeps what it gets and answers as it is told.
#[derive(Debug)]
pub struct Receiver {
    url: String,
    seen: Arc<Mutex<Vec<Delivery>>>,
    under_way: Arc<UnderWay>,
    handle: ServerHandle,
}

#[derive(Debug)]
struct Told {
    script: Vec<Reply>,
    seen: Arc<Mutex<Vec<Delivery>>>,
    under_way: Arc<UnderWay>,
}

/// How many requests have come and are not answered yet, and how many those were at most.
#[derive(Debug, Default)]
struct UnderWay {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Receiver {
    /// Starts one that answers 200.
    pub fn start() -> Self {
        Self::scripted(&[Reply::Status(200)])
    }

    /// Starts one that answers the first request with the first of these, and so on; the last goes on for ever.
    ///
    /// # Panics
    /// Where it cannot listen.
    pub fn scripted(script: &[Reply]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/hook", listener.local_addr().expect("it has an address"));
        let seen = Arc::<Mutex<Vec<Delivery>>>::default();
        let under_way = Arc::<UnderWay>::default();
        let told = Told { script: script.to_vec(), seen: Arc::clone(&seen), under_way: Arc::clone(&under_way) };
        let told = web::Data::new(told);
        let (tell, hear) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || App::new().app_data(told.clone()).default_service(web::to(receive));
                let server = HttpServer::new(app).workers(1).disable_signals().listen(listener);
                let server = server.expect("the receiver can listen").run();
                let _ = tell.send(server.handle());
                let _ = server.await;
            });
        });
        Self { url, seen, under_way, handle: hear.recv().expect("the receiver runs") }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What has arrived so far.
    pub fn seen(&self) -> Vec<Delivery> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests it had at the same time at most.
    pub fn most_at_once(&self) -> usize {
        self.under_way.most.load(Ordering::SeqCst)
    }

    /// What has arrived, once that are at least `count`.
    pub async fn received(&self, count: usize) -> Vec<Delivery> {
        let look = async || Some(self.seen()).filter(|seen| seen.len() >= count);
        eventually(GENEROUS, &format!("{count} deliveries at {}", self.url), look).await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // The command is sent by the call; nobody has to wait for what it returns.
        drop(self.handle.stop(false));
    }
}

async fn receive(request: HttpRequest, body: Bytes, told: web::Data<Told>) -> HttpResponse {
    let under_way = &told.under_way;
    under_way.most.fetch_max(under_way.now.fetch_add(1, Ordering::SeqCst).saturating_add(1), Ordering::SeqCst);
    let answer = answer(&request, &body, &told).await;
    under_way.now.fetch_sub(1, Ordering::SeqCst);
    answer
}

async fn answer(request: &HttpRequest, body: &Bytes, told: &Told) -> HttpResponse {
    let header = |(name, value): (&actix_web::http::header::HeaderName, &actix_web::http::header::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let delivery = Delivery {
        method: request.method().to_string(),
        path: request.uri().to_string(),
        headers: request.headers().iter().map(header).collect(),
        body: body.to_vec(),
        at: Instant::now(),
    };
    let number = {
        let mut seen = told.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(delivery);
        seen.len().saturating_sub(1)
    };
    let status = |status| HttpResponse::build(StatusCode::from_u16(status).expect("a status"));
    match told.script.get(number).or(told.script.last()) {
        None => status(200).finish(),
        Some(Reply::Status(code)) => status(*code).finish(),
        Some(Reply::RetryAfter(code, seconds)) => status(*code).insert_header(("Retry-After", *seconds)).finish(),
        Some(Reply::After(milliseconds, code)) => {
            tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
            status(*code).finish()
        }
        Some(Reply::Hang) => std::future::pending().await,
    }
}
