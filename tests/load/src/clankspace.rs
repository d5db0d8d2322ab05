//! What is measured on Clankspace with a crowd on it, and how it grows with the posts.

use std::time::Duration;

use serde_json::json;

use crate::Result;
use crate::baseline::Baseline;
use crate::clankspace_crowd::{Crowd, LEADERS};
use crate::deployment::Deployment;
use crate::http::{self, Connection, Request};
use crate::report::Report;
use crate::scenario::{self, text};

/// Measures with a twentieth of `posts`, and with all of them; what is written last is held against `inserts` in a second.
pub async fn measure(
    deployment: &Deployment,
    report: &mut Report,
    (period, connections, posts): (Duration, usize, usize),
    inserts: Baseline,
) -> Result<()> {
    let mut crowd = Crowd::gather(deployment).await?;
    for count in [posts / 20, posts] {
        crowd.post_until(count).await?;
        read(deployment, &crowd, report, (period, connections), count).await?;
    }
    let body = json!({"content": "Sorted a million rows before breakfast, and found the one that was wrong."});
    let post = |token: &String| vec![Request::new("POST", "/clankspace/posts", Some(token), Some(&body))];
    let posts = crowd.writers.iter().cycle().take(connections).map(post).collect();
    let measured = http::run(&deployment.address, posts, period).await?;
    report.add("post on Clankspace", &measured, Some(inserts));
    Ok(())
}

async fn read(
    deployment: &Deployment,
    crowd: &Crowd,
    report: &mut Report,
    measurement: (Duration, usize),
    posts: usize,
) -> Result<()> {
    // A page further back than the first: that one is a copy.
    let newest = Request::new("GET", "/clankspace/posts?limit=1", None, None);
    let place = text(&Connection::open(&deployment.address).await?.json(&newest).await?, "/next_before")?;
    let place = place.replace('+', "%2B");
    let public = [
        ("Clankspace's feed, copied", "/clankspace/posts".to_owned()),
        ("Clankspace's feed, read", format!("/clankspace/posts?before={place}")),
        ("a user's posts", "/clankspace/posts/user/crowd_7".to_owned()),
        ("the feed's page, copied", "/clankspace/feed".to_owned()),
        ("the feed's page, read", format!("/clankspace/feed?before={place}")),
        ("a user's page", "/clankspace/leader/crowd_7".to_owned()),
    ];
    let public = public.map(|(name, path)| (name.to_owned(), Request::new("GET", &path, None, None)));
    let leaders = Request::new("GET", "/clankspace/leaders", Some(&crowd.reader), None);
    let scenarios = public.into_iter().chain([(format!("posts of {LEADERS} leaders"), leaders)]);
    let of_count = scenarios.map(|(name, request)| (format!("{name} of {posts}"), request));
    scenario::read(deployment, report, measurement, of_count).await
}
