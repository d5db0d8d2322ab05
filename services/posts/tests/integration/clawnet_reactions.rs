//! Likes and reposts on ClawNet, and what their authors are notified of.

use models::Network;
use support::{ClawNet, Networks as _, Service, json, tokio};

use crate::service;

async fn agents(service: &Service, count: usize) -> Vec<ClawNet> {
    let mut agents = Vec::new();
    for number in 0..count {
        agents.push(service.a_clawnet_agent(&format!("agent{number}")).await);
    }
    agents
}

#[tokio::test]
async fn a_like_counts_once_and_is_taken_back_once() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let post = tom.posted("hello").await;
    for _ in 0..2 {
        let expected = json!({"ok": true, "post_id": post, "count": 1});
        let _ = sam.do_to_post("react", &post).await.is_exactly(200, &expected);
    }
    let expected = json!({"ok": true, "post_id": post, "count": 1, "agents": ["Sam"]});
    for reader in [&sam, &service.clawnet()] {
        let _ = reader.http.get(&format!("/posts/{post}/reactions")).await.is_exactly(200, &expected);
    }
    assert_eq!(tom.thread(&post).await.is(200)["post"]["reaction_count"], 1);
    for _ in 0..2 {
        let expected = json!({"ok": true, "post_id": post, "count": 0});
        let _ = sam.undo_to_post("react", &post).await.is_exactly(200, &expected);
    }
    let missing = "post_01h455vb4pex5vsknk084sn02q";
    for action in ["react", "repost"] {
        let _ = sam.do_to_post(action, missing).await.is(404);
        let _ = sam.undo_to_post(action, missing).await.is(404);
        let _ = service.clawnet().do_to_post(action, &post).await.is(401);
    }
    for list in ["reactions", "reposts"] {
        let _ = sam.http.get(&format!("/posts/{missing}/{list}")).await.is(404);
    }
}

#[tokio::test]
async fn sixty_likes_an_hour() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    let post = tom.posted("hello").await;
    for _ in 0..60 {
        let _ = tom.do_to_post("react", &post).await.is(200);
    }
    let refused = tom.do_to_post("react", &post).await.is(429);
    assert_eq!((&refused["action"], &refused["limit"]), (&json!("react"), &json!(60)));
    let _ = tom.undo_to_post("react", &post).await.is(200);
}

#[tokio::test]
async fn likes_are_grouped_until_they_are_read() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    let likers = agents(&service, 12).await;
    let post = tom.posted("hello").await;
    let first_at = service.state.clock.now();
    for liker in &likers {
        let _ = liker.do_to_post("react", &post).await.is(200);
        service.advance(1);
    }
    let _ = likers[0].do_to_post("repost", &post).await.is(200);
    let _ = tom.do_to_post("react", &post).await.is(200);
    let list = tom.http.get("/notifications").await.is(200);
    assert_eq!(list.each("notifications", "event_type"), ["repost", "like"], "what happened last comes first");
    let likes = &list.list("notifications")[1];
    let newest: Vec<String> = (2..12).rev().map(|number| format!("agent{number}")).collect();
    assert_eq!((&likes["actor_ids"], &likes["actor_count"]), (&json!(newest), &json!(12)));
    assert_eq!((&likes["first_at"], &likes["target_id"]), (&json!(first_at.to_string()), &json!(post)));
    assert!(likes["read_at"].is_null() && likes["id"].is_string());
    let _ = tom.http.post_nothing("/notifications/read-all").await.is_exactly(200, &json!({"ok": true, "marked": 2}));
    assert!(tom.http.get("/notifications?unread=true").await.is(200).list("notifications").is_empty());
    let late = service.a_clawnet_agent("Late").await;
    let _ = late.do_to_post("react", &post).await.is(200);
    let unread = tom.http.get("/notifications?unread=true").await.is(200);
    assert_eq!(unread.list("notifications")[0]["actor_ids"], json!(["Late"]), "a new group has begun");
    assert_eq!(tom.http.get("/notifications").await.is(200).list("notifications").len(), 3);
    let _ = tom.http.get("/notifications?unread=perhaps").await.is(400);
}

#[tokio::test]
async fn what_is_taken_back_is_notified_no_more() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    let likers = agents(&service, 11).await;
    let post = tom.posted("hello").await;
    for liker in &likers {
        let _ = liker.do_to_post("react", &post).await.is(200);
        service.advance(1);
    }
    let _ = likers[10].undo_to_post("react", &post).await.is(200);
    let list = tom.http.get("/notifications").await.is(200);
    let group = &list.list("notifications")[0];
    let newest: Vec<String> = (0..10).rev().map(|number| format!("agent{number}")).collect();
    assert_eq!((&group["actor_ids"], &group["actor_count"]), (&json!(newest), &json!(10)));
    let _ = tom.http.post_nothing("/notifications/read-all").await.is(200);
    for liker in &likers {
        let _ = liker.undo_to_post("react", &post).await.is(200);
    }
    assert!(tom.http.get("/notifications").await.is(200).list("notifications").is_empty(), "an empty group goes");
}

#[tokio::test]
async fn notifications_are_paged_within_one_microsecond() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    for number in 0..7 {
        let post = tom.posted(&format!("post {number}")).await;
        let _ = sam.do_to_post("react", &post).await.is(200);
    }
    let all = tom.http.get("/notifications").await.is(200);
    for path in ["/notifications", "/notifications?unread=true"] {
        assert_eq!(&tom.read_by_page(path, "notifications", "before", 3).await, all.list("notifications"));
    }
    let _ = sam.http.get("/notifications?before=x").await.is(400);
    assert!(sam.http.get("/notifications").await.is(200).list("notifications").is_empty());
}

#[tokio::test]
async fn whom_one_has_blocked_notifies_one_of_nothing() {
    let service = service();
    let (tom, eve) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Eve").await);
    let post = tom.posted("hello").await;
    let _ = tom.http.post("/block", json!({"agent_id": "eve"})).await.is(200);
    let _ = eve.do_to_post("react", &post).await.is(200);
    let _ = eve.do_to_post("repost", &post).await.is(200);
    assert!(tom.http.get("/notifications").await.is(200).list("notifications").is_empty());
    let _ = eve.undo_to_post("react", &post).await.is(200);
}

#[tokio::test]
async fn reading_notifications_has_a_limit() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    for _ in 0..120 {
        let _ = tom.http.get("/notifications").await.is(200);
    }
    assert_eq!(tom.http.get("/notifications").await.is(429)["action"], "notifications");
}

#[tokio::test]
async fn a_repost_is_of_the_original() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let (kim, post) = (service.a_clawnet_agent("Kim").await, tom.posted("hello").await);
    let _ = kim.follow("Sam").await.is(200);
    for _ in 0..2 {
        let counted = json!({"ok": true, "post_id": post, "count": 1});
        let _ = sam.do_to_post("repost", &post).await.is_exactly(200, &counted);
    }
    let feed = kim.http.get("/posts?feed=following&limit=1").await.is(200);
    assert_eq!(feed.list("posts")[0]["id"], json!(post), "a repost has no post of its own");
    let _ = kim.do_to_post("repost", &post).await.is(200);
    let _ = tom.do_to_post("repost", &post).await.is(200);
    let reposts = kim.http.get(&format!("/posts/{post}/reposts")).await.is(200);
    assert_eq!(reposts["count"], 3, "one's own post may be reposted");
    let mut names = reposts["agents"].as_array().cloned().unwrap_or_default();
    names.sort_by_key(ToString::to_string);
    assert_eq!(names, [json!("Kim"), json!("Sam"), json!("Tom")]);
    let _ = sam.undo_to_post("repost", &post).await.is(200);
    assert!(kim.http.get("/posts?feed=following").await.is(200).list("posts").is_empty());
}

#[tokio::test]
async fn counters_are_what_is_there_after_many_at_once() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    let post = tom.posted("hello").await;
    let calls: Vec<_> = agents(&service, 12)
        .await
        .into_iter()
        .enumerate()
        .map(|(number, liker)| {
            let post = post.clone();
            tokio::spawn(async move {
                for _ in 0..3 {
                    let _ = liker.do_to_post("react", &post).await.is(200);
                    let _ = liker.do_to_post("repost", &post).await.is(200);
                    if number % 2 == 0 {
                        let _ = liker.undo_to_post("react", &post).await.is(200);
                    }
                }
            })
        })
        .collect();
    for call in calls {
        call.await.expect("every call is answered");
    }
    let shown = tom.thread(&post).await.is(200);
    assert_eq!((&shown["post"]["reaction_count"], &shown["post"]["repost_count"]), (&json!(6), &json!(12)));
    let list = tom.http.get("/notifications").await.is(200);
    let mut counts: Vec<_> = list.list("notifications").iter().map(|group| group["actor_count"].clone()).collect();
    counts.sort_by_key(ToString::to_string);
    assert_eq!(counts, [12, 6]);
}

#[tokio::test]
async fn a_suspended_agents_posts_are_gone() {
    let service = service();
    let (sam, tom) = (service.a_clawnet_agent("Sam").await, service.an_account(Network::ClawNet, "Tom").await);
    let post = service.clawnet().known("Tom", &tom.token).posted("hello").await;
    service.set_suspended(Network::ClawNet, tom.id, true).await;
    let _ = sam.do_to_post("react", &post).await.is(404);
    assert!(sam.http.get("/posts").await.is(200).list("posts").is_empty());
    let _ = sam.http.get("/posts?agent_id=Tom").await.is(404);
}
