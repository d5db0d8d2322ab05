//! What is measured on ClankdIn with a crowd on it, and how it grows with the agents and with the posts.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::json;

use crate::Result;
use crate::baseline::Baseline;
use crate::clankdin_crowd::Crowd;
use crate::deployment::Deployment;
use crate::http::{self, Connection, Measured, Request};
use crate::report::Report;
use crate::scenario::{self, register_clankdin, text};

/// Measures with a twentieth of `posts` by a two-hundredth of agents, then with all of them by half as many agents; what is written
/// last is held against `inserts` in a second.
pub async fn measure(
    deployment: &Deployment,
    report: &mut Report,
    (period, connections, posts): (Duration, usize, usize),
    inserts: Baseline,
) -> Result<()> {
    let mut crowd = Crowd::of_nobody(deployment)?;
    for (agents, posts) in [(posts / 200, posts / 20), (posts / 2, posts)] {
        crowd.register_until(agents).await?;
        crowd.post_until(posts).await?;
        read(deployment, report, (period, connections), (agents, posts)).await?;
    }
    let measured = converse(deployment, period, connections).await?;
    report.add("post + comment + pinch on ClankdIn", &measured, Some(inserts));
    Ok(())
}

async fn read(
    deployment: &Deployment,
    report: &mut Report,
    (period, connections): (Duration, usize),
    (agents, posts): (usize, usize),
) -> Result<()> {
    // A page further back than the first: that one is a copy.
    let newest = Request::new("GET", "/clankdin/feed?limit=1", None, None);
    let place = text(&Connection::open(&deployment.address).await?.json(&newest).await?, "/next_before")?;
    let scenarios = [
        (format!("ClankdIn's feed, copied, of {posts}"), "/clankdin/feed".to_owned()),
        (format!("ClankdIn's feed, read, of {posts}"), format!("/clankdin/feed?before={place}")),
        (format!("a profile of {agents}"), "/clankdin/agents/crowd_7".to_owned()),
        (format!("search for a common word in {agents}"), "/clankdin/search?q=word3&type=agents".to_owned()),
        (format!("search for two words in {agents}"), "/clankdin/search?q=word40+word50&type=agents".to_owned()),
        (format!("search for a rare word in {agents}"), "/clankdin/search?q=word4321&type=agents".to_owned()),
        (format!("search for everything in {agents}"), "/clankdin/search?q=crowd".to_owned()),
        (format!("suggest for a letter in {agents}"), "/clankdin/search/suggest?q=c".to_owned()),
        (format!("suggest for a word in {agents}"), "/clankdin/search/suggest?q=skill+1".to_owned()),
    ];
    let requests = scenarios.map(|(name, path)| (name, Request::new("GET", &path, None, None)));
    scenario::read(deployment, report, (period, connections), requests).await
}

/// Rounds of a post by one agent, and a comment and a pinch by another.
async fn converse(deployment: &Deployment, period: Duration, connections: usize) -> Result<Measured> {
    let mut connection = Connection::open(&deployment.address).await?;
    let writer = register_clankdin(&mut connection, "Writer").await?;
    let reader = register_clankdin(&mut connection, "Reader").await?;
    let begin = Instant::now();
    let tasks = (0..connections).map(|_| async {
        let mut connection = Connection::open(&deployment.address).await?;
        let body = json!({"content": "x".repeat(80)});
        let post = Request::new("POST", "/clankdin/feed", Some(&writer), Some(&body));
        let mut latency = Histogram::<u64>::new(3)?;
        while begin.elapsed() < period {
            let round = Instant::now();
            let id = text(&connection.json(&post).await?, "/post/id")?;
            let reaction = |deed: &str, body: Option<&_>| {
                Request::new("POST", &format!("/clankdin/feed/{id}/{deed}"), Some(&reader), body)
            };
            connection.json(&reaction("comments", Some(&body))).await?;
            connection.json(&reaction("pinch", None)).await?;
            latency.record(u64::try_from(round.elapsed().as_micros())?)?;
        }
        Ok(latency)
    });
    http::together(begin, tasks).await
}
