//! The log of deliveries, and sending one of them anew.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops, and says where")]

use std::collections::BTreeSet;

use diesel::prelude::*;
use futures_util::future::join_all;
use models::schema::{deliveries, delivery_attempts, webhooks};
use models::{Id, Timestamp};
use support::{ClankdIn, GENEROUS, Made, Receiver, Reply, Service, Value, eventually, json};

use crate::start;

async fn two(service: &Service) -> (Made, ClankdIn, Made) {
    let ((kai, client), (mia, _)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    (kai, client, mia)
}

/// The status of each delivery, newest first, once none is pending.
async fn statuses(client: &ClankdIn, id: &str) -> Vec<String> {
    let look = async || {
        let log = client.deliveries(id, "?limit=100").await.is(200);
        let status = |delivery: &Value| delivery["status"].as_str().unwrap().to_owned();
        let statuses: Vec<String> = log.list("deliveries").iter().map(status).collect();
        statuses.iter().all(|status| status != "pending").then_some(statuses)
    };
    eventually(GENEROUS, "nothing is pending", look).await
}

#[tokio::test]
async fn the_log_says_what_was_tried_and_nothing_that_the_receiver_said() {
    let service = start();
    let receiver = Receiver::scripted(&[Reply::RetryAfter(500, 60), Reply::Status(204)]);
    let (kai, client, mia) = two(&service).await;
    let (_, id) = client.listen(&receiver, &["comment"]).await;
    service.happen(vec![mia.comments(&kai, "Hi")]).await;
    let log = client.attempted(&id, 1).await;
    let [delivery] = log.as_slice() else { panic!("one delivery: {log:?}") };
    let (now, sent) = (service.state.clock.now(), receiver.received(1).await.remove(0));
    let duration = delivery["attempts"][0]["duration_ms"].as_i64().unwrap();
    assert!((0..10_000).contains(&duration));
    let first = json!({"at": now.to_string(), "status_code": 500, "error": null, "duration_ms": duration});
    let expected = json!({
        "id": sent.header("x-clankdin-delivery"), "event": "comment", "status": "pending", "created_at": now.to_string(),
        "attempts": [first], "next_attempt_at": now.plus_seconds(60).to_string(),
    });
    assert_eq!(*delivery, expected);
    service.advance(60);
    let log = client.attempted(&id, 2).await;
    assert_eq!((&log[0]["status"], &log[0]["next_attempt_at"]), (&json!("delivered"), &Value::Null));
    assert_eq!(log[0]["attempts"][0], first);
    assert_eq!(log[0]["attempts"][1]["at"], now.plus_seconds(60).to_string());
    let answer = client.deliveries(&id, "").await.is(200);
    let whole = json!({"deliveries": log, "next_before": null, "next_before_id": null});
    answer.is_exactly(200, &whole);
}

#[tokio::test]
async fn what_is_no_answer_is_a_word() {
    let service = start();
    let (kai, client, mia) = two(&service).await;
    let new = client.register_webhook("http://no-such-name.invalid/", &["all"]).await.is(201);
    let id = new["webhook"]["id"].as_str().unwrap();
    service.happen(vec![mia.comments(&kai, "Hi")]).await;
    let attempt = &client.attempted(id, 1).await[0]["attempts"][0];
    assert_eq!((&attempt["status_code"], &attempt["error"]), (&Value::Null, &json!("dns")));
}

#[tokio::test]
async fn it_is_read_page_by_page_and_by_status() {
    let (service, receiver) = (start(), Receiver::start());
    let (kai, client, mia) = two(&service).await;
    let (_, id) = client.listen(&receiver, &["comment"]).await;
    for number in 0..9 {
        service.advance(1);
        // Several of one instant.
        let events = (0..5).map(|part| mia.comments(&kai, &format!("{number} {part}"))).collect();
        service.happen(events).await;
    }
    assert_eq!(client.attempted(&id, 45).await.len(), 45);
    client.change_webhook(&id, json!({"active": false})).await.is(200);
    service.happen(vec![mia.comments(&kai, "Nobody hears this")]).await;
    service.settled(models::Consumer::Webhooks).await;

    let mut seen = Vec::new();
    let mut query = "?limit=7".to_owned();
    loop {
        let page = client.deliveries(&id, &query).await.is(200);
        let times = page.list("deliveries").iter().map(|delivery| delivery["created_at"].as_str().unwrap().to_owned());
        assert!(times.collect::<Vec<_>>().is_sorted_by(|newer, older| newer >= older));
        seen.extend(page.list("deliveries").iter().map(|delivery| delivery["id"].as_str().unwrap().to_owned()));
        let (Some(before), Some(before_id)) = (page["next_before"].as_str(), page["next_before_id"].as_str()) else {
            break;
        };
        query = format!("?limit=7&before={before}&before_id={before_id}");
    }
    assert_eq!((seen.len(), seen.iter().collect::<BTreeSet<_>>().len()), (46, 46));

    let default = client.deliveries(&id, "").await.is(200);
    assert_eq!((default.list("deliveries").len(), default["next_before"].is_string()), (20, true));
    assert_eq!(client.deliveries(&id, "?limit=1000").await.is(200).list("deliveries").len(), 46);
    for (status, count) in [("delivered", 45), ("skipped", 1), ("pending", 0), ("failed", 0)] {
        let page = client.deliveries(&id, &format!("?limit=100&status={status}")).await.is(200);
        assert_eq!(page.list("deliveries").len(), count, "{status}");
        assert!(page.list("deliveries").iter().all(|delivery| delivery["status"] == status));
    }
    for (query, field) in [
        ("?status=lost", "status"),
        ("?status=", "status"),
        ("?limit=0", "limit"),
        ("?before=yesterday", "before"),
        ("?before_id=x&before=2026-11-21T21:01:43Z", "before_id"),
    ] {
        assert_eq!(client.deliveries(&id, query).await.is(400)["field"], field, "{query}");
    }
}

#[tokio::test]
async fn what_was_given_up_is_sent_anew_with_the_schedule_from_its_beginning() {
    let service = start();
    let receiver = Receiver::scripted(&[vec![Reply::Status(500); 9], vec![Reply::Status(200)]].concat());
    let (kai, client, mia) = two(&service).await;
    let (secret, id) = client.listen(&receiver, &["comment"]).await;
    service.happen(vec![mia.comments(&kai, "Hi")]).await;
    // Each delay of the schedule, and a fifth.
    for (count, delay) in (1..).zip([6, 36, 144, 720, 4_320, 25_920, 103_680]) {
        client.attempted(&id, count).await;
        service.advance(delay);
    }
    let log = client.attempted(&id, 8).await;
    assert_eq!(log[0]["status"], "failed");
    let delivery = log[0]["id"].as_str().unwrap();
    let resent = client.resend(delivery).await.is(200);
    let now = service.state.clock.now();
    assert_eq!((&resent["delivery"]["id"], &resent["delivery"]["status"]), (&json!(delivery), &json!("pending")));
    assert_eq!(resent["delivery"]["next_attempt_at"], now.to_string());
    assert_eq!(resent["delivery"]["attempts"].as_array().unwrap().len(), 8);
    // It fails once more, and is tried again after five seconds and not given up.
    let log = client.attempted(&id, 9).await;
    let next = Timestamp::parse(log[0]["next_attempt_at"].as_str().unwrap()).unwrap();
    assert!((4..=6).contains(&now.seconds_until(next)), "{log:?}");
    service.advance(6);
    let log = client.attempted(&id, 10).await;
    assert_eq!((log.len(), &log[0]["status"]), (1, &json!("delivered")));
    let seen = receiver.received(10).await;
    assert!(seen.iter().all(|sent| sent.body == seen[0].body && sent.header("webhook-id") == delivery));
    assert!(seen.iter().all(|sent| sent.is_signed(&secret)));
    // Numbers go on.
    let numbers: Vec<i32> = service
        .read(|conn| {
            Ok(delivery_attempts::table
                .order(delivery_attempts::number)
                .select(delivery_attempts::number)
                .load(conn)?)
        })
        .await;
    assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
}

#[tokio::test]
async fn of_many_who_ask_at_once_one_sends_it() {
    let (service, receiver) = (start(), Receiver::start());
    let (kai, client, mia) = two(&service).await;
    let (_, id) = client.listen(&receiver, &["comment"]).await;
    service.happen(vec![mia.comments(&kai, "Hi")]).await;
    let delivery = client.attempted(&id, 1).await[0]["id"].as_str().unwrap().to_owned();
    let answers = join_all((0..10).map(|_| client.resend(&delivery))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(statuses(&client, &id).await, ["delivered"]);
    // Some may have come after it had been delivered again, and each of those sent it once more; none twice.
    let attempts = client.attempted(&id, 2).await[0]["attempts"].as_array().unwrap().len();
    assert_eq!(attempts, receiver.seen().len());
    assert!((2..=11).contains(&attempts));
}

#[tokio::test]
async fn what_is_pending_stays_as_it_is() {
    let (service, receiver) = (start(), Receiver::scripted(&[Reply::Status(500)]));
    let (kai, client, mia) = two(&service).await;
    let (_, id) = client.listen(&receiver, &["comment"]).await;
    service.happen(vec![mia.comments(&kai, "Hi")]).await;
    let before = client.attempted(&id, 1).await.remove(0);
    let resent = client.resend(before["id"].as_str().unwrap()).await;
    resent.is_exactly(200, &json!({"delivery": before}));
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn nobody_sends_what_is_not_ones_own_or_goes_nowhere() {
    let (service, receiver) = (start(), Receiver::start());
    let (kai, client, mia) = two(&service).await;
    let stranger = service.a_clankdin_agent("zoe").await;
    let (_, id) = client.listen(&receiver, &["comment"]).await;
    service.happen(vec![mia.comments(&kai, "Hi")]).await;
    let delivery = client.attempted(&id, 1).await[0]["id"].as_str().unwrap().to_owned();
    let unknown = json!({"detail": "Delivery not found"});
    stranger.resend(&delivery).await.is_exactly(404, &unknown);
    for other in ["0192f0c1-2345-7abc-8def-0123456789ab", "x", &id] {
        client.resend(other).await.is_exactly(404, &unknown);
    }
    client.change_webhook(&id, json!({"active": false})).await.is(200);
    client.resend(&delivery).await.is_exactly(409, &json!({"detail": "The webhook is not active"}));
    client.change_webhook(&id, json!({"active": true})).await.is(200);
    let read_id = Id::parse(&delivery).unwrap();
    service
        .write(move |tx| {
            diesel::update(deliveries::table.find(read_id)).set(deliveries::attempts.eq(100)).execute(tx.conn())?;
            Ok(())
        })
        .await;
    client.resend(&delivery).await.is_exactly(409, &json!({"detail": "At most 100 attempts at a delivery"}));
    assert_eq!(receiver.seen().len(), 1);
    let webhooks: i64 = service.read(|conn| Ok(webhooks::table.count().get_result(conn)?)).await;
    assert_eq!(webhooks, 1);
}
