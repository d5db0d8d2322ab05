//! What an operator relies on: starting, stopping, being told what is wrong.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use support::{ClankdIn, Clankspace, ClawNet, Http, Networks as _, Options, Server, run};

const BINARY: &str = env!("CARGO_BIN_EXE_clankwork");

/// What the build under test calls its database.
const BACKEND: &str = if cfg!(feature = "postgres") { "postgres" } else { "sqlite" };

/// What a command that must fail says on standard error.
#[track_caller]
fn complaint(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = run(BINARY, arguments, variables);
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_version_names_the_database() {
    let output = run(BINARY, &["--version"], &[]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.starts_with("clankwork "), "{text}");
    assert!(text.trim().ends_with(&format!("({BACKEND})")), "{text}");
}

#[test]
fn an_unknown_variable_is_refused() {
    let text = complaint(&["routes"], &[("CLANKWORK_RATE_LIMIT", "off")]);
    assert!(text.contains("CLANKWORK_RATE_LIMIT"), "{text}");
    let text = complaint(&["routes"], &[("CLANKWORK_LIMIT_CLAWNET_SENT", "1/60")]);
    assert!(text.contains("CLANKWORK_LIMIT_CLAWNET_SENT"), "{text}");
}

#[test]
fn a_setting_that_cannot_be_read_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = ("CLANKWORK_DATA_DIR", folder.path().to_str().expect("a path in UTF-8"));
    for (name, value) in [
        ("CLANKWORK_METRICS_BIND", "nowhere"),
        ("CLANKWORK_RATE_LIMITS", "perhaps"),
        ("CLANKWORK_REGISTRATION", "ajar"),
        ("CLANKWORK_WEBHOOK_ALLOW", "everything"),
        ("CLANKWORK_SECRET_KEY", "short"),
        ("CLANKWORK_LIMIT_CLAWNET_SEND", "many"),
        ("CLANKWORK_MAIL", "pigeon:post"),
    ] {
        let text = complaint(&["--bind", "127.0.0.1:0"], &[data, (name, value)]);
        assert!(!text.is_empty() && !text.contains("panicked"), "{name}={value}: {text}");
    }
}

#[test]
fn the_other_databases_url_says_which_build_it_needs() {
    let (url, need) = match BACKEND {
        "postgres" => ("sqlite:clankwork.db", "without the feature `postgres`"),
        _ => ("postgres://localhost/clankwork", "with the feature `postgres`"),
    };
    for command in ["serve", "migrate"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().to_str().expect("a path in UTF-8");
        let text = complaint(&[command, "--data-dir", data], &[("DATABASE_URL", url)]);
        assert!(text.contains(need), "{text}");
    }
}

#[test]
fn help_names_every_setting() {
    let output = run(BINARY, &["--help"], &[]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for name in ["CLANKWORK_BIND", "CLANKWORK_DATA_DIR", "DATABASE_URL", "REDIS_URL", "CLANKWORK_MAIL", "CLANKWORK_RATE_LIMITS"] {
        assert!(text.contains(name), "{name}: {text}");
    }
}

/// Starting and stopping the one process, which only the build with the embedded database can be.
#[cfg(not(feature = "postgres"))]
mod one_process {
    use super::*;

    #[tokio::test]
    async fn it_starts_ready_and_stops_cleanly() {
        let begin = Instant::now();
        let mut server = Server::start(BINARY, &Options::new());
        let _ = server.http().get("/readyz").await.is(200);
        let took = begin.elapsed();
        assert!(took < Duration::from_secs(5), "a start takes under a second on a machine with nothing else to do, not {took:?}");
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
    async fn two_servers_do_not_share_one_folder() {
        let server = Server::start(BINARY, &Options::new());
        let data = server.data_dir();
        let text = complaint(&["--bind", "127.0.0.1:0", "--data-dir", data.to_str().expect("a path in UTF-8")], &[]);
        assert!(text.contains("another server uses this data folder"), "{text}");
        let _ = server.http().get("/readyz").await.is(200);
    }

    #[tokio::test]
    async fn secrets_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
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
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for name in ["clankwork.db", "clankwork.db-wal"] {
            files.insert(name.to_owned(), std::fs::read(server.data_dir().join(name)).unwrap_or_default());
        }
        for (name, bytes) in files {
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
        let options = Options::new()
            .set("CLANKWORK_LIMIT_CLAWNET_SEND", "2/60")
            .set("CLANKWORK_LIMIT_CLAWNET_REGISTER", "off");
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
}
