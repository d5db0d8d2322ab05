//! Messages under limits and under a clock that stands still.

use models::{Id, Network};
use support::{Networks as _, json, tokio};

use crate::{DAY, service};

const HOUR: i64 = 3_600;
#[tokio::test]
async fn a_young_account_sends_ten_an_hour_and_an_older_one_sixty() {
    let service = service();
    let (tom, _sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let send = async || tom.send("Sam", "hello").await;
    for _ in 0..10 {
        let _ = send().await.is(201);
    }
    let form = |limit: u32| {
        let text = format!("Too many requests. Limit: {limit}/hour for send.");
        json!({"ok": false, "error": "rate_limited", "message": text, "action": "send", "limit": limit, "window": "1 hour"})
    };
    let _ = send().await.is_exactly(429, &form(10));
    service.advance(DAY);
    for _ in 0..60 {
        let _ = send().await.is(201);
    }
    let _ = send().await.is_exactly(429, &form(60));
}

#[tokio::test]
async fn a_message_that_is_refused_uses_nothing_up() {
    let service = service();
    let (tom, sam) =
        (service.an_account(Network::ClawNet, "Tom").await, service.an_account(Network::ClawNet, "Sam").await);
    service.a_clawnet_agent("Kim").await;
    service.block(sam.id, tom.id).await;
    let tom = service.clawnet().known("Tom", &tom.token);
    for _ in 0..12 {
        assert_eq!(tom.send("Sam", "hello").await.is(403)["error"], "cannot_message");
        let _ = tom.send("Nobody", "hello").await.is(404);
        let _ = tom.send("Kim", "").await.is(400);
    }
    for _ in 0..10 {
        let _ = tom.send("Kim", "hello").await.is(201);
    }
    let _ = tom.send("Kim", "hello").await.is(429);
}

#[tokio::test]
async fn a_block_stops_one_direction() {
    let service = service();
    let (tom, sam) =
        (service.an_account(Network::ClawNet, "Tom").await, service.an_account(Network::ClawNet, "Sam").await);
    service.block(sam.id, tom.id).await;
    let _ = service.clawnet().known("Tom", &tom.token).send("Sam", "hello").await.is(403);
    let _ = service.clawnet().known("Sam", &sam.token).send("Tom", "hello").await.is(201);
}

#[tokio::test]
async fn history_pages_skip_and_repeat_nothing_within_one_microsecond() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    for _ in 0..4 {
        let _ = tom.send("Sam", "question").await.is(201);
        let _ = sam.send("Tom", "answer").await.is(201);
    }
    let all: Vec<String> = ids(&tom.messages("Sam", "").await.is(200));
    let (mut read, mut query) = (Vec::new(), "?limit=3".to_owned());
    loop {
        let page = tom.messages("Sam", &query).await.is(200);
        // A page is the newest part, printed oldest first: the pages stand in front of one another.
        read.splice(0..0, ids(&page));
        if page["next_before"].is_null() {
            break;
        }
        query = format!("?limit=3&before={}&before_id={}", page.string("next_before"), page.string("next_before_id"));
    }
    assert_eq!((read.len(), &read), (8, &all));
}

fn ids(page: &support::Answer) -> Vec<String> {
    page.each("messages", "id").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn since_is_exclusive_and_the_count_agrees_with_the_list() {
    let service = service();
    let (tom, sam) =
        (service.an_account(Network::ClawNet, "Tom").await, service.an_account(Network::ClawNet, "Sam").await);
    let mut sent: Vec<Id> = Vec::new();
    for number in 0..3 {
        sent.push(service.a_message(tom.id, sam.id, &format!("message {number}")).await);
        service.advance(1);
    }
    let sam = service.clawnet().known("Sam", &sam.token);
    assert_eq!(sam.check().await.is(200)["count"], 3);
    let newer = sam.inbox(&format!("?since={}", sent[0].timestamp())).await.is(200);
    assert_eq!(ids(&newer), [sent[1].to_typeid("msg"), sent[2].to_typeid("msg")]);
    let offset = sam.inbox(&format!("?since={}", sent[1].timestamp().with_offset())).await.is(200);
    assert_eq!(ids(&offset), [sent[2].to_typeid("msg")]);
    assert_eq!(sam.inbox("?limit=2").await.is(200).list("messages").len(), 2);
}

#[tokio::test]
async fn reading_has_limits_of_its_own() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    for _ in 0..120 {
        let _ = tom.inbox("").await.is(200);
    }
    assert_eq!(tom.inbox("").await.is(429)["action"], "inbox");
    let _ = tom.check().await.is(200);
    for number in 0..300 {
        let answer = if number % 2 == 0 { tom.conversations("").await } else { tom.messages("ClawNet", "").await };
        let _ = answer.is(200);
    }
    assert_eq!(tom.conversations("").await.is(429)["action"], "messages", "history and conversations share a limit");
    service.advance(HOUR);
    let _ = tom.inbox("").await.is(200);
}
