//! How long deliveries are kept.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops, and says where")]

use diesel::prelude::*;
use models::Id;
use models::schema::{deliveries, delivery_attempts};
use support::{GENEROUS, NO_WORKERS, Receiver, Reply, Service, eventually, json};

use crate::DAY;

async fn counts(service: &Service) -> (i64, i64) {
    service
        .read(|conn| {
            Ok((deliveries::table.count().get_result(conn)?, delivery_attempts::table.count().get_result(conn)?))
        })
        .await
}

async fn until(service: &Service, expected: (i64, i64)) {
    let look = async || (counts(service).await == expected).then_some(());
    eventually(GENEROUS, &format!("{expected:?} deliveries and attempts"), look).await;
}

#[tokio::test]
async fn thirty_days_and_no_longer() {
    let service = Service::start(::webhooks::routes, ::webhooks::workers);
    let receiver = Receiver::scripted(&[Reply::Status(500), Reply::Status(200)]);
    let ((kai, client), (mia, _)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    let (_, id) = client.listen(&receiver, &["comment"]).await;
    service.happen(vec![mia.comments(&kai, "First")]).await;
    client.attempted(&id, 1).await;
    service.advance(10);
    client.attempted(&id, 2).await;
    service.advance(10);
    service.happen(vec![mia.comments(&kai, "Second")]).await;
    client.attempted(&id, 3).await;
    service.advance(30 * DAY - 20);
    // The first is thirty days old to the microsecond, and still there for whoever looks now.
    assert_eq!(client.deliveries(&id, "").await.list("deliveries").len(), 2);
    service.advance(1);
    until(&service, (1, 1)).await;
    let left = client.deliveries(&id, "").await.is(200);
    assert_eq!(left["deliveries"][0]["attempts"].as_array().unwrap().len(), 1);
    service.advance(20);
    until(&service, (0, 0)).await;
}

/// Writes so many deliveries of a webhook, a second apart from now on, each with an attempt.
async fn a_log(service: &Service, webhook: &str, count: i64) {
    let (webhook_id, now) = (Id::parse(webhook).unwrap(), service.state.clock.now());
    service
        .write(move |tx| {
            for number in 0..count {
                let at = now.plus_seconds(number);
                let delivery = Id::at(at);
                diesel::insert_into(deliveries::table)
                    .values((
                        deliveries::id.eq(delivery),
                        deliveries::webhook_id.eq(webhook_id),
                        deliveries::event_id.eq(delivery),
                        deliveries::event.eq("comment"),
                        deliveries::body.eq("{}"),
                        deliveries::status.eq("skipped"),
                        deliveries::lane.eq(0),
                        deliveries::created_at.eq(at),
                    ))
                    .execute(tx.conn())?;
                diesel::insert_into(delivery_attempts::table)
                    .values((
                        delivery_attempts::delivery_id.eq(delivery),
                        delivery_attempts::number.eq(1),
                        delivery_attempts::duration_ms.eq(1),
                        delivery_attempts::created_at.eq(at),
                    ))
                    .execute(tx.conn())?;
            }
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn many_are_deleted_a_page_at_a_time() {
    let (service, receiver) = (Service::start(::webhooks::routes, ::webhooks::workers), Receiver::start());
    let (_, client) = service.a_known_agent("kai").await;
    let (_, id) = client.listen(&receiver, &["comment"]).await;
    a_log(&service, &id, 1_700).await;
    service.advance(30 * DAY + 1_600);
    until(&service, (100, 100)).await;
}

#[tokio::test]
async fn a_log_of_any_length_goes_with_its_webhook() {
    let (service, receiver) = (Service::start(::webhooks::routes, NO_WORKERS), Receiver::start());
    let ((_, client), (_, other)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    let ((_, id), (_, others)) =
        (client.listen(&receiver, &["comment"]).await, other.listen(&receiver, &["all"]).await);
    a_log(&service, &id, 2_000).await;
    a_log(&service, &others, 3).await;
    other.http.delete(&format!("/webhooks/{id}")).await.is(404);
    assert_eq!(counts(&service).await, (2_003, 2_003));
    client.http.delete(&format!("/webhooks/{id}")).await.is_exactly(200, &json!({"deleted": true}));
    assert_eq!(counts(&service).await, (3, 3));
    client.http.get(&format!("/webhooks/{id}")).await.is(404);
}
