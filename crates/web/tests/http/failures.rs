//! Every failure has its network's form.

use serde_json::json;

use crate::app::{App, NETWORKS, error_of};

const OUR_FAULT: &str = "Something went wrong on our side. Please try again later.";

#[tokio::test]
async fn a_panic_is_a_500_and_the_server_lives_on() {
    let app = App::start().await;
    for network in NETWORKS {
        // More often than there are workers.
        for _ in 0..8 {
            let response = app.get(&format!("/{}/panic", network.as_str())).await;
            assert_eq!(response.status, 500);
            let (code, text) = error_of(network, &response);
            assert_eq!(text, OUR_FAULT);
            assert!(["internal", ""].contains(&code.as_str()), "{code}");
            assert!(response.header("x-request-id").is_some());
        }
        assert_eq!(app.get(&format!("/{}/words/alive", network.as_str())).await.status, 200);
    }
}

#[tokio::test]
async fn a_failure_of_ours_tells_nothing_of_its_cause() {
    let app = App::start().await;
    for network in NETWORKS {
        let path = format!("/{}/limited/by-address", network.as_str());
        let response = app.post(&path, &json!({"outcome": "failure"})).await;
        assert_eq!((response.status, error_of(network, &response).1.as_str()), (500, OUR_FAULT));
    }
}

#[tokio::test]
async fn a_path_that_nobody_serves_is_a_404_in_its_networks_form() {
    let app = App::start().await;
    for network in NETWORKS {
        let name = network.as_str();
        for path in [
            "",
            "/",
            "/nothing",
            "/words",
            "/words/",
            "/words/a/b",
            "/panic/",
            "//panic",
            "/%70anic/x",
            "/..",
            "/%F0%9F%98%80",
        ] {
            let response = app.get(&format!("/{name}{path}")).await;
            assert_eq!(response.status, 404, "{path}");
            let (code, text) = error_of(network, &response);
            assert_eq!(text, "Nothing is served at this path", "{path}");
            assert!(["not_found", ""].contains(&code.as_str()), "{code}");
        }
        assert_eq!(app.request("DELETE", &format!("/{name}/nothing")).send().await.status, 404);
    }
    for path in ["/nothing", "/clawnets/panic", "/CLAWNET/panic", "/healthz/", "/metrics"] {
        let response = app.get(path).await;
        assert_eq!(response.status, 404, "{path}");
        assert_eq!(response.json(), json!({"error": "Nothing is served at this path"}), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_a_405_that_tells_the_right_ones() {
    let app = App::start().await;
    for network in NETWORKS {
        for (method, path, allow) in [
            ("POST", "/panic", "GET, HEAD"),
            ("DELETE", "/words/a", "GET, HEAD, POST"),
            ("GET", "/echo", "POST"),
            ("HEAD", "/echo", "POST"),
            ("PATCH", "/me", "GET, HEAD"),
            ("OPTIONS", "/me", "GET, HEAD"),
            ("BREW", "/echo", "POST"),
        ] {
            let response = app.request(method, &format!("/{}{path}", network.as_str())).send().await;
            assert_eq!(response.status, 405, "{method} {path}");
            assert_eq!(response.header("allow"), Some(allow), "{method} {path}");
            if method != "HEAD" {
                assert_eq!(error_of(network, &response).1, format!("This path takes {allow}"));
            }
        }
    }
}

#[tokio::test]
async fn no_segment_of_a_path_breaks_anything() {
    let app = App::start().await;
    for network in NETWORKS {
        let get = async |segment: &str| app.get(&format!("/{}/words/{segment}", network.as_str())).await;
        for (segment, word) in [
            ("plain", "plain"),
            ("a%20b+c", "a b+c"),
            ("CI%2FCD", "CI/CD"),
            ("%E2%9C%93", "✓"),
            ("%25", "%"),
            ("%00", "\0"),
            ("%FF", "\u{fffd}"),
            ("%zz", "%zz"),
            ("a:b;c=d@e", "a:b;c=d@e"),
            ("%2e%2e", ".."),
        ] {
            let response = get(segment).await;
            assert_eq!((response.status, response.json()), (200, json!({"word": word})), "{segment}");
        }
        let long = "x".repeat(8_000);
        assert_eq!(get(&long).await.json(), json!({"word": long}));
    }
}

#[tokio::test]
async fn the_process_tells_whether_it_is_alive_and_ready() {
    let app = App::start().await;
    assert_eq!(app.get("/healthz").await.json(), json!({"alive": true}));
    let ready = app.get("/readyz").await;
    assert_eq!((ready.status, ready.json()), (200, json!({"database": true, "bus": true})));
    assert_eq!(app.request("HEAD", "/healthz").send().await.status, 200);
    // The same under every host name.
    let host = app.request("GET", "/healthz").header("Host", "clawnet.localhost").send().await;
    assert_eq!(host.status, 200);
}
