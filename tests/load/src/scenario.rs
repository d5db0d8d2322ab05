//! What is measured.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use crate::Result;
use crate::baseline::{Bare, Baseline};
use crate::deployment::Deployment;
use crate::http::{self, Connection, Measured, Request};
use crate::report::Report;

/// Agents on ClawNet that send to one another.
const AGENTS: usize = 64;
/// Posts in the feed before it is read.
const POSTS: usize = 500;

/// Who is there before anything is measured.
#[derive(Debug)]
pub struct People {
    clawnet: Vec<(String, String)>,
    author: String,
}

/// Registers agents and fills the feed.
pub async fn populate(deployment: &Deployment) -> Result<People> {
    let mut connection = Connection::open(&deployment.address).await?;
    let mut clawnet = Vec::new();
    for number in 0..AGENTS {
        let name = format!("agent_{number}");
        let request = Request::new("POST", "/clawnet/register", None, Some(&json!({"agent_id": name})));
        clawnet.push((name, text(&connection.json(&request).await?, "/token")?));
    }
    let author = register_clankdin(&mut connection, "Author").await?;
    for number in 0..POSTS {
        let content = format!("Post {number}: {}", "shipped something small and useful today. ".repeat(4));
        let body = json!({"content": content, "category": "wins"});
        connection.json(&Request::new("POST", "/clankdin/feed", Some(&author), Some(&body))).await?;
    }
    Ok(People { clawnet, author })
}

/// Registers an agent of that name on ClankdIn, and returns its key.
pub async fn register_clankdin(connection: &mut Connection, name: &str) -> Result<String> {
    let body = json!({
        "name": name, "tagline": "Here to be measured, not to measure", "bio": "x".repeat(60), "skills": ["Python"],
    });
    let answer = connection.json(&Request::new("POST", "/clankdin/agents/register", None, Some(&body))).await?;
    text(&answer, "/agent/api_key")
}

/// The text at `pointer` in an answer.
pub fn text(answer: &Value, pointer: &str) -> Result<String> {
    Ok(answer.pointer(pointer).and_then(Value::as_str).ok_or_else(|| format!("no {pointer} in {answer}"))?.to_owned())
}

/// A bare handler with a body of `bytes`, asked as the scenario asks the server.
pub async fn bare(bytes: usize, period: Duration, connections: usize) -> Result<f64> {
    let bare = Bare::start(bytes)?;
    let request = Request::new("GET", "/", None, None);
    Ok(http::run(&bare.address, vec![vec![request]; connections], period).await?.rate)
}

/// Each of these requests over and over, by name, held against a bare handler with as large a body.
pub async fn read(
    deployment: &Deployment,
    report: &mut Report,
    (period, connections): (Duration, usize),
    scenarios: impl IntoIterator<Item = (String, Request)>,
) -> Result<()> {
    for (name, request) in scenarios {
        let bytes = Connection::open(&deployment.address).await?.ask(&request).await?.1.len();
        let measured = http::run(&deployment.address, vec![vec![request]; connections], period).await?;
        let baseline = bare(bytes, period, connections).await?;
        report.add(&name, &measured, Some((&format!("bare actix, {bytes} bytes"), baseline)));
    }
    Ok(())
}

/// `GET` of a public feed that does not change meanwhile.
pub async fn read_feed(
    deployment: &Deployment,
    report: &mut Report,
    period: Duration,
    connections: usize,
) -> Result<()> {
    let feed = Request::new("GET", "/clankdin/feed", None, None);
    read(deployment, report, (period, connections), [("read the feed".to_owned(), feed)]).await
}

/// `GET /inbox/check` by many agents.
pub async fn check_inbox(
    deployment: &Deployment,
    people: &People,
    report: &mut Report,
    period: Duration,
    connections: usize,
) -> Result<()> {
    let requests: Vec<Request> = people
        .clawnet
        .iter()
        .map(|(_, token)| Request::new("GET", "/clawnet/inbox/check", Some(token), None))
        .collect();
    let measured = http::run(&deployment.address, vec![requests; connections], period).await?;
    let baseline = bare(50, period, connections).await?;
    report.add("check the inbox", &measured, Some(("bare actix, 50 bytes", baseline)));
    Ok(())
}

/// Sending, between all agents, held against `inserts` and nothing else.
pub async fn send(
    deployment: &Deployment,
    people: &People,
    report: &mut Report,
    (period, connections): (Duration, usize),
    inserts: Baseline,
) -> Result<()> {
    let pairs = people.clawnet.iter().zip(people.clawnet.iter().cycle().skip(1));
    let sends: Vec<Request> = pairs
        .map(|((_, token), (to, _))| {
            let body = json!({"to": to, "message": "x".repeat(80)});
            Request::new("POST", "/clawnet/send", Some(token), Some(&body))
        })
        .collect();
    let spread = |connection: usize| {
        let skipped = sends.len().saturating_mul(connection) / connections.max(1);
        sends.iter().cycle().skip(skipped).take(sends.len()).cloned().collect::<Vec<_>>()
    };
    let measured = http::run(&deployment.address, (0..connections).map(spread).collect(), period).await?;
    report.add(&format!("send, {connections} at once"), &measured, Some(inserts));
    Ok(())
}

/// What writes: sending, sending with reading and acknowledging, posting. Each is held against `inserts` and nothing else.
pub async fn write(
    deployment: &Deployment,
    people: &People,
    report: &mut Report,
    (period, connections): (Duration, usize),
    inserts: Baseline,
) -> Result<()> {
    send(deployment, people, report, (period, connections), inserts).await?;
    let measured = converse(deployment, people, period, connections).await?;
    report.add("send + inbox + acknowledge", &measured, Some(inserts));

    let body = json!({"content": "x".repeat(80)});
    let post = Request::new("POST", "/clankdin/feed", Some(&people.author), Some(&body));
    let measured = http::run(&deployment.address, vec![vec![post]; connections], period).await?;
    report.add("post", &measured, Some(inserts));
    Ok(())
}

/// Rounds of a message sent, read and acknowledged, between agents that are new to each other.
async fn converse(deployment: &Deployment, people: &People, period: Duration, connections: usize) -> Result<Measured> {
    let begin = Instant::now();
    let pairs = people.clawnet.chunks_exact(2).take(connections);
    let tasks = pairs.map(|pair| async move {
        let [(_, sender), (name, recipient)] = pair else { return Err("no pair".into()) };
        let mut connection = Connection::open(&deployment.address).await?;
        let body = json!({"to": name, "message": "x".repeat(80)});
        let send = Request::new("POST", "/clawnet/send", Some(sender), Some(&body));
        let read = Request::new("GET", "/clawnet/inbox?limit=1", Some(recipient), None);
        let mut latency = Histogram::<u64>::new(3)?;
        while begin.elapsed() < period {
            let round = Instant::now();
            connection.json(&send).await?;
            let id = text(&connection.json(&read).await?, "/messages/0/id")?;
            let acknowledge = Request::new("POST", &format!("/clawnet/inbox/{id}/ack"), Some(recipient), None);
            connection.json(&acknowledge).await?;
            latency.record(u64::try_from(round.elapsed().as_micros())?)?;
        }
        Ok(latency)
    });
    http::together(begin, tasks).await
}
