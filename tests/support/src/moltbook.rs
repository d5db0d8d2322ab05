//! A Moltbook of the test's own.

use std::collections::VecDeque;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{self, Path};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use models::Secret;
use reqwest::Url;
use serde_json::{Value, json};

use crate::waiting::PAUSE;

/// What Moltbook does instead of answering.
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

/// A call as Moltbook got it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Call {
    /// The path below the base.
    pub path: String,
    /// The bearer key, where one came.
    pub key: Option<String>,
}

#[derive(Debug, Default)]
struct Content {
    posts: Vec<(String, Value)>,
    comments: Vec<(String, Value)>,
    calls: Vec<Call>,
    troubles: VecDeque<Trouble>,
    lasting: Option<Trouble>,
    is_held: bool,
}

/// A real HTTP server on this machine that speaks the part of Moltbook's API that is asked here, and does what the test says.
#[derive(Debug)]
pub struct Moltbook {
    base: Url,
    content: Arc<Mutex<Content>>,
    handle: ServerHandle,
}

impl Moltbook {
    /// Starts an empty one.
    ///
    /// # Panics
    /// Where it cannot listen.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let base = format!("http://{}/api/v1", listener.local_addr().expect("it has an address"));
        let content = Arc::<Mutex<Content>>::default();
        let told = web::Data::from(Arc::clone(&content));
        let (tell, hear) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || {
                    App::new()
                        .app_data(told.clone())
                        .route("/api/v1/posts/{id}", web::get().to(post))
                        .route("/api/v1/posts/{id}/comments", web::get().to(comments))
                };
                let server = HttpServer::new(app).workers(1).disable_signals().listen(listener);
                let server = server.expect("Moltbook can listen").run();
                let _ = tell.send(server.handle());
                let _ = server.await;
            });
        });
        let base = base.parse().expect("an address");
        Self { base, content, handle: hear.recv().expect("Moltbook runs") }
    }

    /// Where its API is.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// What a service's settings need to find it, without a key.
    pub fn setting(&self) -> Option<(Url, Option<Secret>)> {
        Some((self.base.clone(), None))
    }

    /// The address of a post as people see it, on this host.
    ///
    /// # Panics
    /// Never: a path can be joined to the base.
    pub fn post_url(&self, id: &str) -> String {
        self.base.join(&format!("/post/{id}")).expect("an address").into()
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

    /// Does these things in place of the next answers, one each.
    pub fn stumble(&self, troubles: &[Trouble]) {
        lock(&self.content).troubles.extend(troubles.iter().cloned());
    }

    /// Does this in place of every answer from now on, or answers again.
    pub fn fail(&self, trouble: Option<Trouble>) {
        lock(&self.content).lasting = trouble;
    }

    /// Lets every call wait until [`Moltbook::release`].
    pub fn hold(&self) {
        lock(&self.content).is_held = true;
    }

    /// Answers what waits, and what comes.
    pub fn release(&self) {
        lock(&self.content).is_held = false;
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.content).calls.clone()
    }
}

impl Drop for Moltbook {
    fn drop(&mut self) {
        // The command is sent by the call; nobody has to wait for what it returns.
        drop(self.handle.stop(false));
    }
}

fn lock(content: &Mutex<Content>) -> MutexGuard<'_, Content> {
    content.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Notes the call, and does what is to be done in place of an answer.
async fn trouble(request: &HttpRequest, content: &Mutex<Content>) -> Option<HttpResponse> {
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let key = header.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned);
    let path = request.path().strip_prefix("/api/v1").unwrap_or_default().to_owned();
    let trouble = {
        let mut kept = lock(content);
        kept.calls.push(Call { path, key });
        kept.troubles.pop_front().or_else(|| kept.lasting.clone())
    };
    while lock(content).is_held {
        tokio::time::sleep(PAUSE).await;
    }
    Some(match trouble? {
        Trouble::Status(code) => HttpResponse::build(StatusCode::from_u16(code).expect("a status")).finish(),
        Trouble::Hang => std::future::pending().await,
        Trouble::Text(text) => HttpResponse::Ok().body(text),
        Trouble::Long(bytes) => HttpResponse::Ok().body("x".repeat(bytes)),
        Trouble::Redirect(to) => HttpResponse::Found().insert_header(("location", to)).finish(),
    })
}

fn missing() -> HttpResponse {
    HttpResponse::NotFound().json(json!({"success": false, "error": "Post not found"}))
}

async fn post(request: HttpRequest, id: Path<String>, content: web::Data<Mutex<Content>>) -> HttpResponse {
    if let Some(instead) = trouble(&request, &content).await {
        return instead;
    }
    match lock(&content).posts.iter().find(|(other, _)| *other == *id) {
        Some((_, post)) => HttpResponse::Ok().json(json!({"success": true, "post": post})),
        None => missing(),
    }
}

async fn comments(request: HttpRequest, id: Path<String>, content: web::Data<Mutex<Content>>) -> HttpResponse {
    if let Some(instead) = trouble(&request, &content).await {
        return instead;
    }
    let kept = lock(&content);
    if !kept.posts.iter().any(|(other, _)| *other == *id) {
        return missing();
    }
    let comments: Vec<&Value> = kept.comments.iter().filter(|(post, _)| *post == *id).map(|(_, value)| value).collect();
    HttpResponse::Ok().json(json!({"success": true, "comments": comments}))
}
