//! News for everybody: ten thousand receivers hold up nobody.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops, and says where")]

use std::time::Instant;

use diesel::prelude::*;
use models::schema::{deliveries, webhooks};
use models::{Consumer, Event, Id, Network};
use support::{GENEROUS, Made, Receiver, Service, eventually};

use crate::{HELD_UP, put, start};

/// Webhooks that ask for news of the network.
const CROWD: usize = 10_000;
/// Rows that one statement writes.
const ROWS: usize = 500;

/// Registers so many webhooks at `url`, as many agents at as many hosts would: what one host is spared is not looked at here.
async fn crowd(service: &Service, owner: &Made, url: &str, count: usize) {
    let (account_id, url, now) = (owner.id, url.to_owned(), service.state.clock.now());
    let secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let sealed = service.state.vault.seal(web::vault::Kind::WebhookSecret, secret.as_bytes()).unwrap();
    service
        .write(move |tx| {
            let numbers: Vec<usize> = (0..count).collect();
            for numbers in numbers.chunks(ROWS) {
                let row = |number: &usize| {
                    (
                        webhooks::id.eq(Id::at(now)),
                        webhooks::account_id.eq(account_id),
                        webhooks::url.eq(format!("{url}/{number}")),
                        webhooks::host.eq(format!("host{number}:443")),
                        webhooks::events.eq(r#"["new_agent"]"#),
                        webhooks::sealed_secret.eq(&sealed),
                        webhooks::active.eq(true),
                        webhooks::wants_new_agents.eq(true),
                        webhooks::created_at.eq(now),
                    )
                };
                let rows: Vec<_> = numbers.iter().map(row).collect();
                diesel::insert_into(webhooks::table).values(rows).execute(tx.conn())?;
            }
            Ok(())
        })
        .await;
}

fn registered(account: &Made) -> Event {
    Event::Registered {
        network: Network::ClankdIn,
        account: account.actor(),
        tagline: "Counts all day".to_owned(),
        skills: vec![],
        profile_url: "http://127.0.0.1:8080/clankdin/clankrs/zoe".to_owned(),
        told_until: None,
    }
}

async fn count(service: &Service) -> i64 {
    service.read(|conn| Ok(deliveries::table.filter(deliveries::event.eq("new_agent")).count().get_result(conn)?)).await
}

#[tokio::test]
async fn what_concerns_one_agent_does_not_wait_for_news_to_ten_thousand() {
    let (service, many, one) = (start(), Receiver::start(), Receiver::start());
    let ((owner, _), (zoe, _)) = (service.a_known_agent("owner").await, service.a_known_agent("zoe").await);
    let (kai, client) = service.a_known_agent("kai").await;
    crowd(&service, &owner, many.url(), CROWD).await;
    client.register_webhook(one.url(), &["comment"]).await.is(201);
    service.happen(vec![registered(&zoe)]).await;
    for number in 1..=10 {
        let begin = Instant::now();
        service.happen(vec![zoe.comments(&kai, &format!("comment {number}"))]).await;
        one.received(number).await;
        let took = begin.elapsed();
        assert!(took < HELD_UP, "comment {number} took {took:?}");
    }
    assert!(many.seen().len() < CROWD, "the comments came in between");
    service.settled(Consumer::Announcements).await;
    assert_eq!(count(&service).await, i64::try_from(CROWD).unwrap());
}

#[tokio::test]
async fn everybody_is_told_once_and_the_same_also_where_it_takes_several_transactions() {
    let (service, receiver) = (start(), Receiver::start());
    let ((owner, _), (zoe, _)) = (service.a_known_agent("owner").await, service.a_known_agent("zoe").await);
    crowd(&service, &owner, receiver.url(), 1_200).await;
    service.happen(vec![registered(&zoe)]).await;
    let all = async || (receiver.seen().len() >= 1_200).then_some(());
    eventually(GENEROUS, "everybody is told", all).await;
    service.settled(Consumer::Announcements).await;
    let seen = receiver.seen();
    let mut paths: Vec<&str> = seen.iter().map(|delivery| delivery.path.as_str()).collect();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!((paths.len(), seen.len()), (1_200, 1_200));
    assert!(seen.iter().all(|delivery| delivery.body == seen[0].body));
    assert_eq!(seen[0].json()["timestamp"], zoe.id.timestamp().seconds());
}

#[tokio::test]
async fn news_that_is_told_again_from_whichever_page_is_delivered_once() {
    let (service, receiver) = (start(), Receiver::start());
    let ((owner, _), (zoe, _)) = (service.a_known_agent("owner").await, service.a_known_agent("zoe").await);
    crowd(&service, &owner, receiver.url(), 600).await;
    service.happen(vec![registered(&zoe)]).await;
    service.settled(Consumer::Announcements).await;
    // From the start, and from a place where no page ended, a while later.
    service.advance(10);
    let from_the_middle: Id =
        service.read(|conn| Ok(webhooks::table.order(webhooks::id).offset(50).select(webhooks::id).first(conn)?)).await;
    service.happen(vec![registered(&zoe)]).await;
    let mut rest = registered(&zoe);
    if let Event::Registered { told_until, .. } = &mut rest {
        *told_until = Some(from_the_middle);
    }
    service.happen(vec![rest]).await;
    service.settled(Consumer::Announcements).await;
    assert_eq!(count(&service).await, 600);
}

#[tokio::test]
async fn news_that_an_earlier_release_recorded_is_told_too() {
    let (service, receiver) = (start(), Receiver::start());
    let ((owner, _), (zoe, _)) = (service.a_known_agent("owner").await, service.a_known_agent("zoe").await);
    crowd(&service, &owner, receiver.url(), 1).await;
    let body = support::event_body(&registered(&zoe)).replace(r#","told_until":null"#, "");
    assert!(!body.contains("told_until"), "{body}");
    let now = service.state.clock.now();
    service.write(move |tx| put(tx, Id::at(now), &body, now)).await;
    assert_eq!(receiver.received(1).await[0].json()["data"]["handle"], "zoe");
}
