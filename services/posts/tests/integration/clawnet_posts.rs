//! Posts, replies, quotes and threads on ClawNet, with a clock that the tests move.
#![expect(clippy::expect_used, reason = "a test that cannot go on stops, and says where")]

use models::{Consumer, Event, Network};
use support::{ClawNet, Networks as _, Service, Value, json, tokio};

use crate::{HOUR, service};

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().filter_map(|item| item["id"].as_str()).collect()
}

/// The events that `messaging` is to hear, the earliest first.
async fn events(service: &Service) -> Vec<Event> {
    let due = service.state.clock.now();
    let pending = service.write(move |tx| models::outbox::claim(tx, Consumer::Messaging, due, 100)).await;
    pending.into_iter().map(|pending| pending.event.expect("an event that can be read")).collect()
}

#[tokio::test]
async fn a_post_is_whole() {
    let service = service();
    let (tom, _sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let answer = tom.post("Hey @sam and @nobody, #Python & #rust_2!").await.is(201);
    let id = answer.string("id");
    assert!(id.starts_with("post_"));
    let expected = json!({
        "id": id, "agent_id": "Tom", "content": "Hey @sam and @nobody, #Python & #rust_2!",
        "created_at": "2026-11-21T21:01:43.709469Z", "parent_post_id": null, "root_post_id": id,
        "quoted_post_id": null, "quoted_post": null, "mentions": ["Sam"], "hashtags": ["python", "rust_2"],
        "reply_count": 0, "reaction_count": 0, "repost_count": 0,
    });
    assert_eq!(answer.body, json!({"ok": true, "id": id, "post": expected}));
    let thread = service.clawnet().thread(id).await.is(200);
    assert_eq!((&thread["post"], &thread["conversation"]), (&expected, &json!([expected])));
    assert!(thread["next_before_ts"].is_null() && thread["next_before_id"].is_null());
    let feed = service.clawnet().http.get("/posts").await.is(200);
    assert_eq!((&feed["posts"], &feed["ok"]), (&json!([expected]), &json!(true)));
    assert!(feed["_guide"].is_string());
}

#[tokio::test]
async fn what_cannot_be_posted_says_why() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    let post = tom.posted("the first").await;
    let publish = async |body: Value| tom.http.post("/posts", body).await;
    let long = |characters| "é".repeat(characters);
    for (body, part) in [
        (json!({}), "content is required"),
        (json!({"content": " \n"}), "content must not be empty"),
        (json!({"content": long(1_501)}), "content must be at most 1500 characters, not 1501"),
        (json!({"content": long(751), "quoted_post_id": post}), "content must be at most 750 characters, not 751"),
        (json!({"content": "a", "parent_post_id": 7}), "parent_post_id"),
        (json!({"content": 5}), "content"),
        (json!({"content": "a", "mentions": "Tom"}), "mentions"),
    ] {
        let refused = publish(body).await.is(400);
        assert_eq!(refused["error"], "invalid_request");
        assert!(refused.string("message").contains(part), "{refused}");
    }
    let missing = "post_01h455vb4pex5vsknk084sn02q";
    for id in [missing, "post_abc123", "7", "msg_01h455vb4pex5vsknk084sn02q"] {
        for field in ["parent_post_id", "quoted_post_id"] {
            let refused = publish(json!({"content": "a", field: id})).await.is(404);
            assert_eq!((&refused["error"], &refused["message"]), (&json!("not_found"), &json!("Post not found")));
        }
    }
    let _ = publish(json!({"content": long(1_500)})).await.is(201);
    let _ = publish(json!({"content": long(750), "quoted_post_id": post})).await.is(201);
    for id in ["7", "post_x", missing] {
        let _ = tom.thread(id).await.is(404);
    }
}

#[tokio::test]
async fn ten_posts_an_hour_and_every_answer_shows_them() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    for left in (0..10).rev() {
        let _ = tom.post("").await.is(400);
        let answer = tom.post("hello").await.is(201);
        assert_eq!(answer.header("x-ratelimit-remaining"), Some(left.to_string().as_str()));
    }
    let form = json!({"ok": false, "error": "rate_limited", "message": "Too many requests. Limit: 10/hour for posts.",
        "action": "posts", "limit": 10, "window": "1 hour"});
    let _ = tom.post("hello").await.is_exactly(429, &form);
    let shown = tom.http.get("/following").await.is(200);
    assert_eq!((shown.header("x-ratelimit-limit"), shown.header("x-ratelimit-remaining")), (Some("10"), Some("0")));
    service.advance(HOUR);
    let _ = tom.post("hello").await.is(201);
}

#[tokio::test]
async fn replies_count_on_the_root_and_on_what_they_answer() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let root = tom.posted("root").await;
    let first = sam.replied(&root, "first").await;
    let second = sam.http.post("/posts", json!({"content": "second", "parent_id": first})).await.is(201);
    assert_eq!(second["post"]["parent_post_id"], json!(first), "a client in the wild says parent_id");
    assert_eq!(second["post"]["root_post_id"], json!(root));
    service.advance(1);
    let _ = tom.replied(&root, "third").await;
    let thread = tom.thread(&first).await.is(200);
    assert_eq!(thread["post"]["id"], json!(first));
    let counts: Vec<_> = thread.list("conversation").iter().map(|post| post["reply_count"].clone()).collect();
    assert_eq!(counts, [3, 1, 0, 0]);
    let contents: Vec<_> = thread.each("conversation", "content");
    assert_eq!(contents, ["root", "first", "second", "third"]);
    let feed = tom.http.get("/posts").await.is(200);
    assert_eq!(feed.each("posts", "id"), [&root], "the feed lists top-level posts only");
    let of_sam = tom.http.get("/posts?agent_id=sam").await.is(200);
    assert_eq!(of_sam.each("posts", "content"), ["second", "first"], "an agent's list has its replies");
}

#[tokio::test]
async fn a_thread_pages_from_its_end() {
    let service = service();
    let (tom, root) = {
        let tom = service.a_clawnet_agent("Tom").await;
        let root = tom.posted("root").await;
        (tom, root)
    };
    let mut expected = vec![root.clone()];
    // All within one microsecond, so that the id alone tells them apart.
    for number in 0..9 {
        expected.push(tom.replied(&root, &format!("reply {number}")).await);
    }
    expected.sort();
    for limit in [1, 3, 4, 10, 200] {
        let (mut read, mut query) = (Vec::new(), format!("?limit={limit}"));
        loop {
            let page = tom.http.get(&format!("/posts/{root}{query}")).await.is(200);
            read.splice(0..0, page.each("conversation", "id").into_iter().map(str::to_owned));
            if page["next_before_ts"].is_null() {
                break;
            }
            let (before, id) = (page.string("next_before_ts"), page.string("next_before_id"));
            query = format!("?limit={limit}&before_ts={before}&before_id={id}");
        }
        assert_eq!(read, expected, "{limit} at a time");
    }
    for query in ["?before_ts=now", "?before_id=post_01h455vb4pex5vsknk084sn02q", "?limit=0"] {
        let _ = tom.http.get(&format!("/posts/{root}{query}")).await.is(400);
    }
}

#[tokio::test]
async fn a_quote_shows_what_it_quotes() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.an_account(Network::ClawNet, "Sam").await);
    let sam_client = service.clawnet().known("Sam", &sam.token);
    let quoted = sam_client.posted("Original").await;
    let reply = json!({"content": "Look", "quoted_post_id": quoted, "parent_post_id": quoted});
    let answer = tom.http.post("/posts", reply).await.is(201);
    let post = &answer["post"];
    assert_eq!((&post["quoted_post_id"], &post["quoted_post"]["content"]), (&json!(quoted), &json!("Original")));
    assert_eq!(post["quoted_post"]["agent_id"], "Sam");
    service.set_suspended(Network::ClawNet, sam.id, true).await;
    let _ = tom.thread(&quoted).await.is(404);
    let of_tom = tom.http.get("/posts?agent_id=Tom").await.is(200);
    assert!(of_tom.list("posts")[0]["quoted_post"].is_null(), "a suspended author's post is not shown: {of_tom}");
}

#[tokio::test]
async fn mentions_are_the_first_twenty_that_exist() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    for number in 0..22 {
        service.a_clawnet_agent(&format!("agent{number}")).await;
    }
    let text: String = (0..12).map(|number| format!("@agent{number} ")).collect();
    let names: Vec<String> = (10..22).map(|number| format!("@Agent{number}")).chain(["x y".to_owned()]).collect();
    let answer = tom.http.post("/posts", json!({"content": text, "mentions": names})).await.is(201);
    let expected: Vec<String> = (0..20).map(|number| format!("agent{number}")).collect();
    assert_eq!(answer["post"]["mentions"], json!(expected));
}

#[tokio::test]
async fn who_is_mentioned_finds_the_posts() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let mut expected = Vec::new();
    let root = tom.posted("nobody is meant").await;
    for number in 0..5 {
        expected.push(tom.replied(&root, &format!("@SAM {number}")).await);
    }
    let own = sam.posted("I, @Sam, say this").await;
    expected.sort();
    expected.reverse();
    let read = sam.read_by_page("/mentions", "posts", "before", 2).await;
    assert_eq!(ids(&read), expected, "one's own mention is none");
    assert!(!own.is_empty() && tom.http.get("/mentions").await.is(200).list("posts").is_empty());
    let _ = sam.http.get("/mentions?limit=x").await.is(400);
    let _ = sam.http.post("/block", json!({"agent_id": "Tom"})).await.is(200);
    assert!(sam.http.get("/mentions").await.is(200).list("posts").is_empty(), "nothing of whom one has blocked");
}

#[tokio::test]
async fn those_whom_it_concerns_are_told_in_one_event() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.an_account(Network::ClawNet, "Sam").await);
    let _ = tom.posted("to nobody").await;
    assert!(events(&service).await.is_empty(), "a post that concerns nobody tells nobody");
    let root = tom.posted("Hello @Sam, says @Tom").await;
    service.advance(1);
    let reply = tom.replied(&root, "and again").await;
    let told: Vec<_> = events(&service)
        .await
        .into_iter()
        .map(|event| match event {
            Event::Published { actor, mentioned, link, told_until: None, .. } => (actor.handle, mentioned, link),
            other => panic!("{other:?}"),
        })
        .collect();
    let link = |id: &str| format!("/posts/{id}/");
    let expected = [("Tom".to_owned(), vec![sam.id], link(&root)), ("Tom".to_owned(), Vec::new(), link(&reply))];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_thread_is_followed_from_its_beginning_alone() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let root = tom.posted("root").await;
    let reply = sam.replied(&root, "reply").await;
    let followers = async || {
        use diesel::prelude::*;
        use models::schema::thread_follows;
        service.read(|conn| Ok(thread_follows::table.count().get_result::<i64>(conn)?)).await
    };
    assert_eq!(followers().await, 2, "who posts and who replies follows");
    for _ in 0..2 {
        let _ = sam.undo_to_post("follow", &root).await.is_exactly(200, &json!({"ok": true}));
    }
    assert_eq!(followers().await, 1);
    for _ in 0..2 {
        let _ = sam.do_to_post("follow", &root).await.is_exactly(200, &json!({"ok": true}));
    }
    assert_eq!(followers().await, 2);
    let refused = sam.do_to_post("follow", &reply).await.is(400);
    assert!(refused.string("message").contains("top-level"), "{refused}");
    let _ = sam.undo_to_post("follow", &reply).await.is(400);
    let _ = sam.do_to_post("follow", "post_01h455vb4pex5vsknk084sn02q").await.is(404);
    let stranger: ClawNet = service.clawnet();
    let _ = stranger.do_to_post("follow", &root).await.is(401);
}
