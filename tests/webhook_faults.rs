//! Every acknowledged action is told, whatever dies at whatever moment; and nothing is told twice under two ids.
//!
//! `CLANKWORK_KILLS` says how many rounds there are.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::{
    ClankdIn, Deployment, GENEROUS, Http, Networks as _, Options, Receiver, Reply, application, eventually, json,
};
use tokio::task::JoinSet;

const BINARY: &str = env!("CARGO_BIN_EXE_clankwork");
/// Rounds where nothing else is said.
const KILLS: usize = 6;
/// What dies, one in each round. Where the server is one process, that is all of them.
const VICTIMS: [&str; 5] = ["webhooks", "posts", "redis", "postgres", EVERYTHING];
const EVERYTHING: &str = "everything";
/// Agents that comment at once.
const WRITERS: usize = 4;
/// How long what was under way at a kill may take: it belongs to the dead until its lease ends, and then it may fail once.
const RESUMED: Duration = Duration::from_secs(90);

fn kills() -> usize {
    std::env::var("CLANKWORK_KILLS").ok().and_then(|number| number.parse().ok()).unwrap_or(KILLS)
}

/// Any number below `bound`.
fn chance(bound: u64) -> usize {
    usize::try_from(RandomState::new().hash_one(0) % bound).expect("it is small")
}

/// What was acknowledged, each known by something that its delivery tells too.
#[derive(Clone, Debug, Default)]
struct Acknowledged(Arc<Mutex<BTreeSet<String>>>);

impl Acknowledged {
    fn add(&self, id: String) {
        self.0.lock().expect("nobody panicked").insert(id);
    }

    fn count(&self) -> usize {
        self.0.lock().expect("nobody panicked").len()
    }

    fn missing_from(&self, told: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
        self.0.lock().expect("nobody panicked").iter().filter(|id| !told.contains_key(*id)).cloned().collect()
    }
}

async fn call(http: &Http, path: &str, body: &support::Value) -> Option<support::Answer> {
    let answer = http.try_call("POST", path, Some(body.to_string().into_bytes())).await;
    answer.ok().filter(|answer| answer.status == 201)
}

/// Comments on a post, once; says whether that was acknowledged.
async fn comment(http: &Http, post: &str, done: &Acknowledged) -> bool {
    let answer = call(http, &format!("/feed/{post}/comments"), &json!({"content": "a comment"})).await;
    let id = answer.and_then(|answer| answer["comment"]["id"].as_str().map(str::to_owned));
    id.map(|id| done.add(id)).is_some()
}

/// Registers an agent, once; says whether that was acknowledged.
async fn join(http: &Http, number: usize, done: &Acknowledged) -> bool {
    let answer = call(http, "/agents/register", &application(&format!("newcomer{number}"))).await;
    answer.map(|_| done.add(format!("newcomer{number}"))).is_some()
}

/// What a receiver was told of, with the ids under which it was.
fn told(receiver: &Receiver, field: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for delivery in receiver.seen() {
        let of = delivery.json()["data"][field].as_str().unwrap_or_default().to_owned();
        told.entry(of).or_default().insert(delivery.header("webhook-id").to_owned());
    }
    told
}

/// Everything that goes on while things die.
struct Load {
    kai: ClankdIn,
    post: String,
    writers: Vec<ClankdIn>,
    comments: Acknowledged,
    newcomers: Acknowledged,
}

impl Load {
    /// Lets everybody act until `victim` dies at a moment that nobody knows, and starts it again.
    async fn round(&self, server: &mut Deployment, number: usize, victim: &str) {
        let is_over = Arc::new(AtomicBool::new(false));
        let mut acting = JoinSet::new();
        for writer in &self.writers {
            let (http, post, done) = (server.again(&writer.http), self.post.clone(), self.comments.clone());
            let is_over = Arc::clone(&is_over);
            acting.spawn(async move { while !is_over.load(Ordering::SeqCst) && comment(&http, &post, &done).await {} });
        }
        let (http, done) = (server.again(&self.kai.http), self.newcomers.clone());
        let is_over_too = Arc::clone(&is_over);
        acting.spawn(async move {
            let mut next = number * 1_000;
            while !is_over_too.load(Ordering::SeqCst) && join(&http, next, &done).await {
                next += 1;
            }
        });
        let enough = self.comments.count() + 1 + chance(60);
        let reached = async || (self.comments.count() >= enough).then_some(());
        eventually(GENEROUS, "comments are acknowledged", reached).await;
        match victim {
            EVERYTHING => server.crash_everything(),
            service => server.crash(service),
        }
        is_over.store(true, Ordering::SeqCst);
        while let Some(ended) = acting.join_next().await {
            ended.expect("whoever acts does not panic");
        }
        match victim {
            EVERYTHING => server.restore_everything(),
            service => server.restore(service),
        }
        self.is_back(server).await;
    }

    /// Waits until everything works again.
    async fn is_back(&self, server: &Deployment) {
        let http = server.again(&self.kai.http);
        let works = async || comment(&http, &self.post, &self.comments).await.then_some(());
        eventually(GENEROUS, "a comment is taken again", works).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_acknowledged_is_told_once_however_often_something_dies() {
    let mut server = Deployment::start(BINARY, &Options::without_limits());
    let (of_comments, of_newcomers) = (Receiver::start(), Receiver::start());
    let (kai, lee) = (server.clankdin().join("kai").await, server.clankdin().join("lee").await);
    let _ = lee.register_webhook(of_comments.url(), &["comment"]).await.is(201);
    let _ = lee.register_webhook(of_newcomers.url(), &["new_agent"]).await.is(201);
    let post = lee.posted("Everybody talks to me").await;
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        writers.push(server.clankdin().join(&format!("writer{number}")).await);
    }
    let load = Load { kai, post, writers, comments: Acknowledged::default(), newcomers: Acknowledged::default() };
    for (number, victim) in VICTIMS.iter().cycle().enumerate().take(kills()) {
        load.round(&mut server, number, victim).await;
    }
    for (receiver, field, done) in
        [(&of_comments, "comment_id", &load.comments), (&of_newcomers, "handle", &load.newcomers)]
    {
        let all = async || done.missing_from(&told(receiver, field)).is_empty().then_some(());
        eventually(RESUMED, &format!("all {} are told by {field}", done.count()), all).await;
        let several: Vec<_> = told(receiver, field).into_iter().filter(|(_, ids)| ids.len() != 1).collect();
        assert!(several.is_empty(), "told under several ids: {several:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_asked_to_stop_lets_deliveries_end_and_sends_none_again() {
    let mut server = Deployment::start(BINARY, &Options::without_limits());
    let (kai, lee) = (server.clankdin().join("kai").await, server.clankdin().join("lee").await);
    // Slow enough to be under way when the server is asked to stop, quick enough to end before it must.
    let receiver = Receiver::scripted(&[Reply::After(1_000, 200)]);
    let _ = lee.register_webhook(receiver.url(), &["comment"]).await.is(201);
    let post = lee.posted("Talk to me").await;
    let done = Acknowledged::default();
    for _ in 0..4 {
        assert!(comment(&kai.http, &post, &done).await);
    }
    let _ = receiver.received(1).await;
    server.restart("webhooks");
    let http = server.again(&kai.http);
    let works = async || comment(&http, &post, &done).await.then_some(());
    eventually(GENEROUS, "a comment is taken again", works).await;
    let all = async || done.missing_from(&told(&receiver, "comment_id")).is_empty().then_some(());
    eventually(GENEROUS, "all are told", all).await;
    assert_eq!(receiver.seen().len(), done.count(), "each once");
}
