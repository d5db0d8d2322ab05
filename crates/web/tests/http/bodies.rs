//! Bodies of requests: how large, how slow, how wrong they may be.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::app::{App, NETWORKS, error_of};
use crate::client::{Response, exchange};

const LIMIT: usize = 64 * 1024;

/// A body of JSON that has `length` bytes.
fn body_of(length: usize) -> Vec<u8> {
    let frame = r#"{"content":""}"#.len();
    format!(r#"{{"content":"{}"}}"#, "x".repeat(length - frame)).into_bytes()
}

#[tokio::test]
async fn a_body_has_64_kib_at_most() {
    let app = App::start().await;
    for network in NETWORKS {
        let path = format!("/{}/echo", network.as_str());
        for chunked in [false, true] {
            let post = async |length: usize| {
                let request = app.request("POST", &path).body(body_of(length));
                if chunked { request.chunked().send().await } else { request.send().await }
            };
            assert_eq!(post(LIMIT).await.status, 201);
            for length in [LIMIT + 1, 2 * LIMIT, 1024 * 1024, 4 * 1024 * 1024] {
                let response = post(length).await;
                assert_eq!(response.status, 413, "{length} bytes");
                assert_eq!(error_of(network, &response).1, "The body may have at most 65536 bytes");
            }
        }
    }
}

#[tokio::test]
async fn a_length_that_no_body_has_is_refused_before_it_comes() {
    let app = App::start().await;
    let head = |length: &str| {
        format!(
            "POST /clankdin/echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        )
    };
    // It says 10 GiB, sends nothing, and is told soon.
    let begin = Instant::now();
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(head("10737418240").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(Response::parse(&answer, false).status, 413);
    // For as long as that it would have waited for the body.
    assert!(begin.elapsed() < Duration::from_secs(10), "it took {:?}", begin.elapsed());
    for nonsense in ["-1", "18446744073709551616", "1e3", "5, 6"] {
        let answer = exchange(app.address, head(nonsense).as_bytes()).await;
        assert_eq!(Response::parse(&answer, false).status, 400, "{nonsense}");
    }
}

#[tokio::test]
async fn a_body_is_json_whatever_its_type_says() {
    let app = App::start().await;
    for content_type in ["", "text/plain", "application/x-www-form-urlencoded", "nonsense"] {
        let request = app.request("POST", "/clawnet/echo").header("Content-Type", content_type);
        assert_eq!(request.json(&json!({"content": "a"})).send().await.status, 201, "{content_type}");
    }
    let with_mark_and_space = app.request("POST", "/clawnet/echo").body(" \n {\"content\": \"a\"} \r\n").send().await;
    assert_eq!(with_mark_and_space.status, 201);
}

#[tokio::test]
async fn an_empty_body_is_no_body() {
    let app = App::start().await;
    for network in NETWORKS {
        let path = |name: &str| format!("/{}/{name}", network.as_str());
        for empty in ["", " ", "\r\n\t"] {
            let json = app.request("POST", &path("optional")).header("Content-Type", "application/json");
            let response = json.body(empty).send().await;
            assert_eq!((response.status, response.json()), (200, json!({"content": null})));
            let response = app.request("POST", &path("echo")).body(empty).send().await;
            assert_eq!((response.status, error_of(network, &response).1.as_str()), (400, "content is required"));
        }
        assert_eq!(app.request("POST", &path("optional")).send().await.status, 200);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_told_with_its_field() {
    let app = App::start().await;
    for network in NETWORKS {
        let path = format!("/{}/echo", network.as_str());
        for (body, field, reason) in [
            (r#"{"content":5}"#, "content", "content is not right: invalid type: integer `5`, expected a string"),
            (r#"{"content":null}"#, "content", "content is not right: invalid type: null, expected a string"),
            (
                r#"{"content":"a","tags":["b",1]}"#,
                "tags[1]",
                "tags[1] is not right: invalid type: integer `1`, expected a string",
            ),
            (r#"{"tags":[]}"#, "content", "content is required"),
            (r#"{"content":"a","content":"b"}"#, "content", "content is given twice"),
        ] {
            let response = app.request("POST", &path).body(body).send().await;
            let (code, text) = error_of(network, &response);
            assert_eq!((response.status, text.as_str()), (400, reason), "{body}");
            let code_of_network = match network.as_str() {
                "clawnet" => "invalid_request",
                "clankspace" => "invalid",
                _ => field,
            };
            assert_eq!(code, code_of_network, "{body}");
        }
    }
}

#[tokio::test]
async fn what_is_no_json_is_a_400() {
    let app = App::start().await;
    let deep = "[".repeat(60_000);
    let deep_in_unknown_field = format!(r#"{{"content":"a","unknown":{}"#, "{\"a\":".repeat(10_000));
    for network in NETWORKS {
        let path = format!("/{}/echo", network.as_str());
        let bodies: [&[u8]; 15] = [
            b"{",
            b"nonsense",
            b"{'content':'a'}",
            b"{\"content\":\"a\"} {}",
            b"{\"content\":\"a\",}",
            b"{\"content\":\"\xff\xfe\"}",
            b"{\"content\":\"\\ud800\"}",
            b"{\"content\":\"a\nb\"}",
            b"content=a",
            b"[\"a\"]",
            b"null",
            b"\x1f\x8b\x08\x00",
            b"\xef\xbb\xbf{\"content\":\"a\"}",
            deep.as_bytes(),
            deep_in_unknown_field.as_bytes(),
        ];
        for body in bodies {
            let response = app.request("POST", &path).body(body).send().await;
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]);
            assert_eq!(response.status, 400, "{shown}");
            let (_, text) = error_of(network, &response);
            assert!(text.starts_with("The body"), "{shown}: {text}");
        }
    }
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_go_on() {
    let app = App::start().await;
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    let head = "POST /clawnet/echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 15\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(br#"{"content":"a"}"#).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(Response::parse(&answer, false).status, 201);
}

/// The one test here that waits for a time-out of the server's.
#[tokio::test]
async fn a_body_that_drips_is_given_up_and_holds_up_nobody() {
    let app = App::start().await;
    let begin = Instant::now();
    let head =
        "POST /clankspace/echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n{";
    let mut dripping = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let address = app.address;
        dripping.spawn(async move {
            let (mut reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
            writer.write_all(head.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            let drip = async {
                loop {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    if writer.write_all(b" ").await.is_err() {
                        std::future::pending::<()>().await;
                    }
                }
            };
            tokio::select! {
                read = reader.read_to_end(&mut answer) => drop(read),
                () = drip => {}
                () = tokio::time::sleep(Duration::from_secs(30)) => panic!("it drips for ever"),
            }
            Response::parse(&answer, false)
        });
    }
    while begin.elapsed() < Duration::from_secs(2) {
        assert_eq!(app.get("/clankspace/words/a").await.status, 200);
    }
    for response in dripping.join_all().await {
        assert_eq!(response.status, 400);
        assert_eq!(response.json(), json!({"error": "The body did not arrive within 10 seconds", "code": "invalid"}));
    }
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_its_body_harms_nobody() {
    let app = App::start().await;
    for _ in 0..20 {
        let mut stream = TcpStream::connect(app.address).await.unwrap();
        let head = "POST /clawnet/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{\"content\":";
        stream.write_all(head.as_bytes()).await.unwrap();
        drop(stream);
    }
    assert_eq!(app.post("/clawnet/echo", &json!({"content": "a"})).await.status, 201);
}
