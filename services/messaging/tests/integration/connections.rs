//! Following and connecting on ClankdIn.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on stops, and says where"
)]

use diesel::prelude::*;
use futures_util::future::join_all;
use models::schema::{accounts, clankdin_profiles, outbox};
use models::{Consumer, Event, Id, Network, NotificationKind};
use support::{Answer, ClankdIn, Networks as _, Service, Value, json, tokio};

use crate::service;

const NETWORK: Network = Network::ClankdIn;

async fn ask(agent: &ClankdIn, handle: &str, message: &str) -> Answer {
    agent.http.post("/connect", json!({"recipient_handle": handle, "message": message})).await
}

async fn follow(agent: &ClankdIn, handle: &str) -> Answer {
    agent.http.post("/connections", json!({"recipient_handle": handle, "connection_type": "follow"})).await
}

async fn accept(agent: &ClankdIn, id: &str) -> Answer {
    agent.http.post_nothing(&format!("/connections/{id}/accept")).await
}

async fn decline(agent: &ClankdIn, id: &str) -> Answer {
    agent.http.post_nothing(&format!("/connections/{id}/decline")).await
}

async fn remove(agent: &ClankdIn, id: &str) -> Answer {
    agent.http.delete(&format!("/connections/{id}")).await
}

async fn list(agent: &ClankdIn, query: &str) -> Vec<Value> {
    agent.http.get(&format!("/connections{query}")).await.is(200).list("connections").to_vec()
}

fn id_of(answer: &Answer) -> String {
    answer["connection"]["id"].as_str().expect("a connection has an id").to_owned()
}

/// How many follow an agent, how many it follows, how many it is connected to.
async fn counts(service: &Service, handle: &str) -> (i64, i64, i64) {
    let handle = handle.to_owned();
    let counts = (accounts::follower_count, accounts::following_count, clankdin_profiles::connection_count);
    service
        .read(move |conn| {
            let profile = accounts::table.inner_join(clankdin_profiles::table).filter(accounts::handle.eq(handle));
            Ok(profile.select(counts).first(conn)?)
        })
        .await
}

/// What others are told: of what, by whom, what it is about, and how that begins.
async fn told(service: &Service) -> Vec<(&'static str, String, String, String)> {
    let events: Vec<String> = service
        .read(|conn| {
            let waiting = outbox::table.filter(outbox::consumer.eq(Consumer::Posts.as_str()));
            Ok(waiting.order(outbox::event_id).select(outbox::event).load(conn)?)
        })
        .await;
    let mut told: Vec<_> = events
        .iter()
        .map(|event| match serde_json::from_str(event).expect("an event") {
            Event::Notable { notification, actor, target_id, preview, .. } => {
                (notification.as_str(), actor.handle, target_id.to_string(), preview)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    told.sort();
    told
}

#[tokio::test]
async fn who_is_asked_accepts_and_both_are_connected() {
    let service = service();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let asked = ask(&kai, "ZOE", " Nice skills. ").await.is(201);
    let (id, now) = (id_of(&asked), service.state.clock.now().to_string());
    let names = [json!({"handle": "kai", "name": "kai"}), json!({"handle": "zoe", "name": "zoe"})];
    let seen = |status: &str, direction: &str, agent: &str, updated_at: &str| {
        json!({
            "id": id, "connection_type": "connect", "status": status, "direction": direction,
            "requester": names[0], "recipient": names[1],
            "agent": {"handle": agent, "name": agent, "verified": false},
            "message": "Nice skills.", "created_at": now, "updated_at": updated_at,
        })
    };
    assert_eq!(asked.body, json!({"connection": seen("pending", "outgoing", "zoe", &now)}));
    assert_eq!(list(&zoe, "").await, [seen("pending", "incoming", "kai", &now)]);
    assert_eq!(counts(&service, "kai").await, (0, 0, 0));
    service.advance(1);
    let later = service.state.clock.now().to_string();
    for _ in 0..2 {
        let accepted = json!({"connection": seen("accepted", "incoming", "kai", &later)});
        let _ = accept(&zoe, &id).await.is_exactly(200, &accepted);
        assert_eq!((counts(&service, "kai").await, counts(&service, "zoe").await), ((0, 0, 1), (0, 0, 1)));
    }
    let again = ask(&kai, "zoe", "another word").await;
    let _ = again.is_exactly(200, &json!({"connection": seen("accepted", "outgoing", "zoe", &later)}));
    assert_eq!(
        told(&service).await,
        [
            ("connection_accepted", "zoe".to_owned(), id.clone(), String::new()),
            ("connection_request", "kai".to_owned(), id.clone(), "Nice skills.".to_owned())
        ]
    );
}

#[tokio::test]
async fn a_follow_is_immediate_and_repeating_it_changes_nothing() {
    let service = service();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let first = follow(&kai, "zoe").await.is(201);
    assert_eq!((&first["connection"]["status"], &first["connection"]["message"]), (&json!("accepted"), &json!("")));
    let _ = follow(&kai, "Zoe").await.is_exactly(200, &first.body);
    let _ = follow(&zoe, "kai").await.is(201);
    assert_eq!((counts(&service, "kai").await, counts(&service, "zoe").await), ((1, 1, 0), (1, 1, 0)));
    let id = id_of(&first);
    let unanswered = json!({"detail": "A follow needs no answer"});
    let _ = accept(&zoe, &id).await.is_exactly(409, &unanswered);
    let _ = decline(&zoe, &id).await.is_exactly(409, &unanswered);
    let _ = remove(&zoe, &id).await.is_exactly(404, &json!({"detail": "Connection not found"}));
    let _ = remove(&kai, &id).await.is_exactly(200, &json!({"deleted": true, "id": id}));
    let _ = remove(&kai, &id).await.is(404);
    assert_eq!((counts(&service, "kai").await, counts(&service, "zoe").await), ((1, 0, 0), (0, 1, 0)));
    assert_eq!(told(&service).await.len(), 2, "once for each that follows");
}

#[tokio::test]
async fn asking_whoever_has_asked_connects_both() {
    let service = service();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let asked = ask(&kai, "zoe", "hello").await.is(201);
    let _ = ask(&kai, "zoe", "hello?").await.is_exactly(200, &asked.body);
    let request = json!({"recipient_handle": "kai", "connection_type": "connect"});
    let crossed = zoe.http.post("/connections", request).await.is(200);
    assert_eq!(id_of(&crossed), id_of(&asked));
    let shown = &crossed["connection"];
    assert_eq!((&shown["status"], &shown["message"]), (&json!("accepted"), &json!("hello")));
    assert_eq!((counts(&service, "kai").await, counts(&service, "zoe").await), ((0, 0, 1), (0, 0, 1)));
    assert_eq!(told(&service).await.len(), 2);
    let _ = follow(&zoe, "kai").await.is(201);
    assert_eq!(list(&kai, "").await.len(), 2, "one may follow whom one is connected to");
}

#[tokio::test]
async fn who_was_declined_cannot_ask_again_and_the_other_can() {
    let service = service();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let id = id_of(&ask(&kai, "zoe", "hello").await.is(201));
    for _ in 0..2 {
        assert_eq!(decline(&zoe, &id).await.is(200)["connection"]["status"], "declined");
    }
    let declined = json!({"detail": "This agent has declined your request"});
    let _ = ask(&kai, "zoe", "please").await.is_exactly(409, &declined);
    let kept = json!({"detail": "Only the agent that has declined may delete the request"});
    let _ = remove(&kai, &id).await.is_exactly(409, &kept);
    let changed = ask(&zoe, "kai", "I have changed my mind").await.is(201);
    assert_ne!(id_of(&changed), id);
    assert_eq!(changed["connection"]["status"], "pending");
    assert_eq!(changed["connection"]["requester"]["handle"], "zoe");
    let _ = accept(&kai, &id_of(&changed)).await.is(200);
    assert_eq!((counts(&service, "kai").await, counts(&service, "zoe").await), ((0, 0, 1), (0, 0, 1)));
    assert_eq!(list(&kai, "").await.len(), 1);
    let kinds: Vec<_> = told(&service).await.into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["connection_accepted", "connection_request", "connection_request"], "declining tells nobody");
}

#[tokio::test]
async fn a_declined_request_can_still_be_accepted_or_deleted_by_whom_it_asked() {
    let service = service();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let id = id_of(&ask(&kai, "zoe", "").await.is(201));
    let _ = decline(&zoe, &id).await.is(200);
    let _ = remove(&zoe, &id).await.is(200);
    let id = id_of(&ask(&kai, "zoe", "").await.is(201));
    let _ = decline(&zoe, &id).await.is(200);
    assert_eq!(accept(&zoe, &id).await.is(200)["connection"]["status"], "accepted");
    let connected = json!({"detail": "You are connected: deleting the connection ends that"});
    let _ = decline(&zoe, &id).await.is_exactly(409, &connected);
    assert_eq!(counts(&service, "kai").await, (0, 0, 1));
    let _ = remove(&zoe, &id).await.is(200);
    assert_eq!((counts(&service, "kai").await, counts(&service, "zoe").await), ((0, 0, 0), (0, 0, 0)));
    let again = ask(&kai, "zoe", "").await.is(201);
    let _ = remove(&kai, &id_of(&again)).await.is(200);
    assert!(list(&zoe, "").await.is_empty(), "what was taken back is gone");
}

#[tokio::test]
async fn what_is_ended_takes_its_notifications_along() {
    let service = service();
    let (one, other) =
        (service.an_account(Network::ClankdIn, "kai").await, service.an_account(Network::ClankdIn, "zoe").await);
    let (kai, zoe) = (service.clankdin().known("kai", &one.token), service.clankdin().known("zoe", &other.token));
    let notified = async |id: &str| -> Id {
        let id = Id::parse(id).expect("an id");
        service.a_notification(NotificationKind::ConnectionRequest, one.id, other.id, id).await;
        id
    };
    let followed = id_of(&follow(&kai, "zoe").await.is(201));
    let of_follow = notified(&followed).await;
    let asked = id_of(&ask(&kai, "zoe", "hello").await.is(201));
    let of_request = notified(&asked).await;
    let _ = remove(&kai, &followed).await.is(200);
    assert_eq!((service.notified_of(of_follow).await, service.notified_of(of_request).await), (0, 1));
    let _ = decline(&zoe, &asked).await.is(200);
    assert_eq!(service.notified_of(of_request).await, 1, "it is still there");
    let asked = id_of(&ask(&zoe, "kai", "hello").await.is(201));
    assert_eq!(service.notified_of(of_request).await, 0, "another request took its place");
    let of_request = notified(&asked).await;
    let _ = accept(&kai, &asked).await.is(200);
    let _ = remove(&kai, &asked).await.is(200);
    assert_eq!(service.notified_of(of_request).await, 0);
}

#[tokio::test]
async fn a_connection_is_its_two_sides_alone() {
    let service = service();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let max = service.a_clankdin_agent("max").await;
    let id = id_of(&ask(&kai, "zoe", "").await.is(201));
    let unknown = json!({"detail": "Connection not found"});
    for id in [id.as_str(), "00000000-0000-7000-8000-000000000000", "nonsense"] {
        let _ = accept(&max, id).await.is_exactly(404, &unknown);
        let _ = decline(&max, id).await.is_exactly(404, &unknown);
        let _ = remove(&max, id).await.is_exactly(404, &unknown);
    }
    let refused = json!({"detail": "Only the agent that was asked may answer"});
    let _ = accept(&kai, &id).await.is_exactly(403, &refused);
    let _ = decline(&kai, &id).await.is_exactly(403, &refused);
    assert!(list(&max, "").await.is_empty());
    assert_eq!(list(&zoe, "").await[0]["status"], "pending");
    let nobody = service.clankdin();
    for (method, path) in [("POST", "/connect"), ("POST", "/connections"), ("GET", "/connections")] {
        let _ = nobody.http.call(method, path, None).await.is(401);
    }
    let _ = accept(&nobody, &id).await.is(401);
    let _ = decline(&nobody, &id).await.is(401);
    let _ = remove(&nobody, &id).await.is(401);
}

#[tokio::test]
async fn what_is_refused_names_the_field_and_the_bound() {
    let service = service();
    let kai = service.a_clankdin_agent("kai").await;
    let _zoe = service.a_clankdin_agent("zoe").await;
    let field = async |path: &str, body: Value, field: &str| {
        assert_eq!(kai.http.post(path, body).await.is(400)["field"], field);
    };
    for path in ["/connect", "/connections"] {
        field(path, json!({"connection_type": "follow"}), "recipient_handle").await;
        field(path, json!({"connection_type": "follow", "recipient_handle": 5}), "recipient_handle").await;
        field(path, json!({"connection_type": "connect", "recipient_handle": "KAI"}), "recipient_handle").await;
        field(path, json!({"connection_type": "connect", "recipient_handle": "zoe", "message": 5}), "message").await;
        for handle in ["nobody", "no such/name", ""] {
            let unknown = json!({"recipient_handle": handle, "connection_type": "follow"});
            let _ = kai.http.post(path, unknown).await.is_exactly(404, &json!({"detail": "Agent not found"}));
        }
    }
    field("/connections", json!({"recipient_handle": "zoe"}), "connection_type").await;
    field("/connections", json!({"recipient_handle": "zoe", "connection_type": "friend"}), "connection_type").await;
    let refused = ask(&kai, "zoe", &"x".repeat(501)).await.is(400);
    let bound = json!({"detail": "message must be at most 500 characters, not 501", "field": "message"});
    assert_eq!(refused.body, bound);
    for (query, field) in [
        ("?type=friend", "type"),
        ("?status=open", "status"),
        ("?direction=up", "direction"),
        ("?limit=0", "limit"),
        ("?before=x", "before"),
        ("?before_id=x", "before_id"),
    ] {
        assert_eq!(kai.http.get(&format!("/connections{query}")).await.is(400)["field"], field, "{query}");
    }
    let _ = ask(&kai, "zoe", &"é".repeat(500)).await.is(201);
    assert_eq!(told(&service).await[0].3, "é".repeat(100), "a preview is a hundred characters");
}

#[tokio::test]
async fn a_list_is_of_what_was_asked_for() {
    let service = service();
    let kai = service.a_clankdin_agent("kai").await;
    for (number, name) in ["ann", "ben", "cat", "dan"].into_iter().enumerate() {
        let other = service.a_clankdin_agent(name).await;
        let _ = follow(&kai, name).await.is(201);
        service.advance(1);
        let id = id_of(&ask(&other, "kai", "").await.is(201));
        service.advance(1);
        let _ = match number {
            0 => accept(&kai, &id).await.is(200),
            1 => decline(&kai, &id).await.is(200),
            _ => continue,
        };
    }
    let names = async |query: &str| {
        let listed = list(&kai, query).await;
        listed.iter().map(|connection| connection["agent"]["handle"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["dan", "dan", "cat", "cat", "ben", "ben", "ann", "ann"]);
    assert_eq!(names("?type=follow").await, ["dan", "cat", "ben", "ann"]);
    assert_eq!(names("?direction=outgoing").await, names("?type=follow&status=accepted").await);
    assert_eq!(names("?type=connect").await, names("?direction=incoming").await);
    assert_eq!(names("?status=pending").await, ["dan", "cat"]);
    assert_eq!(names("?status=accepted&type=connect").await, ["ann"]);
    assert_eq!(names("?status=declined").await, ["ben"]);
    assert_eq!(names("?status=pending&type=follow").await, [""; 0]);
    assert_eq!(names("?status=accepted&limit=2").await, ["dan", "cat"]);
}

#[tokio::test]
async fn pages_skip_and_repeat_nothing_within_one_microsecond() {
    let service = service();
    let kai = service.a_clankdin_agent("kai").await;
    let mut expected = Vec::new();
    for number in 0..5 {
        let name = format!("agent{number}");
        let other = service.a_clankdin_agent(&name).await;
        expected.push(id_of(&follow(&kai, &name).await.is(201)));
        expected.push(id_of(&follow(&other, "kai").await.is(201)));
        expected.push(id_of(&ask(&other, "kai", "").await.is(201)));
    }
    expected.sort();
    expected.reverse();
    for limit in [1, 4, 15] {
        let (mut read, mut query) = (Vec::new(), format!("?limit={limit}"));
        loop {
            let page = kai.http.get(&format!("/connections{query}")).await.is(200);
            assert!(page.list("connections").len() <= limit);
            read.extend(page.each("connections", "id").into_iter().map(str::to_owned));
            if page["next_before"].is_null() {
                break;
            }
            let (before, id) = (page.string("next_before"), page.string("next_before_id"));
            query = format!("?limit={limit}&before={before}&before_id={id}");
        }
        assert_eq!(read, expected, "{limit} at a time");
    }
}

#[tokio::test]
async fn who_is_suspended_is_not_there_and_what_was_done_can_be_undone() {
    let service = service();
    let kai = service.a_clankdin_agent("kai").await;
    let made = service.an_account(NETWORK, "zoe").await;
    let zoe = service.clankdin().known("zoe", &made.token);
    let followed = id_of(&follow(&kai, "zoe").await.is(201));
    let asked = id_of(&ask(&zoe, "kai", "").await.is(201));
    service.set_suspended(NETWORK, made.id, true).await;
    assert!(list(&kai, "").await.is_empty());
    let _ = ask(&kai, "zoe", "").await.is(404);
    let _ = follow(&kai, "zoe").await.is(404);
    let _ = accept(&kai, &asked).await.is(404);
    let _ = decline(&kai, &asked).await.is(404);
    let _ = remove(&kai, &followed).await.is(200);
    assert_eq!((counts(&service, "kai").await, counts(&service, "zoe").await), ((0, 0, 0), (0, 0, 0)));
    service.set_suspended(NETWORK, made.id, false).await;
    assert_eq!(list(&kai, "").await.len(), 1);
    let _ = accept(&kai, &asked).await.is(200);
}

#[tokio::test]
async fn two_who_ask_each_other_at_once_are_connected_once() {
    let service = service();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let there = join_all((0..5).map(|_| ask(&kai, "zoe", "ping")));
    let back = join_all((0..5).map(|_| ask(&zoe, "kai", "pong")));
    let (there, back) = tokio::join!(there, back);
    let answers: Vec<Answer> = there.into_iter().chain(back).map(Answer::ok).collect();
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    let ids: std::collections::BTreeSet<String> = answers.iter().map(id_of).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!((counts(&service, "kai").await, counts(&service, "zoe").await), ((0, 0, 1), (0, 0, 1)));
    assert_eq!(told(&service).await.len(), 2, "one request, one acceptance");
}

#[tokio::test]
async fn counters_are_exact_however_many_come_and_go_at_once() {
    let service = service();
    let mut agents = Vec::new();
    for number in 0..6 {
        agents.push(service.a_clankdin_agent(&format!("agent{number}")).await);
    }
    // Everybody follows and asks everybody, in both directions at once.
    let all = || agents.iter().flat_map(|one| agents.iter().map(move |other| (one, other)));
    let pairs: Vec<_> = all().filter(|(one, other)| one.handle != other.handle).collect();
    let opened = join_all(pairs.iter().map(async |(one, other)| {
        let (followed, asked) = tokio::join!(follow(one, &other.handle), ask(one, &other.handle, ""));
        (id_of(&followed.is(201)), id_of(&asked.ok()))
    }))
    .await;
    for agent in &agents {
        assert_eq!(counts(&service, &agent.handle).await, (5, 5, 5));
    }
    // And ends all of it, each connection from both sides.
    let ended = join_all(pairs.iter().zip(&opened).map(async |((one, _), (followed, asked))| {
        let (unfollowed, disconnected) = tokio::join!(remove(one, followed), remove(one, asked));
        let _ = unfollowed.is(200);
        disconnected.status
    }))
    .await;
    assert_eq!(ended.iter().filter(|&&status| status == 200).count(), 15);
    assert_eq!(ended.iter().filter(|&&status| status == 404).count(), 15);
    for agent in &agents {
        assert_eq!(counts(&service, &agent.handle).await, (0, 0, 0));
    }
}

#[tokio::test]
async fn many_at_once_accept_and_follow_once() {
    let service = service();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let id = id_of(&ask(&kai, "zoe", "").await.is(201));
    let followed = join_all((0..8).map(|_| follow(&kai, "zoe")));
    let accepted = join_all((0..8).map(|_| accept(&zoe, &id)));
    let (followed, accepted) = tokio::join!(followed, accepted);
    accepted.into_iter().for_each(|answer| drop(answer.is(200)));
    assert_eq!(followed.into_iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!((counts(&service, "kai").await, counts(&service, "zoe").await), ((0, 1, 1), (1, 0, 1)));
    assert_eq!(told(&service).await.len(), 3);
    assert_eq!(list(&kai, "").await.len(), 2);
}
