//! Live inboxes.

use std::collections::BTreeSet;
use std::time::Duration;

use bus::Stop;
use diesel::prelude::*;
use futures_util::future::join_all;
use models::schema::credentials;
use models::{Id, Network, credentials as tokens};
use support::{EventStream, GENEROUS, Networks as _, Service, eventually, tokio};

use crate::service;

/// What comes sooner has not waited for a sign of life, of which there is one in fifteen seconds.
const AT_ONCE: Duration = Duration::from_secs(10);

/// What the next `count` events say.
async fn said(stream: &mut EventStream, count: usize) -> Vec<String> {
    stream.take(count).await.iter().map(|event| event.message().1).collect()
}

/// Has the streams of an account look at once.
async fn wake(service: &Service, account: Id) {
    let wake = move |tx: &mut models::Transaction<'_>| {
        tx.arrived(account);
        Ok(())
    };
    service.write(wake).await;
}

#[tokio::test]
async fn it_begins_with_what_waits_and_goes_on_with_what_arrives() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let _ = tom.send("Sam", "one").await.is(201);
    let mut stream = sam.http.with_header("accept-encoding", "gzip").open("/inbox/stream").await;
    assert_eq!(stream.header("cache-control"), Some("no-store"));
    assert_eq!(stream.header("content-encoding"), None, "a compressor would keep events back");
    assert_eq!(stream.header("x-accel-buffering"), Some("no"));
    let first = stream.take(1).await.remove(0);
    let inbox = sam.inbox("").await.is(200);
    assert_eq!((&first.data, first.kind.as_str()), (&inbox["messages"][0], "message"));
    assert_eq!(first.id, inbox["messages"][0]["id"]);
    for message in ["two", "three"] {
        let _ = tom.send("Sam", message).await.is(201);
        assert_eq!(said(&mut stream, 1).await, [message]);
    }
}

#[tokio::test]
async fn it_says_that_it_is_there_when_nothing_waits() {
    let service = service();
    let sam = service.a_clawnet_agent("Sam").await;
    let mut stream = sam.stream(None).await;
    stream.sign_of_life().await;
    // The next one comes when nothing has happened for fifteen seconds.
    let begin = tokio::time::Instant::now();
    stream.sign_of_life().await;
    assert!(begin.elapsed() >= AT_ONCE, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn who_is_cut_off_goes_on_behind_what_it_has() {
    let service = service();
    let sam = service.a_clawnet_agent("Sam").await;
    let mut senders = Vec::new();
    for number in 0..6 {
        senders.push(service.a_clawnet_agent(&format!("sender{number}")).await);
    }
    let send = join_all(senders.iter().map(async |sender| {
        for number in 0..10 {
            let _ = sender.send("Sam", &format!("{} {number}", sender.name)).await.is(201);
        }
    }));
    let read = async {
        let (mut ids, mut texts): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        while ids.len() < 60 {
            // Each connection reads a few and breaks off, whatever else is on its way.
            let mut stream = sam.stream(ids.last().map(String::as_str)).await;
            for event in stream.take((60 - ids.len()).min(7)).await {
                texts.push(event.message().1);
                ids.push(event.id);
            }
        }
        (ids, texts)
    };
    let (_, (ids, texts)) = tokio::join!(send, read);
    assert!(ids.is_sorted_by(|earlier, later| earlier < later), "in order, and none twice");
    let wanted: BTreeSet<String> =
        (0..6).flat_map(|sender| (0..10).map(move |number| format!("sender{sender} {number}"))).collect();
    assert_eq!(texts.into_iter().collect::<BTreeSet<_>>(), wanted, "and none is missing");
}

#[tokio::test]
async fn a_long_inbox_comes_whole_and_in_order() {
    let service = service();
    let (tom, sam) =
        (service.an_account(Network::ClawNet, "Tom").await, service.an_account(Network::ClawNet, "Sam").await);
    for number in 0..250 {
        // Ten share each microsecond.
        if number % 10 == 0 {
            service.advance(1);
        }
        service.a_message(tom.id, sam.id, &number.to_string()).await;
    }
    let mut stream = service.clawnet().known("Sam", &sam.token).stream(None).await;
    let events = stream.take(250).await;
    assert!(events.is_sorted_by(|earlier, later| earlier.id < later.id));
}

#[tokio::test]
async fn what_is_acknowledged_does_not_come_again_and_strangers_hear_nothing() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let kim = service.a_clawnet_agent("Kim").await;
    let mut of_kim = kim.stream(None).await;
    let first = tom.send("Sam", "one").await.is(201);
    let _ = tom.send("Sam", "two").await.is(201);
    let _ = sam.acknowledge(first.string("id")).await.is(200);
    assert_eq!(said(&mut sam.stream(None).await, 1).await, ["two"]);
    let _ = tom.send("Kim", "for Kim").await.is(201);
    assert_eq!(said(&mut of_kim, 1).await, ["for Kim"], "and nothing before it");
}

#[tokio::test]
async fn what_is_no_id_is_refused_and_a_head_has_an_end() {
    let service = service();
    let sam = service.a_clawnet_agent("Sam").await;
    for last in ["7", "post_01kb0000000000000000000000", "msg_x"] {
        let refused = sam.http.with_header("last-event-id", last).get("/inbox/stream").await.is(400);
        assert_eq!(refused["message"], "Last-Event-ID must be the id of an event of this stream", "{last}");
    }
    let head = sam.http.call("HEAD", "/inbox/stream", None).await.is(200);
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    let _ = service.clawnet().http.get("/inbox/stream").await.is(401);
}

#[tokio::test]
async fn a_place_that_is_yet_to_come_is_the_end_and_an_empty_one_the_beginning() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let future = Id::at(service.state.clock.now().plus_seconds(24 * 3_600)).to_typeid("msg");
    let mut unheard = tom.stream(Some(&future)).await;
    let _ = tom.send("Sam", "one").await.is(201);
    let mut at_end = sam.stream(Some(&future)).await;
    at_end.sign_of_life().await;
    let _ = tom.send("Sam", "two").await.is(201);
    assert_eq!(said(&mut at_end, 1).await, ["two"]);
    assert_eq!(said(&mut sam.stream(Some("")).await, 2).await, ["one", "two"]);
    let _ = sam.send("Tom", "three").await.is(201);
    assert_eq!(said(&mut unheard, 1).await, ["three"], "also of one that has never had any");
}

#[tokio::test]
async fn an_account_has_five_at_a_time() {
    let service = service();
    let (sam, kim) =
        (service.an_account(Network::ClawNet, "Sam").await, service.an_account(Network::ClawNet, "Kim").await);
    let (sam_id, kim_id) = (sam.id, kim.id);
    let [sam, kim] = [sam, kim].map(|made| service.clawnet().known(&made.handle, &made.token));
    let mut streams = Vec::new();
    for _ in 0..5 {
        streams.push(sam.stream(None).await);
    }
    let refused = sam.http.get("/inbox/stream").await;
    let body = support::json!({"ok": false, "error": "rate_limited", "action": "inbox_stream", "limit": 5,
        "message": "Too many at a time. Limit: 5 for inbox_stream."});
    assert_eq!(refused.is_exactly(429, &body).header("retry-after"), Some("15"));
    let _of_kim = kim.stream(None).await;
    streams.pop();
    // The server learns that a client has gone when it next writes to it.
    let opens = async || {
        service.a_message(kim_id, sam_id, "hello").await;
        wake(&service, sam_id).await;
        let answer = sam.http.call("HEAD", "/inbox/stream", None).await;
        (answer.status == 200).then_some(())
    };
    eventually(GENEROUS, "there is room again", opens).await;
}

#[tokio::test]
async fn it_ends_with_its_token() {
    let service = service();
    let sam = service.an_account(Network::ClawNet, "Sam").await;
    let mut stream = service.clawnet().known("Sam", &sam.token).stream(None).await;
    stream.sign_of_life().await;
    let id = sam.id;
    service
        .write(move |tx| {
            let hash: Vec<u8> = credentials::table
                .filter(credentials::account_id.eq(id))
                .select(credentials::token_hash)
                .first(tx.conn())?;
            let hash = hash.try_into().map_err(|_| models::Error::internal("a hash has 32 bytes"))?;
            let _ = tokens::revoke(tx, models::token::TokenHash(hash))?;
            tx.arrived(id);
            Ok(())
        })
        .await;
    let ended = tokio::time::timeout(AT_ONCE, stream.next()).await;
    assert_eq!(ended.expect("it ends at once, not at the next sign of life"), None);
}

#[tokio::test]
async fn a_suspended_account_hears_no_more() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.an_account(Network::ClawNet, "Sam").await);
    let mut stream = service.clawnet().known("Sam", &sam.token).stream(None).await;
    stream.sign_of_life().await;
    service.set_suspended(Network::ClawNet, sam.id, true).await;
    service.a_message(service.an_account(Network::ClawNet, "Kim").await.id, sam.id, "secret").await;
    let _ = tom.send("Sam", "hello").await.is(404);
    wake(&service, sam.id).await;
    assert_eq!(stream.next().await, None, "and not what has arrived since");
}

#[tokio::test]
async fn it_ends_when_the_server_stops() {
    let service = service();
    let sam = service.a_clawnet_agent("Sam").await;
    let mut stream = sam.stream(None).await;
    stream.sign_of_life().await;
    let stop = Stop::new();
    let workers = messaging::workers(&service.state, &stop).unwrap();
    let workers: Vec<_> = workers.into_iter().map(tokio::spawn).collect();
    stop.cancel();
    let ended = tokio::time::timeout(AT_ONCE, stream.next()).await;
    assert_eq!(ended.expect("it ends at once"), None);
    let _ = sam.http.get("/inbox/stream").await.is(503);
    for worker in workers {
        worker.await.unwrap();
    }
}
