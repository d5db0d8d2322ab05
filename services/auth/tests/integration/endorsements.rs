//! Skills that others vouch for.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

use models::{Consumer, Network};
use support::{Answer, ClankdIn, Networks as _, Service, application, json, tokio};

use crate::service;

/// An agent called Tom that can do what is hard to write in a path.
async fn tom(service: &Service) -> ClankdIn {
    let mut application = application("Tom");
    application["skills"] = json!(["Python", "C++", "CI/CD", "100%", "Data Analysis", "İstanbul é", "a?b#c&d"]);
    let registered = service.clankdin().register(&application).await.is(201);
    let key = registered["agent"]["api_key"].as_str().expect("a key is text").to_owned();
    service.clankdin().known("tom", &key)
}

async fn endorse(agent: &ClankdIn, skill: &str) -> Answer {
    agent.http.post_nothing(&format!("/agents/tom/skills/{skill}/endorse")).await
}

async fn take_back(agent: &ClankdIn, skill: &str) -> Answer {
    agent.http.delete(&format!("/agents/tom/skills/{skill}/endorse")).await
}

async fn endorsers(agent: &ClankdIn, skill: &str, query: &str) -> Answer {
    agent.http.get(&format!("/agents/tom/skills/{skill}/endorsers{query}")).await
}

#[tokio::test]
async fn a_skill_is_endorsed_once_by_each_and_its_owner_is_told() {
    let service = service();
    tom(&service).await;
    let (ann, bob) = (service.a_clankdin_agent("ann").await, service.a_clankdin_agent("bob").await);
    let answer = |count: i64, endorsed: bool| json!({"skill": {"name": "Python", "endorsement_count": count}, "endorsed": endorsed});
    for _ in 0..2 {
        let _ = endorse(&ann, "python").await.is_exactly(200, &answer(1, true));
    }
    service.advance(1);
    let _ = endorse(&bob, "PYTHON").await.is_exactly(200, &answer(2, true));
    let told = service.events(Consumer::Posts).await;
    let seen: Vec<_> = told.iter().map(|event| (&event["actor"]["handle"], &event["preview"])).collect();
    assert_eq!(seen, [(&json!("ann"), &json!("Python")), (&json!("bob"), &json!("Python"))]);
    assert!(
        told.iter().all(|event| event["notification"] == "endorsement" && event["target_id"] == event["actor"]["id"])
    );
    for _ in 0..2 {
        let _ = take_back(&ann, "Python").await.is_exactly(200, &answer(1, false));
    }
    let _ = take_back(&bob, "Python").await.is_exactly(200, &answer(0, false));
    assert_eq!(ann.agent("tom").await.is(200)["agent"]["skills"][0]["endorsement_count"], 0);
}

#[tokio::test]
async fn a_skill_is_found_however_it_is_written() {
    let service = service();
    tom(&service).await;
    let ann = service.a_clankdin_agent("ann").await;
    for (path, name) in [
        ("c%2B%2B", "C++"),
        ("C++", "C++"),
        ("CI%2FCD", "CI/CD"),
        ("ci%2fcd", "CI/CD"),
        ("100%25", "100%"),
        ("data%20analysis", "Data Analysis"),
        ("I%CC%87stanbul%20e%CC%81", "İstanbul é"),
        ("a%3Fb%23c%26d", "a?b#c&d"),
    ] {
        let endorsed = endorse(&ann, path).await.is(200);
        assert_eq!(endorsed["skill"], json!({"name": name, "endorsement_count": 1}), "{path}");
        let list = endorsers(&ann, path, "").await.is(200);
        assert_eq!((&list["skill"], &list["count"]), (&json!(name), &json!(1)), "{path}");
        let _ = take_back(&ann, path).await.is(200);
    }
}

#[tokio::test]
async fn what_cannot_be_endorsed() {
    let service = service();
    let tom = tom(&service).await;
    let ann = service.a_clankdin_agent("ann").await;
    let unlisted = json!({"detail": "Skill not found"});
    for skill in ["rust", "C", "CI", "%00", "%20", "%E2%80%AE", &"x".repeat(51), "python%00"] {
        let _ = endorse(&ann, skill).await.is_exactly(404, &unlisted);
        let _ = take_back(&ann, skill).await.is_exactly(404, &unlisted);
        let _ = endorsers(&ann, skill, "").await.is_exactly(404, &unlisted);
    }
    assert_eq!(endorse(&tom, "python").await.is(400).string("field"), "handle");
    let _ = take_back(&tom, "python").await.is(200);
    for method in ["POST", "DELETE"] {
        let nobody = ann.http.call(method, "/agents/nobody/skills/python/endorse", None).await;
        let _ = nobody.is_exactly(404, &json!({"detail": "Agent not found"}));
        let _ = service.clankdin().http.call(method, "/agents/tom/skills/python/endorse", None).await.is(401);
    }
    assert_eq!(service.events(Consumer::Posts).await, [json!(null); 0]);
}

#[tokio::test]
async fn twenty_an_hour_and_none_for_what_fails() {
    let service = service();
    tom(&service).await;
    let ann = service.a_clankdin_agent("ann").await;
    for _ in 0..25 {
        let _ = endorse(&ann, "rust").await.is(404);
    }
    for _ in 0..20 {
        let _ = endorse(&ann, "python").await.is(200);
    }
    let refused = endorse(&ann, "c++").await.is(429);
    assert!(refused.header("retry-after").is_some());
    let _ = take_back(&ann, "python").await.is(200);
    service.advance(3_600);
    let _ = endorse(&ann, "c++").await.is(200);
}

#[tokio::test]
async fn endorsers_are_listed_from_the_latest() {
    let service = service();
    tom(&service).await;
    let mut made = Vec::new();
    for handle in ["a", "b", "c", "d", "e"] {
        let agent = service.an_account(Network::ClankdIn, handle).await;
        let client = service.clankdin().known(handle, &agent.token);
        // The last two at the same instant.
        if handle != "e" {
            service.advance(1);
        }
        let _ = endorse(&client, "python").await.is(200);
        made.push(agent);
    }
    let nobody = service.clankdin();
    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = endorsers(&nobody, "python", &query).await.is(200);
        assert_eq!(page["count"], 5);
        seen.extend(page.each("endorsers", "handle").into_iter().map(str::to_owned));
        let (Some(before), Some(id)) = (page["next_before"].as_str(), page["next_before_id"].as_str()) else { break };
        query = format!("?limit=2&before={before}&before_id={id}");
    }
    seen[..2].sort_unstable();
    assert_eq!(seen, ["d", "e", "c", "b", "a"]);
    let first = endorsers(&nobody, "python", "?limit=1").await.is(200)["endorsers"][0].clone();
    assert_eq!(
        first,
        json!({"handle": first["handle"], "name": first["name"], "endorsed_at": service.state.clock.now().to_string()})
    );
    service.set_suspended(Network::ClankdIn, made[2].id, true).await;
    let page = endorsers(&nobody, "python", "").await.is(200);
    assert_eq!((page.list("endorsers").len(), &page["count"]), (4, &json!(4)));
    let _ = endorsers(&nobody, "python", "?limit=0").await.is(400);
}

#[tokio::test]
async fn who_is_suspended_is_endorsed_no_more_but_that_can_be_undone() {
    let service = service();
    let tom = tom(&service).await;
    let ann = service.a_clankdin_agent("ann").await;
    let _ = endorse(&ann, "python").await.is(200);
    let id = service.read(|conn| Ok(models::clankrs::by_handle(conn, "tom")?.account.id)).await;
    service.set_suspended(Network::ClankdIn, id, true).await;
    let _ = endorse(&ann, "c++").await.is(404);
    let _ = endorsers(&ann, "python", "").await.is(404);
    assert_eq!(take_back(&ann, "python").await.is(200)["skill"]["endorsement_count"], 0);
    let _ = tom.me().await.is(401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counters_are_exact_however_many_call_at_once() {
    let service = service();
    let tom = tom(&service).await;
    let mut calls = Vec::new();
    for number in 0..6 {
        let agent = service.a_clankdin_agent(&format!("agent{number}")).await;
        for call in 0..4 {
            let agent = agent.clone();
            // Each ends with an endorsement, whatever came in between.
            calls.push(tokio::spawn(async move {
                match call {
                    0 => take_back(&agent, "python").await,
                    _ => endorse(&agent, "python").await,
                }
            }));
        }
        let tom = tom.clone();
        calls.push(tokio::spawn(async move {
            tom.http.json("PATCH", "/agents/me", &json!({"skills": [format!("S{number}"), "python"]})).await
        }));
    }
    for call in calls {
        let _ = call.await.expect("it ends").is(200);
    }
    let list = endorsers(&tom, "python", "").await.is(200);
    let shown = tom.me().await.is(200)["agent"]["skills"][1].clone();
    assert_eq!(shown, json!({"name": "python", "endorsement_count": list.list("endorsers").len()}));
    assert_eq!(list["count"], shown["endorsement_count"]);
}
