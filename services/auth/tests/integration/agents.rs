//! Agents of ClawNet and ClankdIn: registering, tokens, and the limits on both.

use models::Network;
use support::{Networks as _, application, json};

use crate::{HOUR, with_workers};

#[tokio::test]
async fn ten_registrations_an_hour_from_one_address() {
    let service = with_workers();
    for number in 0..10 {
        let _ = service.clawnet().register(&format!("Agent{number}")).await.is(201);
        let _ = service.clankdin().register(&application("Data Bot")).await.is(201);
    }
    let text = "Too many requests. Limit: 10/hour for register.";
    let form = json!({"ok": false, "error": "rate_limited", "message": text, "action": "register", "limit": 10, "window": "1 hour"});
    service.advance(HOUR - 1);
    let refused = service.clawnet().register("Agent10").await.is_exactly(429, &form);
    assert_eq!(refused.header("retry-after"), Some("1"));
    let _ = service.clankdin().register(&application("Data Bot")).await.is_exactly(429, &json!({"detail": text}));
    service.advance(1);
    let _ = service.clawnet().register("Agent10").await.is(201);
    let _ = service.clankdin().register(&application("Data Bot")).await.is(201);
}

#[tokio::test]
async fn what_fails_uses_nothing_up() {
    let service = with_workers();
    service.a_clawnet_agent("Tom").await;
    for _ in 0..15 {
        let _ = service.clawnet().register("tom").await.is(409);
        let _ = service.clawnet().register("a").await.is(400);
        let _ = service.clawnet().register("admin").await.is(422);
    }
    for number in 0..10 {
        let _ = service.clawnet().register(&format!("Agent{number}")).await.is(201);
    }
    let _ = service.clawnet().register("Agent10").await.is(429);
}

#[tokio::test]
async fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
    let service = with_workers();
    for number in 0..10 {
        let claims = service.clawnet().http.with_header("x-forwarded-for", &format!("203.0.113.{number}"));
        let _ = claims.post("/register", json!({"agent_id": format!("Agent{number}")})).await.is(201);
    }
    let _ = service.clawnet().register("Agent10").await.is(429);
}

#[tokio::test]
async fn ten_rotations_an_hour_whatever_the_token() {
    let service = with_workers();
    let mut tom = service.a_clawnet_agent("Tom").await;
    for _ in 0..10 {
        let rotated = tom.rotate_token().await.is(200);
        let _ = tom.me().await.is(401);
        tom = service.clawnet().known("Tom", rotated.string("token"));
    }
    assert_eq!(tom.rotate_token().await.is(429)["action"], "token_rotate");
    let _ = tom.me().await.is(200);
    service.advance(HOUR);
    let _ = tom.rotate_token().await.is(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_rotations_of_one_token_one_succeeds() {
    let service = with_workers();
    let tom = service.a_clawnet_agent("Tom").await;
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let tom = tom.clone();
            tokio::spawn(async move { tom.rotate_token().await })
        })
        .collect();
    let mut living = Vec::new();
    for call in calls {
        let answer = call.await.unwrap();
        match answer.status {
            200 => living.push(answer.string("token").to_owned()),
            status => assert_eq!(status, 401, "{answer}"),
        }
    }
    assert_eq!(living.len(), 1);
    let _ = service.clawnet().known("Tom", &living[0]).me().await.is(200);
}

#[tokio::test]
async fn every_answer_to_an_agent_shows_its_limit_of_posts() {
    let service = with_workers();
    let tom = service.a_clawnet_agent("Tom").await;
    for answer in [tom.me().await.is(200), tom.rotate_token().await.is(200)] {
        let header = |name: &str| answer.header(name).unwrap_or_default().to_owned();
        assert_eq!((header("x-ratelimit-limit"), header("x-ratelimit-remaining")), ("10".to_owned(), "10".to_owned()));
        assert_eq!(header("x-ratelimit-reset"), service.state.clock.now().seconds().to_string());
    }
    assert_eq!(
        tom.agent("Tom").await.is(200).header("x-ratelimit-limit"),
        None,
        "who is asked nothing is shown nothing"
    );
}

#[tokio::test]
async fn a_suspended_agent_is_nobody_until_that_is_lifted() {
    let service = with_workers();
    let made = service.an_account(Network::ClawNet, "Tom").await;
    let tom = service.clawnet().known("Tom", &made.token);
    service.set_suspended(Network::ClawNet, made.id, true).await;
    let _ = tom.me().await.is(401);
    let _ = tom.agent("Tom").await.is(404);
    let _ = tom.register("tom").await.is(409);
    service.set_suspended(Network::ClawNet, made.id, false).await;
    let _ = tom.me().await.is(200);
    let _ = tom.agent("Tom").await.is(200);
}

#[tokio::test]
async fn one_name_on_three_networks_is_three_accounts() {
    let service = with_workers();
    let tom = service.a_clawnet_agent("tom").await;
    let user = service.a_clankspace_user("tom").await;
    let clankr = service.a_clankdin_agent("tom").await;
    assert_eq!(tom.me().await.is(200)["agent_id"], "tom");
    assert_eq!(user.me().await.is(200)["username"], "tom");
    assert_eq!(clankr.me().await.is(200)["agent"]["handle"], "tom");
    let _ = tom.known("tom", clankr.http.token()).me().await.is(401);
    let _ = user.known("tom", tom.http.token()).me().await.is(401);
    let _ = clankr.known("tom", user.http.token()).me().await.is(401);
}

#[tokio::test]
async fn handles_on_clankdin_are_derived_from_names() {
    let service = with_workers();
    let network = service.clankdin();
    for (name, handle) in [
        ("DataBot", "databot"),
        ("databot", "databot_2"),
        ("Data Bot 2", "data_bot_2"),
        ("Data Bot", "data_bot"),
        ("Data-Bot", "data_bot_3"),
        ("Me", "me_2"),
        ("机器人", "agent"),
    ] {
        let registered = network.register(&application(name)).await.is(201);
        assert_eq!((&registered["agent"]["handle"], &registered["agent"]["name"]), (&json!(handle), &json!(name)));
    }
}

#[tokio::test]
async fn an_application_has_bounds() {
    let service = with_workers();
    let with = |field: &str, value: support::Value| {
        let mut body = application("Data Bot");
        body[field] = value;
        body
    };
    let long = |length: usize| json!("x".repeat(length));
    let many = |count: usize| json!((0..count).map(|number| format!("skill {number}")).collect::<Vec<_>>());
    for (field, value) in [
        ("name", long(1)),
        ("name", long(51)),
        ("tagline", long(9)),
        ("tagline", long(201)),
        ("bio", long(49)),
        ("bio", long(2001)),
        ("skills", many(0)),
        ("skills", many(21)),
        ("skills", json!(["x".repeat(51)])),
        ("skills", json!([" "])),
        ("strengths", many(6)),
        ("name", json!(5)),
        ("skills", json!("Python")),
    ] {
        let refused = service.clankdin().register(&with(field, value.clone())).await.is(400);
        assert!(refused.string("field").starts_with(field), "{field} {value}: {refused}");
    }
    for (field, value) in
        [("name", long(2)), ("name", long(50)), ("tagline", long(10)), ("bio", long(2000)), ("skills", many(20))]
    {
        let _ = service.clankdin().register(&with(field, value)).await.is(201);
    }
}

#[tokio::test]
async fn what_is_left_out_has_a_default() {
    let service = with_workers();
    let mut least = application("Least Bot");
    for field in ["languages", "base_model", "strengths"] {
        least.as_object_mut().unwrap().remove(field);
    }
    let _ = service.clankdin().register(&least).await.is(201);
    let agent = service.clankdin().agent("least_bot").await.is(200)["agent"].clone();
    assert_eq!((&agent["languages"], &agent["base_model"]), (&json!(["English"]), &json!(null)));
    assert_eq!((&agent["verified"], &agent["current_task"]), (&json!(false), &json!(null)));
    least["name"] = json!("Null Bot");
    for field in ["languages", "base_model", "strengths"] {
        least[field] = json!(null);
    }
    let _ = service.clankdin().register(&least).await.is(201);
    let nothing = service.clankdin().agent("null_bot").await.is(200)["agent"].clone();
    assert_eq!((&nothing["languages"], &nothing["strengths"]), (&json!(["English"]), &json!([])));
}
