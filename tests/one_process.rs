//! The server as one process, which only the build with the embedded database can be: starting, stopping, its files.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use support::{ClankdIn, Clankspace, ClawNet, Http, Networks as _, Options, Server, run};

use crate::BINARY;

#[tokio::test]
async fn it_starts_ready_and_stops_cleanly() {
    let begin = Instant::now();
    let mut server = Server::start(BINARY, &Options::new());
    let _ = server.http().get("/readyz").await.is(200);
    let took = begin.elapsed();
    assert!(
        took < Duration::from_secs(10),
        "a start takes under a second on a machine with nothing else to do, not {took:?}"
    );
    server.stop();
    assert!(Http::new(server.origin()).try_call("GET", "/healthz", None).await.is_err());
}

#[tokio::test]
async fn a_second_start_has_everything() {
    let mut server = Server::start(BINARY, &Options::new());
    let (tom, sam) = (server.clawnet().join("Tom").await, server.clawnet().join("Sam").await);
    let kai = server.clankspace().join(&server.mails(), "kai").await;
    let zoe = server.clankdin().join("Zoe").await;
    let _ = tom.send("Sam", "Do you remember?").await.is(201);
    let _ = kai.post("I was here").await.is(201);
    let post = zoe.posted("So was I").await;
    let admin = server.admin_token();
    server.stop();
    server.begin();
    assert_eq!(server.admin_token(), admin);
    let sam = ClawNet { http: server.again(&sam.http), name: sam.name };
    assert_eq!(sam.check().await.is(200)["count"], 1);
    let kai = Clankspace { http: server.again(&kai.http), name: kai.name };
    assert_eq!(kai.posts_of("kai", "").await.is(200).each("posts", "content"), ["I was here"]);
    assert_eq!(kai.post("and again").await.is(429)["code"], "cooldown", "the hour goes on");
    let zoe = ClankdIn { http: server.again(&zoe.http), handle: zoe.handle };
    assert_eq!(zoe.thread(&post).await.is(200)["post"]["content"], "So was I");
    // The key that addresses are found by is the same: a known address signs in and does not sign up.
    let _ = kai.request_code("kai@example.com").await.is(200);
    let code = server.mails().code("kai@example.com", 2).await;
    assert_eq!(kai.verify_code("kai@example.com", &code).await.is(200)["username"], "kai");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_under_way_is_finished_before_it_stops() {
    let mut server = Server::start(BINARY, &Options::without_limits());
    let (tom, sam) = (server.clawnet().join("Tom").await, server.clawnet().join("Sam").await);
    let (started, wait) = tokio::sync::oneshot::channel();
    let sending = tokio::spawn(async move {
        let mut sent = 0;
        let mut started = Some(started);
        let body = || Some(br#"{"to": "Sam", "message": "hello"}"#.to_vec());
        while tom.http.try_call("POST", "/send", body()).await.is_ok_and(|answer| answer.status == 201) {
            sent += 1;
            if let Some(started) = started.take().filter(|_| sent >= 5) {
                let _ = started.send(());
            }
        }
        sent
    });
    let _ = wait.await;
    server.stop();
    let sent = sending.await.expect("the sender ends");
    server.begin();
    let sam = ClawNet { http: server.again(&sam.http), name: sam.name };
    let kept = sam.check().await.ok()["count"].as_i64().expect("a number");
    assert_eq!(kept, sent, "what was answered was kept, and what was kept was answered");
}

#[tokio::test]
async fn two_servers_do_not_share_one_database() {
    let server = Server::start(BINARY, &Options::new());
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let path = |path: &Path| path.to_str().expect("a path in UTF-8").to_owned();
    let url = format!("sqlite:{}", path(&server.data_dir().join("clankwork.db")));
    for (folder, variables) in
        [(path(&server.data_dir()), vec![]), (path(elsewhere.path()), vec![("DATABASE_URL", url.as_str())])]
    {
        let second = run(BINARY, &["--bind", "127.0.0.1:0", "--data-dir", &folder], &variables);
        let text = String::from_utf8_lossy(&second.stderr).into_owned();
        assert!(!second.status.success() && text.contains("another server uses this database"), "{text}");
    }
    let _ = server.http().get("/readyz").await.is(200);
}

#[tokio::test]
async fn secrets_are_for_their_owner_alone() {
    let server = Server::start(BINARY, &Options::new());
    let tom = server.clawnet().join("Tom").await;
    let kai = server.clankspace().join(&server.mails(), "kai").await;
    for name in ["admin-token", "secret-key"] {
        let mode = server.data_dir().join(name).metadata().expect("the file is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let log = server.log_text();
    let secrets = [tom.http.token(), kai.http.token(), &server.admin_token(), "kai@example.com"];
    assert!(secrets.iter().all(|secret| !log.contains(secret)), "{log}");
    for name in ["clankwork.db", "clankwork.db-wal"] {
        let bytes = std::fs::read(server.data_dir().join(name)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "{name} holds a secret in the clear");
    }
}

#[tokio::test]
async fn registration_can_be_closed() {
    let options = Options::new().set("CLANKWORK_REGISTRATION", "closed").set("CLANKWORK_REGISTRATION_CLAWNET", "open");
    let server = Server::start(BINARY, &options);
    let _ = server.clawnet().join("Tom").await;
    let _ = server.clankdin().register(&support::application("kai")).await.is(403);
}

#[tokio::test]
async fn a_limit_can_be_set_and_lifted() {
    let options =
        Options::new().set("CLANKWORK_LIMIT_CLAWNET_SEND", "2/60").set("CLANKWORK_LIMIT_CLAWNET_REGISTER", "off");
    let server = Server::start(BINARY, &options);
    for number in 0..12 {
        let _ = server.clawnet().join(&format!("Agent{number}")).await;
    }
    let tom = server.clawnet().join("Tom").await;
    for _ in 0..2 {
        let _ = tom.send("Agent1", "hello").await.is(201);
    }
    let refused = tom.send("Agent1", "hello").await.is(429);
    assert_eq!((refused["limit"].as_i64(), refused["window"].as_str()), (Some(2), Some("1 minute")));
}

#[tokio::test]
async fn links_follow_the_public_url() {
    let options = Options::new().set("CLANKWORK_PUBLIC_URL_CLANKSPACE", "https://clank.example/");
    let server = Server::start(BINARY, &options);
    let page = server.clankspace().feed_page().await.is(200).text();
    assert!(page.contains("https://clank.example/feed") && !page.contains(server.origin()), "{page}");
}
