//! Limits in time, as clients meet them.

use std::collections::HashMap;

use bus::Bus;
use models::{Clock, Id, Network, Timestamp};
use serde_json::json;
use web::Action;
use web::limits::{Limits, Rule, Subject, Usage};
use web::state::Settings;

use crate::app::{App, LIMIT, NETWORKS, WINDOW, error_of};
use crate::client::Response;

fn counts(responses: &[Response]) -> (usize, usize) {
    let count = |status: u16| responses.iter().filter(|response| response.status == status).count();
    (count(200), count(429))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_limit_is_exact_however_many_come_at_once() {
    let app = App::start().await;
    for network in NETWORKS {
        let token = app.account(network, "alice").await;
        let mut requests = tokio::task::JoinSet::new();
        for _ in 0..50 {
            requests
                .spawn(app.request("POST", &format!("/{}/limited", network.as_str())).bearer(token.expose()).send());
        }
        let responses = requests.join_all().await;
        assert_eq!(counts(&responses), (5, 45));
        let refused = responses.iter().find(|response| response.status == 429).unwrap();
        assert_eq!(refused.header("retry-after"), Some("600"));
        let body = refused.json();
        let (code, text) = error_of(network, refused);
        match network {
            Network::ClawNet => {
                assert_eq!(
                    (code.as_str(), &body["action"], &body["limit"]),
                    ("rate_limited", &json!("posts"), &json!(5))
                );
                assert_eq!(body["window"], json!("10 minutes"));
            }
            Network::Clankspace => {
                assert_eq!((code.as_str(), &body["retry_after"]), ("rate_limited", &json!(600)));
            }
            Network::ClankdIn => assert_eq!(text, "Too many requests. Limit: 5/10 minutes for posts."),
        }
    }
}

#[tokio::test]
async fn a_window_ends_and_another_account_has_its_own() {
    let app = App::start().await;
    let (alice, bob) = (app.account(Network::ClankdIn, "alice").await, app.account(Network::ClankdIn, "bob").await);
    let status =
        async |token: &models::Token| app.request("POST", "/clankdin/limited").bearer(token.expose()).send().await;
    for _ in 0..LIMIT {
        assert_eq!(status(&alice).await.status, 200);
    }
    assert_eq!(status(&alice).await.status, 429);
    assert_eq!(status(&bob).await.status, 200);
    app.state.clock.advance(i64::from(WINDOW) - 1);
    let refused = status(&alice).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    app.state.clock.advance(1);
    assert_eq!(status(&alice).await.status, 200);
}

#[tokio::test]
async fn what_fails_uses_up_nothing() {
    let app = App::start().await;
    for network in NETWORKS {
        let token = app.account(network, "alice").await;
        let post = async |body: &str| {
            let request = app.request("POST", &format!("/{}/limited", network.as_str())).bearer(token.expose());
            request.body(body).send().await.status
        };
        for _ in 0..2 * LIMIT {
            assert_eq!(post(r#"{"outcome":"refusal"}"#).await, 403);
            assert_eq!(post(r#"{"outcome":"failure"}"#).await, 500);
            assert_eq!(post(r#"{"outcome":"panic"}"#).await, 500);
            assert_eq!(post("nonsense").await, 400);
            assert_eq!(post(r#"{"outcome":5}"#).await, 400);
            assert_eq!(post(&"x".repeat(70_000)).await, 413);
            let path = format!("/{}/limited", network.as_str());
            assert_eq!(app.request("POST", &path).bearer("nonsense").send().await.status, 401);
        }
        for _ in 0..LIMIT {
            assert_eq!(post("{}").await, 200);
        }
        assert_eq!(post(r#"{"outcome":"refusal"}"#).await, 429);
        assert_eq!(post("{}").await, 429);
    }
}

#[tokio::test]
async fn every_answer_to_an_account_of_clawnet_shows_the_limit_of_posts() {
    let app = App::start().await;
    let token = app.account(Network::ClawNet, "alice").await;
    let shown = |response: &Response| {
        ["limit", "remaining", "reset"].map(|what| {
            let value = response.header(&format!("x-ratelimit-{what}")).unwrap_or_else(|| panic!("{response:?}"));
            value.parse::<i64>().unwrap()
        })
    };
    let request = |method, path: &str| app.request(method, path).bearer(token.expose());
    let now = app.state.clock.now().seconds();
    assert_eq!(shown(&request("GET", "/clawnet/me").send().await), [5, 5, now]);
    let end = app.state.clock.now().plus_seconds(i64::from(WINDOW)).seconds();
    for remaining in (0..5).rev() {
        let failed = request("POST", "/clawnet/limited").body(r#"{"outcome":"refusal"}"#).send().await;
        assert_eq!(shown(&failed), [5, remaining + 1, end]);
        let done = request("POST", "/clawnet/limited").send().await;
        assert_eq!(shown(&done), [5, remaining, end]);
        assert_eq!(shown(&request("GET", "/clawnet/viewer").send().await), [5, remaining, end]);
    }
    let refused = request("POST", "/clawnet/limited").send().await;
    assert_eq!((refused.status, shown(&refused)), (429, [5, 0, end]));
    // Whoever is not known has nothing to be shown, and the other networks show nothing.
    assert_eq!(app.get("/clawnet/viewer").await.header("x-ratelimit-limit"), None);
    let other = app.account(Network::ClankdIn, "alice").await;
    let response = app.request("GET", "/clankdin/me").bearer(other.expose()).send().await;
    assert_eq!(response.header("x-ratelimit-limit"), None);
}

#[tokio::test]
async fn where_everybody_may_come_an_account_is_shown_its_limit_too() {
    let app = App::start().await;
    let (token, other) = (app.account(Network::ClawNet, "alice").await, app.account(Network::ClankdIn, "alice").await);
    let remaining = |response: &Response| response.header("x-ratelimit-remaining").map(str::to_owned);
    let get = async |path: &str, token: &str| app.request("GET", path).bearer(token).send().await;
    let limited = async |path: &str| app.request("POST", path).bearer(token.expose()).send().await;
    assert_eq!(limited("/clawnet/limited").await.status, 200);
    let shown = get("/clawnet/words/a", token.expose()).await;
    assert_eq!((shown.status, remaining(&shown).as_deref()), (200, Some("4")));
    let end = app.state.clock.now().plus_seconds(i64::from(WINDOW)).seconds().to_string();
    assert_eq!((shown.header("x-ratelimit-limit"), shown.header("x-ratelimit-reset")), (Some("5"), Some(end.as_str())));
    let failed = get("/clawnet/panic", token.expose()).await;
    assert_eq!((failed.status, remaining(&failed).as_deref()), (500, Some("4")));
    // What is counted by the client's address stays so, and neither uses the account's own nor gives any of it back.
    for call in 0..=LIMIT {
        let answer = limited("/clawnet/limited/by-address").await;
        let status = if call < LIMIT { 200 } else { 429 };
        assert_eq!((answer.status, remaining(&answer).as_deref()), (status, Some("4")));
    }
    assert_eq!(app.request("POST", "/clawnet/limited/by-address").send().await.status, 429);
    // A token that is nobody's, or nobody's here, is as none.
    let unknown = models::Token::generate(Network::ClawNet).unwrap();
    for wrong in ["nonsense", unknown.expose(), other.expose()] {
        let answer = get("/clawnet/words/a", wrong).await;
        assert_eq!((answer.status, remaining(&answer)), (200, None));
    }
    assert_eq!(remaining(&app.get("/clawnet/words/a").await), None);
    assert_eq!(remaining(&get("/clankdin/words/a", other.expose()).await), None);
}

#[tokio::test]
async fn who_has_no_account_is_counted_by_its_address() {
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let behind_proxy = App::start_with(Settings { trusted_proxies, ..Settings::default() }).await;
    let facing_clients = App::start().await;
    let post = async |app: &App, forwarded: &str| {
        let request = app.request("POST", "/clawnet/limited/by-address").header("X-Forwarded-For", forwarded);
        request.send().await.status
    };
    for _ in 0..LIMIT {
        assert_eq!(post(&behind_proxy, "203.0.113.7").await, 200);
        // The 64 bits of an IPv6 address that are a customer's count as one.
        assert_eq!(post(&behind_proxy, "2001:db8::1").await, 200);
    }
    assert_eq!(post(&behind_proxy, "203.0.113.7").await, 429);
    assert_eq!(
        post(&behind_proxy, "198.51.100.1, 203.0.113.7").await,
        429,
        "a client writes what it likes on the left"
    );
    assert_eq!(post(&behind_proxy, "203.0.113.7, 127.0.0.5").await, 429, "one proxy behind another");
    assert_eq!(post(&behind_proxy, "2001:db8::ffff:2").await, 429);
    assert_eq!(post(&behind_proxy, "2001:db8:0:1::1").await, 200);
    assert_eq!(post(&behind_proxy, "203.0.113.8").await, 200);
    // Where no proxy is trusted, everybody may write that header.
    for address in 0..LIMIT {
        assert_eq!(post(&facing_clients, &format!("203.0.113.{address}")).await, 200);
    }
    assert_eq!(post(&facing_clients, "203.0.113.99").await, 429);
}

/// The actions of ClawNet that are counted by account, in the order in which they are told.
const TOLD: [Action; 8] = [
    Action::ClawNetSend,
    Action::ClawNetPosts,
    Action::ClawNetInbox,
    Action::ClawNetInboxCheck,
    Action::ClawNetMessages,
    Action::ClawNetReact,
    Action::ClawNetNotifications,
    Action::ClawNetTokenRotate,
];

#[tokio::test]
async fn an_account_is_told_how_much_of_each_limit_it_has_used() {
    let app = App::start().await;
    let (token, other) = (app.account(Network::ClawNet, "alice").await, app.account(Network::ClawNet, "bob").await);
    let usage = async |token: &models::Token| {
        let session = app.state.session(Network::ClawNet, token).await.unwrap().unwrap();
        app.state.limits.usage(session.account_id, Network::ClawNet, session.registered_at).await
    };
    let rule = Rule { limit: LIMIT, window: WINDOW };
    let line = |action, used, reset_at| (action, rule, Usage { limit: LIMIT, remaining: LIMIT - used, reset_at });
    let now = app.state.clock.now();
    let fresh = TOLD.map(|action| line(action, 0, now));
    assert_eq!(usage(&token).await, fresh);
    // What is carried out is counted, what fails is not; beyond the limit nothing is left, and no more than nothing.
    let end = now.plus_seconds(i64::from(WINDOW));
    for call in 1..=LIMIT + 2 {
        let request = app.request("POST", "/clawnet/limited").bearer(token.expose());
        let _ = request.body(r#"{"outcome":"refusal"}"#).send().await;
        let _ = app.request("POST", "/clawnet/limited").bearer(token.expose()).send().await;
        let mut expected = fresh;
        expected[1] = line(Action::ClawNetPosts, call.min(LIMIT), end);
        assert_eq!(usage(&token).await, expected);
    }
    assert_eq!(usage(&other).await, fresh, "another account has its own");
    app.state.clock.advance(i64::from(WINDOW));
    let now = app.state.clock.now();
    assert_eq!(usage(&token).await, TOLD.map(|action| line(action, 0, now)), "a window has an end");
}

#[tokio::test]
async fn what_is_told_of_limits_is_what_is_counted() {
    let clock = Clock::manual(Timestamp::from_micros(1_795_294_903_709_469));
    let (registered_at, account) = (clock.now(), Id::at(clock.now()));
    let limits = |enabled, overrides| Limits::new(enabled, overrides, clock.clone(), &Bus::in_process());
    let usage = async |limits: &Limits| limits.usage(account, Network::ClawNet, registered_at).await.into_iter();
    let take = async |limits: &Limits, action| {
        limits.admit(Subject::Account(account), Some(action), None, Some(registered_at)).await.unwrap();
    };
    // What the operator has lifted is not told; what is off at all counts nothing.
    let rule = Rule { limit: 2, window: 60 };
    let overrides = HashMap::from([(Action::ClawNetSend, None), (Action::ClawNetReact, Some(rule))]);
    let some = limits(true, overrides.clone());
    take(&some, Action::ClawNetSend).await;
    take(&some, Action::ClawNetReact).await;
    let told: Vec<Action> = usage(&some).await.map(|(action, ..)| action).collect();
    assert_eq!(told, TOLD[1..]);
    let react = usage(&some).await.find(|(action, ..)| *action == Action::ClawNetReact).unwrap();
    let reset_at = clock.now().plus_seconds(60);
    assert_eq!(react, (Action::ClawNetReact, rule, Usage { limit: 2, remaining: 1, reset_at }));
    let off = limits(false, overrides);
    take(&off, Action::ClawNetReact).await;
    assert!(usage(&off).await.all(|(_, rule, usage)| usage.remaining == rule.limit && usage.reset_at == clock.now()));
    let none = limits(true, Action::ALL.into_iter().map(|action| (action, None)).collect());
    assert_eq!(usage(&none).await.count(), 0);
    // An account that grows old gets what the old have, within its window too.
    let own = limits(true, HashMap::new());
    take(&own, Action::ClawNetSend).await;
    let send = async || usage(&own).await.next().map(|(_, _, usage)| (usage.limit, usage.remaining)).unwrap();
    assert_eq!(send().await, (10, 9));
    clock.advance(24 * 3_600 - 1);
    take(&own, Action::ClawNetSend).await;
    assert_eq!(send().await, (10, 9));
    clock.advance(1);
    assert_eq!(send().await, (60, 59));
}
