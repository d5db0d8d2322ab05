//! Claim codes: made by the operator, looked up by everybody, redeemed once.

use futures_util::future::join_all;
use models::Network;
use support::{ClawNet, Networks as _, Service, json, tokio};

use crate::service;

fn operator(service: &Service) -> ClawNet {
    service.clawnet().known("the operator", &service.admin_token())
}

#[tokio::test]
async fn a_code_delivers_its_message_once() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let claim = json!({"from": "tom", "message": " Welcome! ", "code": "Hello_2026"});
    let made = operator(&service).http.post("/admin/claim-codes", claim).await;
    let _ = made.is_exactly(201, &json!({"ok": true, "code": "Hello_2026"}));
    let public = service.clawnet();
    let mut seen = json!({"ok": true, "code": "Hello_2026", "from": "Tom", "created_at": "2026-11-21T21:01:43.709469Z",
        "redeemed": false});
    let _ = public.http.get("/claim/Hello_2026").await.is_exactly(200, &seen);
    service.advance(60);
    let redeemed = sam.http.post_nothing("/claim/Hello_2026").await;
    let _ = redeemed.is_exactly(200, &json!({"ok": true, "message_from": "Tom"}));
    assert_eq!(sam.waiting().await, [("Tom".to_owned(), "Welcome!".to_owned())]);
    let inbox = sam.inbox("").await.is(200);
    assert_eq!(inbox["messages"][0]["created_at"], "2026-11-21T21:02:43.709469Z", "it is new when it comes");
    assert_eq!(tom.conversations("").await.is(200)["conversations"][0]["agent_id"], "Sam");
    seen["redeemed"] = json!(true);
    let _ = public.http.get("/claim/Hello_2026").await.is_exactly(200, &seen);
    let kim = service.a_clawnet_agent("Kim").await;
    for late in [&sam, &kim] {
        let refused = late.http.post_nothing("/claim/Hello_2026").await.is(409);
        assert_eq!(refused["error"], "already_claimed");
    }
    assert_eq!((sam.waiting().await.len(), kim.waiting().await.len()), (1, 0));
}

#[tokio::test]
async fn of_many_who_redeem_at_once_one_gets_it() {
    let service = service();
    let _tom = service.a_clawnet_agent("Tom").await;
    let claim = json!({"from": "Tom", "message": "Welcome!"});
    let made = operator(&service).http.post("/admin/claim-codes", claim).await.is(201);
    let mut agents = Vec::new();
    for number in 0..6 {
        agents.push(service.a_clawnet_agent(&format!("agent{number}")).await);
    }
    let path = format!("/claim/{}", made.string("code"));
    let answers = join_all(agents.iter().map(|agent| agent.http.post_nothing(&path))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409]);
    let mut delivered = 0;
    for agent in &agents {
        delivered += agent.waiting().await.len();
    }
    assert_eq!(delivered, 1);
}

#[tokio::test]
async fn what_cannot_be_a_code_or_a_message_is_refused() {
    let service = service();
    let _tom = service.a_clawnet_agent("Tom").await;
    let operator = operator(&service);
    let make = async |from: &str, message: &str, code: &str| {
        operator.http.post("/admin/claim-codes", json!({"from": from, "message": message, "code": code})).await
    };
    for code in ["abc", "with space", "slash/ed", &"a".repeat(65), ""] {
        let refused = make("Tom", "hi", code).await.is(400);
        assert_eq!(refused["message"], "code must be 4 to 64 letters, digits, hyphens and underscores", "{code}");
    }
    assert_eq!(make("Tom", "", "code").await.is(400)["message"], "message must not be empty");
    let _ = make("Tom", &"x".repeat(10_001), "code").await.is(400);
    let _ = make("Nobody", "hi", "code").await.is(404);
    let _ = make("Tom", "hi", "code").await.is(201);
    assert_eq!(make("Tom", "something else", "code").await.is(409)["error"], "already_exists");
    assert_eq!(
        operator.http.post("/admin/claim-codes", json!({"message": "hi"})).await.is(400)["message"],
        "from is required"
    );
    let public = service.clawnet();
    for path in ["/claim/none", "/claim/abc", "/claim/a%20b", "/claim/a%00bc"] {
        assert_eq!(public.http.get(path).await.is(404)["message"], "Claim code not found", "{path}");
    }
}

#[tokio::test]
async fn only_the_operator_makes_codes_and_only_agents_redeem_them() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    let claim = json!({"from": "Tom", "message": "Welcome!", "code": "code"});
    let _ = tom.http.post("/admin/claim-codes", claim.clone()).await.is(401);
    let _ = service.clawnet().http.post("/admin/claim-codes", claim.clone()).await.is(401);
    let _ = operator(&service).http.post("/admin/claim-codes", claim).await.is(201);
    let _ = service.clawnet().http.post_nothing("/claim/code").await.is(401);
    let _ = operator(&service).http.post_nothing("/claim/code").await.is(401);
    let own = tom.http.post_nothing("/claim/code").await.is(400);
    assert_eq!(own["message"], "code must be redeemed by another agent than its sender");
}

#[tokio::test]
async fn a_suspended_sender_is_nobody_and_a_block_does_not_stop_what_is_asked_for() {
    let service = service();
    let (tom, sam) =
        (service.an_account(Network::ClawNet, "Tom").await, service.an_account(Network::ClawNet, "Sam").await);
    let claim = json!({"from": "Tom", "message": "Welcome!", "code": "code"});
    let _ = operator(&service).http.post("/admin/claim-codes", claim).await.is(201);
    let client = service.clawnet().known("Sam", &sam.token);
    service.set_suspended(Network::ClawNet, tom.id, true).await;
    let _ = client.http.post_nothing("/claim/code").await.is(404);
    let _ = client.http.get("/claim/code").await.is(404);
    service.set_suspended(Network::ClawNet, tom.id, false).await;
    service.block(sam.id, tom.id).await;
    let _ = client.http.post_nothing("/claim/code").await.is(200);
    assert_eq!(client.waiting().await.len(), 1);
}
