//! Switching webhooks off: by their owners, and because nothing arrives.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on stops, and says where")]

use diesel::prelude::*;
use futures_util::future::{join, join_all};
use models::schema::{deliveries, outbox, webhooks};
use models::{Consumer, Event, Id, NotificationKind, Timestamp};
use support::{ClankdIn, GENEROUS, Made, Receiver, Reply, Service, eventually, json};

use crate::{DAY, start};

async fn two(service: &Service) -> (Made, ClankdIn, Made) {
    let ((kai, client), (mia, _)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    (kai, client, mia)
}

async fn is_active(client: &ClankdIn, id: &str) -> bool {
    client.http.get(&format!("/webhooks/{id}")).await.is(200)["webhook"]["active"] == true
}

/// The status of each delivery to a webhook, oldest first, once each has one of these.
async fn statuses(client: &ClankdIn, id: &str, among: &[&str]) -> Vec<String> {
    let look = async || {
        let log = client.deliveries(id, "?limit=100").await.is(200);
        let all: Vec<String> =
            log.list("deliveries").iter().rev().map(|one| one["status"].as_str().unwrap().to_owned()).collect();
        all.iter().all(|status| among.contains(&status.as_str())).then_some(all)
    };
    eventually(GENEROUS, &format!("each is one of {among:?}"), look).await
}

/// The notifications that wait to be written.
async fn notices(service: &Service) -> Vec<Event> {
    let waiting: Vec<String> = service
        .read(|conn| {
            Ok(outbox::table
                .filter(outbox::consumer.eq(Consumer::Posts.as_str()))
                .order(outbox::event_id)
                .select(outbox::event)
                .load(conn)?)
        })
        .await;
    let events = waiting.iter().map(|event| serde_json::from_str(event).unwrap());
    events.filter(|event| matches!(event, Event::Notable { .. })).collect()
}

fn notice(owner: &Made, webhook: &str, receiver: &Receiver) -> Event {
    let host = receiver.url().trim_start_matches("http://").trim_end_matches("/hook");
    Event::Notable {
        notification: NotificationKind::WebhookDeactivated,
        actor: owner.actor(),
        recipient_id: owner.id,
        target_id: Id::parse(webhook).unwrap(),
        preview: host.to_owned(),
    }
}

#[tokio::test]
async fn after_three_days_of_nothing_but_failure_it_is_switched_off_and_its_owner_told() {
    let (service, receiver) = (start(), Receiver::scripted(&[Reply::Status(500)]));
    let (kai, client, mia) = two(&service).await;
    let (_, id) = client.listen(&receiver, &["comment"]).await;
    service.happen(vec![mia.comments(&kai, "The first failure")]).await;
    client.attempted(&id, 1).await;
    service.advance(3 * DAY - 10);
    client.attempted(&id, 2).await;
    assert!(is_active(&client, &id).await);
    service.happen(vec![mia.comments(&kai, "Shortly before")]).await;
    client.attempted(&id, 3).await;
    assert!(is_active(&client, &id).await && notices(&service).await.is_empty());
    service.advance(10);
    let off = async || (!is_active(&client, &id).await).then_some(());
    eventually(GENEROUS, "the webhook is off", off).await;
    assert_eq!(statuses(&client, &id, &["skipped"]).await.len(), 2);
    assert_eq!(notices(&service).await, [notice(&kai, &id, &receiver)]);
    let attempts = receiver.seen().len();

    // What falls now is recorded, and not sent.
    service.advance(1);
    service.happen(vec![mia.comments(&kai, "Later")]).await;
    service.settled(Consumer::Webhooks).await;
    assert_eq!(statuses(&client, &id, &["skipped"]).await.len(), 3);
    service.advance(2 * DAY);
    assert_eq!(receiver.seen().len(), attempts);
    // Switched on, it begins anew: one failure does not switch it off.
    client.change_webhook(&id, json!({"active": true})).await.is(200);
    service.happen(vec![mia.comments(&kai, "Again")]).await;
    client.attempted(&id, attempts + 1).await;
    assert!(is_active(&client, &id).await);
    assert_eq!(notices(&service).await.len(), 1);
}

#[tokio::test]
async fn a_success_in_between_begins_the_count_anew() {
    let service = start();
    let receiver = Receiver::scripted(&[Reply::Status(500), Reply::Status(200), Reply::Status(500)]);
    let (kai, client, mia) = two(&service).await;
    let (_, id) = client.listen(&receiver, &["comment"]).await;
    service.happen(vec![mia.comments(&kai, "Fails")]).await;
    client.attempted(&id, 1).await;
    service.advance(2 * DAY);
    client.attempted(&id, 2).await;
    service.advance(2 * DAY);
    service.happen(vec![mia.comments(&kai, "Fails")]).await;
    client.attempted(&id, 3).await;
    assert!(is_active(&client, &id).await && notices(&service).await.is_empty());
}

#[tokio::test]
async fn who_is_gone_is_told_at_once() {
    let (service, receiver) = (start(), Receiver::scripted(&[Reply::Status(410)]));
    let (kai, client, mia) = two(&service).await;
    let (_, id) = client.listen(&receiver, &["comment"]).await;
    service.happen(vec![mia.comments(&kai, "One"), mia.comments(&kai, "Two")]).await;
    statuses(&client, &id, &["failed", "skipped"]).await;
    let off = async || (!is_active(&client, &id).await).then_some(());
    eventually(GENEROUS, "the webhook is off", off).await;
    assert_eq!(notices(&service).await, [notice(&kai, &id, &receiver)]);
}

#[tokio::test]
async fn its_owner_switches_it_off_and_on() {
    let (service, receiver) = (start(), Receiver::scripted(&[Reply::Status(500), Reply::Status(200)]));
    let (kai, client, mia) = two(&service).await;
    let (_, id) = client.listen(&receiver, &["comment"]).await;
    service.happen(vec![mia.comments(&kai, "One")]).await;
    client.attempted(&id, 1).await;
    client.change_webhook(&id, json!({"active": false})).await.is(200);
    assert_eq!(statuses(&client, &id, &["skipped"]).await, ["skipped"]);
    service.advance(10);
    service.happen(vec![mia.comments(&kai, "Two")]).await;
    service.settled(Consumer::Webhooks).await;
    assert_eq!(statuses(&client, &id, &["skipped"]).await, ["skipped", "skipped"]);
    assert!(notices(&service).await.is_empty(), "who did it knows");

    client.change_webhook(&id, json!({"active": true})).await.is(200);
    service.advance(1);
    service.happen(vec![mia.comments(&kai, "Three")]).await;
    receiver.received(2).await;
    assert_eq!(statuses(&client, &id, &["skipped", "delivered"]).await, ["skipped", "skipped", "delivered"]);
    // What was skipped is sent when somebody asks for it.
    for delivery in client.deliveries(&id, "?status=skipped").await.list("deliveries") {
        client.resend(delivery["id"].as_str().unwrap()).await.is(200);
    }
    assert_eq!(statuses(&client, &id, &["delivered"]).await.len(), 3);
    assert_eq!(receiver.received(4).await.len(), 4);
}

#[tokio::test]
async fn a_ping_goes_also_to_what_is_off() {
    let (service, receiver) = (start(), Receiver::scripted(&[Reply::Status(500), Reply::Status(200)]));
    let (_, client, _) = two(&service).await;
    let (_, id) = client.listen(&receiver, &["comment"]).await;
    client.change_webhook(&id, json!({"active": false})).await.is(200);
    client.http.post_nothing(&format!("/webhooks/{id}/test")).await.is(200);
    statuses(&client, &id, &["skipped"]).await;
    client.http.post_nothing(&format!("/webhooks/{id}/test")).await.is(200);
    receiver.received(2).await;
    statuses(&client, &id, &["skipped", "delivered"]).await;
    assert!(!is_active(&client, &id).await);
}

#[tokio::test]
async fn what_waits_goes_to_the_new_url() {
    let (service, old, new) = (start(), Receiver::scripted(&[Reply::Status(500)]), Receiver::start());
    let (kai, client, mia) = two(&service).await;
    let (secret, id) = client.listen(&old, &["comment"]).await;
    service.happen(vec![mia.comments(&kai, "Hi")]).await;
    client.attempted(&id, 1).await;
    client.change_webhook(&id, json!({"url": new.url()})).await.is(200);
    service.advance(6);
    let delivery = new.received(1).await.remove(0);
    assert!(delivery.is_signed(&secret));
    assert_eq!((delivery.body, old.seen().len()), (old.seen().remove(0).body, 1));
}

#[tokio::test]
async fn it_is_switched_in_the_midst_of_deliveries() {
    let (service, receiver) = (start(), Receiver::start());
    let (kai, client, mia) = two(&service).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let new = client.register_webhook(&format!("{}/{number}", receiver.url()), &["comment"]).await.is(201);
        ids.push(new["webhook"]["id"].as_str().unwrap().to_owned());
    }
    for round in 0..10 {
        service.happen((0..10).map(|_| mia.comments(&kai, "Hi")).collect()).await;
        let switches = ids.iter().map(|id| client.change_webhook(id, json!({"active": round % 2 == 1})));
        let (switched, rotated) = join(join_all(switches), client.rotate_secret(json!({}))).await;
        switched.into_iter().chain([rotated]).for_each(|answer| assert_eq!(answer.status, 200, "{answer}"));
    }
    service.settled(Consumer::Webhooks).await;
    let mut delivered = 0;
    for id in &ids {
        let all = statuses(&client, id, &["delivered", "skipped"]).await;
        assert_eq!(all.len(), 100);
        delivered += all.iter().filter(|status| *status == "delivered").count();
    }
    assert_eq!(receiver.seen().len(), delivered);
}

/// So many rows that wait for `webhook_id` until `due`.
async fn backlog(service: &Service, webhook_id: Id, count: i64, due: Timestamp) {
    let now = service.state.clock.now();
    service
        .write(move |tx| {
            for _ in 0..count {
                diesel::insert_into(deliveries::table)
                    .values((
                        deliveries::id.eq(Id::at(now)),
                        deliveries::webhook_id.eq(webhook_id),
                        deliveries::event_id.eq(Id::at(now)),
                        deliveries::event.eq("comment"),
                        deliveries::body.eq("{}"),
                        deliveries::status.eq("pending"),
                        deliveries::lane.eq(0),
                        deliveries::next_attempt_at.eq(due),
                        deliveries::created_at.eq(now),
                    ))
                    .execute(tx.conn())?;
            }
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn a_backlog_of_any_length_is_skipped_and_not_sent() {
    let (service, receiver) = (start(), Receiver::start());
    let (_, client, _) = two(&service).await;
    let (_, id) = client.listen(&receiver, &["comment"]).await;
    let webhook_id = Id::parse(&id).unwrap();
    let due = service.state.clock.now().plus_seconds(3_600);
    backlog(&service, webhook_id, 2_500, due).await;
    client.change_webhook(&id, json!({"active": false})).await.is(200);
    let pending = async || -> i64 {
        service
            .read(|conn| Ok(deliveries::table.filter(deliveries::status.eq("pending")).count().get_result(conn)?))
            .await
    };
    assert_eq!(pending().await, 1_500);
    service.advance(3_600);
    let none = async || (pending().await == 0).then_some(());
    eventually(GENEROUS, "nothing is pending", none).await;
    assert!(receiver.seen().is_empty());
    let off: bool =
        service.read(move |conn| Ok(webhooks::table.find(webhook_id).select(webhooks::active).first(conn)?)).await;
    assert!(!off);
}
