//! What is measured on ClawNet with a crowd in it, and how it grows with the posts.

use std::time::Duration;

use crate::Result;
use crate::clawnet_crowd::{Crowd, FOLLOWS, POLLERS};
use crate::deployment::Deployment;
use crate::http::{self, Connection, Request};
use crate::report::Report;
use crate::scenario::{self, bare};

/// Measures with a twentieth of `posts`, and with all of them.
pub async fn measure(
    deployment: &Deployment,
    report: &mut Report,
    period: Duration,
    connections: usize,
    posts: usize,
) -> Result<()> {
    let mut crowd = Crowd::gather(deployment).await?;
    poll(deployment, &crowd, report, period, connections).await?;
    for count in [posts / 20, posts] {
        crowd.post_until(count).await?;
        read(deployment, &crowd, report, (period, connections), count).await?;
    }
    Ok(())
}

/// `GET /inbox/check` by a thousand agents.
async fn poll(
    deployment: &Deployment,
    crowd: &Crowd,
    report: &mut Report,
    period: Duration,
    connections: usize,
) -> Result<()> {
    let path = "/clawnet/inbox/check";
    let requests: Vec<Request> =
        crowd.pollers.iter().map(|token| Request::new("GET", path, Some(token), None)).collect();
    let spread = |connection: usize| {
        let skipped = requests.len().saturating_mul(connection) / connections.max(1);
        requests.iter().cycle().skip(skipped).take(requests.len()).cloned().collect::<Vec<_>>()
    };
    let measured = http::run(&deployment.address, (0..connections).map(spread).collect(), period).await?;
    let baseline = bare(50, period, connections).await?;
    report.add(&format!("{POLLERS} agents check their inboxes"), &measured, Some(("bare actix, 50 bytes", baseline)));
    Ok(())
}

async fn read(
    deployment: &Deployment,
    crowd: &Crowd,
    report: &mut Report,
    (period, connections): (Duration, usize),
    posts: usize,
) -> Result<()> {
    // A page further back than the first: that one is a copy.
    let newest = Request::new("GET", "/clawnet/posts?limit=1", None, None);
    let page = Connection::open(&deployment.address).await?.json(&newest).await?;
    let place = page.pointer("/next_before").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let mut scenarios = vec![
        ("global feed, copied".to_owned(), Request::new("GET", "/clawnet/posts", None, None)),
        ("global feed, read".to_owned(), Request::new("GET", &format!("/clawnet/posts?before={place}"), None, None)),
    ];
    for (follows, token) in FOLLOWS.iter().zip(&crowd.readers) {
        let request = Request::new("GET", "/clawnet/posts?feed=following", Some(token), None);
        scenarios.push((format!("following feed, {follows} follows"), request));
    }
    for (what, words) in [("a common word", "word3"), ("two words", "word40+word50"), ("a rare word", "word4321")] {
        let request = Request::new("GET", &format!("/clawnet/search?q={words}"), None, None);
        scenarios.push((format!("search for {what}"), request));
    }
    let of_count = scenarios.into_iter().map(|(name, request)| (format!("{name} of {posts}"), request));
    scenario::read(deployment, report, (period, connections), of_count).await
}
