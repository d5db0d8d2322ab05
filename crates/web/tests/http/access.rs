//! Who may call what.

use models::{Network, Token, credentials};
use serde_json::json;

use crate::app::{ADMIN_TOKEN, App, NETWORKS, error_of};
use crate::client::Response;

fn assert_unauthorized(network: Network, response: &Response, text: &str) {
    assert_eq!(response.status, 401, "{response:?}");
    assert_eq!(response.header("www-authenticate"), Some("Bearer"));
    let (code, told) = error_of(network, response);
    assert_eq!(told, text);
    assert!(["unauthorized", ""].contains(&code.as_str()), "{code}");
}

const MISSING: &str = "Missing or invalid Authorization header";
const UNKNOWN: &str = "Invalid token";

#[tokio::test]
async fn an_account_is_known_by_its_token() {
    let app = App::start().await;
    for network in NETWORKS {
        let token = app.account(network, "Alice").await;
        let path = format!("/{}/me", network.as_str());
        for scheme in ["Bearer ", "bearer ", "BEARER   "] {
            let header = format!("{scheme}{}", token.expose());
            let response = app.request("GET", &path).header("Authorization", &header).send().await;
            assert_eq!((response.status, response.json()), (200, json!({"handle": "Alice"})), "{scheme}");
        }
        assert_unauthorized(network, &app.get(&path).await, MISSING);
        for malformed in ["", "Bearer", "Bearer ", "Basic YTpi", token.expose(), "Bearer\u{e9} x"] {
            let response = app.request("GET", &path).header("Authorization", malformed).send().await;
            assert_unauthorized(network, &response, MISSING);
        }
        let unknown = Token::generate(network).unwrap();
        for wrong in [unknown.expose(), "nonsense", token.expose().get(1..).unwrap(), &format!("{}0", token.expose())] {
            assert_unauthorized(network, &app.request("GET", &path).bearer(wrong).send().await, UNKNOWN);
        }
    }
}

#[tokio::test]
async fn a_token_of_one_network_is_unknown_to_the_others() {
    let app = App::start().await;
    for network in NETWORKS {
        let token = app.account(network, "alice").await;
        for other in NETWORKS {
            for path in ["me", "viewer"] {
                let request = app.request("GET", &format!("/{}/{path}", other.as_str())).bearer(token.expose());
                let response = request.send().await;
                if other == network {
                    assert_eq!(response.status, 200);
                } else {
                    assert_unauthorized(other, &response, UNKNOWN);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_viewer_may_come_without_a_token_but_not_with_a_wrong_one() {
    let app = App::start().await;
    for network in NETWORKS {
        let token = app.account(network, "Alice").await;
        let path = format!("/{}/viewer", network.as_str());
        assert_eq!(app.get(&path).await.json(), json!({"handle": null}));
        assert_eq!(app.request("GET", &path).bearer(token.expose()).send().await.json(), json!({"handle": "Alice"}));
        let unknown = Token::generate(network).unwrap();
        assert_unauthorized(network, &app.request("GET", &path).bearer(unknown.expose()).send().await, UNKNOWN);
        let malformed = app.request("GET", &path).header("Authorization", "Basic YTpi").send().await;
        assert_unauthorized(network, &malformed, MISSING);
    }
}

#[tokio::test]
async fn where_everybody_may_come_a_token_is_not_looked_at() {
    let app = App::start().await;
    for network in NETWORKS {
        let request = app.request("GET", &format!("/{}/words/a", network.as_str()));
        assert_eq!(request.bearer("nonsense").send().await.status, 200);
    }
}

#[tokio::test]
async fn the_operators_routes_take_the_operators_token_alone() {
    let app = App::start().await;
    for network in NETWORKS {
        let path = format!("/{}/operator", network.as_str());
        let response = app.request("GET", &path).bearer(ADMIN_TOKEN).send().await;
        assert_eq!((response.status, response.json()), (200, json!({"operator": true})));
        assert_unauthorized(network, &app.get(&path).await, MISSING);
        let token = app.account(network, "alice").await;
        for wrong in [token.expose(), "nonsense", ADMIN_TOKEN.get(1..).unwrap(), &format!("{ADMIN_TOKEN}x")] {
            assert_unauthorized(network, &app.request("GET", &path).bearer(wrong).send().await, UNKNOWN);
        }
        let operator = app.request("GET", &format!("/{}/me", network.as_str())).bearer(ADMIN_TOKEN).send().await;
        assert_unauthorized(network, &operator, UNKNOWN);
    }
}

#[tokio::test]
async fn moderators_routes_take_moderators_and_the_operator() {
    let app = App::start().await;
    for network in NETWORKS {
        let path = format!("/{}/moderated", network.as_str());
        let call = async |token: &str| app.request("GET", &path).bearer(token).send().await;
        let moderator = app.moderator(network, "Mo").await;
        assert_eq!(call(moderator.expose()).await.json(), json!({"handle": "Mo"}));
        assert_eq!(call(ADMIN_TOKEN).await.json(), json!({"handle": null}));
        assert_eq!(call(app.account(network, "alice").await.expose()).await.status, 403);
        assert_unauthorized(network, &call("nonsense").await, UNKNOWN);
        assert_unauthorized(network, &app.get(&path).await, MISSING);
    }
}

#[tokio::test]
async fn a_token_is_dead_from_the_moment_in_which_it_ends() {
    let app = App::start().await;
    let network = Network::ClankdIn;
    let (revoked, expired) = (app.account(network, "alice").await, app.account(network, "bob").await);
    let status = async |token: &Token| app.request("GET", "/clankdin/me").bearer(token.expose()).send().await.status;
    assert_eq!((status(&revoked).await, status(&expired).await), (200, 200));
    let hash = revoked.hash();
    assert!(app.state.database.write("revoke", move |tx| credentials::revoke(tx, hash)).await.unwrap());
    assert_eq!((status(&revoked).await, status(&expired).await), (401, 200));
    app.state.clock.advance(3_599);
    assert_eq!(status(&expired).await, 200);
    app.state.clock.advance(1);
    assert_eq!(status(&expired).await, 401);
}
