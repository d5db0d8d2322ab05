//! Production behind its gateway: nginx finds every service, replicas are one server to the outside.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops, and says where")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use support::{ClawNet, GENEROUS, Http, Networks as _, Options, Production, deployment, eventually, json, run, unique};

const BINARY: &str = env!("CARGO_BIN_EXE_clankwork");

fn server() -> &'static Production {
    deployment(BINARY)
}

/// Where a user's name may stand. Whoever names no user there is told that nothing is served, as at every path that is none.
const SHORT: &str = "/clankspace/{name}";

/// Every route as `clankwork routes` tells it, but that of [`SHORT`]: method, path, service.
fn routes() -> Vec<(String, String, String)> {
    let text = String::from_utf8(run(BINARY, &["routes"], &[]).stdout).expect("routes are text");
    let route = |line: &str| match line.split_whitespace().collect::<Vec<_>>()[..] {
        [method, path, service, ..] => (method.to_owned(), path.to_owned(), service.to_owned()),
        _ => panic!("not a route: {line}"),
    };
    text.lines().map(route).filter(|(_, path, _)| path != SHORT).collect()
}

/// The path with something in place of what varies, also something that is encoded.
fn filled(path: &str) -> String {
    path.split('/').map(|segment| if segment.contains('{') { "a%2Fb" } else { segment }).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_route_is_reached_through_the_gateway() {
    for (method, path, service) in routes() {
        let body = (method != "GET").then(|| b"{}".to_vec());
        let answer = server().http().call(&method, &filled(&path), body).await;
        let text = answer.text();
        assert!(answer.status < 500, "{service}: {answer}");
        assert!(
            !text.contains("Nothing is served at this path"),
            "{method} {path} went to another service than {service}"
        );
        assert_ne!(answer.status, 405, "{service}: {answer}");
    }
}

#[tokio::test]
async fn a_users_name_leads_to_its_page() {
    let user = server().clankspace().join(&server().mails(), &unique("kai")).await;
    let moved = server().http().get(&SHORT.replace("{name}", &user.name)).await.is(308);
    assert!(
        moved.header("location").is_some_and(|place| place.ends_with(&format!("/clankspace/leader/{}", user.name)))
    );
    let _ = server().http().get(&SHORT.replace("{name}", &unique("nobody"))).await.is(404);
}

#[tokio::test]
async fn a_wrong_method_is_answered_by_the_service_that_has_the_path() {
    let mut methods: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (method, path, _) in routes() {
        methods.entry(path).or_default().push(method);
    }
    for (path, served) in methods {
        let Some(wrong) = ["PUT", "DELETE", "POST"].into_iter().find(|&wrong| !served.iter().any(|one| one == wrong))
        else {
            continue;
        };
        let refused = server().http().call(wrong, &filled(&path), None).await.is(405);
        let allow = refused.header("allow").unwrap_or_default().to_owned();
        assert!(served.iter().all(|method| allow.contains(method.as_str())), "{path}: {allow}");
    }
}

#[tokio::test]
async fn the_gateway_shows_no_metrics_and_no_service_behind_it() {
    for path in ["/metrics", "/metrics/", "//metrics", "/clawnet/../metrics", "/%6detrics"] {
        let answer = server().http().get(path).await;
        assert!(answer.status >= 400 && !answer.text().contains("clankwork_"), "{answer}");
    }
    let metrics = Http::new(&server().metrics()).get("/metrics").await.is(200);
    assert!(metrics.text().contains("clankwork_"));
}

#[tokio::test]
async fn what_a_client_says_of_its_address_is_not_believed() {
    let server = server();
    let liar =
        server.http().with_header("x-forwarded-for", "203.0.113.7").with_header("x-forwarded-host", "evil.example");
    let registered = liar.post("/clankdin/agents/register", support::application(&unique("kai"))).await.is(201);
    let link = registered["agent"]["profile_url"].as_str().expect("a link");
    assert!(link.starts_with(server.origin()), "{link}");
}

#[tokio::test]
async fn a_body_far_too_large_is_refused_in_the_networks_form() {
    let body = || Some(vec![b'x'; 2 * 1024 * 1024]);
    for (path, field) in [
        ("/clawnet/register", "message"),
        ("/clankspace/auth/signup", "error"),
        ("/clankdin/agents/register", "detail"),
    ] {
        // nginx may hang up while such a body is still coming; what it says, when it is heard, is in the right form.
        if let Ok(answer) = server().http().try_call("POST", path, body()).await {
            assert!(answer.is(413).body[field].is_string(), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_killed_replica_fails_no_read() {
    let server = Production::start(BINARY, &Options::without_limits());
    let kai = server.clankdin().join("kai").await;
    let post = kai.posted("Read me").await;
    let (go_on, read) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let mut readers = Vec::new();
    for _ in 0..4 {
        let (client, post) = (server.clankdin(), post.clone());
        let (go_on, read) = (Arc::clone(&go_on), Arc::clone(&read));
        readers.push(tokio::spawn(async move {
            while go_on.load(Ordering::SeqCst) {
                let _ = client.thread(&post).await.is(200);
                read.fetch_add(1, Ordering::SeqCst);
            }
        }));
    }
    let many_more = async || {
        let seen = read.load(Ordering::SeqCst);
        eventually(GENEROUS, "reads go on", async || (read.load(Ordering::SeqCst) > seen + 200).then_some(())).await;
    };
    many_more().await;
    for name in ["posts_1", "posts_2"] {
        server.command(&format!("kill {name}"));
        many_more().await;
        server.command(&format!("start {name}"));
        many_more().await;
    }
    go_on.store(false, Ordering::SeqCst);
    for reader in readers {
        reader.await.expect("no read fails");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_share_their_limits() {
    let server = Production::start_with(BINARY, &Options::new(), "posts=2,messaging=2,auth=2");
    let (tom, kai) = (server.clawnet().join("Tom").await, server.clankdin().join("kai").await);
    let _ = server.clawnet().join("Sam").await;
    let mut calls = Vec::new();
    for _ in 0..30 {
        let (tom, kai) = (tom.clone(), kai.clone());
        calls
            .push(tokio::spawn(async move { (tom.send("Sam", "hello").await.status, kai.post("hello").await.status) }));
    }
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.expect("a call is answered"));
    }
    let succeeded = |status: fn(&(u16, u16)) -> u16| answers.iter().filter(|answer| status(answer) == 201).count();
    assert_eq!((succeeded(|answer| answer.0), succeeded(|answer| answer.1)), (10, 10), "{answers:?}");
    assert!(answers.iter().all(|&(sent, posted)| [201, 429].contains(&sent) && [201, 429].contains(&posted)));
    // Both replicas see what is left: nothing.
    for name in server.instances("messaging") {
        let direct = tom.http.at(&format!("{}/clawnet", server.instance(&name)));
        let _ = direct.post("/send", json!({"to": "Sam", "message": "hello"})).await.is(429);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rotated_token_is_dead_on_every_replica_at_once() {
    let server = Production::start_with(BINARY, &Options::without_limits(), "messaging=3,auth=2");
    let mut tom = server.clawnet().join("Tom").await;
    let replicas: Vec<String> = ["messaging", "auth"]
        .into_iter()
        .flat_map(|service| server.instances(service))
        .map(|name| server.instance(&name))
        .collect();
    let path_of = |number: usize| if number < 3 { "/inbox/check" } else { "/me" };
    let read_everywhere = async |agent: &ClawNet, expected: u16| {
        for (number, replica) in replicas.iter().enumerate() {
            for _ in 0..3 {
                let _ = agent.http.at(&format!("{replica}/clawnet")).get(path_of(number)).await.is(expected);
            }
        }
    };
    for _ in 0..10 {
        // Every replica has the token in its memory by now.
        read_everywhere(&tom, 200).await;
        let rotated = tom.rotate_token().await.is(200);
        read_everywhere(&tom, 401).await;
        tom = server.clawnet().known("Tom", rotated.string("token"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_it_is_slower_and_still_right() {
    let server = Production::start(BINARY, &Options::without_limits());
    let (kai, zoe) = (server.clankdin().join("kai").await, server.clankdin().join("zoe").await);
    let post = kai.posted("Can you hear me?").await;
    server.command("kill redis");
    let _ = zoe.comment(&post, "Yes").await.is(201);
    eventually(GENEROUS, "the comment is told", async || (kai.unread_count().await == 1).then_some(())).await;
    let tom = server.clawnet().join("Tom").await;
    let rotated = tom.rotate_token().await.is(200);
    let _ = tom.me().await.is(401);
    let _ = server.clawnet().known("Tom", rotated.string("token")).me().await.is(200);
    let _ = server.http().get("/readyz").await.is(503);
    server.command("start redis");
    let ready = async || (server.http().get("/readyz").await.status == 200).then_some(());
    eventually(GENEROUS, "it is ready again", ready).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_database_is_found_again() {
    let server = Production::start(BINARY, &Options::without_limits());
    let kai = server.clankdin().join("kai").await;
    let post = kai.posted("Still there?").await;
    server.command("kill postgres");
    assert!(server.http().get("/readyz").await.status >= 500);
    server.command("start postgres");
    let answers = async || (server.clankdin().thread(&post).await.status == 200).then_some(());
    eventually(GENEROUS, "posts are read again", answers).await;
    let writes = async || (kai.comment(&post, "Yes").await.status == 201).then_some(());
    eventually(GENEROUS, "comments are written again", writes).await;
}
