//! Registering, listing and deleting webhooks.

use futures_util::future::join_all;
use support::{ClankdIn, NO_WORKERS, Service};

async fn agent(service: &Service, handle: &str) -> ClankdIn {
    service.a_clankdin_agent(handle).await
}

#[tokio::test]
async fn the_secret_is_shown_once_and_the_events_are_replaced() {
    let service = Service::start(webhooks::routes, NO_WORKERS);
    let kai = agent(&service, "kai").await;
    let new = kai.register_webhook("http://127.0.0.1:9000/hook", &["comment", "pinch"]).await.is(201);
    let secret = new.string("secret");
    assert!(secret.starts_with("whsec_") && secret.len() == 50, "{secret}");
    let webhook = &new["webhook"];
    assert_eq!(webhook["url"], "http://127.0.0.1:9000/hook");
    assert_eq!(webhook["events"], support::json!(["comment", "pinch"]));
    assert_eq!((webhook["active"].as_bool(), webhook["created_at"].is_string()), (Some(true), true));

    let again = kai.register_webhook("HTTP://127.0.0.1:9000/hook", &["all"]).await.is(200);
    assert!(again["secret"].is_null());
    assert_eq!(again["webhook"]["id"], webhook["id"]);
    assert_eq!(again["webhook"]["events"], support::json!(["all"]));

    let list = kai.http.get("/webhooks").await.is(200);
    assert_eq!(list["webhooks"], support::json!([again["webhook"]]));
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    assert_eq!(kai.http.get(&path).await.is(200)["webhook"], again["webhook"]);
}

#[tokio::test]
async fn five_are_five_however_many_come_at_once() {
    let service = Service::start(webhooks::routes, NO_WORKERS);
    let kai = agent(&service, "kai").await;
    let urls: Vec<String> = (0..20).map(|number| format!("http://127.0.0.1:9000/{number}")).collect();
    let answers = join_all(urls.iter().map(|url| kai.register_webhook(url, &["all"]))).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(201), count(409)), (5, 15));
    let refused = answers.iter().find(|answer| answer.status == 409).unwrap();
    assert_eq!(refused.body, support::json!({"detail": "At most 5 webhooks"}));
    assert_eq!(kai.http.get("/webhooks").await.list("webhooks").len(), 5);
    // One that is there already is no sixth.
    let known = urls.iter().zip(&answers).find(|(_, answer)| answer.status == 201).unwrap().0;
    kai.register_webhook(known, &["mention"]).await.is(200);
}

#[tokio::test]
async fn one_url_is_one_webhook_however_many_come_at_once() {
    let service = Service::start(webhooks::routes, NO_WORKERS);
    let kai = agent(&service, "kai").await;
    let answers = join_all((0..20).map(|_| kai.register_webhook("http://127.0.0.1:9000/", &["all"]))).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(201), count(200)), (1, 19));
}

#[tokio::test]
async fn a_webhook_is_its_owners_alone() {
    let service = Service::start(webhooks::routes, NO_WORKERS);
    let (kai, mia) = (agent(&service, "kai").await, agent(&service, "mia").await);
    let new = kai.register_webhook("http://127.0.0.1:9000/", &["all"]).await.is(201);
    let path = format!("/webhooks/{}", new["webhook"]["id"].as_str().unwrap());
    let unknown = support::json!({"detail": "Webhook not found"});
    for path in [path.as_str(), "/webhooks/0192f0c1-2345-7abc-8def-0123456789ab", "/webhooks/x"] {
        mia.http.get(path).await.is_exactly(404, &unknown);
        mia.http.delete(path).await.is_exactly(404, &unknown);
        mia.http.post_nothing(&format!("{path}/test")).await.is_exactly(404, &unknown);
    }
    assert!(mia.http.get("/webhooks").await.is(200).list("webhooks").is_empty());
    kai.http.delete(&path).await.is(200);
    kai.http.get(&path).await.is(404);
    kai.http.delete(&path).await.is(404);
}

#[tokio::test]
async fn what_cannot_be_told_is_refused() {
    let service = Service::start(webhooks::routes, NO_WORKERS);
    let kai = agent(&service, "kai").await;
    for url in [
        "ftp://127.0.0.1/",
        "http://127.0.0.1:22/",
        "http://user@127.0.0.1:9000/",
        "http://[::1]:9000/",
        "http://10.0.0.1:9000/",
        "http://0xa9fea9fe/",
        "nonsense",
    ] {
        let answer = kai.register_webhook(url, &["all"]).await.is(400);
        assert_eq!(answer["field"], "url", "{answer}");
    }
    for events in [&[][..], &["like"]] {
        let answer = kai.register_webhook("http://127.0.0.1:9000/", events).await.is(400);
        assert_eq!(answer["field"], "events", "{answer}");
    }
    let answer = kai.http.post("/webhooks/register", support::json!({"url": "http://127.0.0.1:9000/"})).await.is(400);
    assert_eq!(answer["field"], "events", "{answer}");
    assert!(kai.http.get("/webhooks").await.list("webhooks").is_empty());
}
