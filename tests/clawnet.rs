//! ClawNet as a whole: what one service does and another tells of, in either shape.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

use support::{
    ClawNet, Deployment, GENEROUS, Moltbook, Networks as _, Options, Value, eventually, json, unique, unwrap_content,
};

use crate::{BINARY, server};

async fn agent(prefix: &str) -> ClawNet {
    server().clawnet().join(&unique(prefix)).await
}

/// What waits in an inbox, each as who wrote it and what it says.
async fn inbox(agent: &ClawNet) -> Vec<(String, String)> {
    let inbox = agent.inbox("?limit=200").await.is(200);
    let said = |message: &Value| {
        let inner = unwrap_content(&message["content"]);
        let text = |field: &str| inner[field].as_str().expect("text").to_owned();
        (text("from"), text("content"))
    };
    inbox.list("messages").iter().map(said).collect()
}

/// Waits for a message of the network's own agent in which all of `parts` stand.
async fn told(agent: &ClawNet, parts: &[&str]) -> String {
    let look = async || {
        let said = inbox(agent).await.into_iter();
        said.filter(|(from, _)| from == "ClawNet")
            .map(|(_, text)| text)
            .find(|text| parts.iter().all(|part| text.contains(part)))
    };
    eventually(GENEROUS, &format!("{} is told of {parts:?}", agent.name), look).await
}

#[tokio::test]
async fn who_is_followed_mentioned_and_answered_is_told_once_each() {
    let (tom, sam, kim) = (agent("Tom").await, agent("Sam").await, agent("Kim").await);
    let _ = tom.follow(&sam.name).await.is(200);
    let _ = tom.follow(&sam.name).await.is(200);
    let root = sam.posted("What do you think?").await;
    let reply = tom.replied(&root, "Not much").await;
    told(&sam, &[&tom.name, &format!("/clawnet/agents/{}/", tom.name)]).await;
    told(&sam, &[&tom.name, &format!("/clawnet/posts/{reply}/")]).await;
    // Who follows the thread while others are still being told of a reply may be told of it too, and so Kim comes afterwards.
    let mention = kim.replied(&root, &format!("Ask @{}", tom.name)).await;
    told(&sam, &[&kim.name, &format!("/clawnet/posts/{mention}/")]).await;
    told(&tom, &[&kim.name, &format!("/clawnet/posts/{mention}/")]).await;
    // Whoever is told of all by now has been told of each once: those who reply follow the thread, and hear nothing of themselves.
    assert_eq!(inbox(&sam).await.len(), 3, "{:?}", inbox(&sam).await);
    assert_eq!(inbox(&tom).await.len(), 1, "{:?}", inbox(&tom).await);
    assert!(inbox(&kim).await.is_empty(), "{:?}", inbox(&kim).await);
}

#[tokio::test]
async fn a_block_silences_one_side() {
    let (tom, eve) = (agent("Tom").await, agent("Eve").await);
    let _ = eve.follow(&tom.name).await.is(200);
    told(&tom, &[&eve.name]).await;
    let post = tom.posted("Hello").await;
    let _ = tom.http.post("/block", json!({"agent_id": eve.name})).await.is(200);
    let refused = eve.send(&tom.name, "Why?").await.is(403);
    assert_eq!(refused["error"], "cannot_message");
    let _ = tom.send(&eve.name, "Because").await.is(201);
    let _ = eve.follow(&tom.name).await.is(200);
    let _ = eve.replied(&post, &format!("@{} answer me", tom.name)).await;
    let _ = eve.do_to_post("react", &post).await.is(200);
    // What another does afterwards arrives, so that what was to arrive before it has.
    let kim = agent("Kim").await;
    let reply = kim.replied(&post, "Hello back").await;
    told(&tom, &[&reply]).await;
    assert_eq!(inbox(&tom).await.len(), 2, "{:?}", inbox(&tom).await);
    assert!(tom.http.get("/notifications").await.is(200).list("notifications").is_empty());
}

#[tokio::test]
async fn what_is_changed_is_seen_everywhere_at_once() {
    let (tom, sam) = (agent("Tom").await, agent("Sam").await);
    let _ = sam.follow(&tom.name).await.is(200);
    for number in 0..5 {
        let post = tom.posted(&format!("number {number}")).await;
        // Every request may be another instance's.
        for _ in 0..4 {
            assert_eq!(
                server()
                    .clawnet()
                    .http
                    .get("/posts?limit=200")
                    .await
                    .is(200)
                    .each("posts", "id")
                    .iter()
                    .filter(|id| **id == post)
                    .count(),
                1
            );
            assert_eq!(sam.http.get("/posts?feed=following&limit=1").await.is(200).list("posts")[0]["id"], json!(post));
        }
        let _ = sam.do_to_post("react", &post).await.is(200);
        for _ in 0..4 {
            let feed = server().clawnet().http.get("/posts?limit=200").await.is(200);
            let shown = feed.list("posts").iter().find(|shown| shown["id"] == json!(post)).cloned();
            assert_eq!(shown.expect("the post is shown")["reaction_count"], 1);
        }
    }
    let profile = server().clawnet().agent(&tom.name).await.is(200);
    assert_eq!(profile["agent"]["follower_count"], 1);
}

#[tokio::test]
async fn an_agent_shows_itself_and_is_found() {
    let tom = agent("Tom").await;
    let post = tom.posted("The best I have written").await;
    let word = unique("zebrafinch").replace('_', "");
    let changes = json!({"bio": format!("I collect {word}."), "display_name": "Thomas", "pinned_post_id": post});
    let me = tom.http.json("PATCH", "/me", &changes).await.is(200);
    assert_eq!((&me["display_name"], &me["pinned_post"]["id"]), (&json!("Thomas"), &json!(post)));
    let capabilities = json!({"capabilities": ["Code Review", "python"]});
    let _ = tom.http.json("PATCH", "/me/capabilities", &capabilities).await.is(200);
    let found = server().clawnet().http.get(&format!("/search?type=agents&q={word}")).await.is(200);
    let agent = &found.list("agents")[0];
    assert_eq!((&agent["agent_id"], &agent["capabilities"]), (&json!(tom.name), &json!(["code-review", "python"])));
    let able = server().clawnet().http.get("/agents?capability=code-review&limit=200").await.is(200);
    assert!(able.each("agents", "id").contains(&tom.name.as_str()), "{able}");
    let shown = server().clawnet().agent(&tom.name).await.is(200);
    assert_eq!(shown["agent"]["pinned_post"]["content"], "The best I have written");
    assert_eq!(shown["agent"]["moltbook_username"], Value::Null);
    let limits = tom.http.get("/me/rate-limits").await.is(200);
    assert!(limits.each("limits", "action").contains(&"send"), "{limits}");
}

#[tokio::test]
async fn the_operator_lets_a_newcomer_be_greeted() {
    let tom = agent("Tom").await;
    let operator = server().clawnet().http.with_token(&server().admin_token());
    let code = json!({"from": tom.name, "message": "Welcome! I heard of you."});
    let code = operator.post("/admin/claim-codes", code).await.is(201).string("code").to_owned();
    let path = format!("/claim/{code}");
    let seen = server().clawnet().http.get(&path).await.is(200);
    assert_eq!((&seen["from"], &seen["redeemed"]), (&json!(tom.name), &json!(false)));
    let sam = agent("Sam").await;
    let redeemed = json!({"ok": true, "message_from": tom.name});
    let _ = sam.http.post_nothing(&path).await.is_exactly(200, &redeemed);
    assert_eq!(inbox(&sam).await, [(tom.name.clone(), "Welcome! I heard of you.".to_owned())]);
    assert_eq!(sam.http.post_nothing(&path).await.is(409)["error"], "already_claimed");
    assert_eq!(agent("Kim").await.http.post_nothing(&path).await.is(409)["error"], "already_claimed");
    let _ = tom.http.post("/admin/claim-codes", json!({"from": tom.name, "message": "x"})).await.is(401);
}

#[tokio::test]
async fn the_networks_agent_takes_commands() {
    let tom = agent("Tom").await;
    let _ = tom.send("ClawNet", "what can you do?").await.is(201);
    let help = told(&tom, &["follow", "list follows", "unfollow"]).await;
    assert!(!help.contains("what can you do"), "no text of an agent is given back as the network's own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moltbook_proves_who_one_is_and_its_posts_are_watched() {
    let moltbook = Moltbook::start();
    let options = Options::without_limits().set("CLANKWORK_MOLTBOOK_URL", moltbook.base().as_str());
    let server = Deployment::start(BINARY, &options.set("CLANKWORK_MOLTBOOK_KEY", "a key of the operator's"));
    let tom = server.clawnet().join("Tom").await;
    let verify = tom.http.post_nothing("/moltbook/verify").await.is(200);
    assert!(verify.string("suggested_post").contains(verify.string("code")), "{verify}");
    moltbook.add_post("p1", "tom_on_moltbook", "Hello", verify.string("code"));
    let confirm = async || tom.http.post("/moltbook/verify/confirm", json!({"post_id": "p1"})).await;
    assert_eq!(confirm().await.is(200)["moltbook_username"], "tom_on_moltbook");
    let shown = server.clawnet().agent("Tom").await.is(200);
    assert_eq!(shown["agent"]["moltbook_username"], "tom_on_moltbook");
    assert!(moltbook.calls().iter().all(|call| call.key.as_deref() == Some("a key of the operator's")));

    let url = moltbook.post_url("p1");
    let _ = tom.send("ClawNet", &format!("follow {url}")).await.is(201);
    told(&tom, &["p1"]).await;
    // The title is there from the watcher's first look on.
    let listed = async || {
        let _ = tom.send("ClawNet", "list follows").await.is(201);
        inbox(&tom).await.iter().any(|(_, text)| text.contains("p1") && text.contains("Hello")).then_some(())
    };
    eventually(GENEROUS, "the followed post is listed with its title", listed).await;
    let _ = tom.http.delete("/follows/moltbook/p1").await.is(200);
    let _ = tom.http.delete("/moltbook/verify").await.is(200);
    assert_eq!(server.clawnet().agent("Tom").await.is(200)["agent"]["moltbook_username"], Value::Null);
}

#[tokio::test]
async fn moltbook_that_does_not_answer_is_a_clear_502() {
    let server =
        Deployment::start(BINARY, &Options::without_limits().set("CLANKWORK_MOLTBOOK_URL", "http://127.0.0.1:1"));
    let tom = server.clawnet().join("Tom").await;
    let _ = tom.http.post_nothing("/moltbook/verify").await.is(200);
    let refused = tom.http.post("/moltbook/verify/confirm", json!({"post_id": "p1"})).await.is(502);
    assert_eq!((&refused["ok"], &refused["error"]), (&json!(false), &json!("upstream_unavailable")));
}
