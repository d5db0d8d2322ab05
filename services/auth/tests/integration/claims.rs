//! Humans that claim their agents with a tweet.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

use models::{Network, Token};
use support::upstream::Trouble;
use support::{Answer, Http, NO_WORKERS, Networks as _, Service, Twitter, application, json, tokio};

const TOM: (&str, &str) = ("tom_h", "Tom's Human");

/// A service, the Twitter that it asks, and an agent that waits for its human.
struct Scene {
    service: Service,
    twitter: Twitter,
    /// The path of the agent's claim page.
    path: String,
    code: String,
}

impl Scene {
    async fn new() -> Self {
        let twitter = Twitter::start();
        let base = twitter.base().clone();
        let service = Service::start_with(auth::routes, NO_WORKERS, |settings| settings.oembed = Some(base));
        let (path, code) = register(&service, "Data <Bot>").await;
        Self { service, twitter, path, code }
    }

    fn http(&self) -> Http {
        self.service.clankdin().http
    }

    /// The address of a new tweet that says the code.
    fn tweet(&self) -> String {
        self.twitter.tweet(TOM, &format!("My agent works: {}", self.code))
    }

    async fn claim(&self, tweet_url: &str) -> Answer {
        self.http().post(&self.path, json!({"tweet_url": tweet_url})).await
    }

    /// Sends the form of the page.
    async fn submit(&self, tweet_url: &str) -> Answer {
        let body = format!("tweet_url={}", tweet_url.replace(':', "%3A").replace('/', "%2F"));
        let browser = self.http().with_header("content-type", "application/x-www-form-urlencoded");
        browser.call("POST", &self.path, Some(body.into_bytes())).await
    }

    async fn is_verified(&self) -> bool {
        self.service.clankdin().agent("data_bot").await.is(200)["agent"]["verified"] == true
    }
}

/// Registers an agent; the path of its claim page, and its code.
async fn register(service: &Service, name: &str) -> (String, String) {
    let registered = service.clankdin().register(&application(name)).await.is(201);
    let text = |field: &str| registered["agent"][field].as_str().expect("text").to_owned();
    let base = service.clankdin().http.base().to_owned();
    let path = text("claim_url").strip_prefix(&base).expect("a page of the network").to_owned();
    (path, text("verification_code"))
}

#[tokio::test]
async fn whoever_tweets_the_code_is_the_agents_human() {
    let scene = Scene::new().await;
    let url = scene.twitter.tweet(TOM, &format!("Look: {}.", scene.code.to_lowercase()));
    let claimed = scene.claim(&url.replace("twitter.com", "www.x.com")).await.is(200);
    let human = json!({"name": "Tom's Human", "url": "https://twitter.com/tom_h"});
    assert_eq!((&claimed["agent"]["verified"], &claimed["agent"]["human"]), (&json!(true), &human));
    assert_eq!(scene.service.clankdin().agent("data_bot").await.is(200).body, claimed.body);
    let markdown = scene.service.clankdin().agent("data_bot.md").await.is(200).text();
    assert!(markdown.contains("- Verified: yes, by Tom's Human (https\\://twitter\\.com/tom\\_h)"), "{markdown}");
    let calls = scene.twitter.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].path, format!("?url={}&omit_script=1&dnt=true", url.replace(':', "%3A").replace('/', "%2F")));
    let again = scene.claim(&url).await;
    let _ = again.is_exactly(409, &json!({"detail": "This agent has been claimed by its human"}));
    assert_eq!(scene.twitter.calls().len(), 1, "nobody is asked about what is settled");
}

#[tokio::test]
async fn a_key_that_is_known_tells_that_its_agent_is_claimed() {
    let scene = Scene::new().await;
    let clankdin = scene.service.clankdin();
    let agent = clankdin.register(&application("kai")).await.is(201);
    let text = |field: &str| agent["agent"][field].as_str().expect("text").to_owned();
    let token = Token::parse(Network::ClankdIn, &text("api_key")).expect("a key is a token");
    let verified_at = async || {
        let session = scene.service.state.session(Network::ClankdIn, &token).await.expect("the database answers");
        session.expect("the key is good").verified_at
    };
    assert_eq!(verified_at().await, None);
    let url = scene.twitter.tweet(TOM, &text("verification_code"));
    let path = text("claim_url").strip_prefix(clankdin.http.base()).expect("a page of the network").to_owned();
    let _ = clankdin.http.post(&path, json!({"tweet_url": url})).await.is(200);
    assert!(verified_at().await.is_some());
}

#[tokio::test]
async fn a_tweet_must_say_the_code() {
    let scene = Scene::new().await;
    for html in ["no code", &format!("{}x", scene.code), &format!("<a href=\"{}\">x</a>", scene.code)] {
        let url = scene.twitter.tweet(TOM, html);
        let refused = scene.claim(&url).await.is(400);
        assert_eq!(refused.string("field"), "tweet_url");
        assert!(refused.string("detail").contains(&scene.code), "{refused}");
    }
    assert!(!scene.is_verified().await);
    let url = scene.twitter.tweet(TOM, &format!("&#33;{}<br>more", scene.code));
    let _ = scene.claim(&url).await.is(200);
    assert!(scene.is_verified().await);
}

#[tokio::test]
async fn what_is_no_tweet_is_refused_and_twitter_not_asked_where_that_is_plain() {
    let scene = Scene::new().await;
    for url in ["", "https://example.com/tom/status/1", "http://x.com/tom/status/1", "https://x.com/tom"] {
        assert_eq!(scene.claim(url).await.is(400).string("field"), "tweet_url", "{url}");
    }
    assert_eq!(scene.http().post(&scene.path, json!({})).await.is(400).string("field"), "tweet_url");
    for token in ["x", "claim_x", &"x".repeat(200), "a%00b"] {
        let unknown = scene.http().post(&format!("/claim/{token}"), json!({"tweet_url": scene.tweet()})).await;
        let _ = unknown.is_exactly(404, &json!({"detail": "Claim not found"}));
    }
    let other = scene.path.replace(|letter: char| letter.is_ascii_digit(), "0");
    let _ = scene.http().post(&other, json!({"tweet_url": scene.tweet()})).await.is(404);
    assert_eq!(scene.twitter.calls(), []);
    let missing = scene.claim("https://x.com/tom/status/999").await.is(400);
    assert_eq!(missing.string("field"), "tweet_url");
    assert_eq!(scene.twitter.calls().len(), 1);
}

#[tokio::test]
async fn twitter_may_be_out_of_reach() {
    let scene = Scene::new().await;
    let url = scene.tweet();
    let unavailable = json!({"detail": "Twitter cannot be reached at the moment, try again later"});
    for trouble in [
        Trouble::Status(403),
        Trouble::Status(503),
        Trouble::Text("<html>"),
        Trouble::Text(r#"{"html": "", "author_name": "", "author_url": ""}"#),
    ] {
        scene.twitter.fail(Some(trouble.clone()));
        let _ = scene.claim(&url).await.is_exactly(502, &unavailable);
    }
    assert!(!scene.is_verified().await);
    scene.twitter.fail(None);
    let _ = scene.claim(&url).await.is(200);
}

#[tokio::test]
async fn where_no_twitter_is_set_nobody_is_claimed() {
    let service = Service::start(auth::routes, NO_WORKERS);
    let registered = service.clankdin().register(&application("Tom")).await.is(201);
    let claim_url = registered["agent"]["claim_url"].as_str().expect("text");
    let claim = service.clankdin().http.at(claim_url);
    let _ = claim.post("", json!({"tweet_url": "https://x.com/tom/status/1"})).await.is(502);
}

#[tokio::test]
async fn claims_are_limited_and_those_that_fail_use_none_up() {
    let scene = Scene::new().await;
    let mut agents = Vec::new();
    for number in 0..20 {
        // Ten an hour may register.
        scene.service.advance(if number % 5 == 0 { 3_600 } else { 0 });
        agents.push(register(&scene.service, &format!("Agent {number}")).await);
    }
    let wrong = scene.twitter.tweet(TOM, "no code");
    for _ in 0..21 {
        let _ = scene.claim(&wrong).await.is(400);
    }
    scene.twitter.fail(Some(Trouble::Status(503)));
    let _ = scene.claim(&wrong).await.is(502);
    scene.twitter.fail(None);
    for (path, code) in &agents {
        let tweet_url = scene.twitter.tweet(TOM, code);
        let _ = scene.http().post(path, json!({"tweet_url": tweet_url})).await.is(200);
    }
    let asked = scene.twitter.calls().len();
    let refused = scene.claim(&scene.tweet()).await.is(429);
    assert_eq!(refused.header("retry-after"), Some("3600"));
    assert_eq!(scene.twitter.calls().len(), asked, "who is refused has nobody asked");
    scene.service.advance(3_600);
    let _ = scene.claim(&scene.tweet()).await.is(200);
}

#[tokio::test]
async fn json_is_json_whatever_its_content_type_says() {
    let scene = Scene::new().await;
    let http = scene.http().with_header("content-type", "application/x-www-form-urlencoded");
    let refused = http.call("POST", &scene.path, Some(b" {\"tweet_url\": 5}".to_vec())).await.is(400);
    assert_eq!(refused.string("field"), "tweet_url");
    let body = json!({"tweet_url": scene.tweet()}).to_string().into_bytes();
    let claimed = http.call("POST", &scene.path, Some(body)).await.is(200);
    assert_eq!(claimed["agent"]["verified"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_that_claim_at_the_same_instant_one_does() {
    let scene = std::sync::Arc::new(Scene::new().await);
    scene.twitter.hold();
    let calls: Vec<_> = (0..6)
        .map(|number| {
            let scene = scene.clone();
            let (user, name) = (format!("user{number}"), format!("User {number}"));
            let url = scene.twitter.tweet((&user, &name), &scene.code);
            tokio::spawn(async move { (name, scene.claim(&url).await) })
        })
        .collect();
    let asked = async || (scene.twitter.calls().len() == 6).then_some(());
    support::eventually(support::GENEROUS, "Twitter is asked by all", asked).await;
    scene.twitter.release();
    let mut humans = Vec::new();
    for call in calls {
        let (name, answer) = call.await.expect("it ends");
        match answer.status {
            200 => humans.push(name),
            status => assert_eq!(status, 409, "{answer}"),
        }
    }
    let shown = scene.service.clankdin().agent("data_bot").await.is(200)["agent"]["human"]["name"].clone();
    assert_eq!(humans, [shown.as_str().expect("a name")]);
}

#[tokio::test]
async fn the_page_shows_the_agent_and_takes_the_tweet() {
    let scene = Scene::new().await;
    let page = scene.http().get(&scene.path).await.is(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let text = page.text();
    for part in
        ["Data &#60;Bot&#62;", "@data_bot", "Counts all day", "I turn tables", &scene.code, "<form method=\"post\">"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains(scene.path.as_str()), "the page does not lead to itself");
    let wrong = scene.twitter.tweet(TOM, "no code");
    let refused = scene.submit(&wrong).await.is(400);
    assert!(refused.text().contains("does not say") && refused.text().contains("<form method=\"post\">"));
    let claimed = scene.submit(&scene.tweet()).await.is(303);
    let place = claimed.header("location").expect("it leads on");
    assert!(scene.path.ends_with(&format!("/{place}")), "{place}");
    let shown = scene.http().get(&scene.path).await.is(200).text();
    assert!(shown.contains("Tom&#39;s Human") && shown.contains("https://twitter.com/tom_h"), "{shown}");
    assert!(!shown.contains("<form"), "{shown}");
    let again = scene.submit(&scene.tweet()).await.is(409);
    assert!(again.text().contains("has been claimed by its human"));
    for method in ["GET", "POST"] {
        let browser = scene.http().with_header("content-type", "application/x-www-form-urlencoded");
        let body = (method == "POST").then(|| format!("tweet_url={}", scene.tweet()).into_bytes());
        let unknown = browser.call(method, "/claim/claim_x", body).await.is(404);
        assert!(unknown.text().contains("Claim not found"));
    }
    let other_site = scene.http().with_header("sec-fetch-site", "cross-site");
    let other_site = other_site.with_header("content-type", "application/x-www-form-urlencoded");
    let _ = other_site.call("POST", &scene.path, Some(b"tweet_url=x".to_vec())).await.is(403);
}

#[tokio::test]
async fn a_suspended_agent_is_claimed_by_nobody() {
    let scene = Scene::new().await;
    let id = scene.service.read(|conn| Ok(models::clankrs::by_handle(conn, "data_bot")?.account.id)).await;
    scene.service.set_suspended(Network::ClankdIn, id, true).await;
    let _ = scene.http().get(&scene.path).await.is(404);
    let _ = scene.claim(&scene.tweet()).await.is(404);
}
