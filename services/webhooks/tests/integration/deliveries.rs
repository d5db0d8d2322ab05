//! From an event to a receiver.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops, and says where")]

use std::time::Instant;

use diesel::prelude::*;
use models::schema::{deliveries, delivery_attempts, webhooks};
use models::{Consumer, Event, Id, Network};
use support::{ClankdIn, GENEROUS, Manner, NO_WORKERS, RawReceiver, Receiver, Reply, Service, Then, eventually};

use crate::{HELD_UP, put, start};

/// Registers the receiver and returns its secret and its webhook's id.
async fn listen(client: &ClankdIn, receiver: &Receiver, events: &[&str]) -> (String, Id) {
    let (secret, id) = client.listen(receiver, events).await;
    (secret, Id::parse(&id).unwrap())
}

/// The status and the number of attempts of each delivery to a webhook, once none is as `not` says.
async fn states(service: &Service, webhook_id: Id, not: &'static str) -> Vec<(String, i32)> {
    let look = async || {
        let states: Vec<(String, i32)> = service
            .read(move |conn| {
                Ok(deliveries::table
                    .filter(deliveries::webhook_id.eq(webhook_id))
                    .order(deliveries::id)
                    .select((deliveries::status, deliveries::attempts))
                    .load(conn)?)
            })
            .await;
        states.iter().all(|(status, _)| status != not).then_some(states)
    };
    eventually(GENEROUS, &format!("no delivery is {not}"), look).await
}

/// Waits until so many attempts have been recorded.
async fn attempts(service: &Service, count: usize) -> Vec<(Option<i32>, Option<String>)> {
    let look = async || {
        let attempts: Vec<(Option<i32>, Option<String>)> = service
            .read(|conn| {
                Ok(delivery_attempts::table
                    .order((delivery_attempts::delivery_id, delivery_attempts::number))
                    .select((delivery_attempts::status_code, delivery_attempts::error))
                    .load(conn)?)
            })
            .await;
        Some(attempts).filter(|attempts| attempts.len() >= count)
    };
    eventually(GENEROUS, &format!("{count} attempts"), look).await
}

#[tokio::test]
async fn a_comment_is_delivered_and_both_signatures_are_right() {
    let (service, receiver) = (start(), Receiver::start());
    let ((kai, client), (mia, _)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    let (secret, webhook_id) = listen(&client, &receiver, &["comment"]).await;
    service.happen(vec![mia.comments(&kai, "The \"chart\" skips May"), kai.comments(&kai, "My own")]).await;
    let delivery = receiver.received(1).await.remove(0);
    let expected = format!(
        r#"{{"event":"comment","data":{{"post_id":"{}","comment_id":"{}","commenter":"mia","comment_preview":"The \"chart\" skips May"}},"source":"clankdin","timestamp":{}}}"#,
        kai.id,
        mia.id,
        service.state.clock.now().seconds()
    );
    assert_eq!(String::from_utf8_lossy(&delivery.body), expected);
    assert_eq!((delivery.method.as_str(), delivery.path.as_str()), ("POST", "/hook"));
    assert_eq!(delivery.header("content-type"), "application/json");
    assert_eq!(delivery.header("x-clankdin-event"), "comment");
    assert_eq!(delivery.header("x-clankdin-delivery"), delivery.header("webhook-id"));
    assert!(delivery.header("user-agent").starts_with(concat!(
        "Clankwork-Webhooks/",
        env!("CARGO_PKG_VERSION"),
        " (+"
    )));
    assert!(delivery.is_signed(&secret));
    let headers = ("webhook-id", "webhook-timestamp", "webhook-signature");
    let headers = (delivery.header(headers.0), delivery.header(headers.1), delivery.header(headers.2));
    let now = service.state.clock.now().seconds();
    assert!(support::signatures::is_standard_signature(&secret, headers, &delivery.body, now));
    assert_eq!(states(&service, webhook_id, "pending").await, [("delivered".to_owned(), 1)]);
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn a_new_agent_is_told_to_all_who_asked_but_itself() {
    let service = start();
    let (one, other, own) = (Receiver::start(), Receiver::start(), Receiver::start());
    let ((_, kai), (_, mia), (new, zoe)) =
        (service.a_known_agent("kai").await, service.a_known_agent("mia").await, service.a_known_agent("zoe").await);
    listen(&kai, &one, &["all"]).await;
    listen(&mia, &other, &["new_agent", "mention"]).await;
    let (_, own_id) = listen(&zoe, &own, &["all"]).await;
    let account = new.actor();
    let registered = |network| Event::Registered {
        network,
        account: account.clone(),
        tagline: "Counts all day".to_owned(),
        skills: vec!["Python".to_owned()],
        profile_url: "http://127.0.0.1:8080/clankdin/clankrs/zoe".to_owned(),
        told_until: None,
    };
    service.happen(vec![registered(Network::ClawNet), registered(Network::ClankdIn)]).await;
    for receiver in [&one, &other] {
        let delivery = receiver.received(1).await.remove(0);
        assert_eq!(
            delivery.json()["data"],
            support::json!({
                "handle": "zoe", "name": "zoe", "tagline": "Counts all day", "skills": ["Python"],
                "profile_url": "http://127.0.0.1:8080/clankdin/clankrs/zoe",
            })
        );
    }
    service.settled(Consumer::Announcements).await;
    assert!(states(&service, own_id, "pending").await.is_empty());
}

#[tokio::test]
async fn what_happens_together_is_recorded_for_each_receiver_that_asked() {
    let service = Service::start(::webhooks::routes, twice);
    let ((mia, _), (gone, gone_client)) = (service.a_known_agent("mia").await, service.a_known_agent("gone").await);
    let ((kai, kai_client), (zoe, zoe_client)) =
        (service.a_known_agent("kai").await, service.a_known_agent("zoe").await);
    let receivers: Vec<Receiver> = (0..5).map(|_| Receiver::start()).collect();
    let (_, kais_comments) = listen(&kai_client, &receivers[0], &["comment"]).await;
    let (_, all_of_kai) = listen(&kai_client, &receivers[1], &["all"]).await;
    let (_, switched_off) = listen(&kai_client, &receivers[2], &["all"]).await;
    let (_, zoes_pinches) = listen(&zoe_client, &receivers[3], &["pinch"]).await;
    let (_, of_suspended) = listen(&gone_client, &receivers[4], &["all"]).await;
    kai_client.change_webhook(&switched_off.to_string(), support::json!({"active": false})).await.is(200);
    service.set_suspended(Network::ClankdIn, gone.id, true).await;
    let pinches = |owner: &support::Made| Event::Reacted {
        actor: mia.actor(),
        recipient_id: owner.id,
        post_id: owner.id,
        preview: "Hi".to_owned(),
    };
    let mut events = Vec::new();
    for number in 0..10 {
        events.extend([&kai, &zoe, &gone, &mia].map(|owner| mia.comments(owner, &number.to_string())));
        events.extend([&kai, &zoe, &gone, &mia].map(pinches));
    }
    service.happen(events).await;
    service.settled(Consumer::Webhooks).await;
    let counts = [(kais_comments, 10), (all_of_kai, 20), (switched_off, 20), (zoes_pinches, 10), (of_suspended, 0)];
    for (number, (webhook_id, count)) in counts.into_iter().enumerate() {
        let status = if webhook_id == switched_off { ("skipped".to_owned(), 0) } else { ("delivered".to_owned(), 1) };
        assert_eq!(states(&service, webhook_id, "pending").await, vec![status; count], "of receiver {number}");
    }
    // Each got what its own owner is told.
    for (receiver, post) in [(&receivers[0], kai.id), (&receivers[1], kai.id), (&receivers[3], zoe.id)] {
        assert!(receiver.seen().iter().all(|seen| seen.json()["data"]["post_id"] == post.to_string()));
    }
    let said = receivers[0].seen().into_iter().map(|seen| seen.json()["data"]["comment_preview"].to_string());
    assert_eq!(said.collect::<std::collections::BTreeSet<_>>().len(), 10);
}

#[tokio::test]
async fn an_event_that_is_handled_twice_is_delivered_once() {
    let (service, receiver) = (start(), Receiver::start());
    let ((kai, client), (mia, _)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    let (_, webhook_id) = listen(&client, &receiver, &["all"]).await;
    let (now, event_id) = (service.state.clock.now(), Id::at(service.state.clock.now()));
    let body = serde_json::to_string(&mia.comments(&kai, "Hi")).unwrap();
    for _ in 0..2 {
        let body = body.clone();
        service.write(move |tx| put(tx, event_id, &body, now)).await;
        service.settled(Consumer::Webhooks).await;
    }
    assert_eq!(states(&service, webhook_id, "pending").await, [("delivered".to_owned(), 1)]);
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_holds_up_no_other() {
    let (service, receiver) = (start(), Receiver::start());
    let ((kai, client), (mia, _)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    let (_, webhook_id) = listen(&client, &receiver, &["all"]).await;
    let comment = mia.comments(&kai, "Hi");
    let clock = service.state.clock.clone();
    service
        .write(move |tx| {
            put(tx, Id::at(clock.now()), "what a later release wrote", clock.now())?;
            models::outbox::record(tx, clock.now(), &comment)
        })
        .await;
    receiver.received(1).await;
    assert_eq!(states(&service, webhook_id, "pending").await, [("delivered".to_owned(), 1)]);
    let left: Vec<(String, i32)> = service
        .read(|conn| {
            use models::schema::outbox::dsl;
            let waiting = dsl::outbox.filter(dsl::consumer.eq(Consumer::Webhooks.as_str()));
            Ok(waiting.select((dsl::event, dsl::attempts)).load(conn)?)
        })
        .await;
    assert_eq!(left, [("what a later release wrote".to_owned(), 1)]);
}

#[tokio::test]
async fn a_failure_is_tried_again_by_the_schedule_with_the_same_bytes() {
    let service = start();
    let receiver =
        Receiver::scripted(&[Reply::Status(500), Reply::RetryAfter(503, 60), Reply::Status(302), Reply::Status(200)]);
    let ((kai, client), (mia, _)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    let (secret, webhook_id) = listen(&client, &receiver, &["all"]).await;
    service.happen(vec![mia.comments(&kai, "Hi")]).await;
    attempts(&service, 1).await;
    assert_eq!(next_in(&service, 4_000..=6_000).await, 1);
    service.advance(6);
    attempts(&service, 2).await;
    assert_eq!(next_in(&service, 60_000..=60_000).await, 1);
    service.advance(60);
    attempts(&service, 3).await;
    assert_eq!(next_in(&service, 96_000..=144_000).await, 1);
    service.advance(144);
    assert_eq!(states(&service, webhook_id, "pending").await, [("delivered".to_owned(), 4)]);
    let seen = receiver.seen();
    assert_eq!(seen.len(), 4);
    assert!(seen.iter().all(|delivery| delivery.body == seen[0].body && delivery.is_signed(&secret)));
    assert!(seen.iter().all(|delivery| delivery.header("webhook-id") == seen[0].header("webhook-id")));
    assert!(seen.iter().all(|delivery| delivery.path == "/hook"));
    assert_ne!(seen[0].header("webhook-timestamp"), seen[1].header("webhook-timestamp"));
    let codes: Vec<Option<i32>> = attempts(&service, 4).await.into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [Some(500), Some(503), Some(302), Some(200)]);
}

/// How many deliveries are tried next within these milliseconds from now.
async fn next_in(service: &Service, range: std::ops::RangeInclusive<i64>) -> i64 {
    let now = service.state.clock.now();
    let (from, to) = (now.plus_millis(*range.start()), now.plus_millis(*range.end()));
    service
        .read(move |conn| {
            Ok(deliveries::table
                .filter(deliveries::next_attempt_at.between(from, to))
                .filter(deliveries::lease_until.is_null())
                .count()
                .get_result(conn)?)
        })
        .await
}

#[tokio::test]
async fn after_the_eighth_attempt_it_is_given_up() {
    let (service, receiver) = (start(), Receiver::scripted(&[Reply::Status(500)]));
    let ((kai, client), (mia, _)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    let (_, webhook_id) = listen(&client, &receiver, &["all"]).await;
    service.happen(vec![mia.comments(&kai, "Hi")]).await;
    // Each delay of the schedule, and a fifth: in all less than the three days after which the webhook is switched off.
    for (count, delay) in (1..).zip([6, 36, 144, 720, 4_320, 25_920, 103_680]) {
        attempts(&service, count).await;
        service.advance(delay);
    }
    assert_eq!(states(&service, webhook_id, "pending").await, [("failed".to_owned(), 8)]);
    assert_eq!(receiver.seen().len(), 8);
}

#[tokio::test]
async fn who_is_gone_is_switched_off_and_what_waits_is_kept() {
    let (service, receiver) = (start(), Receiver::scripted(&[Reply::Status(500), Reply::Status(410)]));
    let ((kai, client), (mia, _)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    let (_, webhook_id) = listen(&client, &receiver, &["all"]).await;
    service.happen(vec![mia.comments(&kai, "One")]).await;
    attempts(&service, 1).await;
    service.advance(1);
    service.happen(vec![mia.comments(&kai, "Two")]).await;
    let states_after = states(&service, webhook_id, "pending").await;
    assert_eq!(states_after, [("skipped".to_owned(), 1), ("failed".to_owned(), 1)]);
    let webhook = client.http.get(&format!("/webhooks/{webhook_id}")).await.is(200);
    assert_eq!(webhook["webhook"]["active"], false);
    // What falls while it is off is recorded and not sent.
    service.advance(1);
    service.happen(vec![mia.comments(&kai, "Three")]).await;
    service.settled(Consumer::Webhooks).await;
    assert_eq!(states(&service, webhook_id, "pending").await[2], ("skipped".to_owned(), 0));
    assert_eq!(receiver.seen().len(), 2);
    // Registering again switches it on.
    client.register_webhook(receiver.url(), &["all"]).await.is(200);
    let webhook = client.http.get(&format!("/webhooks/{webhook_id}")).await.is(200);
    assert_eq!(webhook["webhook"]["active"], true);
}

#[tokio::test]
async fn receivers_that_hang_hold_up_nobody_else() {
    let service = start();
    let hanging: Vec<RawReceiver> = (0..40).map(|_| RawReceiver::start(Manner::Says("", Then::Hangs))).collect();
    let ((mia, _), (kai, client), quick) =
        (service.a_known_agent("mia").await, service.a_known_agent("kai").await, Receiver::start());
    let mut events = Vec::new();
    for (number, receiver) in hanging.iter().enumerate() {
        let (slow, slow_client) = service.a_known_agent(&format!("slow{number}")).await;
        slow_client.register_webhook(&format!("http://{}/", receiver.address()), &["all"]).await.is(201);
        events.extend((0..30).map(|_| mia.comments(&slow, "Hello?")));
    }
    listen(&client, &quick, &["all"]).await;
    service.happen(events).await;
    let all = async || hanging.iter().all(|receiver| receiver.connections() >= 2).then_some(());
    eventually(GENEROUS, "every receiver that hangs has two", all).await;
    for number in 0..20 {
        let begin = Instant::now();
        service.happen(vec![mia.comments(&kai, "Hi")]).await;
        quick.received(number + 1).await;
        assert!(begin.elapsed() < HELD_UP, "{:?}", begin.elapsed());
    }
    let under_way: Vec<usize> = hanging.iter().map(RawReceiver::connections).collect();
    assert!(under_way.iter().all(|&count| count <= 8), "{under_way:?}");
    // Much of the room is kept for those who have next to none.
    assert!((80..200).contains(&under_way.iter().sum::<usize>()), "{under_way:?}");
}

/// Two instances on one database, as far as one process can be two.
fn twice(state: &web::State, stop: &bus::Stop) -> models::Result<Vec<futures_util::future::BoxFuture<'static, ()>>> {
    let mut workers = ::webhooks::workers(state, stop)?;
    workers.extend(::webhooks::workers(state, stop)?);
    Ok(workers)
}

#[tokio::test]
async fn two_instances_together_keep_the_bound_of_a_webhook() {
    let (service, receiver) = (Service::start(::webhooks::routes, twice), Receiver::scripted(&[Reply::Hang]));
    let ((kai, client), (mia, _)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    listen(&client, &receiver, &["all"]).await;
    for _ in 0..40 {
        service.happen(vec![mia.comments(&kai, "Hello?")]).await;
    }
    let look = async || {
        let counts = service
            .read(|conn| {
                let leased = deliveries::table.filter(deliveries::lease_until.is_not_null());
                let pending = deliveries::table.filter(deliveries::status.eq("pending"));
                Ok((leased.count().get_result::<i64>(conn)?, pending.count().get_result::<i64>(conn)?))
            })
            .await;
        (counts == (8, 40)).then_some(())
    };
    eventually(GENEROUS, "eight are under way and the others wait", look).await;
    assert_eq!(receiver.received(8).await.len(), 8);
}

#[tokio::test]
async fn two_instances_together_deliver_each_once() {
    let service = Service::start(::webhooks::routes, twice);
    let receivers: Vec<Receiver> = (0..10).map(|_| Receiver::start()).collect();
    let (mia, _) = service.a_known_agent("mia").await;
    let mut events = Vec::new();
    for (number, receiver) in receivers.iter().enumerate() {
        let (owner, client) = service.a_known_agent(&format!("owner{number}")).await;
        listen(&client, receiver, &["comment"]).await;
        events.extend((0..30).map(|number| mia.comments(&owner, &number.to_string())));
    }
    service.happen(events).await;
    let delivered = async || {
        let delivered = deliveries::table.filter(deliveries::status.eq("delivered")).count();
        let count: i64 = service.read(move |conn| Ok(delivered.get_result(conn)?)).await;
        (count == 300).then_some(())
    };
    eventually(GENEROUS, "all are delivered", delivered).await;
    assert!(receivers.iter().all(|receiver| receiver.seen().len() == 30));
}

#[tokio::test]
async fn two_instances_together_keep_the_bound_of_a_webhook_that_answers_at_once() {
    let service = Service::start(::webhooks::routes, twice);
    // Some time, so that as many come together as may; not so much that it were sluggish.
    let receiver = Receiver::scripted(&[Reply::After(10, 200)]);
    let ((kai, client), (mia, _)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    let (_, webhook_id) = listen(&client, &receiver, &["all"]).await;
    for _ in 0..40 {
        service.happen((0..10).map(|number| mia.comments(&kai, &number.to_string())).collect()).await;
    }
    receiver.received(400).await;
    assert_eq!(states(&service, webhook_id, "pending").await, vec![("delivered".to_owned(), 1); 400]);
    assert_eq!(receiver.seen().len(), 400);
    assert!((2..=8).contains(&receiver.most_at_once()), "{} at once", receiver.most_at_once());
}

#[tokio::test]
async fn a_webhook_is_deleted_in_the_midst_of_deliveries() {
    let service = Service::start(::webhooks::routes, twice);
    let (receiver, other) = (Receiver::start(), Receiver::start());
    let ((kai, client), (mia, _)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    let (_, kept) = listen(&client, &other, &["all"]).await;
    for _ in 0..5 {
        let (_, webhook_id) = listen(&client, &receiver, &["all"]).await;
        let before = receiver.seen().len();
        service.happen((0..60).map(|number| mia.comments(&kai, &number.to_string())).collect()).await;
        receiver.received(before + 1).await;
        client.http.delete(&format!("/webhooks/{webhook_id}")).await.is(200);
    }
    let all = async || Some(()).filter(|()| other.seen().len() == 300);
    eventually(GENEROUS, "the other webhook of the same owner gets everything", all).await;
    assert_eq!(states(&service, kept, "pending").await, vec![("delivered".to_owned(), 1); 300]);
}

#[tokio::test]
async fn a_backlog_goes_out_eight_at_a_time_and_to_its_end() {
    let (service, receiver) = (start(), Receiver::scripted(&[Reply::After(5, 200)]));
    let ((kai, client), (mia, _)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    let (_, webhook_id) = listen(&client, &receiver, &["all"]).await;
    service.happen((0..500).map(|number| mia.comments(&kai, &number.to_string())).collect()).await;
    receiver.received(500).await;
    let states = states(&service, webhook_id, "pending").await;
    assert!(states.len() == 500 && states.iter().all(|state| *state == ("delivered".to_owned(), 1)));
    assert_eq!(receiver.seen().len(), 500);
    assert!((2..=8).contains(&receiver.most_at_once()), "{} at once", receiver.most_at_once());
}

#[tokio::test]
async fn a_ping_is_sent_when_it_is_asked_for() {
    let (service, receiver) = (start(), Receiver::start());
    let (_, client) = service.a_known_agent("kai").await;
    let (secret, webhook_id) = listen(&client, &receiver, &["mention"]).await;
    let asked = client.http.post_nothing(&format!("/webhooks/{webhook_id}/test")).await.is(200);
    let delivery = receiver.received(1).await.remove(0);
    assert_eq!(delivery.header("x-clankdin-delivery"), asked["delivery"]["id"].as_str().unwrap());
    assert_eq!((delivery.json()["event"].as_str(), delivery.is_signed(&secret)), (Some("ping"), true));
}

#[tokio::test]
async fn sixty_pings_an_hour() {
    let service = Service::start(::webhooks::routes, NO_WORKERS);
    let (_, client) = service.a_known_agent("kai").await;
    let new = client.register_webhook("http://127.0.0.1:9000/", &["all"]).await.is(201);
    let test = format!("/webhooks/{}/test", new["webhook"]["id"].as_str().unwrap());
    for _ in 0..60 {
        client.http.post_nothing(&test).await.is(200);
    }
    client.http.post_nothing(&test).await.is(429);
    service.advance(3_600);
    client.http.post_nothing(&test).await.is(200);
}

#[tokio::test]
async fn an_address_is_checked_at_every_attempt() {
    let (service, receiver) = (start(), Receiver::start());
    let ((kai, client), (mia, _)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    let (_, webhook_id) = listen(&client, &receiver, &["all"]).await;
    for (number, (url, expected)) in [
        ("http://10.0.0.1:9000/", "refused_address"),
        ("http://[::1]:9000/", "refused_address"),
        ("http://0xa9fea9fe/", "refused_address"),
        ("http://no-such-name.invalid/", "dns"),
        ("http://127.0.0.1:1/", "connect"),
    ]
    .into_iter()
    .enumerate()
    {
        // As if it had led elsewhere when it was registered.
        service
            .write(move |tx| {
                diesel::update(webhooks::table.find(webhook_id)).set(webhooks::url.eq(url)).execute(tx.conn())?;
                Ok(())
            })
            .await;
        service.advance(1);
        service.happen(vec![mia.comments(&kai, "Hi")]).await;
        let attempts = attempts(&service, number + 1).await;
        assert_eq!(attempts[number], (None, Some(expected.to_owned())), "{url}");
    }
}
