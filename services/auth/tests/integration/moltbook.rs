//! Agents of ClawNet that prove which account on Moltbook is theirs.

use models::Network;
use support::tokio::task::JoinHandle;
use support::upstream::Trouble;
use support::{Answer, ClawNet, Moltbook, NO_WORKERS, Networks as _, Service, json, tokio};

/// A service, the Moltbook that it asks, and an agent.
struct Scene {
    service: Service,
    moltbook: Moltbook,
    tom: ClawNet,
}

impl Scene {
    async fn new() -> Self {
        let moltbook = Moltbook::start();
        let setting = moltbook.setting();
        let service = Service::start_with(auth::routes, NO_WORKERS, |settings| settings.moltbook = setting);
        let tom = service.a_clawnet_agent("Tom").await;
        Self { service, moltbook, tom }
    }

    async fn username(&self) -> support::Value {
        self.tom.me().await.is(200)["moltbook_username"].clone()
    }

    /// A call of `agent` to confirm, which waits for Moltbook until that is let go.
    async fn held(&self, agent: &ClawNet, post: &'static str) -> JoinHandle<Answer> {
        self.moltbook.hold();
        let (agent, before) = (agent.clone(), self.moltbook.calls().len());
        let call = tokio::spawn(async move { confirm(&agent, post).await });
        let asked = async || (self.moltbook.calls().len() > before).then_some(());
        support::eventually(support::GENEROUS, "Moltbook is asked", asked).await;
        call
    }
}

async fn code(agent: &ClawNet) -> String {
    agent.http.post_nothing("/moltbook/verify").await.is(200).string("code").to_owned()
}

async fn confirm(agent: &ClawNet, post: &str) -> Answer {
    agent.http.post("/moltbook/verify/confirm", json!({"post_id": post})).await
}

async fn unlink(agent: &ClawNet) -> Answer {
    agent.http.delete("/moltbook/verify").await
}

#[tokio::test]
async fn a_code_comes_with_a_post_to_publish() {
    let scene = Scene::new().await;
    let begun = scene.tom.http.post_nothing("/moltbook/verify").await.is(200);
    let code = begun.string("code").to_owned();
    let post = begun.string("suggested_post");
    assert!(post.contains(&code) && post.contains("/m/clwnt") && post.contains("Tom"), "{post}");
    let expires_at = scene.service.state.clock.now().plus_seconds(600).to_string();
    let expected = json!({"ok": true, "code": code, "expires_at": expires_at, "suggested_post": post});
    assert_eq!(begun.body, expected);
    assert_ne!(self::code(&scene.tom).await, code, "each is another");
    let _ = scene.service.clawnet().http.post_nothing("/moltbook/verify").await.is(401);
    let _ = confirm(&scene.service.clawnet(), "abc").await.is(401);
    let _ = unlink(&scene.service.clawnet()).await.is(401);
}

#[tokio::test]
async fn whoever_publishes_the_code_is_the_agent() {
    let scene = Scene::new().await;
    let Scene { moltbook, tom, .. } = &scene;
    let linked = |name: &str| json!({"ok": true, "moltbook_username": name});
    // In the title, in the content, in a comment, in a reply to one; by id and by address.
    let code = code(tom).await;
    moltbook.add_post("one", "TomOnMolt", &code, "");
    let _ = confirm(tom, "one").await.is_exactly(200, &linked("TomOnMolt"));
    assert_eq!(scene.username().await, "TomOnMolt");
    assert_eq!(tom.agent("Tom").await.is(200)["agent"]["moltbook_username"], "TomOnMolt");
    let code = self::code(tom).await;
    moltbook.add_post("two", "Other", "A title", &format!("I am Tom: {}!", code.to_uppercase()));
    let _ = confirm(tom, &format!("{}/?sort=new", moltbook.post_url("two"))).await.is_exactly(200, &linked("Other"));
    let code = self::code(tom).await;
    moltbook.add_post("three", "Somebody", "A title", "not it");
    moltbook.add_comment("three", "c1", "Else", "nor this");
    moltbook.add_reply("c1", "c2", "Third", &format!("but this: {code}"));
    let _ = confirm(tom, " three ").await.is_exactly(200, &linked("Third"));
    let code = self::code(tom).await;
    moltbook.add_comment("three", "c3", "Fourth", &code);
    moltbook.add_comment("three", "c4", "Copycat", &code);
    let _ = confirm(tom, "three").await.is_exactly(200, &linked("Fourth"));
    for _ in 0..2 {
        let _ = unlink(tom).await.is_exactly(200, &json!({"ok": true}));
        assert!(scene.username().await.is_null());
    }
}

#[tokio::test]
async fn a_code_works_once_and_for_ten_minutes() {
    let scene = Scene::new().await;
    let Scene { service, moltbook, tom } = &scene;
    let refused = confirm(tom, "one").await.is(400);
    assert_eq!(refused["error"], "invalid_request");
    assert!(refused.string("message").starts_with("code "), "{refused}");
    let code = code(tom).await;
    moltbook.add_post("one", "TomOnMolt", "A title", &code);
    service.advance(599);
    let _ = confirm(tom, "one").await.is(200);
    let _ = confirm(tom, "one").await.is(400);
    assert_eq!(scene.username().await, "TomOnMolt");
    let _ = unlink(tom).await.is(200);
    let code = self::code(tom).await;
    moltbook.add_post("two", "TomOnMolt", "A title", &code);
    service.advance(600);
    let calls = moltbook.calls().len();
    let _ = confirm(tom, "two").await.is(400);
    assert_eq!(moltbook.calls().len(), calls, "Moltbook is not asked about a code that is dead");
    // One that was asked for anew makes the old one invalid.
    let old = self::code(tom).await;
    let new = self::code(tom).await;
    moltbook.add_post("three", "TomOnMolt", "A title", &old);
    let _ = confirm(tom, "three").await.is(400);
    moltbook.add_post("four", "TomOnMolt", "A title", &new);
    let _ = confirm(tom, "four").await.is(200);
}

#[tokio::test]
async fn what_cannot_be_confirmed_says_why() {
    let scene = Scene::new().await;
    let Scene { moltbook, tom, .. } = &scene;
    let code = code(tom).await;
    moltbook.add_post("one", "TomOnMolt", "A title", "no code");
    moltbook.add_post("two", "\u{0}", "A title", &code);
    for (post, part) in [
        ("", "post_id must be the id or the address of a post"),
        ("a/b", "post_id must be"),
        ("https://example.org/post/one", "post_id must be"),
        ("missing", "post_id is no post on Moltbook"),
        ("one", "post_id is a post that holds the code neither itself"),
    ] {
        let refused = confirm(tom, post).await.is(400);
        assert!(refused.string("message").starts_with(part), "{post}: {refused}");
    }
    for body in [json!({}), json!({"post_id": 7}), json!({"post_id": null})] {
        let _ = tom.http.post("/moltbook/verify/confirm", body).await.is(400);
    }
    let unavailable = json!({"ok": false, "error": "upstream_unavailable",
        "message": "Moltbook cannot be reached at the moment, try again later"});
    let _ = confirm(tom, "two").await.is_exactly(502, &unavailable);
    for trouble in [Trouble::Status(503), Trouble::Status(401), Trouble::Text("<html>"), Trouble::Long(2 << 20)] {
        moltbook.fail(Some(trouble));
        let _ = confirm(tom, "one").await.is_exactly(502, &unavailable);
    }
    moltbook.fail(None);
    assert!(scene.username().await.is_null());
    // What failed has not used the code up.
    moltbook.add_comment("one", "c1", "TomOnMolt", &code);
    let _ = confirm(tom, "one").await.is(200);
}

#[tokio::test]
async fn a_code_asked_for_anew_while_moltbook_is_asked_makes_the_old_one_invalid() {
    let scene = Scene::new().await;
    let Scene { moltbook, tom, .. } = &scene;
    let old = code(tom).await;
    moltbook.add_post("one", "TomOnMolt", "A title", &old);
    let call = scene.held(tom, "one").await;
    let _ = code(tom).await;
    moltbook.release();
    let refused = call.await.expect("the call ends").is(400);
    assert!(refused.string("message").starts_with("code "), "{refused}");
    assert!(scene.username().await.is_null());
}

#[tokio::test]
async fn a_code_that_expires_while_moltbook_is_asked_works_no_more() {
    let scene = Scene::new().await;
    let Scene { service, moltbook, tom } = &scene;
    moltbook.add_post("one", "TomOnMolt", "A title", &code(tom).await);
    let call = scene.held(tom, "one").await;
    service.advance(600);
    moltbook.release();
    let refused = call.await.expect("the call ends").is(400);
    assert!(refused.string("message").starts_with("code "), "{refused}");
    assert!(scene.username().await.is_null());
}

#[tokio::test]
async fn moltbook_is_asked_for_few_at_once_and_for_each_agent_once_at_a_time() {
    let scene = Scene::new().await;
    let Scene { service, moltbook, tom } = &scene;
    let mut agents = vec![tom.clone()];
    for number in 1..=8 {
        agents.push(service.a_clawnet_agent(&format!("agent{number}")).await);
    }
    let (last, first) = agents.split_last().expect("nine agents");
    let posts = ["p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"];
    let mut calls = Vec::new();
    let busy = json!({"ok": false, "error": "internal", "message": "The server is busy, try again in a moment"});
    for (agent, post) in first.iter().zip(posts) {
        moltbook.add_post(post, post, "A title", &code(agent).await);
        calls.push(scene.held(agent, post).await);
        let _ = confirm(agent, post).await.is_exactly(503, &busy);
    }
    moltbook.add_post("last", "last", "A title", &code(last).await);
    let _ = confirm(last, "last").await.is_exactly(503, &busy);
    assert_eq!(moltbook.calls().len(), posts.len());
    moltbook.release();
    for call in calls {
        let _ = call.await.expect("the call ends").is(200);
    }
    // What was refused has not used the code up, and what has ended makes place.
    let _ = confirm(last, "last").await.is(200);
    let _ = code(tom).await;
    let _ = confirm(tom, "p0").await.is(400);
}

#[tokio::test]
async fn an_account_on_moltbook_belongs_to_one_agent() {
    let scene = Scene::new().await;
    let Scene { service, moltbook, tom } = &scene;
    let sam = service.a_clawnet_agent("Sam").await;
    moltbook.add_post("tom", "Shared", "A title", &code(tom).await);
    let _ = confirm(tom, "tom").await.is(200);
    moltbook.add_post("sam", "sHARED", "A title", &code(&sam).await);
    let taken = json!({"ok": false, "error": "already_exists", "message": "Moltbook account is already taken"});
    let _ = confirm(&sam, "sam").await.is_exactly(409, &taken);
    assert!(sam.me().await.is(200)["moltbook_username"].is_null());
    // In every alphabet.
    let kim = service.a_clawnet_agent("Kim").await;
    moltbook.add_post("kim", "Ünïcödé-Ж", "A title", &code(&kim).await);
    let _ = confirm(&kim, "kim").await.is(200);
    moltbook.add_post("sam-too", "üNÏCÖDÉ-ж", "A title", &code(&sam).await);
    let _ = confirm(&sam, "sam-too").await.is_exactly(409, &taken);
    // Its own agent may prove it again, in another case too.
    moltbook.add_post("again", "SHARED", "A title", &code(tom).await);
    let _ = confirm(tom, "again").await.is(200);
    assert_eq!(scene.username().await, "SHARED");
    // What was refused has not used the code up.
    let _ = unlink(&kim).await.is(200);
    let _ = confirm(&sam, "sam-too").await.is(200);
    let _ = unlink(tom).await.is(200);
    moltbook.add_post("sam", "sHARED", "A title", &code(&sam).await);
    let _ = confirm(&sam, "sam").await.is(200);
    assert_eq!(sam.me().await.is(200)["moltbook_username"], "sHARED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_agents_at_once_one_gets_the_account() {
    let scene = Scene::new().await;
    let Scene { service, moltbook, .. } = &scene;
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..6 {
        let agent = service.a_clawnet_agent(&format!("agent{number}")).await;
        moltbook.add_post(&format!("post{number}"), "Shared", "A title", &code(&agent).await);
        calls.spawn(async move { confirm(&agent, &format!("post{number}")).await.status });
    }
    let mut statuses = calls.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409]);
    let linked = |conn: &mut models::Connection| {
        use diesel::prelude::*;
        use models::schema::accounts;
        let owners = accounts::table.filter(accounts::network.eq(Network::ClawNet.as_str()));
        Ok(owners.filter(accounts::moltbook_username.eq("Shared")).count().get_result::<i64>(conn)?)
    };
    assert_eq!(service.read(linked).await, 1);
}

#[tokio::test]
async fn a_server_without_moltbook_says_that_it_cannot_be_reached() {
    let service = Service::start(auth::routes, NO_WORKERS);
    let tom = service.a_clawnet_agent("Tom").await;
    let _ = code(&tom).await;
    assert_eq!(confirm(&tom, "one").await.is(502)["error"], "upstream_unavailable");
}
