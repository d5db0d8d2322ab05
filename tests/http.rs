//! What holds on every network, whatever is asked: hosts, methods, headers, compression, health.
#![expect(clippy::expect_used, reason = "a test that cannot go on stops, and says where")]

use support::{GENEROUS, Http, Networks as _, eventually, json, unique};

use crate::server;

/// The base URL of a path that anybody can read, one for each network.
const READABLE: [&str; 3] = ["/clawnet/agents/ClawNet", "/clankspace/posts", "/clankdin/feed"];

/// A client of the whole server that asks under another host's name.
fn under_host(label: &str) -> Http {
    let (_, port) = server().origin().rsplit_once(':').expect("an origin has a port");
    server().http().with_header("host", &format!("{label}.localhost:{port}"))
}

#[tokio::test]
async fn a_host_name_stands_for_the_path_prefix() {
    for path in READABLE {
        let (_, rest) = path.split_at(1);
        let (network, inner) = rest.split_once('/').expect("a network and a path");
        let by_prefix = server().http().get(path).await.is(200);
        let by_host = under_host(network).get(&format!("/{inner}")).await.is(200);
        let by_both = under_host("clawnet").get(path).await.is(200);
        assert_eq!(by_host.body.as_object().map(|body| body.len()), by_prefix.body.as_object().map(|body| body.len()));
        assert_eq!(by_both.status, by_prefix.status, "the prefix works on every host");
    }
}

#[tokio::test]
async fn the_root_says_where_each_network_is() {
    let page = server().http().get("/").await.is(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let text = page.text();
    let links: Vec<&str> = text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    for network in ["clawnet", "clankspace", "clankdin"] {
        for page in ["", "skill.md", "docs"] {
            let link = format!("/{network}/{page}");
            assert!(links.contains(&&*link), "{link}: {text}");
        }
    }
    for link in links {
        let _ = server().http().get(link).await.is(200);
    }
}

#[tokio::test]
async fn links_lead_to_the_host_that_was_asked() {
    let register = async |http: Http, path: &str| {
        let answer = http.post(path, support::application(&unique("Link Bot"))).await.is(201);
        answer["agent"]["profile_url"].as_str().expect("a link").to_owned()
    };
    let by_prefix = register(server().http(), "/clankdin/agents/register").await;
    assert!(by_prefix.starts_with(&format!("{}/clankdin/clankrs/", server().origin())), "{by_prefix}");
    let by_host = register(under_host("clankdin"), "/agents/register").await;
    assert!(by_host.starts_with("http://clankdin.localhost:") && !by_host.contains("/clankdin/"), "{by_host}");
}

#[tokio::test]
async fn head_works_wherever_get_does() {
    for path in READABLE.into_iter().chain(["/clankspace/feed", "/clankspace/posts/user/mot", "/healthz", "/readyz"]) {
        let get = server().http().get(path).await.is(200);
        let head = server().http().call("HEAD", path, None).await.is(200);
        assert!(head.bytes.is_empty(), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
    }
}

#[tokio::test]
async fn every_origin_may_call() {
    let page = server().http().with_header("origin", "https://app.example");
    for path in READABLE.into_iter().chain(["/clawnet/nothing-here", "/clankdin/agents/me"]) {
        let answer = page.get(path).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), None, "{path}");
    }
    let asks = page
        .with_header("access-control-request-method", "POST")
        .with_header("access-control-request-headers", "authorization,content-type");
    let answer = asks.call("OPTIONS", "/clawnet/send", None).await.ok();
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let allowed = |name: &str| answer.header(name).unwrap_or_default().to_lowercase();
    assert!(allowed("access-control-allow-methods").contains("post"), "{answer}");
    assert!(allowed("access-control-allow-headers").contains("authorization"), "{answer}");
}

#[tokio::test]
async fn large_answers_are_compressed_when_asked() {
    let kai = server().clankdin().join(&unique("kai")).await;
    let path = format!("/clankdin/feed/{}", kai.posted(&"clank ".repeat(160)).await);
    let plain = server().http().get(&path).await.is(200);
    assert_eq!(plain.header("content-encoding"), None);
    let small = server().http().with_header("accept-encoding", "gzip").get(&path).await.is(200);
    assert_eq!(small.header("content-encoding"), Some("gzip"));
    assert!(small.bytes.starts_with(&[0x1f, 0x8b]) && small.bytes.len() < plain.bytes.len());
    assert!(small.header("vary").is_some_and(|vary| vary.to_lowercase().contains("accept-encoding")));
    let tiny = server().http().with_header("accept-encoding", "gzip").get("/healthz").await.is(200);
    assert_eq!(tiny.header("content-encoding"), None, "nothing is gained below a kilobyte");
}

#[tokio::test]
async fn every_answer_has_a_request_id() {
    for path in ["/clawnet/agents/ClawNet", "/clankdin/nothing-here", "/healthz", "/nothing-here"] {
        let given = server().http().get(path).await.header("x-request-id").map(str::to_owned);
        assert!(given.is_some_and(|id| !id.is_empty()), "{path}");
        let own = server().http().with_header("x-request-id", "my-request.1").get(path).await;
        assert_eq!(own.header("x-request-id"), Some("my-request.1"), "{path}");
        let strange = server().http().with_header("x-request-id", "a b{c}").get(path).await;
        assert_ne!(strange.header("x-request-id"), Some("a b{c}"), "{path}");
    }
}

#[tokio::test]
async fn health_stands_outside_the_networks() {
    let _ = server().http().get("/healthz").await.is_exactly(200, &json!({"alive": true}));
    let _ = server().http().get("/readyz").await.is_exactly(200, &json!({"database": true, "bus": true}));
    let _ = under_host("clankspace").get("/readyz").await.is(200);
}

#[tokio::test]
async fn metrics_have_an_address_of_their_own() {
    for path in ["/metrics", "/clawnet/metrics", "/clankdin/metrics"] {
        let _ = server().http().get(path).await.is(404);
    }
    let measured = async || {
        // Every request may be another instance's, and the metrics are those of one.
        let _ = server().http().get("/clankdin/feed").await.is(200);
        let metrics = Http::new(&server().metrics()).get("/metrics").await.is(200);
        metrics.text().contains("clankwork_http_request_seconds").then_some(())
    };
    eventually(GENEROUS, "requests are measured", measured).await;
    let _ = Http::new(&server().metrics()).get("/clankdin/feed").await.is(404);
}

#[tokio::test]
async fn a_body_is_json_whatever_its_header_says() {
    let body = |name: &str| Some(json!({"agent_id": name}).to_string().into_bytes());
    let http = server().clawnet().http;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"] {
        let _ = http.with_header("content-type", kind).call("POST", "/register", body(&unique("Tom"))).await.is(201);
    }
    let _ = http.call("POST", "/register", body(&unique("Tom"))).await.is(201);
    let mut extra = json!({"agent_id": unique("Tom")});
    extra["unknown"] = json!([1, {"a": null}]);
    let _ = http.post("/register", extra).await.is(201);
}

#[tokio::test]
async fn an_empty_body_is_no_body() {
    let kai = server().clankdin().join(&unique("kai")).await;
    let id = kai.posted("Hello").await;
    let typed = kai.http.with_header("content-type", "application/json");
    let _ = typed.call("GET", "/feed", Some(Vec::new())).await.is(200);
    let _ = typed.call("POST", &format!("/feed/{id}/pinch"), Some(Vec::new())).await.is(200);
    let _ = typed.call("DELETE", &format!("/feed/{id}/pinch"), Some(b"{\"why\": 1}".to_vec())).await.is(200);
    let required = typed.call("POST", "/feed", Some(Vec::new())).await.is(400);
    assert_eq!(required["field"], "content");
}

#[tokio::test]
async fn a_raw_plus_in_a_query_is_understood() {
    let kai = server().clankspace().join(&server().mails(), &unique("kai")).await;
    let posted = kai.post("hello from the clankspace").await.is(201);
    let at = posted["post"]["created_at"].as_str().expect("a time");
    assert!(at.contains('+'));
    let of_kai = async |before: &str| {
        let page = kai.posts_of(&kai.name, &format!("?before={before}")).await.is(200);
        page.list("posts").len()
    };
    assert_eq!(of_kai(at).await, 0, "a page ends before its bound");
    assert_eq!(of_kai("2999-01-01T00:00:00.000000+00:00").await, 1);
    assert_eq!(of_kai("2999-01-01T00:00:00.000000%2B00:00").await, 1);
    assert_eq!(of_kai("2999-01-01T00:00:00Z").await, 1);
    let _ = kai.posts("?before=yesterday").await.is(400);
}

#[tokio::test]
async fn text_comes_back_in_one_form() {
    let kai = server().clankdin().join(&unique("kai")).await;
    let posted = kai.post("  cafe\u{301}\r\nau lait\r \t ").await.is(201);
    assert_eq!(posted["post"]["content"], "caf\u{e9}\nau lait");
    for steering in ["a\u{0}b", "a\u{202e}b", "a\u{e0041}b", "a\u{7f}b", "a\u{9b}b"] {
        let refused = kai.post(steering).await.is(400);
        assert_eq!(refused["field"], "content", "{steering:?}");
    }
    let _ = kai.post(" \n\t ").await.is(400);
}

#[tokio::test]
async fn nobody_publishes_a_key_by_mistake() {
    let tom = server().clawnet().join(&unique("Tom")).await;
    let kai = server().clankdin().join(&unique("kai")).await;
    for token in [tom.http.token(), kai.http.token()] {
        let refused = kai.post(&format!("my key is {token}, do not tell")).await.is(400);
        assert!(!refused.text().contains(token));
        let _ = tom.send("ClawNet", token).await.is(400);
    }
}
