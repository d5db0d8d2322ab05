//! What every answer owes to HTTP: hosts, `HEAD`, origins, compression, ids, and clients that misbehave.

use std::collections::HashMap;

use models::Network;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use web::state::Settings;

use crate::app::{App, NETWORKS, error_of};
use crate::client::{Response, exchange};

#[tokio::test]
async fn a_host_name_is_another_way_to_say_the_prefix() {
    let app = App::start().await;
    for network in NETWORKS {
        let name = network.as_str();
        let token = app.account(network, "alice").await;
        for host in [format!("{name}.localhost:8080"), format!("{}.Example.ORG", name.to_uppercase())] {
            let get =
                async |path: &str| app.request("GET", path).header("Host", &host).bearer(token.expose()).send().await;
            assert_eq!(get("/me").await.json(), json!({"handle": "alice"}), "{host}");
            assert_eq!(get("/query?name=a%20b").await.json(), json!({"name": "a b", "number": null}));
            assert_eq!(get("/words/CI%2FCD").await.json(), json!({"word": "CI/CD"}));
            // The prefix form works on every host, with every network.
            for other in NETWORKS {
                assert_eq!(get(&format!("/{}/words/a", other.as_str())).await.status, 200);
            }
            let unknown = get("/nothing").await;
            assert_eq!(
                (unknown.status, error_of(network, &unknown).1.as_str()),
                (404, "Nothing is served at this path")
            );
            assert_eq!(get("/").await.status, 404);
            assert_eq!(get("/echo").await.header("allow"), Some("POST"));
        }
    }
    let elsewhere = app.request("GET", "/me").header("Host", "other.localhost").send().await;
    assert_eq!(elsewhere.json(), json!({"error": "Nothing is served at this path"}));
}

#[tokio::test]
async fn links_lead_to_where_the_client_found_the_network() {
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let public_urls = HashMap::from([(Network::ClankdIn, "https://clankdin.example.com/".parse().unwrap())]);
    let behind_proxy = App::start_with(Settings { trusted_proxies, public_urls, ..Settings::default() }).await;
    let facing_clients = App::start().await;
    let link = async |app: &App, path: &str, headers: &[(&str, &str)]| {
        let request = app.request("GET", path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        request.send().await.json()["link"].as_str().unwrap().to_owned()
    };
    let forwarded =
        [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "clawnet.example.org"), ("Host", "internal:80")];
    assert_eq!(link(&behind_proxy, "/clawnet/base", &forwarded).await, "https://clawnet.example.org/here");
    assert_eq!(link(&facing_clients, "/clawnet/base", &forwarded).await, "http://internal:80/clawnet/here");
    assert_eq!(link(&behind_proxy, "/clankdin/base", &forwarded).await, "https://clankdin.example.com/here");
    for (host, expected) in [
        ("localhost:8080", "http://localhost:8080/clawnet/here"),
        ("clawnet.localhost", "http://clawnet.localhost/here"),
        ("clankdin.localhost", "http://clankdin.localhost/clawnet/here"),
        ("[::1]:8080", "http://[::1]:8080/clawnet/here"),
        ("evil\"><script>", "http://localhost/clawnet/here"),
        ("user@evil.example", "http://localhost/clawnet/here"),
        ("127.0.0.1:65535", "http://127.0.0.1:65535/clawnet/here"),
        ("my_host", "http://my_host/clawnet/here"),
    ] {
        assert_eq!(link(&facing_clients, "/clawnet/base", &[("Host", host)]).await, expected, "{host}");
    }
}

#[tokio::test]
async fn what_is_no_host_is_in_no_link() {
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let app = App::start_with(Settings { trusted_proxies, ..Settings::default() }).await;
    let (longest, long, huge) = ("a.".repeat(127) + "a", "a.".repeat(128), "a".repeat(60_000));
    let expected = json!({"link": format!("http://{longest}/clawnet/here")});
    for header in ["Host", "X-Forwarded-Host"] {
        let base = |host| app.request("GET", "/clawnet/base").header(header, host);
        assert_eq!(base(&longest).send().await.json(), expected);
        for host in ["", ":80", "a:b", "a:65536", "a:", "::1", "[::1", "[::1]:", "[a]", "]", "1.2.3.256", &long, &huge]
        {
            let answer = base(host).send().await;
            assert_eq!(answer.json(), json!({"link": "http://localhost/clawnet/here"}), "{}", host.len());
        }
    }
}

#[tokio::test]
async fn head_answers_as_get_does_without_a_body() {
    let app = App::start().await;
    let token = app.account(Network::ClawNet, "alice").await;
    for path in
        ["/clawnet/words/a", "/clawnet/me", "/clawnet/size/5000", "/clawnet/nothing", "/clawnet/query", "/healthz"]
    {
        let ask = async |method| app.request(method, path).bearer(token.expose()).send().await;
        let (get, head) = (ask("GET").await, ask("HEAD").await);
        assert_eq!(head.status, get.status, "{path}");
        assert!(head.body.is_empty(), "{path}");
        for name in ["content-type", "content-length", "x-ratelimit-limit"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
    }
}

#[tokio::test]
async fn pages_of_every_origin_may_call() {
    let app = App::start().await;
    for network in NETWORKS {
        let path = format!("/{}/me", network.as_str());
        let preflight = app
            .request("OPTIONS", &path)
            .header("Origin", "https://agents.example")
            .header("Access-Control-Request-Method", "PATCH")
            .header("Access-Control-Request-Headers", "authorization,content-type,idempotency-key");
        let preflight = preflight.send().await;
        assert!([200, 204].contains(&preflight.status), "{preflight:?}");
        assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
        let methods = preflight.header("access-control-allow-methods").unwrap();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            assert!(methods.contains(method), "{methods}");
        }
        let headers = preflight.header("access-control-allow-headers").unwrap().to_ascii_lowercase();
        for header in ["authorization", "content-type", "idempotency-key"] {
            assert!(headers.contains(header), "{headers}");
        }
        // A failure too must be readable for the page that asked.
        for path in [path, format!("/{}/nothing", network.as_str()), format!("/{}/panic", network.as_str())] {
            let response = app.request("GET", &path).header("Origin", "https://agents.example").send().await;
            assert_eq!(response.header("access-control-allow-origin"), Some("*"), "{path}");
            assert_eq!(response.header("access-control-allow-credentials"), None);
        }
    }
}

#[tokio::test]
async fn only_bodies_that_are_worth_it_are_compressed() {
    let app = App::start().await;
    let get =
        async |path: &str, accepted: &str| app.request("GET", path).header("Accept-Encoding", accepted).send().await;
    for accepted in ["gzip", "br;q=0.5, gzip;q=0.4"] {
        let large = get("/clawnet/size/5000", accepted).await;
        assert_eq!((large.status, large.header("content-encoding")), (200, Some("gzip")), "{accepted}");
        assert!(large.body.starts_with(&[0x1f, 0x8b]) && large.body.len() < 500, "{} bytes", large.body.len());
        assert!(large.header("vary").is_some_and(|vary| vary.to_ascii_lowercase().contains("accept-encoding")));
        for small in ["/clawnet/size/1023", "/clawnet/words/a", "/clawnet/nothing", "/clawnet/panic"] {
            let small = get(small, accepted).await;
            assert_eq!(small.header("content-encoding"), None, "{accepted}");
            serde_json::from_slice::<serde_json::Value>(&small.body).unwrap();
        }
    }
    for accepted in ["identity", "br", "gzip;q=0", ""] {
        let plain = get("/clawnet/size/5000", accepted).await;
        assert_eq!((plain.status, plain.header("content-encoding")), (200, None), "{accepted}");
        assert_eq!(plain.body.len(), 5_000);
    }
    assert_eq!(app.get("/clawnet/size/5000").await.body.len(), 5_000);
}

#[tokio::test]
async fn every_answer_carries_an_id_the_clients_own_where_that_is_sane() {
    let app = App::start().await;
    let id = async |given: &str, path: &str| {
        let response = app.request("GET", path).header("X-Request-Id", given).send().await;
        response.header("x-request-id").unwrap().to_owned()
    };
    let longest = "x".repeat(64);
    for sane in ["a", "0193-ab_cd.ef", &longest] {
        for path in ["/clawnet/words/a", "/clawnet/panic", "/clawnet/nothing", "/nothing", "/clawnet/me", "/healthz"] {
            assert_eq!(id(sane, path).await, sane);
        }
    }
    let too_long = "x".repeat(65);
    for insane in ["", "a b", "<script>", "a\"b", "é", &too_long] {
        let made = id(insane, "/clawnet/words/a").await;
        assert!(made != insane && made.len() == 32 && made.bytes().all(|digit| digit.is_ascii_hexdigit()), "{made}");
    }
    let (one, other) = (app.get("/clawnet/words/a").await, app.get("/clawnet/words/a").await);
    assert_ne!(one.header("x-request-id").unwrap(), other.header("x-request-id").unwrap());
}

#[tokio::test]
async fn a_head_without_end_is_refused_and_the_server_lives_on() {
    let app = App::start().await;
    let value = "x".repeat(200_000);
    let many: String = (0..500).map(|number| format!("X-{number}: a\r\n")).collect();
    for head in [
        format!("GET /clawnet/words/a HTTP/1.1\r\nHost: localhost\r\nX-Long: {value}\r\n\r\n"),
        format!("GET /clawnet/words/a HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"),
        format!("GET /clawnet/words/{value} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        "nonsense\r\n\r\n".to_owned(),
        "GET /clawnet/words/a HTTP/9.9\r\n\r\n".to_owned(),
        "GET /clawnet/words/a b HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        "\0\0\0\0".repeat(1_000),
    ] {
        let mut stream = TcpStream::connect(app.address).await.unwrap();
        // The server may close while this is being sent.
        let _ = stream.write_all(head.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let begin = String::from_utf8_lossy(&answer[..answer.len().min(12)]).into_owned();
        let is_refusal = answer.is_empty() || begin.starts_with("HTTP/1.1 4");
        assert!(is_refusal, "{:?} was answered with {begin:?}", head.get(..60).unwrap_or(&head));
        assert_eq!(app.get("/clawnet/words/alive").await.status, 200);
    }
}

#[tokio::test]
async fn requests_behind_one_another_are_answered_in_their_order() {
    let app = App::start().await;
    let post = "POST /clawnet/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15\r\n\r\n{\"content\":\"b\"}";
    let get = |word: &str, end: &str| format!("GET /clawnet/words/{word} HTTP/1.1\r\nHost: localhost\r\n{end}\r\n");
    // The body of a request that nobody reads is not taken for the next request.
    let unread = format!(
        "POST /clawnet/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}",
        get("smuggled", "").len(),
        get("smuggled", "")
    );
    let all = format!("{}{post}{unread}{}", get("a", ""), get("c", "Connection: close\r\n"));
    let answers = String::from_utf8(exchange(app.address, all.as_bytes()).await).unwrap();
    let bodies: Vec<&str> =
        answers.split("\r\n\r\n").skip(1).map(|part| part.split("HTTP/1.1").next().unwrap()).collect();
    assert_eq!(bodies.len(), 4, "{answers}");
    assert_eq!((bodies[0], bodies[3]), (r#"{"word":"a"}"#, r#"{"word":"c"}"#));
    assert!(bodies[1].contains(r#""content":"b""#) && bodies[2].contains("not_found"), "{answers}");
    // The older version of the protocol, which knows no host.
    let old = exchange(app.address, b"GET /clawnet/words/a HTTP/1.0\r\n\r\n").await;
    assert_eq!(Response::parse(&old, false).status, 200);
}
