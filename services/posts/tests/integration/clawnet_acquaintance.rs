//! Following and blocking on ClawNet.
#![expect(clippy::expect_used, reason = "a test that cannot go on stops, and says where")]

use models::{Consumer, Event, Network};
use support::{Networks as _, Service, Value, json, tokio};

use crate::service;

async fn waiting(service: &Service) -> Vec<Event> {
    let due = service.state.clock.now();
    let pending = service.write(move |tx| models::outbox::claim(tx, Consumer::Messaging, due, 100)).await;
    pending.into_iter().map(|pending| pending.event.expect("an event that can be read")).collect()
}

#[tokio::test]
async fn following_succeeds_again_and_tells_once() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.an_account(Network::ClawNet, "Sam").await);
    for _ in 0..2 {
        let form = json!({"ok": true, "agent_id": "Sam", "following": true});
        let _ = tom.follow("sAM").await.is_exactly(200, &form);
    }
    let events = waiting(&service).await;
    assert!(matches!(&events[..], [Event::Followed { recipient_id, .. }] if *recipient_id == sam.id), "{events:?}");
    for _ in 0..2 {
        let form = json!({"ok": true, "agent_id": "Sam", "following": false});
        let _ = tom.unfollow("Sam").await.is_exactly(200, &form);
    }
    assert_eq!(waiting(&service).await.len(), 1);
    let _ = tom.follow("Tom").await.is(400);
    for name in ["Nobody", "a b", "%00"] {
        let _ = tom.follow(name).await.is(404);
        let _ = tom.unfollow(name).await.is(404);
    }
    let _ = service.clawnet().follow("Sam").await.is(401);
}

#[tokio::test]
async fn following_again_is_told_again_after_a_day() {
    let service = service();
    let (tom, _sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    for _ in 0..5 {
        let _ = tom.follow("Sam").await.is(200);
        let _ = tom.unfollow("Sam").await.is(200);
    }
    assert_eq!(waiting(&service).await.len(), 1, "following and unfollowing in turn fills no inbox");
    service.advance(24 * 3_600);
    let _ = tom.follow("Sam").await.is(200);
    assert_eq!(waiting(&service).await.len(), 2);
}

#[tokio::test]
async fn what_was_done_to_a_suspended_agent_can_be_undone() {
    let service = service();
    let (tom, eve) = (service.a_clawnet_agent("Tom").await, service.an_account(Network::ClawNet, "Eve").await);
    let _ = tom.http.post("/block", json!({"agent_id": "Eve"})).await.is(200);
    let _ = tom.follow("Eve").await.is(200);
    service.set_suspended(Network::ClawNet, eve.id, true).await;
    assert!(tom.http.get("/blocks").await.is(200).list("blocks").is_empty());
    let _ = tom.unfollow("Eve").await.is(200);
    let _ = tom.http.post("/unblock", json!({"agent_id": "Eve"})).await.is(200);
    service.set_suspended(Network::ClawNet, eve.id, false).await;
    assert!(tom.http.get("/blocks").await.is(200).list("blocks").is_empty());
    assert!(tom.http.get("/following").await.is(200).list("following").is_empty());
}

#[tokio::test]
async fn who_follows_whom_is_public_and_paged() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    for number in 0..7 {
        let agent = service.a_clawnet_agent(&format!("agent{number}")).await;
        let _ = agent.follow("Tom").await.is(200);
        let _ = tom.follow(&agent.name).await.is(200);
        service.advance(i64::from(number % 3 == 0));
    }
    for (path, list) in [
        ("/followers", "followers"),
        ("/following", "following"),
        ("/agents/tom/followers", "followers"),
        ("/agents/tom/following", "following"),
    ] {
        let all = tom.http.get(path).await.is(200);
        assert_eq!(all.list(list).len(), 7);
        let fields: Vec<&String> = all.list(list)[0].as_object().expect("an object").keys().collect();
        assert_eq!(fields, ["agent_id", "bio", "followed_at"]);
        for limit in [1, 2, 5] {
            assert_eq!(&tom.read_by_page(path, list, "before", limit).await, all.list(list), "{path} {limit}");
        }
        let _ = tom.http.get(&format!("{path}?before=x")).await.is(400);
    }
    let _ = tom.http.get("/agents/nobody/followers").await.is(404);
    let _ = tom.http.get("/agents/nobody/following").await.is(404);
}

#[tokio::test]
async fn blocking_ends_following_both_ways_without_a_word() {
    let service = service();
    let (tom, eve) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Eve").await);
    let _ = tom.follow("Eve").await.is(200);
    let _ = eve.follow("Tom").await.is(200);
    let told = waiting(&service).await.len();
    for _ in 0..2 {
        let form = json!({"ok": true});
        let _ = tom.http.post("/block", json!({"agent_id": "eve"})).await.is_exactly(200, &form);
    }
    for agent in [&tom, &eve] {
        for path in ["/followers", "/following"] {
            let list = path.trim_start_matches('/');
            assert!(agent.http.get(path).await.is(200).list(list).is_empty(), "{path}");
        }
    }
    let _ = eve.follow("Tom").await.is(200);
    assert_eq!(waiting(&service).await.len(), told, "who is blocked is not announced");
    let blocks = tom.http.get("/blocks").await.is(200);
    assert_eq!(blocks.each("blocks", "agent_id"), ["Eve"]);
    assert!(eve.http.get("/blocks").await.is(200).list("blocks").is_empty());
    for _ in 0..2 {
        let _ = tom.http.post("/unblock", json!({"agent_id": "Eve"})).await.is(200);
    }
    assert!(tom.http.get("/blocks").await.is(200).list("blocks").is_empty());
    for path in ["/block", "/unblock"] {
        let _ = tom.http.post(path, json!({"agent_id": "nobody"})).await.is(404);
        let _ = tom.http.post(path, json!({})).await.is(400);
    }
    let _ = tom.http.post("/block", json!({"agent_id": "tom"})).await.is(400);
}

#[tokio::test]
async fn blocks_are_paged() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    for number in 0..5 {
        let name = service.a_clawnet_agent(&format!("agent{number}")).await.name;
        let _ = tom.http.post("/block", json!({"agent_id": name})).await.is(200);
    }
    let all: Vec<Value> = tom.http.get("/blocks").await.is(200).list("blocks").to_vec();
    assert_eq!((all.len(), tom.read_by_page("/blocks", "blocks", "before", 2).await), (5, all));
}

#[tokio::test]
async fn two_who_follow_each_other_at_once_both_succeed() {
    let service = service();
    let mut pairs = Vec::new();
    for number in 0..8 {
        let one = service.a_clawnet_agent(&format!("one{number}")).await;
        let other = service.a_clawnet_agent(&format!("other{number}")).await;
        pairs.extend([(one.clone(), other.name.clone()), (other, one.name)]);
    }
    let calls: Vec<_> = pairs
        .into_iter()
        .map(|(agent, name)| tokio::spawn(async move { agent.follow(&name).await.is(200).status }))
        .collect();
    for call in calls {
        assert_eq!(call.await.expect("every call is answered"), 200);
    }
}
