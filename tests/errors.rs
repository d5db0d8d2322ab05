//! Every way to fail, on each network in its own exact form.

use support::{Deployment, Http, Networks as _, Options, Value, json, unique};

use crate::{BINARY, server};

const NO_TOKEN: &str = "Missing or invalid Authorization header";
const UNKNOWN_PATH: &str = "Nothing is served at this path";
const TOO_LARGE: &str = "The body may have at most 65536 bytes";

fn clawnet(code: &str, message: &str) -> Value {
    json!({"ok": false, "error": code, "message": message})
}

fn clankspace(code: &str, error: &str) -> Value {
    json!({"error": error, "code": code})
}

fn clankdin(detail: &str) -> Value {
    json!({"detail": detail})
}

/// A network's form of an error, from its code and its text.
type Form = fn(&str, &str) -> Value;

/// Each network's client and the form of its errors; with a path that takes `POST` from everybody, and one for accounts alone.
fn networks() -> [(Http, Form, &'static str, &'static str); 3] {
    [
        (server().clawnet().http, clawnet, "/register", "/me"),
        (server().clankspace().http, clankspace, "/auth/request-code", "/me"),
        (server().clankdin().http, |_, detail| clankdin(detail), "/agents/register", "/agents/me"),
    ]
}

/// A body of JSON that is larger than a body may be.
fn large_body() -> Value {
    json!({"content": "x".repeat(65 * 1024)})
}

#[tokio::test]
async fn nobody_comes_in_without_a_token() {
    for (http, form, _, own) in networks() {
        for header in ["", "Bearer", "Bearer ", "Basic abc", "clwnt_abc"] {
            let client = if header.is_empty() { http.clone() } else { http.with_header("authorization", header) };
            let refused = client.get(own).await.is_exactly(401, &form("unauthorized", NO_TOKEN));
            assert_eq!(refused.header("www-authenticate"), Some("Bearer"), "{header:?}");
        }
        let refused =
            http.with_token("nonsense").get(own).await.is_exactly(401, &form("unauthorized", "Invalid token"));
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    }
}

#[tokio::test]
async fn a_path_that_nobody_serves_is_said_to_be_none() {
    for (http, form, ..) in networks() {
        for path in ["/nothing-here", "/nothing/here/at/all", "/me/", "/%ff%20"] {
            let answer = http.get(path).await;
            assert_eq!((answer.status, &answer.body), (404, &form("not_found", UNKNOWN_PATH)), "{path}");
        }
        let _ = http.post("/nothing-here", json!({})).await.is_exactly(404, &form("not_found", UNKNOWN_PATH));
    }
    let outside = server().http().get("/nothing-here").await.is(404);
    assert!(outside.body.is_object());
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    for (http, form, registers, _) in networks() {
        for method in ["GET", "DELETE", "PUT", "PATCH"] {
            let answer = http.call(method, registers, None).await;
            let answer = answer.is_exactly(405, &form("method_not_allowed", "This path takes POST"));
            assert_eq!(answer.header("allow"), Some("POST"));
        }
    }
    let answer = server().clawnet().http.delete("/agents/ClawNet").await.is(405);
    assert_eq!(answer.header("allow"), Some("GET, HEAD"));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    for (http, form, registers, _) in networks() {
        let _ = http.post(registers, large_body()).await.is_exactly(413, &form(too_large_code(&http), TOO_LARGE));
    }
}

/// ClawNet's code is the contract's; Clankspace's has none there.
fn too_large_code(http: &Http) -> &'static str {
    if http.base().ends_with("/clawnet") { "payload_too_large" } else { "too_large" }
}

#[tokio::test]
async fn what_is_no_json_is_refused() {
    for (http, _, registers, _) in networks() {
        for body in ["{", "[]", "nonsense", "\"text\"", "{} {}", "{\"a\": \u{1}}", "\u{feff}{}"] {
            let answer = http.call("POST", registers, Some(body.as_bytes().to_vec())).await.is(400);
            assert!(answer.body.is_object(), "{body}: {answer}");
        }
        let _ = http.call("POST", registers, Some(vec![0xff, 0xfe, 0x00])).await.is(400);
        let _ = http.call("POST", registers, Some("[".repeat(60_000).into_bytes())).await.is(400);
    }
}

#[tokio::test]
async fn a_field_of_the_wrong_type_is_named() {
    let answer = server().clawnet().http.post("/register", json!({"agent_id": 5})).await.is(400);
    assert_eq!(answer["error"], "invalid_request");
    assert!(answer.string("message").starts_with("agent_id "), "{answer}");
    let missing = clawnet("invalid_request", "agent_id is required");
    let _ = server().clawnet().http.post("/register", json!({})).await.is_exactly(400, &missing);
    let missing = clankspace("invalid", "email is required");
    let _ = server().clankspace().http.post("/auth/request-code", json!({})).await.is_exactly(400, &missing);
    let missing = json!({"detail": "name is required", "field": "name"});
    let _ = server().clankdin().http.post("/agents/register", json!({})).await.is_exactly(400, &missing);
}

#[tokio::test]
async fn clawnet_refuses_names() {
    let network = server().clawnet();
    let plain = clawnet("invalid_request", "agent_id must be 3-32 letters, numbers or underscores");
    for name in ["ab", "me", "a b c", "a-b-c", "münchen", &"a".repeat(33)] {
        let _ = network.register(name).await.is_exactly(400, &plain);
    }
    for name in ["admin", "ClawNet", "EVERYONE"] {
        let _ = network.register(name).await.is_exactly(422, &clawnet("reserved_id", "Agent ID is reserved"));
    }
    let tom = network.join(&unique("Tom")).await;
    let taken = clawnet("already_exists", "Agent ID is already taken");
    let _ = network.register(&tom.name.to_uppercase()).await.is_exactly(409, &taken);
}

#[tokio::test]
async fn clawnet_refuses_messages() {
    let tom = server().clawnet().join(&unique("Tom")).await;
    let _ = tom.send("nobody_of_that_name", "Hello").await.is_exactly(404, &clawnet("not_found", "Agent not found"));
    let _ = tom.agent("nobody_of_that_name").await.is_exactly(404, &clawnet("not_found", "Agent not found"));
    for (to, text) in [(tom.name.as_str(), "to myself"), ("ClawNet", ""), ("ClawNet", &"x".repeat(10_001))] {
        assert_eq!(tom.send(to, text).await.is(400)["error"], "invalid_request");
    }
    let _ = tom.send("ClawNet", &"é".repeat(10_000)).await.is(201);
    let unknown = clawnet("not_found", "Message not found");
    for id in ["msg_01kaf2b8c0e0000000000000ab", "post_01kaf2b8c0e0000000000000ab", "nonsense", "%ff"] {
        let _ = tom.acknowledge(id).await.is_exactly(404, &unknown);
    }
    for query in ["?limit=0", "?limit=-1", "?limit=ten", "?since=yesterday", "?limit="] {
        assert_eq!(tom.inbox(query).await.is(400)["error"], "invalid_request", "{query}");
    }
    let _ = tom.inbox("?limit=100000").await.is(200);
}

#[tokio::test]
async fn clankspace_refuses_posts_and_names() {
    let (site, mails) = (server().clankspace(), server().mails());
    let kai = site.join(&mails, &unique("kai")).await;
    let long = clankspace("invalid", "content must be at most 100 characters, not 101");
    let _ = kai.post(&"é".repeat(101)).await.is_exactly(400, &long);
    let _ = kai.post("  ").await.is_exactly(400, &clankspace("invalid", "content must not be empty"));
    let links = clankspace("contact_info", "Links, addresses of mail and phone numbers cannot be posted here");
    let _ = kai.post("see https://example.com").await.is_exactly(400, &links);
    let unknown = clankspace("not_found", "User not found");
    let _ = kai.follow("nobody_at_all").await.is_exactly(404, &unknown);
    let _ = kai.posts_of("nobody_at_all", "").await.is_exactly(404, &unknown);
    assert_eq!(kai.follow(&kai.name).await.is(400)["code"], "invalid");
    let ticket = site.ticket(&mails, &format!("{}@example.com", unique("zoe"))).await;
    let taken = clankspace("taken", "Username is already taken");
    let _ = site.sign_up(&ticket, &kai.name.to_uppercase()).await.is_exactly(409, &taken);
    assert_eq!(site.sign_up(&ticket, "feed").await.is(409)["code"], "taken");
    assert_eq!(site.sign_up(&ticket, "a b").await.is(400)["code"], "invalid");
    assert_eq!(site.sign_up_born(&ticket, &unique("zoe"), "2020-01-01").await.is(403)["code"], "forbidden");
    let _ = site.sign_up(&ticket, &unique("zoe")).await.is(201);
    assert_eq!(site.sign_up(&ticket, &unique("zoe")).await.is(401)["code"], "unauthorized");
    assert_eq!(site.verify_code("zoe@example.com", "000000").await.is(401)["code"], "unauthorized");
    assert_eq!(site.request_code("no address").await.is(400)["code"], "invalid");
}

#[tokio::test]
async fn clankdin_refuses_and_names_the_field() {
    let network = server().clankdin();
    let mut short = support::application(&unique("kai"));
    short["bio"] = json!("short");
    let form = json!({"detail": "bio must be 50 to 2000 characters, not 5", "field": "bio"});
    let _ = network.register(&short).await.is_exactly(400, &form);
    let mut many = support::application(&unique("kai"));
    many["skills"] = json!(vec!["skill"; 21]);
    assert_eq!(network.register(&many).await.is(400)["field"], "skills");
    let kai = network.join(&unique("kai")).await;
    let _ = network.agent("nobody").await.is_exactly(404, &clankdin("Agent not found"));
    for id in ["nonsense", "00000000-0000-0000-0000-000000000000", "%ff"] {
        let _ = kai.thread(id).await.is_exactly(404, &clankdin("Post not found"));
        let _ = kai.pinch(id).await.is_exactly(404, &clankdin("Post not found"));
        let _ = kai.comment(id, "hello").await.is_exactly(404, &clankdin("Post not found"));
        let _ = kai.read(id).await.is_exactly(404, &clankdin("Notification not found"));
    }
    let long = json!({"detail": "content must be at most 1000 characters, not 1001", "field": "content"});
    let _ = kai.post(&"x".repeat(1001)).await.is_exactly(400, &long);
    assert_eq!(kai.comment(&kai.posted("a").await, &"x".repeat(501)).await.is(400)["field"], "content");
    for query in ["?limit=0", "?before=now", "?category=gossip", "?before_id=x"] {
        assert!(network.feed(query).await.is(400)["detail"].is_string(), "{query}");
    }
    for (path, field) in
        [("/feed?category=gossip", "category"), ("/jobs?status=lost", "status"), ("/jobs?job_type=x", "job_type")]
    {
        assert_eq!(kai.http.get(path).await.is(400)["field"], field, "{path}");
    }
    assert_eq!(
        kai.http.post("/webhooks/register", json!({"url": "ftp://a.example", "events": ["all"]})).await.status,
        400
    );
}

#[tokio::test]
async fn nothing_that_is_sent_makes_a_server_fail() {
    let tom = server().clawnet().join(&unique("Tom")).await.http;
    let kai = server().clankdin().join(&unique("kai")).await.http;
    let strange = ["%00", "%ff", "%F0%9F%A4%96", "a%2Fb", "..", "%2e%2e", "'", "%22", "\u{1f916}", "a%0d%0ab"];
    for piece in strange {
        let paths = [format!("/agents/{piece}"), format!("/messages/{piece}"), format!("/inbox?since={piece}")];
        for path in paths {
            assert!(tom.get(&path).await.status < 500, "ClawNet {path}");
        }
        for path in [format!("/agents/{piece}"), format!("/feed/{piece}"), format!("/jobs?skill={piece}")] {
            assert!(kai.get(&path).await.status < 500, "ClankdIn {path}");
        }
        let site = server().clankspace().http;
        for path in [format!("/posts/user/{piece}"), format!("/posts?date={piece}"), format!("/feed?before={piece}")] {
            assert!(site.get(&path).await.status < 500, "Clankspace {path}");
        }
        let body = json!({"to": piece, "message": "\u{0}\u{1f916}", "agent_id": piece});
        assert!(tom.post("/send", body).await.status < 500, "{piece}");
    }
}

/// A limit's own server: limits on, and nobody else's calls counted.
fn limited() -> Deployment {
    Deployment::start(BINARY, &Options::new())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_calls_are_told_when_to_come_again() {
    let server = limited();
    let (tom, kai) = (server.clawnet().join("Tom").await, server.clankdin().join("kai").await);
    let mut last = tom.rotate_token().await;
    let shown = server.clawnet().known("Tom", last.string("token")).me().await.is(200);
    assert_eq!((shown.header("x-ratelimit-limit"), shown.header("x-ratelimit-remaining")), (Some("10"), Some("10")));
    assert!(shown.header("x-ratelimit-reset").is_some());
    for _ in 0..10 {
        last = server.clawnet().known("Tom", last["token"].as_str().unwrap_or_default()).rotate_token().await;
        if last.status != 200 {
            break;
        }
    }
    let text = "Too many requests. Limit: 10/hour for token_rotate.";
    let form = json!({"ok": false, "error": "rate_limited", "message": text, "action": "token_rotate", "limit": 10, "window": "1 hour"});
    assert_comes_again(&last.is_exactly(429, &form), 3_600);
    for _ in 0..9 {
        let _ = server.clankdin().join("kai").await;
    }
    let refused = server.clankdin().register(&support::application("kai")).await;
    let text = "Too many requests. Limit: 10/hour for register.";
    assert_comes_again(&refused.is_exactly(429, &clankdin(text)), 3_600);
    for _ in 0..10 {
        let _ = kai.post("hello").await.is(201);
    }
    assert_comes_again(&kai.post("hello").await.is(429), 3_600);
    for _ in 0..3 {
        let _ = server.clankspace().request_code("kai@example.com").await.is(200);
    }
    let refused = server.clankspace().request_code("KAI@example.com").await.is(429);
    assert_eq!(refused["code"], "rate_limited");
    assert_comes_again(&refused, 3_600);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_post_an_hour_and_no_more() {
    let server = limited();
    let kai = server.clankspace().join(&server.mails(), "kai").await;
    let _ = kai.post("see https://example.com").await.is(400);
    let _ = kai.post("a failure has not begun the hour").await.is(201);
    let refused = kai.post("too soon").await.is(429);
    assert_eq!(refused["code"], "cooldown");
    assert_eq!(refused["retry_after"].as_i64(), refused.header("retry-after").and_then(|text| text.parse().ok()));
    assert_comes_again(&refused, 3_600);
    assert!(kai.me().await.ok()["next_post_at"].is_string());
}

#[track_caller]
fn assert_comes_again(refused: &support::Answer, window: i64) {
    let seconds: Option<i64> = refused.header("retry-after").and_then(|text| text.parse().ok());
    assert!(seconds.is_some_and(|seconds| seconds > window - 300 && seconds <= window), "{seconds:?}: {refused}");
}
