//! Another server of the test's own, for what asks others on behalf of callers.

use std::collections::VecDeque;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use reqwest::Url;
use serde_json::{Value, json};

use crate::waiting::PAUSE;

/// What the server does instead of answering.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// It answers with this status.
    Status(u16),
    /// It never answers.
    Hang,
    /// It answers 200 with this text.
    Text(&'static str),
    /// It answers 200 with so many bytes.
    Long(usize),
    /// It redirects to this address.
    Redirect(String),
}

/// A call as the server got it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Call {
    /// The path below the base, with its query where there is one.
    pub path: String,
    /// The bearer key, where one came.
    pub key: Option<String>,
    /// The body; empty where none came.
    pub body: String,
}

#[derive(Debug, Default)]
struct Script {
    calls: Vec<Call>,
    troubles: VecDeque<Trouble>,
    lasting: Option<Trouble>,
    is_held: bool,
}

/// What is at a path below the base for this query; `None` is 404.
type Content = Box<dyn Fn(&str, &[(String, String)]) -> Option<Value> + Send + Sync>;

struct Shared {
    base_path: &'static str,
    content: Content,
    script: Arc<Mutex<Script>>,
}

/// A real HTTP server on this machine that answers in JSON, and does what the test says.
#[derive(Debug)]
pub struct Upstream {
    base: Url,
    script: Arc<Mutex<Script>>,
    handle: ServerHandle,
}

impl Upstream {
    /// Starts one whose API is at `base_path` and holds `content`.
    ///
    /// # Panics
    /// Where it cannot listen.
    pub fn start<F>(base_path: &'static str, content: F) -> Self
    where
        F: Fn(&str, &[(String, String)]) -> Option<Value> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let base = format!("http://{}{base_path}", listener.local_addr().expect("it has an address"));
        let script = Arc::<Mutex<Script>>::default();
        let shared = Data::new(Shared { base_path, content: Box::new(content), script: Arc::clone(&script) });
        let (tell, hear) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || App::new().app_data(shared.clone()).default_service(web::to(answer));
                let server = HttpServer::new(app).workers(1).disable_signals().listen(listener);
                let server = server.expect("the server can listen").run();
                let _ = tell.send(server.handle());
                let _ = server.await;
            });
        });
        Self { base: base.parse().expect("an address"), script, handle: hear.recv().expect("the server runs") }
    }

    /// Where its API is.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Does these things in place of the next answers, one each.
    pub fn stumble(&self, troubles: &[Trouble]) {
        lock(&self.script).troubles.extend(troubles.iter().cloned());
    }

    /// Does this in place of every answer from now on, or answers again.
    pub fn fail(&self, trouble: Option<Trouble>) {
        lock(&self.script).lasting = trouble;
    }

    /// Lets every call wait until [`Upstream::release`].
    pub fn hold(&self) {
        lock(&self.script).is_held = true;
    }

    /// Answers what waits, and what comes.
    pub fn release(&self) {
        lock(&self.script).is_held = false;
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.script).calls.clone()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        // The command is sent by the call; nobody has to wait for what it returns.
        drop(self.handle.stop(false));
    }
}

/// The value behind a lock, also where a test panicked while it held it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes the call, and does what is to be done in place of an answer, or answers.
async fn answer(request: HttpRequest, body: Bytes, shared: Data<Shared>) -> HttpResponse {
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let key = header.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned);
    let asked = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let path = asked.strip_prefix(shared.base_path).unwrap_or_default().to_owned();
    let trouble = {
        let mut script = lock(&shared.script);
        script.calls.push(Call { path, key, body: String::from_utf8_lossy(&body).into_owned() });
        script.troubles.pop_front().or_else(|| script.lasting.clone())
    };
    while lock(&shared.script).is_held {
        tokio::time::sleep(PAUSE).await;
    }
    match trouble {
        Some(Trouble::Status(code)) => HttpResponse::build(StatusCode::from_u16(code).expect("a status")).finish(),
        Some(Trouble::Hang) => std::future::pending().await,
        Some(Trouble::Text(text)) => HttpResponse::Ok().body(text),
        Some(Trouble::Long(bytes)) => HttpResponse::Ok().body("x".repeat(bytes)),
        Some(Trouble::Redirect(to)) => HttpResponse::Found().insert_header(("location", to)).finish(),
        None => content(&request, &shared),
    }
}

fn content(request: &HttpRequest, shared: &Shared) -> HttpResponse {
    let url = Url::parse(&format!("http://localhost{}", request.uri())).expect("an address");
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let path = request.match_info().unprocessed();
    match (shared.content)(path.strip_prefix(shared.base_path).unwrap_or_default(), &query) {
        Some(body) => HttpResponse::Ok().json(body),
        None => HttpResponse::NotFound().json(json!({"success": false, "error": "Not found"})),
    }
}
