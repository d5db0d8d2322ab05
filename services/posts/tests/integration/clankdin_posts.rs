//! Posts on ClankdIn from the beginning to the end: what deleting takes along, and counters that stay exact whatever happens at once.
#![expect(clippy::expect_used, reason = "a test that cannot go on stops, and says where")]

use diesel::prelude::*;
use models::schema::{accounts, notifications, posts as post_rows, reactions};
use models::{Consumer, Event, Id, Network};
use support::{Answer, ClankdIn, Networks as _, Service, json, tokio};

use crate::with_workers;

const NETWORK: Network = Network::ClankdIn;
const NOBODYS: &str = "00000000-0000-0000-0000-000000000000";

async fn post_count(service: &Service, handle: &'static str) -> i64 {
    service
        .read(move |conn| {
            let of_handle = accounts::table.filter(accounts::handle.eq(handle)).select(accounts::post_count);
            Ok(of_handle.first(conn)?)
        })
        .await
}

#[tokio::test]
async fn a_post_is_deleted_by_its_author_and_nobody_else() {
    let service = with_workers();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let post = kai.posted("hello").await;
    let _ = zoe.delete_post(&post).await.is_exactly(403, &json!({"detail": "Only its author may delete a post"}));
    let _ = service.clankdin().delete_post(&post).await.is(401);
    let comment = zoe.comment(&post, "a comment is no post").await.is(201);
    for unknown in [NOBODYS, "nonsense", comment["comment"]["id"].as_str().expect("text")] {
        let _ = zoe.delete_post(unknown).await.is_exactly(404, &json!({"detail": "Post not found"}));
    }
    assert_eq!((post_count(&service, "kai").await, kai.feed("").await.ok().list("posts").len()), (1, 1));
    let _ = kai.delete_post(&post).await.is_exactly(200, &json!({"deleted": true, "id": post}));
    assert_eq!((post_count(&service, "kai").await, kai.feed("").await.ok().list("posts").len()), (0, 0));
    let _ = kai.delete_post(&post).await.is(404);
    let _ = kai.thread(&post).await.is(404);
    let other = kai.posted("once more").await;
    let _ = kai.http.delete(&format!("/town-square/{other}")).await.is(200);
    let of_suspended = service.an_account(NETWORK, "sam").await;
    let hidden = service.clankdin().known("sam", &of_suspended.token).posted("hello").await;
    service.set_suspended(NETWORK, of_suspended.id, true).await;
    let _ = kai.delete_post(&hidden).await.is(404);
}

#[tokio::test]
async fn what_stands_under_a_post_goes_with_it() {
    let service = with_workers();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let (post, other) = (kai.posted("hello @zoe").await, kai.posted("this one stays").await);
    for id in [&post, &other] {
        let _ = zoe.comment(id, "hello @kai").await.is(201);
        let _ = zoe.pinch(id).await.is(200);
    }
    service.settled(Consumer::Posts).await;
    assert_eq!((kai.unread_count().await, zoe.unread_count().await), (6, 1));
    let _ = kai.delete_post(&post).await.is(200);
    assert_eq!((kai.unread_count().await, zoe.unread_count().await), (3, 0));
    let left = kai.notifications("").await.ok();
    assert_eq!(left.each("notifications", "target_id"), [other.as_str(); 3]);
    let rows = service.read(|conn| {
        let (posts, pinches) = (post_rows::table.count().get_result(conn)?, reactions::table.count().get_result(conn)?);
        Ok((posts, pinches))
    });
    assert_eq!(rows.await, (2_i64, 1_i64), "the other post, a comment under it and its pinch");
}

/// SQLite takes no more than a thousand steps from a row to those that refer to it.
#[tokio::test]
async fn a_conversation_of_a_thousand_answers_to_answers_can_be_deleted() {
    let service = with_workers();
    let made = service.an_account(NETWORK, "kai").await;
    let (author, now) = (made.id, service.state.clock.now());
    let root = service.a_post(NETWORK, author, "hello", now).await;
    service
        .write(move |tx| {
            let mut parent = root;
            for _ in 0..1_500 {
                let id = Id::at(now);
                diesel::insert_into(post_rows::table)
                    .values((
                        post_rows::id.eq(id),
                        post_rows::network.eq(NETWORK.as_str()),
                        post_rows::account_id.eq(author),
                        post_rows::root_post_id.eq(root),
                        post_rows::parent_post_id.eq(parent),
                        post_rows::content.eq("and then?"),
                        post_rows::created_at.eq(now),
                    ))
                    .execute(tx.conn())?;
                parent = id;
            }
            Ok(())
        })
        .await;
    let kai = service.clankdin().known("kai", &made.token);
    let _ = kai.delete_post(&root.to_string()).await.is(200);
    assert_eq!(service.read(|conn| Ok(post_rows::table.count().get_result::<i64>(conn)?)).await, 0);
}

#[tokio::test]
async fn what_happened_to_a_post_that_is_gone_is_told_to_nobody() {
    // Nobody handles what the outbox has until the post is gone.
    let service = Service::start(posts::routes, support::NO_WORKERS);
    let ((author, kai), (commenter, zoe)) = (service.a_known_agent("kai").await, service.a_known_agent("zoe").await);
    let post = kai.posted("hello").await;
    let _ = zoe.comment(&post, "hello @kai").await.is(201);
    let _ = zoe.pinch(&post).await.is(200);
    assert_eq!(kai.unread_count().await, 3);
    let _ = kai.delete_post(&post).await.is(200);
    // An earlier release recorded what happens here too.
    let (actor, recipient_id, post_id) = (commenter.actor(), author.id, Id::parse(&post).expect("an id"));
    let comment = Event::Commented { actor, recipient_id, post_id, comment_id: post_id, preview: "hello".to_owned() };
    let now = service.state.clock.now();
    service.write(move |tx| models::outbox::record(tx, now, &comment)).await;
    let (state, stop) = (service.state.clone(), bus::Stop::new());
    let workers = posts::workers(&state, &stop).expect("the workers start");
    let workers: Vec<_> = workers.into_iter().map(tokio::spawn).collect();
    service.settled(Consumer::Posts).await;
    assert_eq!(kai.unread_count().await, 0);
    stop.cancel();
    for worker in workers {
        worker.await.expect("a worker ends");
    }
}

#[tokio::test]
async fn a_category_is_one_of_those_there_are() {
    let service = with_workers();
    let kai = service.a_clankdin_agent("kai").await;
    let known = ["general", "water_cooler", "venting", "wins", "looking", "fired", "questions"];
    for category in known {
        let posted = kai.http.post("/town-square", json!({"content": category, "category": category})).await.is(201);
        assert_eq!(posted["post"]["category"], category);
        let page = kai.feed(&format!("?category={category}")).await.is(200);
        assert_eq!(page.each("posts", "content"), [category]);
    }
    let plain = kai.http.post("/feed", json!({"content": "hello", "category": null})).await.is(201);
    assert_eq!(plain["post"]["category"], "general");
    let wrong = [
        kai.http.post("/feed", json!({"content": "hello", "category": "gossip"})).await,
        kai.feed("?category=gossip").await,
    ];
    for refused in wrong {
        let refused = refused.is(400);
        assert_eq!(refused["field"], "category");
        for category in known {
            assert!(refused.string("detail").contains(category), "{refused:?}");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_is_named_with_its_bound() {
    let service = with_workers();
    let kai = service.a_clankdin_agent("kai").await;
    let post = kai.posted("hello").await;
    let refused = async |answer: Answer, field: &str, bound: &str| {
        let refused = answer.is(400);
        assert_eq!(refused["field"], field, "{refused:?}");
        assert!(refused.string("detail").contains(bound), "{refused:?}");
    };
    refused(kai.post(" ").await, "content", "empty").await;
    refused(kai.post(&"a".repeat(1_001)).await, "content", "1000").await;
    let _ = kai.post(&"\u{1f916}".repeat(1_000)).await.is(201);
    refused(kai.comment(&post, "").await, "content", "empty").await;
    refused(kai.comment(&post, &"a".repeat(501)).await, "content", "500").await;
    refused(kai.http.post("/feed", json!({"content": 5})).await, "content", "string").await;
    refused(kai.feed("?limit=0").await, "limit", "100").await;
    refused(kai.feed("?offset=10001").await, "offset", "10000").await;
    refused(kai.feed("?before=yesterday").await, "before", "RFC 3339").await;
    refused(kai.notifications("?unread=perhaps").await, "unread", "").await;
}

/// Calls all of these at once, and returns how many succeeded.
async fn at_once(calls: Vec<impl Future<Output = Answer> + Send + 'static>) -> usize {
    let calls: Vec<_> = calls.into_iter().map(tokio::spawn).collect();
    let mut succeeded = 0;
    for call in calls {
        let answer = call.await.expect("a call is answered");
        assert!(answer.status < 500, "{answer:?}");
        succeeded += usize::from(answer.status < 300);
    }
    succeeded
}

#[tokio::test]
async fn counters_stay_exact_whatever_happens_at_once() {
    let service = with_workers();
    let kai = service.a_clankdin_agent("kai").await;
    let (kept, going) = (kai.posted("this one stays").await, kai.posted("this one goes").await);
    let mut fans: Vec<ClankdIn> = Vec::new();
    for number in 0..12 {
        fans.push(service.a_clankdin_agent(&format!("fan{number}")).await);
    }
    let mut calls = Vec::new();
    for (number, fan) in (0..72).zip(fans.iter().cycle()) {
        let (kai, fan, kept, going) = (kai.clone(), fan.clone(), kept.clone(), going.clone());
        calls.push(async move {
            let id = if number % 2 == 0 { &kept } else { &going };
            match number % 9 {
                0 | 1 => fan.unpinch(id).await,
                2..5 => fan.pinch(id).await,
                5 if number > 30 => kai.delete_post(&going).await,
                _ => fan.comment(id, "hello").await,
            }
        });
    }
    assert!(at_once(calls).await > 20);
    let _ = kai.thread(&going).await.is(404);
    let thread = kai.thread(&kept).await.ok();
    let pinches = Id::parse(&kept).expect("an id");
    let pinches = service.read(move |conn| {
        Ok(reactions::table.filter(reactions::post_id.eq(pinches)).count().get_result::<i64>(conn)?)
    });
    assert_eq!(thread["post"]["pinch_count"], json!(pinches.await));
    assert_eq!(thread["post"]["comment_count"], json!(thread.list("comments").len()));
    assert_eq!(post_count(&service, "kai").await, 1);
    service.settled(Consumer::Posts).await;
    let targets = kai.notifications("?limit=200").await.ok();
    assert!(targets.each("notifications", "target_id").iter().all(|id| *id == kept), "{targets:?}");
    assert_eq!(
        service.read(|conn| Ok(notifications::table.count().get_result::<i64>(conn)?)).await,
        kai.unread_count().await
    );
}

#[tokio::test]
async fn of_many_comments_at_once_each_has_its_own_answer() {
    let service = with_workers();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let (of_kai, of_zoe) = (kai.posted("hello").await, zoe.posted("hello").await);
    let answered = zoe.comment(&of_zoe, "my own").await.is(201)["comment"]["id"].clone();
    let mut fans: Vec<ClankdIn> = Vec::new();
    for number in 0..8 {
        fans.push(service.a_clankdin_agent(&format!("fan{number}")).await);
    }
    // Of each ten six are for one post, two of them in vain, and two for the other, and two for none.
    let calls = (0..80).zip(fans.iter().cycle()).map(|(number, fan)| {
        let (fan, content) = (fan.clone(), format!("comment {number} for @zoe"));
        let (post, reply_to, expected) = match number % 10 {
            0..4 => (of_kai.clone(), json!(null), 201),
            4 | 5 => (of_kai.clone(), answered.clone(), 404),
            6 => (of_zoe.clone(), json!(null), 201),
            7 => (of_zoe.clone(), answered.clone(), 201),
            _ => (NOBODYS.to_owned(), json!(null), 404),
        };
        tokio::spawn(async move {
            let comment = json!({"content": content, "reply_to_id": reply_to});
            let answer = fan.http.post(&format!("/feed/{post}/comments"), comment).await.is(expected);
            if expected == 201 {
                let comment = &answer["comment"];
                assert_eq!((&comment["content"], &comment["post_id"]), (&json!(content), &json!(post)));
                assert_eq!((&comment["reply_to_id"], &comment["author"]["handle"]), (&reply_to, &json!(fan.handle)));
            }
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.expect("a comment is answered as it must be");
    }
    for (post, count) in [(&of_kai, 32), (&of_zoe, 17)] {
        let thread = kai.thread(post).await.ok();
        assert_eq!((&thread["post"]["comment_count"], thread.list("comments").len()), (&json!(count), count));
    }
    service.settled(Consumer::Posts).await;
    assert_eq!(kai.unread_count().await, 32, "each of the comments on its post");
    assert_eq!(zoe.unread_count().await, 16 + 48, "each of those on its post, and each that mentions it");
}

#[tokio::test]
async fn of_many_deletions_at_once_one_counts() {
    let service = with_workers();
    let kai = service.a_clankdin_agent("kai").await;
    let (post, _) = (kai.posted("hello").await, kai.posted("this one stays").await);
    let calls = (0..20).map(|_| {
        let (kai, post) = (kai.clone(), post.clone());
        async move { kai.delete_post(&post).await }
    });
    assert_eq!(at_once(calls.collect()).await, 1);
    assert_eq!(post_count(&service, "kai").await, 1);
}
