//! A host that cannot be reached is left alone, and what waits for it is no worse off.

use diesel::prelude::*;
use models::Timestamp;
use models::schema::{deliveries, delivery_attempts};
use support::{GENEROUS, Manner, RawReceiver, Receiver, Service, Then, eventually};

/// Attempts in a row after which a host is left alone, and the first pause in seconds.
const FAILURES: usize = 16;
const PAUSE: i64 = 5;
/// Webhooks at the host.
const WEBHOOKS: usize = 100;

const OK: Manner = Manner::Says("HTTP/1.1 204 OK\r\nConnection: close\r\n\r\n", Then::Closes);

/// What is known of a delivery: how many attempts, when the next is, and whether one is under way.
type Row = (i32, Option<Timestamp>, Option<Timestamp>);

async fn rows(service: &Service) -> Vec<Row> {
    service
        .read(|conn| {
            let columns = (deliveries::attempts, deliveries::next_attempt_at, deliveries::lease_until);
            Ok(deliveries::table.order(deliveries::id).select(columns).load(conn)?)
        })
        .await
}

/// Waits until nothing is under way or due.
async fn at_rest(service: &Service) -> Vec<Row> {
    let now = service.state.clock.now();
    let look = async || {
        let rows = rows(service).await;
        let is_at_rest = rows.iter().all(|(_, next, lease)| lease.is_none() && next.is_none_or(|next| next > now));
        (rows.len() == WEBHOOKS && is_at_rest).then_some(rows)
    };
    eventually(GENEROUS, "nothing is under way or due", look).await
}

/// Lets a second pass where nothing is under way: what is would lose its lease, should the machine be slower than this clock.
fn pass(service: &Service, rows: &[Row]) {
    if rows.iter().all(|(_, _, lease)| lease.is_none()) {
        service.advance(1);
    }
}

/// Waits until each delivery was tried.
async fn each_is_tried(service: &Service) {
    let look = async || {
        let rows = rows(service).await;
        pass(service, &rows);
        (rows.len() == WEBHOOKS && rows.iter().all(|(attempts, ..)| *attempts > 0)).then_some(())
    };
    eventually(GENEROUS, "each is tried", look).await;
}

/// Registers webhooks at `url` and lets something happen that each is told of.
async fn crowd(service: &Service, url: &str) {
    let (mia, _) = service.a_known_agent("mia").await;
    let mut events = Vec::new();
    for owner in 0..WEBHOOKS / 5 {
        let (owner, client) = service.a_known_agent(&format!("owner{owner}")).await;
        for webhook in 0..5 {
            client.register_webhook(&format!("{url}/{webhook}"), &["comment"]).await.is(201);
        }
        events.push(mia.comments(&owner, "Hi"));
    }
    service.happen(events).await;
}

#[tokio::test]
async fn a_host_that_is_down_is_left_alone_and_what_is_held_back_is_no_attempt() {
    let service = Service::start(webhooks::routes, webhooks::workers);
    let full = RawReceiver::start(Manner::Full);
    let down = full.address();
    crowd(&service, &format!("http://{down}")).await;
    let tried = |rows: &[Row]| rows.iter().filter(|row| row.0 > 0).count();
    let after_the_first = at_rest(&service).await;
    // Those that were under way when it turned out are not called back.
    assert!((FAILURES..2 * FAILURES).contains(&tried(&after_the_first)), "{}", tried(&after_the_first));
    let now = service.state.clock.now();
    let held_back = after_the_first.iter().filter(|row| row.0 == 0);
    assert!(held_back.clone().all(|row| row.1.unwrap() <= now.plus_seconds(PAUSE)), "{after_the_first:#?}");

    // After the pause one tries, and the others wait longer.
    service.advance(PAUSE);
    let after_the_second = at_rest(&service).await;
    let attempts = |rows: &[Row]| rows.iter().map(|row| row.0).sum::<i32>();
    assert_eq!(attempts(&after_the_second), attempts(&after_the_first) + 1);

    // The host is back: one finds out, and the others follow.
    drop(full);
    let _up = RawReceiver::start_at(down, OK);
    service.advance(2 * PAUSE);
    let all = async || {
        let rows = rows(&service).await;
        pass(&service, &rows);
        rows.iter().all(|row| row.1.is_none()).then_some(())
    };
    eventually(GENEROUS, "all are delivered", all).await;
    let (failed, delivered): (i64, i64) = service
        .read(|conn| {
            let attempts = delivery_attempts::table;
            let failed = attempts.filter(delivery_attempts::error.eq("timeout")).count().get_result(conn)?;
            let delivered = attempts.filter(delivery_attempts::status_code.eq(204)).count().get_result(conn)?;
            Ok((failed, delivered))
        })
        .await;
    assert_eq!(failed, i64::from(attempts(&after_the_second)), "what was held back was tried by nobody");
    assert_eq!(delivered, i64::try_from(WEBHOOKS).unwrap());
}

#[tokio::test]
async fn a_host_that_is_quick_to_refuse_is_tried_by_each() {
    let service = Service::start(webhooks::routes, webhooks::workers);
    let down = RawReceiver::start(Manner::Refuses).address();
    crowd(&service, &format!("http://{down}")).await;
    each_is_tried(&service).await;
}

#[tokio::test]
async fn a_host_that_answers_with_errors_is_not_down() {
    let service = Service::start(webhooks::routes, webhooks::workers);
    let receiver = Receiver::scripted(&[support::Reply::Status(503)]);
    crowd(&service, receiver.url()).await;
    each_is_tried(&service).await;
    assert!(receiver.seen().len() >= WEBHOOKS);
}
