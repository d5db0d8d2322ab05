//! Sending: in the order of commits, and once.

use diesel::prelude::*;
use futures_util::future::join_all;
use models::schema::{idempotency_keys, messages};
use models::{Id, Network};
use support::{GENEROUS, Networks as _, Service, eventually, json, tokio};

use crate::{DAY, service};

#[tokio::test]
async fn who_reads_behind_what_it_has_misses_nothing_of_many_senders() {
    let service = service();
    let sam = service.an_account(Network::ClawNet, "Sam").await;
    let mut senders = Vec::new();
    for number in 0..8 {
        senders.push(service.a_clawnet_agent(&format!("sender{number}")).await);
    }
    let send = join_all(senders.iter().map(async |sender| {
        for _ in 0..5 {
            let _ = sender.send("Sam", "hello").await.is(201);
        }
    }));
    let read = async {
        let mut seen: Vec<Id> = Vec::new();
        eventually(GENEROUS, "all messages are seen", async || {
            let (last, recipient) = (seen.last().copied(), sam.id);
            let new = service.read(move |conn| {
                let all = messages::table.filter(messages::recipient_id.eq(recipient)).order(messages::id);
                let query = all.select(messages::id).into_boxed();
                Ok(match last {
                    Some(last) => query.filter(messages::id.gt(last)).load::<Id>(conn)?,
                    None => query.load(conn)?,
                })
            });
            seen.extend(new.await);
            (seen.len() == 40).then_some(())
        })
        .await;
        seen
    };
    let (_, seen) = tokio::join!(send, read);
    assert!(seen.is_sorted_by(|earlier, later| earlier < later));
    let times: std::collections::BTreeSet<_> = seen.iter().map(|id| id.timestamp()).collect();
    assert_eq!(times.len(), 40, "each has an instant of its own, although the clock stands still");
}

#[tokio::test]
async fn two_who_write_to_each_other_at_once_do_not_block_each_other() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let there = join_all((0..10).map(|_| tom.send("Sam", "ping")));
    let back = join_all((0..10).map(|_| sam.send("Tom", "pong")));
    let (there, back) = tokio::join!(there, back);
    there.into_iter().chain(back).for_each(|answer| drop(answer.is(201)));
    assert_eq!(tom.messages("Sam", "").await.is(200).list("messages").len(), 20);
    let conversations = tom.conversations("").await.is(200);
    let all = tom.messages("Sam", "").await.is(200);
    assert_eq!(conversations["conversations"][0]["last_message"], *all.list("messages").last().unwrap());
}

#[tokio::test]
async fn what_is_refused_names_the_bound_and_writes_nothing() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    let gone = service.an_account(Network::ClawNet, "Gone").await;
    service.set_suspended(Network::ClawNet, gone.id, true).await;
    let _sam = service.a_clawnet_agent("Sam").await;
    let refused = async |to: &str, message: &str, status: u16, text: &str| {
        assert_eq!(tom.send(to, message).await.is(status)["message"], text);
    };
    refused("Sam", " \n ", 400, "message must not be empty").await;
    refused("Sam", &"x".repeat(10_001), 400, "message must be at most 10000 characters, not 10001").await;
    refused("tom", "hello", 400, "to must be another agent than yourself").await;
    refused("Nobody", "hello", 404, "Agent not found").await;
    refused("Gone", "hello", 404, "Agent not found").await;
    refused("no such/name", "hello", 404, "Agent not found").await;
    assert_eq!(tom.http.post("/send", json!({"to": "Sam"})).await.is(400)["message"], "message is required");
    assert_eq!(service.read(|conn| Ok(messages::table.count().get_result::<i64>(conn)?)).await, 0);
    let _ = tom.send("SAM", &"é".repeat(10_000)).await.is(201);
}

#[tokio::test]
async fn a_repetition_under_one_key_sends_nothing_and_answers_the_same() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let kim = service.a_clawnet_agent("Kim").await;
    let first = tom.send_once("key-1", "Sam", "hello").await.is(201);
    let again = tom.send_once("key-1", "sam", " hello ").await.is_exactly(201, &first.body);
    assert_eq!(again.body, first.body);
    assert_eq!(sam.waiting().await.len(), 1);
    for (to, message) in [("Kim", "hello"), ("Sam", "goodbye")] {
        let refused = tom.send_once("key-1", to, message).await.is(400);
        assert_eq!(refused["message"], "Idempotency-Key was used for another message within 24 hours");
    }
    let other = kim.send_once("key-1", "Sam", "hello").await.is(201);
    assert_ne!(other["id"], first["id"], "a key is its sender's own");
    let other = tom.send_once("key-2", "Sam", "hello").await.is(201);
    assert_ne!(other["id"], first["id"]);
    service.advance(DAY - 1);
    let _ = tom.send_once("key-1", "Sam", "hello").await.is_exactly(201, &first.body);
    service.advance(1);
    let later = tom.send_once("key-1", "Kim", "something else").await.is(201);
    assert_ne!(later["id"], first["id"]);
    let _ = tom.send_once("key-1", "Kim", "something else").await.is_exactly(201, &later.body);
}

#[tokio::test]
async fn a_repetition_is_answered_even_when_the_recipient_has_turned_away() {
    let service = service();
    let (tom, sam) =
        (service.an_account(Network::ClawNet, "Tom").await, service.an_account(Network::ClawNet, "Sam").await);
    let client = service.clawnet().known("Tom", &tom.token);
    let first = client.send_once("key", "Sam", "hello").await.is(201);
    service.block(sam.id, tom.id).await;
    let _ = client.send_once("key", "Sam", "hello").await.is_exactly(201, &first.body);
    let _ = client.send("Sam", "hello").await.is(403);
}

#[tokio::test]
async fn a_repetition_uses_up_no_limit_and_is_answered_where_none_is_left() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let first = tom.send_once("first", "Sam", "hello").await.is(201);
    for _ in 0..15 {
        let _ = tom.send_once("first", "Sam", "hello").await.is_exactly(201, &first.body);
    }
    // A young account sends ten in an hour.
    for number in 1..10 {
        let _ = tom.send_once(&number.to_string(), "Sam", "hello").await.is(201);
    }
    for _ in 0..2 {
        let _ = tom.send("Sam", "hello").await.is(429);
        let refused = tom.send_once("new", "Sam", "hello").await.is(429);
        assert_eq!((&refused["action"], refused.header("retry-after")), (&json!("send"), Some("3600")));
        let _ = tom.send_once("first", "Sam", "hello").await.is_exactly(201, &first.body);
        let _ = tom.send_once("first", "Sam", "goodbye").await.is(400);
        let _ = tom.send_once("two words", "Sam", "hello").await.is(400);
    }
    assert_eq!(sam.waiting().await.len(), 10);
    service.advance(3_600);
    for number in 10..20 {
        let _ = tom.send_once(&number.to_string(), "Sam", "hello").await.is(201);
    }
    let _ = tom.send("Sam", "hello").await.is(429);
}

#[tokio::test]
async fn an_answer_comes_behind_what_it_answers_although_the_clock_stands_still() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let kim = service.a_clawnet_agent("Kim").await;
    // Who has heard from elsewhere is ahead of the clock.
    for _ in 0..5 {
        let _ = kim.send("Tom", "hello").await.is(201);
    }
    for number in 0..5 {
        let _ = tom.send("Sam", &format!("question {number}")).await.is(201);
        let _ = sam.send("Tom", &format!("answer {number}")).await.is(201);
    }
    let history = tom.messages("Sam", "").await.is(200);
    let times: std::collections::BTreeSet<String> =
        history.each("messages", "created_at").into_iter().map(|time| time.to_string()).collect();
    assert_eq!(times.len(), 10, "{history}");
    assert_eq!(history.each("messages", "from"), ["Tom", "Sam"].repeat(5), "{history}");
}

#[tokio::test]
async fn two_at_once_under_one_key_send_one_message() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let answers = join_all((0..8).map(|_| tom.send_once("key", "Sam", "hello"))).await;
    let ids: std::collections::BTreeSet<String> =
        answers.into_iter().map(|answer| answer.is(201).string("id").to_owned()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(sam.waiting().await.len(), 1);
}

#[tokio::test]
async fn a_refused_send_keeps_no_key() {
    let service = service();
    let (tom, sam) =
        (service.an_account(Network::ClawNet, "Tom").await, service.an_account(Network::ClawNet, "Sam").await);
    let client = service.clawnet().known("Tom", &tom.token);
    service.block(sam.id, tom.id).await;
    let _kim = service.a_clawnet_agent("Kim").await;
    let _ = client.send_once("key", "Sam", "hello").await.is(403);
    let _ = client.send_once("key", "Nobody", "hello").await.is(404);
    let _ = client.send_once("key", "Tom", "hello").await.is(400);
    let _ = client.send_once("key", "Kim", "hello").await.is(201);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let service = service();
    let (tom, _sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    for key in ["", "two words", &"k".repeat(256)] {
        let refused = tom.send_once(key, "Sam", "hello").await.is(400);
        assert_eq!(refused["message"], "Idempotency-Key must be 1 to 255 visible ASCII characters", "{key}");
    }
    let _ = tom.send_once(&"k".repeat(255), "Sam", "hello").await.is(201);
}

#[tokio::test]
async fn keys_are_taken_away_after_a_day() {
    let service = Service::start(messaging::routes, messaging::workers);
    let (tom, _sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let _ = tom.send_once("old", "Sam", "hello").await.is(201);
    service.advance(DAY / 2);
    let _ = tom.send_once("new", "Sam", "hello").await.is(201);
    service.advance(DAY / 2);
    let keys = async || {
        let keys =
            service.read(|conn| Ok(idempotency_keys::table.select(idempotency_keys::key).load::<String>(conn)?));
        let keys = keys.await;
        (keys.len() == 1).then_some(keys)
    };
    assert_eq!(eventually(GENEROUS, "the old key goes", keys).await, ["new"]);
}
