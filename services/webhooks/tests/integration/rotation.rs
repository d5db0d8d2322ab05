//! Changing secrets, and what deliveries are signed with meanwhile.

use diesel::prelude::*;
use models::schema::webhooks;
use support::signatures::is_standard_signature;

use crate::{DAY, start};
use support::{Delivery, NO_WORKERS, Receiver, Service, json};

/// Which of these secrets each signature of the standard's header is made with, in its order; `None` for one of no secret.
fn signers<'a>(service: &Service, delivery: &Delivery, secrets: &[&'a str]) -> Vec<Option<&'a str>> {
    let (id, at) = (delivery.header("webhook-id"), delivery.header("webhook-timestamp"));
    let now = service.state.clock.now().seconds();
    let is_of = |signature: &str, secret: &str| is_standard_signature(secret, (id, at, signature), &delivery.body, now);
    let signer = |signature| secrets.iter().copied().find(|secret| is_of(signature, secret));
    delivery.header("webhook-signature").split(' ').map(signer).collect()
}

#[tokio::test]
async fn for_a_day_both_secrets_count() {
    let (service, receiver) = (start(), Receiver::start());
    let ((kai, client), (mia, _)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    let (old, id) = client.listen(&receiver, &["comment"]).await;
    service.happen(vec![mia.comments(&kai, "Before")]).await;
    let before = receiver.received(1).await.remove(0);
    assert_eq!(signers(&service, &before, &[&old]), [Some(old.as_str())]);

    let rotated = client.rotate_secret(json!({"webhook_id": id})).await.is(200);
    let new = rotated.string("secret");
    assert!(new.starts_with("whsec_") && new.len() == 50 && new != old, "{new}");
    rotated.clone().is_exactly(200, &json!({"secret": new}));
    service.advance(1);
    service.happen(vec![mia.comments(&kai, "At once")]).await;
    receiver.received(2).await;
    service.advance(DAY - 2);
    service.happen(vec![mia.comments(&kai, "Just within the day")]).await;
    for delivery in receiver.received(3).await.split_off(2) {
        assert!(delivery.is_signed(new) && !delivery.is_signed(&old));
        assert_eq!(signers(&service, &delivery, &[new, &old]), [Some(new), Some(old.as_str())]);
    }
    service.advance(1);
    service.happen(vec![mia.comments(&kai, "After it")]).await;
    let after = receiver.received(4).await.remove(3);
    assert!(after.is_signed(new));
    assert_eq!(signers(&service, &after, &[new, &old]), [Some(new)]);
}

#[tokio::test]
async fn of_two_rotations_within_a_day_the_latest_secret_counts_and_the_one_before() {
    let (service, receiver) = (start(), Receiver::start());
    let ((kai, client), (mia, _)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    let (first, _) = client.listen(&receiver, &["comment"]).await;
    let second = client.rotate_secret(json!({})).await.is(200).string("secret").to_owned();
    service.advance(DAY / 2);
    let third = client.rotate_secret(json!({})).await.is(200).string("secret").to_owned();
    // Each rotation has a day of its own.
    service.advance(DAY - 1);
    service.happen(vec![mia.comments(&kai, "Which?")]).await;
    let delivery = receiver.received(1).await.remove(0);
    let all = [first.as_str(), &second, &third];
    assert_eq!(signers(&service, &delivery, &all), [Some(third.as_str()), Some(second.as_str())]);
    assert!(delivery.is_signed(&third));
}

#[tokio::test]
async fn an_attempt_is_signed_with_what_counts_when_it_is_made() {
    let service = start();
    let receiver = Receiver::scripted(&[support::Reply::Status(500), support::Reply::Status(200)]);
    let ((kai, client), (mia, _)) = (service.a_known_agent("kai").await, service.a_known_agent("mia").await);
    let (old, id) = client.listen(&receiver, &["comment"]).await;
    service.happen(vec![mia.comments(&kai, "Hi")]).await;
    client.attempted(&id, 1).await;
    let new = client.rotate_secret(json!({})).await.is(200).string("secret").to_owned();
    service.advance(6);
    let [first, second] = receiver.received(2).await.try_into().unwrap();
    assert!(first.is_signed(&old) && second.is_signed(&new));
    assert_eq!(first.body, second.body);
    assert_eq!(signers(&service, &second, &[&new, &old]), [Some(new.as_str()), Some(old.as_str())]);
}

#[tokio::test]
async fn all_of_ones_own_get_one_secret_and_nobody_elses_does() {
    let service = start();
    let receivers = [Receiver::start(), Receiver::start(), Receiver::start()];
    let (mia, _) = service.a_known_agent("mia").await;
    let ((kai, client), (zoe, other)) = (service.a_known_agent("kai").await, service.a_known_agent("zoe").await);
    let [own, second, of_zoe] = &receivers;
    let (first_secret, first_id) = client.listen(own, &["comment"]).await;
    let (second_secret, _) = client.listen(second, &["comment"]).await;
    let (zoes_secret, _) = other.listen(of_zoe, &["comment"]).await;
    let all = client.http.post_nothing("/webhooks/rotate-secret").await.is(200).string("secret").to_owned();
    let one = client.rotate_secret(json!({"webhook_id": first_id})).await.is(200).string("secret").to_owned();
    service.happen(vec![mia.comments(&kai, "Hi"), mia.comments(&zoe, "Hi")]).await;
    let mut seen = Vec::new();
    for receiver in &receivers {
        seen.push(receiver.received(1).await.remove(0));
    }
    let secrets = [first_secret.as_str(), &second_secret, &zoes_secret, &all, &one];
    let signers: Vec<_> = seen.iter().map(|delivery| signers(&service, delivery, &secrets)).collect();
    let expected = [
        vec![Some(one.as_str()), Some(all.as_str())],
        vec![Some(&all), Some(&second_secret)],
        vec![Some(&zoes_secret)],
    ];
    assert_eq!(signers, expected);
}

#[tokio::test]
async fn who_has_none_is_told_so() {
    let service = Service::start(::webhooks::routes, NO_WORKERS);
    let (kai, mia) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("mia").await);
    let unknown = json!({"detail": "Webhook not found"});
    mia.rotate_secret(json!({})).await.is_exactly(404, &unknown);
    mia.http.post_nothing("/webhooks/rotate-secret").await.is_exactly(404, &unknown);
    let new = kai.register_webhook("http://127.0.0.1:9000/", &["all"]).await.is(201);
    let stored = async || -> Vec<u8> {
        service.read(|conn| Ok(webhooks::table.select(webhooks::sealed_secret).first(conn)?)).await
    };
    let before = stored().await;
    for id in [&new["webhook"]["id"], &json!("0192f0c1-2345-7abc-8def-0123456789ab"), &json!("x"), &json!("")] {
        mia.rotate_secret(json!({"webhook_id": id})).await.is_exactly(404, &unknown);
    }
    assert_eq!(kai.rotate_secret(json!({"webhook_id": 5})).await.is(400)["field"], "webhook_id");
    assert_eq!(stored().await, before);
}

#[tokio::test]
async fn secrets_are_kept_sealed_and_shown_once() {
    let service = Service::start(::webhooks::routes, NO_WORKERS);
    let kai = service.a_clankdin_agent("kai").await;
    let new = kai.register_webhook("http://127.0.0.1:9000/", &["all"]).await.is(201);
    let (old, rotated) = (new.string("secret").to_owned(), kai.rotate_secret(json!({})).await.is(200));
    let (sealed, previous): (Vec<u8>, Option<Vec<u8>>) = service
        .read(|conn| {
            Ok(webhooks::table.select((webhooks::sealed_secret, webhooks::previous_sealed_secret)).first(conn)?)
        })
        .await;
    for secret in [old.as_str(), rotated.string("secret")] {
        for kept in [&sealed, previous.as_ref().unwrap()] {
            assert!(!kept.windows(8).any(|window| secret.as_bytes().windows(8).any(|part| part == window)));
        }
    }
    let id = new["webhook"]["id"].as_str().unwrap();
    for answer in [
        kai.http.get("/webhooks").await,
        kai.http.get(&format!("/webhooks/{id}")).await,
        kai.change_webhook(id, json!({"active": true})).await,
        kai.deliveries(id, "").await,
    ] {
        assert!(!answer.is(200).text().contains("whsec_"));
    }
}
