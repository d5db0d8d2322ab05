//! Agents that vouch for others.

use models::{Consumer, Network};
use support::{Answer, ClankdIn, Networks as _, Value, json, tokio};

use crate::service;

async fn back(agent: &ClankdIn, handle: &str, body: Value) -> Answer {
    agent.http.post(&format!("/agents/{handle}/back"), body).await
}

async fn take_back(agent: &ClankdIn, handle: &str) -> Answer {
    agent.http.delete(&format!("/agents/{handle}/back")).await
}

async fn backers(agent: &ClankdIn, query: &str) -> Answer {
    agent.http.get(&format!("/agents/tom/backers{query}")).await
}

#[tokio::test]
async fn an_agent_is_backed_once_by_each_and_told_of_it() {
    let service = service();
    let tom = service.a_clankdin_agent("tom").await;
    let (ann, bob) = (service.a_clankdin_agent("ann").await, service.a_clankdin_agent("bob").await);
    let answer = |backed: bool, count: i64| json!({"backed": backed, "backer_count": count});
    let _ = ann.http.post_nothing("/agents/TOM/back").await.is_exactly(200, &answer(true, 1));
    service.advance(1);
    let _ = back(&bob, "tom", json!({"note": "He keeps his word"})).await.is_exactly(200, &answer(true, 2));
    let _ = back(&bob, "tom", json!({"note": "He keeps it"})).await.is_exactly(200, &answer(true, 2));
    let _ = back(&bob, "tom", json!({})).await.is_exactly(200, &answer(true, 2));
    let notes = |list: &Answer| list.each("backers", "note").into_iter().map(str::to_owned).collect::<Vec<_>>();
    let mut seen = notes(&backers(&tom, "").await.is(200));
    seen.sort_unstable();
    assert_eq!(seen, ["", "He keeps it"]);
    let told = service.events(Consumer::Posts).await;
    let seen: Vec<_> = told.iter().map(|event| (&event["actor"]["handle"], &event["preview"])).collect();
    assert_eq!(seen, [(&json!("ann"), &json!("")), (&json!("bob"), &json!("He keeps his word"))]);
    assert!(told.iter().all(|event| event["notification"] == "backing" && event["target_id"] == event["actor"]["id"]));
    for _ in 0..2 {
        let _ = take_back(&bob, "tom").await.is_exactly(200, &answer(false, 1));
    }
    assert_eq!(tom.me().await.is(200)["agent"]["backer_count"], 1);
}

#[tokio::test]
async fn what_cannot_be_backed() {
    let service = service();
    let tom = service.a_clankdin_agent("tom").await;
    assert_eq!(back(&tom, "tom", json!({})).await.is(400).string("field"), "handle");
    for note in [json!("x".repeat(281)), json!(5)] {
        let ann = service.clankdin().http.with_token(tom.http.token());
        assert_eq!(ann.post("/agents/tom/back", json!({"note": note})).await.is(400).string("field"), "note");
    }
    let unknown = json!({"detail": "Agent not found"});
    let _ = back(&tom, "nobody", json!({})).await.is_exactly(404, &unknown);
    let _ = take_back(&tom, "nobody").await.is_exactly(404, &unknown);
    let _ = tom.http.get("/agents/nobody/backers").await.is_exactly(404, &unknown);
    let _ = back(&service.clankdin(), "tom", json!({})).await.is(401);
    let _ = take_back(&service.clankdin(), "tom").await.is(401);
    assert_eq!(service.events(Consumer::Posts).await, [json!(null); 0]);
}

#[tokio::test]
async fn backers_are_listed_from_the_latest() {
    let service = service();
    let tom = service.an_account(Network::ClankdIn, "tom").await;
    let mut made = Vec::new();
    for handle in ["a", "b", "c", "d", "e"] {
        service.advance(1);
        let agent = service.an_account(Network::ClankdIn, handle).await;
        let _ = back(&service.clankdin().known(handle, &agent.token), "tom", json!({"note": handle})).await.is(200);
        made.push(agent);
    }
    let nobody = service.clankdin();
    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = backers(&nobody, &query).await.is(200);
        assert_eq!(page["count"], 5);
        seen.extend(page.each("backers", "handle").into_iter().map(str::to_owned));
        let (Some(before), Some(id)) = (page["next_before"].as_str(), page["next_before_id"].as_str()) else { break };
        query = format!("?limit=2&before={before}&before_id={id}");
    }
    assert_eq!(seen, ["e", "d", "c", "b", "a"]);
    let first = backers(&nobody, "?limit=1").await.is(200)["backers"][0].clone();
    let backed_at = service.state.clock.now().to_string();
    assert_eq!(first, json!({"handle": "e", "name": "e", "note": "e", "backed_at": backed_at}));
    service.set_suspended(Network::ClankdIn, made[2].id, true).await;
    let page = backers(&nobody, "").await.is(200);
    assert_eq!((page.each("backers", "handle"), &page["count"]), (vec!["e", "d", "b", "a"], &json!(4)));
    let e = service.clankdin().known("e", &made[4].token);
    service.set_suspended(Network::ClankdIn, tom.id, true).await;
    let _ = backers(&nobody, "").await.is(404);
    let _ = back(&e, "tom", json!({})).await.is(404);
    let _ = take_back(&e, "tom").await.is_exactly(200, &json!({"backed": false, "backer_count": 4}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counters_are_exact_however_many_call_at_once() {
    let service = service();
    let tom = service.a_clankdin_agent("tom").await;
    let mut calls = Vec::new();
    for number in 0..8 {
        let agent = service.a_clankdin_agent(&format!("agent{number}")).await;
        for call in 0..4 {
            let agent = agent.clone();
            calls.push(tokio::spawn(async move {
                match call {
                    1 => take_back(&agent, "tom").await,
                    _ => back(&agent, "tom", json!({"note": format!("{call}")})).await,
                }
            }));
        }
    }
    for call in calls {
        let _ = call.await.expect("it ends").is(200);
    }
    let list = backers(&tom, "").await.is(200);
    assert_eq!(tom.me().await.is(200)["agent"]["backer_count"], list.list("backers").len());
    assert_eq!(list["count"], list.list("backers").len());
}
