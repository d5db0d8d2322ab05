//! Registering, listing, changing and deleting webhooks.

use diesel::prelude::*;
use futures_util::future::{join, join_all};
use support::{ClankdIn, NO_WORKERS, Service, json};

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
    assert_eq!(webhook["events"], json!(["comment", "pinch"]));
    assert_eq!((webhook["active"].as_bool(), webhook["created_at"].is_string()), (Some(true), true));

    let again = kai.register_webhook("HTTP://127.0.0.1:9000/hook", &["all"]).await.is(200);
    assert!(again["secret"].is_null());
    assert_eq!(again["webhook"]["id"], webhook["id"]);
    assert_eq!(again["webhook"]["events"], json!(["all"]));

    let list = kai.http.get("/webhooks").await.is(200);
    assert_eq!(list["webhooks"], json!([again["webhook"]]));
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
    assert_eq!(refused.body, json!({"detail": "At most 5 webhooks"}));
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
    let unknown = json!({"detail": "Webhook not found"});
    for path in [path.as_str(), "/webhooks/0192f0c1-2345-7abc-8def-0123456789ab", "/webhooks/x"] {
        mia.http.get(path).await.is_exactly(404, &unknown);
        mia.http.delete(path).await.is_exactly(404, &unknown);
        mia.http.post_nothing(&format!("{path}/test")).await.is_exactly(404, &unknown);
        mia.http.get(&format!("{path}/deliveries")).await.is_exactly(404, &unknown);
        for change in [json!({}), json!({"active": false}), json!({"url": "http://127.0.0.1:9000/mia"})] {
            mia.http.json("PATCH", path, &change).await.is_exactly(404, &unknown);
        }
    }
    assert!(mia.http.get("/webhooks").await.is(200).list("webhooks").is_empty());
    assert_eq!(kai.http.get(&path).await.is(200)["webhook"], new["webhook"]);
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
    let answer = kai.http.post("/webhooks/register", json!({"url": "http://127.0.0.1:9000/"})).await.is(400);
    assert_eq!(answer["field"], "events", "{answer}");
    assert!(kai.http.get("/webhooks").await.list("webhooks").is_empty());
}

#[tokio::test]
async fn only_what_is_given_changes() {
    let service = Service::start(webhooks::routes, NO_WORKERS);
    let kai = agent(&service, "kai").await;
    let new = kai.register_webhook("http://127.0.0.1:9000/hook", &["comment"]).await.is(201);
    let id = new["webhook"]["id"].as_str().unwrap();
    let mut expected = new["webhook"].clone();
    for (change, field, value) in [
        (json!({}), "active", json!(true)),
        (json!({"url": null, "events": null, "active": null}), "active", json!(true)),
        (json!({"active": false}), "active", json!(false)),
        (json!({"events": ["all", "pinch", "all"]}), "events", json!(["all", "pinch"])),
        (json!({"url": " HTTP://127.0.0.1:9001/ "}), "url", json!("HTTP://127.0.0.1:9001/")),
        (json!({"active": true, "of no interest": 1}), "active", json!(true)),
    ] {
        expected[field] = value;
        let changed = kai.change_webhook(id, change.clone()).await;
        changed.is_exactly(200, &json!({"webhook": expected}));
        assert_eq!(kai.http.get(&format!("/webhooks/{id}")).await.is(200)["webhook"], expected, "{change}");
    }
    let wants_new_agents: bool = service
        .read(|conn| {
            Ok(models::schema::webhooks::table.select(models::schema::webhooks::wants_new_agents).first(conn)?)
        })
        .await;
    assert!(wants_new_agents);
}

#[tokio::test]
async fn a_new_url_is_looked_at_like_the_first() {
    let service = Service::start(webhooks::routes, NO_WORKERS);
    let (kai, mia) = (agent(&service, "kai").await, agent(&service, "mia").await);
    let new = kai.register_webhook("http://127.0.0.1:9000/", &["all"]).await.is(201);
    let id = new["webhook"]["id"].as_str().unwrap();
    let _ = kai.register_webhook("http://127.0.0.1:9000/other", &["all"]).await.is(201);
    for url in ["", "nonsense", "ftp://127.0.0.1/", "http://127.0.0.1:22/", "http://10.0.0.1/", "http://[::1]:9000/"] {
        let refused = kai.change_webhook(id, json!({"url": url, "events": ["pinch"]})).await.is(400);
        assert_eq!(refused["field"], "url", "{refused}");
    }
    for (change, field) in [
        (json!({"events": []}), "events"),
        (json!({"events": ["like"]}), "events"),
        (json!({"events": "all"}), "events"),
        (json!({"active": "yes"}), "active"),
        (json!({"url": 5}), "url"),
    ] {
        assert_eq!(kai.change_webhook(id, change).await.is(400)["field"], field);
    }
    let taken = kai.change_webhook(id, json!({"url": "HTTP://127.0.0.1:9000/other"})).await;
    let taken = taken.is_exactly(409, &json!({"detail": "You have another webhook with this url"}));
    assert!(taken["field"].is_null());
    // Its own it may keep, and somebody else's is no concern.
    kai.change_webhook(id, json!({"url": "HTTP://127.0.0.1:9000"})).await.is(200);
    let _ = mia.register_webhook("http://127.0.0.1:9000/mia", &["all"]).await.is(201);
    kai.change_webhook(id, json!({"url": "http://127.0.0.1:9000/mia"})).await.is(200);
    assert_eq!(kai.http.get(&format!("/webhooks/{id}")).await["webhook"]["events"], json!(["all"]));
}

#[tokio::test]
async fn of_those_that_go_to_one_url_at_once_one_arrives() {
    let service = Service::start(webhooks::routes, NO_WORKERS);
    let kai = agent(&service, "kai").await;
    let mut ids = Vec::new();
    for number in 0..4 {
        let new = kai.register_webhook(&format!("http://127.0.0.1:9000/{number}"), &["all"]).await.is(201);
        ids.push(new["webhook"]["id"].as_str().unwrap().to_owned());
    }
    let (url, change) = ("http://127.0.0.1:9000/all", json!({"url": "http://127.0.0.1:9000/all"}));
    let changes = join_all(ids.iter().map(|id| kai.change_webhook(id, change.clone())));
    let (changed, registered) = join(changes, kai.register_webhook(url, &["all"])).await;
    let count = |status| changed.iter().filter(|answer| answer.status == status).count();
    match registered.status {
        // The registration came first, or it found the one that had.
        201 => assert_eq!((count(200), count(409)), (0, 4)),
        _ => assert_eq!((registered.is(200).status, count(200), count(409)), (200, 1, 3)),
    }
}
