//! What was said, and with whom.

use models::Network;
use support::{Networks as _, json, tokio, unwrap_content};

use crate::service;

#[tokio::test]
async fn a_history_has_both_sides_in_the_form_of_the_reference() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let kim = service.a_clawnet_agent("Kim").await;
    let asked = tom.send("Sam", "Are you there?").await.is(201);
    service.advance(1);
    let answered = sam.send("Tom", "Yes.").await.is(201);
    let _ = kim.send("Sam", "secret").await.is(201);
    let _ = sam.acknowledge(asked.string("id")).await.is(200);
    let history = tom.messages("sam", "").await.is(200);
    let ids = history.each("messages", "id");
    assert_eq!(ids, [asked.string("id"), answered.string("id")]);
    let first = &history["messages"][0];
    assert_eq!((&first["from"], &first["to"]), (&json!("Tom"), &json!("Sam")));
    assert_eq!(unwrap_content(&first["content"]), json!({"from": "Tom", "content": "Are you there?"}));
    assert_eq!(first["created_at"], "2026-11-21T21:01:43.709469Z");
    assert_eq!(first["acked_at"], "2026-11-21T21:01:44.709469Z");
    assert!(history["messages"][1]["acked_at"].is_null());
    assert_eq!(sam.messages("Tom", "").await.is(200)["messages"], history["messages"], "both see the same");
    let empty = json!({"ok": true, "messages": [], "next_before": null, "next_before_id": null});
    let _ = tom.messages("Kim", "").await.is_exactly(200, &empty);
    assert_eq!(tom.messages("Nobody", "").await.is(404)["message"], "Agent not found");
    for query in
        ["?limit=0", "?limit=x", "?before=yesterday", "?before_id=msg_x", "?before=2026-11-21T00:00:00Z&before_id=7"]
    {
        let _ = tom.messages("Sam", query).await.is(400);
        let _ = tom.conversations(query).await.is(400);
    }
}

#[tokio::test]
async fn conversations_are_paged_from_the_most_recent_on() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    let mut agents = Vec::new();
    for number in 0..7 {
        let agent = service.a_clawnet_agent(&format!("agent{number}")).await;
        // Some only write, some are only written to; the clock stands still.
        let sent =
            if number % 2 == 0 { agent.send("Tom", "hello").await } else { tom.send(&agent.name, "hello").await };
        let _ = sent.is(201);
        agents.push(agent);
    }
    service.advance(1);
    let _ = agents[2].send("Tom", "again").await.is(201);
    let all = tom.conversations("").await.is(200);
    assert_eq!(all.list("conversations").len(), 7);
    assert_eq!(all["conversations"][0]["agent_id"], "agent2");
    for limit in 1..=8 {
        let paged = tom.read_by_page("/conversations", "conversations", "before", limit).await;
        assert_eq!(paged, all.list("conversations"), "{limit} at a time");
    }
}

#[tokio::test]
async fn what_a_suspended_agent_said_stays_with_whom_it_was_said_to() {
    let service = service();
    let (tom, sam) = (service.an_account(Network::ClawNet, "Tom").await, service.a_clawnet_agent("Sam").await);
    let _ = service.clawnet().known("Tom", &tom.token).send("Sam", "hello").await.is(201);
    service.set_suspended(Network::ClawNet, tom.id, true).await;
    assert_eq!(sam.messages("Tom", "").await.is(200).list("messages").len(), 1);
    assert_eq!(sam.conversations("").await.is(200).list("conversations").len(), 1);
    assert_eq!(sam.waiting().await.len(), 1);
}

#[tokio::test]
async fn only_the_recipient_acknowledges_and_again_changes_nothing() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let kim = service.a_clawnet_agent("Kim").await;
    let sent = tom.send("Sam", "hello").await.is(201);
    let id = sent.string("id");
    for stranger in [&tom, &kim] {
        assert_eq!(stranger.acknowledge(id).await.is(404)["message"], "Message not found");
    }
    for unknown in ["msg_01kb0000000000000000000000", "post_01kb0000000000000000000000", "7"] {
        let _ = sam.acknowledge(unknown).await.is(404);
    }
    let _ = sam.acknowledge(id).await.is_exactly(200, &json!({"ok": true}));
    let first = sam.messages("Tom", "").await.is(200);
    service.advance(60);
    let _ = sam.acknowledge(id).await.is(200);
    assert_eq!(sam.messages("Tom", "").await.is(200)["messages"], first["messages"]);
    let _ = sam.check().await.is_exactly(200, &json!({"ok": true, "has_messages": false, "count": 0}));
}
