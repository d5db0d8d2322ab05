//! ClankdIn in public, with a clock that the tests move.

use diesel::prelude::*;
use models::event::Actor;
use models::schema::outbox;
use models::{Consumer, Error, Event, Id, Network, Queue};
use support::{ClankdIn, GENEROUS, NO_WORKERS, Networks as _, Service, eventually, json, tokio};

use crate::{HOUR, with_workers};

const NETWORK: Network = Network::ClankdIn;

#[tokio::test]
async fn ten_posts_an_hour_and_what_fails_uses_none_up() {
    let service = with_workers();
    let kai = service.a_clankdin_agent("kai").await;
    for _ in 0..15 {
        let _ = kai.post("").await.is(400);
        let _ = kai.http.post("/feed", json!({"content": "a", "category": "gossip"})).await.is(400);
    }
    for path in ["/feed", "/town-square"] {
        for _ in 0..5 {
            let _ = kai.http.post(path, json!({"content": "hello"})).await.is(201);
        }
    }
    let form = json!({"detail": "Too many requests. Limit: 10/hour for posts."});
    let refused = kai.post("hello").await.is_exactly(429, &form);
    assert_eq!(refused.header("retry-after"), Some("3600"));
    service.advance(HOUR - 1);
    assert_eq!(kai.post("hello").await.is(429).header("retry-after"), Some("1"), "a refused retry lengthens nothing");
    let _ = service.a_clankdin_agent("zoe").await.post("hello").await.is(201);
    service.advance(1);
    let _ = kai.post("hello").await.is(201);
}

#[tokio::test]
async fn comments_and_pinches_have_limits_of_their_own() {
    let service = with_workers();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let post = kai.posted("hello").await;
    for _ in 0..30 {
        let _ = zoe.comment("00000000-0000-0000-0000-000000000000", "hello").await.is(404);
    }
    for _ in 0..30 {
        let _ = zoe.comment(&post, "hello").await.is(201);
    }
    let form =
        |name: &str, limit: u32| json!({"detail": format!("Too many requests. Limit: {limit}/hour for {name}.")});
    let _ = zoe.comment(&post, "hello").await.is_exactly(429, &form("comments", 30));
    for _ in 0..100 {
        let _ = zoe.pinch(&post).await.is(200);
    }
    let _ = zoe.pinch(&post).await.is_exactly(429, &form("pinches", 100));
    let _ = zoe.unpinch(&post).await.is(200);
}

/// Reads a list page by page, and returns the ids of its items in their order.
async fn read_by_page(reader: &ClankdIn, path: &str, list: &str, limit: usize) -> Vec<String> {
    let joint = if path.contains('?') { '&' } else { '?' };
    let (mut read, mut query) = (Vec::new(), format!("{joint}limit={limit}"));
    loop {
        let page = reader.http.get(&format!("{path}{query}")).await.is(200);
        assert!(page.list(list).len() <= limit);
        read.extend(page.each(list, "id").into_iter().map(str::to_owned));
        if page["next_before"].is_null() {
            return read;
        }
        let (before, id) = (page.string("next_before"), page.string("next_before_id"));
        query = format!("{joint}limit={limit}&before={before}&before_id={id}");
    }
}

#[tokio::test]
async fn pages_skip_and_repeat_nothing_within_one_microsecond() {
    let service = Service::start(posts::routes, NO_WORKERS);
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let (mut posts, mut comments) = (Vec::new(), Vec::new());
    for _ in 0..7 {
        posts.push(kai.posted("all at the same instant").await);
    }
    for _ in 0..7 {
        let comment = zoe.comment(&posts[0], "all at the same instant").await.is(201);
        comments.push(comment["comment"]["id"].as_str().expect("a comment has an id").to_owned());
    }
    let under = format!("/feed/{}/comments", posts[0]);
    posts.sort();
    comments.sort();
    for (path, list, expected) in [
        ("/feed", "posts", &posts),
        ("/town-square", "posts", &posts),
        ("/feed?category=general", "posts", &posts),
        (under.as_str(), "comments", &comments),
    ] {
        for limit in [1, 3, 7] {
            let mut read = read_by_page(&kai, path, list, limit).await;
            read.sort();
            assert_eq!(&read, expected, "{path}, {limit} at a time");
        }
    }
}

#[tokio::test]
async fn a_feed_is_also_read_by_offset() {
    let service = Service::start(posts::routes, NO_WORKERS);
    let kai = service.a_clankdin_agent("kai").await;
    for number in 0..4 {
        let _ = kai.posted(&format!("post {number}")).await;
        service.advance(1);
    }
    for (query, expected) in [("?limit=2", ["post 3", "post 2"]), ("?limit=2&offset=2", ["post 1", "post 0"])] {
        let page = kai.http.get(&format!("/feed{query}")).await.is(200);
        assert_eq!(page.each("posts", "content"), expected, "{query}");
    }
}

#[tokio::test]
async fn notifications_are_paged_and_counted_alike() {
    let service = with_workers();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let post = kai.posted("hello").await;
    for number in 0..5 {
        let _ = zoe.comment(&post, &format!("comment {number}")).await.is(201);
    }
    service.settled(Consumer::Posts).await;
    let read = read_by_page(&kai, "/notifications", "notifications", 2).await;
    let whole = kai.notifications("?unread=true").await.is(200);
    assert_eq!(read, whole.each("notifications", "id"));
    assert_eq!((read.len(), kai.unread_count().await, &whole["unread_count"]), (5, 5, &json!(5)));
}

/// Puts an event of that id into the outbox, as the service that told it would.
async fn tell(service: &Service, event_id: Id, event: &Event) {
    let (body, now) = (support::event_body(event), service.state.clock.now());
    service
        .write(move |tx| {
            diesel::insert_into(outbox::table)
                .values((
                    outbox::consumer.eq(Consumer::Posts.as_str()),
                    outbox::event_id.eq(event_id),
                    outbox::event.eq(&body),
                    outbox::available_at.eq(now),
                ))
                .execute(tx.conn())?;
            tx.wake(Queue::Posts);
            Ok(())
        })
        .await;
    service.settled(Consumer::Posts).await;
}

#[tokio::test]
async fn an_event_that_is_told_twice_is_one_notification() {
    let service = with_workers();
    let (kai, zoe) = (service.an_account(NETWORK, "kai").await, service.an_account(NETWORK, "zoe").await);
    let now = service.state.clock.now();
    let (event_id, post_id) = (Id::at(now), service.a_post(NETWORK, kai.id, "hello", now).await);
    let actor = Actor { id: zoe.id, handle: zoe.handle.clone(), name: zoe.handle.clone() };
    let event = Event::Reacted { actor, recipient_id: kai.id, post_id, preview: "hello".to_owned() };
    let kai = service.clankdin().known("kai", &kai.token);
    for _ in 0..3 {
        tell(&service, event_id, &event).await;
        assert_eq!(kai.unread_count().await, 1);
    }
    let _ = kai.read_all().await.is(200);
    tell(&service, event_id, &event).await;
    assert_eq!(kai.unread_count().await, 0, "what was read stays read");
}

#[tokio::test]
async fn an_event_of_an_account_that_is_gone_holds_nothing_up() {
    let service = with_workers();
    let kai = service.an_account(NETWORK, "kai").await;
    let now = service.state.clock.now();
    let gone = Actor { id: Id::at(now), handle: "gone".to_owned(), name: "gone".to_owned() };
    let event = Event::Reacted { actor: gone, recipient_id: kai.id, post_id: Id::at(now), preview: String::new() };
    tell(&service, Id::at(now), &event).await;
    assert_eq!(service.clankdin().known("kai", &kai.token).unread_count().await, 0);
}

#[tokio::test]
async fn doing_the_same_again_tells_nobody_again() {
    let service = with_workers();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let post = kai.posted(&format!("hello @{} @zoe @ZOE", zoe.handle)).await;
    for _ in 0..3 {
        assert_eq!(zoe.pinch(&post).await.is(200)["post"]["pinch_count"], 1);
        let _ = kai.pinch(&post).await.is(200);
        let _ = kai.unpinch(&post).await.is(200);
    }
    service.settled(Consumer::Posts).await;
    assert_eq!(kai.unread_count().await, 1, "one pinch, and none of one's own");
    assert_eq!(zoe.unread_count().await, 1, "one mention, however often one is named");
}

#[tokio::test]
async fn a_comment_answers_a_post_or_a_comment_under_it() {
    let service = with_workers();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let (post, other) = (kai.posted("one").await, kai.posted("two").await);
    let comment = zoe.comment(&post, "first").await.is(201);
    let id = comment["comment"]["id"].as_str().expect("a comment has an id");
    assert_eq!(comment["comment"]["reply_to_id"], json!(null));
    let reply = |to: &str| json!({"content": "second", "reply_to_id": to});
    let path = format!("/feed/{post}/comments");
    service.advance(1);
    let answer = kai.http.post(&path, reply(id)).await.is(201);
    assert_eq!((&answer["comment"]["reply_to_id"], &answer["comment"]["post_id"]), (&json!(id), &json!(post)));
    for elsewhere in [other.as_str(), post.as_str(), "nonsense"] {
        let _ = kai.http.post(&path, reply(elsewhere)).await.is_exactly(404, &json!({"detail": "Comment not found"}));
    }
    let _ = kai.http.post(&format!("/feed/{other}/comments"), reply(id)).await.is(404);
    let _ = kai.comment(id, "under a comment").await.is(404);
    let thread = kai.thread(&post).await.is(200);
    assert_eq!(thread["post"]["comment_count"], 2, "a comment that is refused is not counted");
    assert_eq!(thread.each("comments", "content"), ["first", "second"], "a thread is read from its beginning");
    let list = kai.http.get(&path).await.is(200);
    assert_eq!(list.each("comments", "content"), ["second", "first"], "a list is newest first");
}

#[tokio::test]
async fn a_suspended_author_is_nowhere() {
    let service = with_workers();
    let (kai, zoe) = (service.an_account(NETWORK, "kai").await, service.a_clankdin_agent("zoe").await);
    let author = service.clankdin().known("kai", &kai.token);
    let post = author.posted("now you see me").await;
    let of_zoe = zoe.posted("hello").await;
    let _ = author.comment(&of_zoe, "seen as well").await.is(201);
    service.set_suspended(NETWORK, kai.id, true).await;
    let _ = zoe.thread(&post).await.is(404);
    assert!(!zoe.feed("").await.is(200).text().contains("now you see me"));
    assert!(!zoe.thread(&of_zoe).await.is(200).text().contains("seen as well"));
    let _ = zoe.pinch(&post).await.is(404);
    let _ = zoe.comment(&post, "hello?").await.is(404);
    service.set_suspended(NETWORK, kai.id, false).await;
    assert_eq!(
        zoe.thread(&post).await.is(200)["post"]["comment_count"],
        0,
        "what could not be seen was not commented on"
    );
}

#[tokio::test]
async fn a_preview_is_a_hundred_characters() {
    let service = with_workers();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let post = kai.posted("hello").await;
    let _ = zoe.comment(&post, &"\u{1f916}".repeat(500)).await.is(201);
    service.settled(Consumer::Posts).await;
    let list = kai.notifications("").await.is(200);
    assert_eq!(list.list("notifications")[0]["preview"], "\u{1f916}".repeat(100));
}

#[tokio::test]
async fn a_notification_is_its_owners() {
    let service = with_workers();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let post = kai.posted("hello").await;
    let _ = zoe.pinch(&post).await.is(200);
    let first =
        async || kai.notifications("").await.ok().each("notifications", "id").first().map(|id| (*id).to_owned());
    let id = eventually(GENEROUS, "the pinch is told", first).await;
    let _ = zoe.read(&id).await.is_exactly(404, &json!({"detail": "Notification not found"}));
    assert_eq!(kai.unread_count().await, 1);
    let _ = kai.read(&id).await.is(200);
    assert_eq!(kai.unread_count().await, 0);
}

#[tokio::test]
async fn a_transaction_that_fails_tells_nobody() {
    let service = with_workers();
    let kai = service.an_account(NETWORK, "kai").await;
    let now = service.state.clock.now();
    let actor = Actor { id: kai.id, handle: "kai".to_owned(), name: "kai".to_owned() };
    let event = Event::Reacted { actor, recipient_id: kai.id, post_id: Id::at(now), preview: String::new() };
    let failed = service.state.database.write("fail", move |tx| {
        models::outbox::record(tx, now, &event)?;
        Err::<(), Error>(Error::Forbidden("on purpose"))
    });
    assert!(matches!(failed.await, Err(Error::Forbidden(_))));
    assert_eq!(service.read(|conn| models::outbox::waiting(conn, Consumer::Posts)).await, 0);
}
