//! A server with routes that are there for the tests alone.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::dev::ServerHandle;
use bus::Bus;
use diesel::prelude::*;
use models::accounts::{self, NewAccount};
use models::backend::scratch::Scratch;
use models::database::Settings as DatabaseSettings;
use models::schema::accounts as account_rows;
use models::{Clock, Database, Error, Id, Network, Timestamp, Token, Topic, credentials};
use serde::Deserialize;
use serde_json::{Value, json};
use web::limits::{Limits, Rule};
use web::state::Settings;
use web::vault::Vault;
use web::{
    Account, Action, Answer, BaseUrl, Body, ClankdIn, Clankspace, ClawNet, Data, Dialect, Form, Moderator, Path, Query,
    Reader, Routes, State, Tables, Viewer, get, post, render,
};

use crate::client::{Request, Response};

/// The operator's token.
pub const ADMIN_TOKEN: &str = "the operator's own token";
/// How often `/limited` may be called on each network.
pub const LIMIT: u32 = 5;
/// The length of the limit's window in seconds.
pub const WINDOW: u32 = 600;

/// The account whose posts `/counter` counts.
const COUNTED: &str = "counted";

/// A server, which stops with this value.
pub struct App {
    /// Where it listens.
    pub address: SocketAddr,
    /// What its handlers share.
    pub state: State,
    handle: ServerHandle,
    _scratch: Scratch,
}

impl App {
    /// Starts one.
    pub async fn start() -> Self {
        Self::start_with(Settings::default()).await
    }

    /// Starts one with these settings.
    pub async fn start_with(settings: Settings) -> Self {
        let scratch = Scratch::new();
        let bus = Bus::in_process();
        let clock = Clock::manual(Timestamp::from_micros(1_795_294_903_709_469));
        let database = DatabaseSettings { url: scratch.url().into(), read_url: None, connections: 4 };
        let database = Database::open(&database, Arc::new(bus.clone())).unwrap();
        let rule = Some(Rule { limit: LIMIT, window: WINDOW });
        let overrides: HashMap<_, _> = Action::ALL.into_iter().map(|action| (action, rule)).collect();
        let limits = Limits::new(true, overrides, clock.clone(), &bus);
        let state =
            State::new(database, bus, clock, limits, Vault::new(&[7; 32]).unwrap(), settings, ADMIN_TOKEN.into());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = web::server::serve(state.clone(), tables, listener, 2).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        Self { address, state, handle, _scratch: scratch }
    }

    /// A request to it.
    pub fn request(&self, method: &'static str, target: &str) -> Request {
        Request::new(self.address, method, target)
    }

    /// What comes back for `GET target`.
    pub async fn get(&self, target: &str) -> Response {
        self.request("GET", target).send().await
    }

    /// What comes back for `POST target` with this body.
    pub async fn post(&self, target: &str, body: &Value) -> Response {
        self.request("POST", target).json(body).send().await
    }

    /// Makes an account, and returns its token.
    pub async fn account(&self, network: Network, handle: &'static str) -> Token {
        let now = self.state.clock.now();
        let write = self.state.database.write("make an account", move |tx| {
            let new = NewAccount { network, handle, display_name: None, bio: "", is_system: false };
            let id = accounts::insert(tx, &new, now)?.unwrap();
            let token = Token::generate(network)?;
            credentials::grant(tx, id, token.hash(), now, Some(now.plus_seconds(3_600)))?;
            Ok(token)
        });
        write.await.unwrap()
    }

    /// Makes an account that moderates its network, and returns its token.
    pub async fn moderator(&self, network: Network, handle: &'static str) -> Token {
        let token = self.account(network, handle).await;
        let write = self.state.database.write("make a moderator", move |tx| {
            let of_network = account_rows::network.eq(network.as_str());
            diesel::update(account_rows::table.filter(of_network).filter(account_rows::handle.eq(handle)))
                .set(account_rows::is_admin.eq(true))
                .execute(tx.conn())?;
            Ok(())
        });
        write.await.unwrap();
        token
    }

    /// Makes the account that `/counter` needs.
    pub async fn account_to_count(&self, network: Network) {
        self.account(network, COUNTED).await;
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // The command is sent by the call; nobody waits for its end.
        drop(self.handle.stop(false));
    }
}

fn tables() -> Tables {
    Tables::new(
        routes::<ClawNet>(Action::ClawNetPosts),
        routes::<Clankspace>(Action::ClankspaceRequestCode),
        routes::<ClankdIn>(Action::ClankdInPosts),
    )
}

fn routes<N: Dialect>(action: Action) -> Routes<N> {
    Routes::new("tests")
        .route(get("/panic").public().to_undocumented(panics::<N>))
        .route(get("/words/{word}").public().to_undocumented(word::<N>))
        .route(post("/words/{word}").public().to_undocumented(word::<N>))
        .route(get("/size/{bytes}").public().to_undocumented(size::<N>))
        .route(post("/echo").public().to_undocumented(echo::<N>))
        .route(post("/optional").public().to_undocumented(optional::<N>))
        .route(get("/query").public().to_undocumented(query::<N>))
        .route(get("/me").to_undocumented(me::<N>))
        .route(get("/viewer").viewer().to_undocumented(viewer::<N>))
        .route(get("/operator").operator().to_undocumented(operator::<N>))
        .route(get("/moderated").moderator().to_undocumented(moderated::<N>))
        .route(get("/reader").public().to_undocumented(reader::<N>))
        .route(post("/form").public().to_undocumented(form::<N>))
        .route(get("/base").public().to_undocumented(base::<N>))
        .route(post("/limited").limit(action).to_undocumented(limited::<N>))
        .route(post("/limited/by-address").public().limit(action).to_undocumented(limited::<N>))
        .route(get("/counter").public().to_undocumented(counter::<N>))
        .route(post("/counter").public().to_undocumented(count::<N>))
}

async fn panics<N: Dialect>() -> Answer<N> {
    panic!("a test's own panic");
}

async fn moderated<N: Dialect>(Moderator(account): Moderator<N>) -> Answer<N> {
    Ok(render::ok(&json!({"handle": account.map(|account| account.handle.clone())})))
}

async fn reader<N: Dialect>(Reader(session, _): Reader<N>) -> Answer<N> {
    Ok(render::ok(&json!({"handle": session.map(|session| session.handle)})))
}

async fn form<N: Dialect>(Form(fields, _): Form<N, Echo>) -> Answer<N> {
    Ok(render::ok(&json!({"content": fields.content})))
}

async fn word<N: Dialect>(word: Path<String>) -> Answer<N> {
    Ok(render::ok(&json!({"word": *word})))
}

async fn size<N: Dialect>(bytes: Path<String>) -> Answer<N> {
    let bytes: usize = bytes.parse().map_err(|_| Error::invalid("bytes", "must be a number"))?;
    Ok(render::ok(&"x".repeat(bytes.saturating_sub(2))))
}

#[derive(Deserialize)]
struct Echo {
    content: String,
    tags: Option<Vec<String>>,
}

async fn echo<N: Dialect>(Body(request, _): Body<N, Echo>) -> Answer<N> {
    let Echo { content, tags } = request;
    Ok(render::created(&json!({"content": content, "tags": tags})))
}

#[derive(Deserialize)]
struct Optional {
    content: Option<String>,
}

async fn optional<N: Dialect>(Body(request, _): Body<N, Optional>) -> Answer<N> {
    Ok(render::ok(&json!({"content": request.content})))
}

#[derive(Deserialize)]
struct Filter {
    name: String,
    number: Option<u32>,
}

async fn query<N: Dialect>(Query(filter, _): Query<N, Filter>) -> Answer<N> {
    let Filter { name, number } = filter;
    Ok(render::ok(&json!({"name": name, "number": number})))
}

async fn me<N: Dialect>(account: Account<N>) -> Answer<N> {
    Ok(render::ok(&json!({"handle": account.handle})))
}

async fn viewer<N: Dialect>(Viewer(account): Viewer<N>) -> Answer<N> {
    Ok(render::ok(&json!({"handle": account.map(|account| account.handle.clone())})))
}

async fn operator<N: Dialect>() -> Answer<N> {
    Ok(render::ok(&json!({"operator": true})))
}

async fn base<N: Dialect>(base: BaseUrl<N>) -> Answer<N> {
    Ok(render::ok(&json!({"link": base.join("/here")})))
}

#[derive(Deserialize)]
struct Wish {
    outcome: Option<String>,
}

async fn limited<N: Dialect>(Body(request, _): Body<N, Wish>) -> Answer<N> {
    match request.outcome.as_deref() {
        Some("refusal") => Err(Error::Forbidden("as asked").into()),
        Some("failure") => Err(Error::internal("as asked").into()),
        Some("panic") => panic!("a test's own panic"),
        _ => Ok(render::ok(&json!({"done": true}))),
    }
}

/// The count as a page of the feed, and whether it had to be loaded.
async fn counter<N: Dialect>(state: Data) -> Answer<N> {
    let is_loaded = AtomicBool::new(false);
    let load = async {
        is_loaded.store(true, Ordering::SeqCst);
        let counted = account_rows::table.filter(account_rows::handle_key.eq(COUNTED));
        let count: i64 =
            state.database.read(move |conn| Ok(counted.select(account_rows::post_count).first(conn)?)).await?;
        render::to_bytes(&json!({"count": count}))
    };
    let page = state.page(N::NETWORK, ("/counter".to_owned(), String::new()), load).await?;
    let mut response = render::json_bytes(page);
    if is_loaded.into_inner() {
        response.headers_mut().insert(
            actix_web::http::header::HeaderName::from_static("x-loaded"),
            actix_web::http::header::HeaderValue::from_static("yes"),
        );
    }
    Ok(response)
}

/// Counts on, and answers with the new count when nobody uses an older one any more.
async fn count<N: Dialect>(state: Data) -> Answer<N> {
    let write = state.database.write("count", |tx| {
        let counted = account_rows::table.filter(account_rows::handle_key.eq(COUNTED));
        let _: Id = counted.select(account_rows::id).first(tx.conn())?;
        tx.change(Topic::Feed(N::NETWORK));
        Ok(diesel::update(counted)
            .set(account_rows::post_count.eq(account_rows::post_count + 1))
            .returning(account_rows::post_count)
            .get_result::<i64>(tx.conn())?)
    });
    Ok(render::ok(&json!({"count": write.await?})))
}

/// All networks, for tests that are the same on each.
pub const NETWORKS: [Network; 3] = Network::ALL;

/// The code and the text of an error in a network's own form, which must be that form exactly.
pub fn error_of(network: Network, response: &Response) -> (String, String) {
    let body = response.json();
    let fields: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    let text = |field: &str| body[field].as_str().unwrap_or_else(|| panic!("{field}: {body}")).to_owned();
    match network {
        Network::ClawNet => {
            assert_eq!(body["ok"], json!(false), "{body}");
            assert!(fields.iter().all(|field| ["ok", "error", "message", "action", "limit", "window"].contains(field)));
            (text("error"), text("message"))
        }
        Network::Clankspace => {
            assert!(fields.iter().all(|field| ["error", "code", "retry_after"].contains(field)), "{body}");
            (text("code"), text("error"))
        }
        Network::ClankdIn => {
            assert!(fields.iter().all(|field| ["detail", "field"].contains(field)), "{body}");
            let field = body.get("field").map_or(String::new(), |field| field.as_str().unwrap().to_owned());
            (field, text("detail"))
        }
    }
}
