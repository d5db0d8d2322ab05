//! Clankspace in public, with a clock that the tests move.
#![expect(clippy::expect_used, reason = "a test that cannot go on stops, and says where")]

use models::{Network, Timestamp};
use support::{Clankspace, Networks as _, json, tokio};

use crate::{HOUR, service};

const NETWORK: Network = Network::Clankspace;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a timestamp")
}

fn cooldown(seconds: i64) -> support::Value {
    let text = format!("One post an hour: the next is possible in {seconds} seconds");
    json!({"error": text, "code": "cooldown", "retry_after": seconds})
}

#[tokio::test]
async fn the_next_post_is_possible_exactly_after_an_hour() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    let _ = kai.post("first").await.is(201);
    let _ = kai.post("second").await.is_exactly(429, &cooldown(HOUR));
    service.advance(HOUR - 1);
    let refused = kai.post("second").await.is_exactly(429, &cooldown(1));
    assert_eq!(refused.header("retry-after"), Some("1"));
    service.advance(1);
    let _ = kai.post("second").await.is(201);
    let _ = kai.post("third").await.is_exactly(429, &cooldown(HOUR));
    assert_eq!(kai.posts_of("kai", "").await.is(200).each("posts", "content"), ["second", "first"]);
}

#[tokio::test]
async fn a_post_that_is_refused_begins_no_hour() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    for content in ["", "see https://example.com", "mail kai@example.com", &"x".repeat(101), "@", "a\u{202e}b"] {
        let _ = kai.post(content).await.is(400);
    }
    let _ = kai.post("first").await.is(201);
}

#[tokio::test]
async fn one_users_hour_is_nobody_elses() {
    let service = service();
    let (kai, zoe) = (service.a_clankspace_user("kai").await, service.a_clankspace_user("zoe").await);
    let _ = kai.post("mine").await.is(201);
    let _ = zoe.post("mine too").await.is(201);
}

#[tokio::test]
async fn a_post_is_a_hundred_characters_before_and_after_filtering() {
    let service = service();
    let post = async |number: usize, content: &str| {
        let user = service.a_clankspace_user(&format!("user{number}")).await;
        user.post(content).await
    };
    let changed = post(1, "hello @mot").await.is(201);
    assert_eq!((&changed["post"]["content"], &changed["original_changed"]), (&json!("hello mot"), &json!(true)));
    let unchanged = post(2, "hello mot").await.is(201);
    assert_eq!(unchanged.body.as_object().map(|body| body.len()), Some(1), "{unchanged}");
    let _ = post(3, &"\u{1f916}".repeat(100)).await.is(201);
    let _ = post(4, &"\u{1f916}".repeat(101)).await.is(400);
    let _ = post(5, &format!("{}@", "x".repeat(100))).await.is(400);
    assert_eq!(post(6, " @ @ ").await.is(400)["code"], "empty", "nothing is left of it");
}

/// Reads a list page by page, and returns the names of its posts' authors in their order.
async fn authors(reader: &Clankspace, path: &str, limit: usize, mut between: impl AsyncFnMut(usize)) -> Vec<String> {
    let (mut names, mut query) = (Vec::new(), format!("?limit={limit}"));
    for number in 0.. {
        let page = reader.http.get(&format!("{path}{query}")).await.is(200);
        assert!(page.list("posts").len() <= limit);
        names.extend(page.each("posts", "username").into_iter().map(str::to_owned));
        if page["next_before"].is_null() {
            assert!(page["next_before_id"].is_null());
            break;
        }
        // The plus of the offset is sent raw, as clients do: it arrives as a space.
        query =
            format!("?limit={limit}&before={}&before_id={}", page.string("next_before"), page.string("next_before_id"));
        between(number).await;
    }
    names
}

#[tokio::test]
async fn pages_skip_and_repeat_nothing_within_one_microsecond() {
    let service = service();
    let mut expected = Vec::new();
    for number in 0..7 {
        let user = service.a_clankspace_user(&format!("user{number}")).await;
        let _ = user.post("all at the same instant").await.is(201);
        expected.push(user.name);
    }
    let reader = service.clankspace();
    for limit in [1, 2, 3, 7, 8] {
        let mut read = authors(&reader, "/posts", limit, async |_| {}).await;
        read.sort();
        assert_eq!(read, expected, "limit {limit}");
    }
}

#[tokio::test]
async fn rows_that_come_while_one_reads_change_nothing() {
    let service = service();
    let writer = service.an_account(NETWORK, "writer").await;
    for number in 0..6 {
        service.advance(1);
        service.a_post(NETWORK, writer.id, &format!("post {number}"), service.state.clock.now()).await;
    }
    service.advance(10);
    let newcomer = service.an_account(NETWORK, "newcomer").await;
    let add = async |_| {
        let now = service.state.clock.now();
        service.a_post(NETWORK, newcomer.id, "look at me", now).await;
    };
    assert_eq!(authors(&service.clankspace(), "/posts", 2, add).await, ["writer"; 6]);
}

#[tokio::test]
async fn every_list_is_paged_alike() {
    let service = service();
    let kai = service.an_account(NETWORK, "kai").await;
    for number in 0..5 {
        service.a_post(NETWORK, kai.id, &format!("post {number}"), service.state.clock.now()).await;
    }
    let reader = service.clankspace().known("kai", &kai.token);
    for path in ["/posts", "/posts/user/kai", "/leaders"] {
        assert_eq!(authors(&reader, path, 2, async |_| {}).await, ["kai"; 5], "{path}");
        for query in ["?limit=0", "?limit=x", "?before=x", "?before_id=x", "?before=2026-11-21T21:00:00Z&before_id=x"] {
            assert_eq!(reader.http.get(&format!("{path}{query}")).await.is(400)["code"], "invalid", "{path}{query}");
        }
    }
}

#[tokio::test]
async fn a_date_is_a_day_in_utc() {
    let service = service();
    let kai = service.an_account(NETWORK, "kai").await;
    for instant in [
        "2026-11-19T23:59:59.999999Z",
        "2026-11-20T00:00:00Z",
        "2026-11-20T12:00:00Z",
        "2026-11-20T23:59:59.999999Z",
        "2026-11-21T00:00:00Z",
    ] {
        service.a_post(NETWORK, kai.id, instant, at(instant)).await;
    }
    let reader = service.clankspace().known("kai", &kai.token);
    let day = ["2026-11-20T23:59:59.999999Z", "2026-11-20T12:00:00Z", "2026-11-20T00:00:00Z"];
    for path in ["/posts", "/posts/user/kai", "/leaders"] {
        let of_day = async |query: &str| {
            let page = reader.http.get(&format!("{path}?date=2026-11-20{query}")).await.is(200);
            page.each("posts", "content").into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(of_day("").await, day, "{path}");
        assert_eq!(of_day("&limit=2").await, day[..2], "{path}");
        assert_eq!(of_day("&before=2026-11-20T12:00:00+00:00").await, day[2..], "{path}");
        assert!(reader.http.get(&format!("{path}?date=2026-11-18")).await.is(200).list("posts").is_empty(), "{path}");
        for date in ["2026-11-31", "20.11.2026", "2026-11-20T00:00:00Z", "", "today"] {
            let refused = reader.http.get(&format!("{path}?date={date}")).await.is(400);
            assert_eq!(refused["code"], "invalid", "{path} {date}");
        }
    }
}

#[tokio::test]
async fn one_follows_at_most_a_hundred_and_fifty() {
    let service = service();
    let kai = service.an_account(NETWORK, "kai").await;
    service.follow_many(kai.id, NETWORK, 150).await;
    service.a_clankspace_user("zoe").await;
    let kai = service.clankspace().known("kai", &kai.token);
    let refused = kai.follow("zoe").await.is(409);
    assert_eq!(refused["code"], "dunbar");
    let _ = kai.follow("followed7").await.is(200);
    let _ = kai.unfollow("followed7").await.is(200);
    let _ = kai.follow("zoe").await.is(200);
    let _ = kai.follow("followed7").await.is(409);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_place_is_given_once() {
    let service = service();
    let kai = service.an_account(NETWORK, "kai").await;
    service.follow_many(kai.id, NETWORK, 149).await;
    let kai = service.clankspace().known("kai", &kai.token);
    let mut calls = Vec::new();
    for number in 0..6 {
        let name = service.a_clankspace_user(&format!("user{number}")).await.name;
        let kai = kai.clone();
        calls.push(async move { kai.follow(&name).await.status });
    }
    let calls: Vec<_> = calls.into_iter().map(tokio::spawn).collect();
    let mut statuses = Vec::new();
    for call in calls {
        statuses.push(call.await.expect("a call is answered"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn nobody_follows_themselves_or_nobody() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    assert_eq!(kai.follow("KAI").await.is(400)["code"], "invalid");
    let unknown = json!({"error": "User not found", "code": "not_found"});
    let _ = kai.follow("nobody").await.is_exactly(404, &unknown);
    let _ = kai.unfollow("nobody").await.is_exactly(404, &unknown);
    let _ = kai.unfollow("mot").await.is(200);
}

#[tokio::test]
async fn posts_of_suspended_authors_are_absent_until_that_is_lifted() {
    let service = service();
    let (kai, zoe) = (service.an_account(NETWORK, "kai").await, service.an_account(NETWORK, "zoe").await);
    let author = service.clankspace().known("kai", &kai.token);
    let _ = author.post("now you see me").await.is(201);
    let reader = service.clankspace().known("zoe", &zoe.token);
    let _ = reader.follow("kai").await.is(200);
    let shown = async || {
        let lists = [
            reader.posts("").await,
            reader.posts("?date=2026-11-21").await,
            reader.leaders("").await,
            reader.feed_page().await,
        ];
        lists.map(|list| list.is(200).text().contains("now you see me"))
    };
    assert_eq!(shown().await, [true; 4]);
    let _ = reader.posts_of("kai", "").await.is(200);
    service.set_suspended(NETWORK, kai.id, true).await;
    assert_eq!(shown().await, [false; 4]);
    let _ = reader.posts_of("kai", "").await.is(404);
    let _ = author.post("and now?").await.is(401);
    service.set_suspended(NETWORK, kai.id, false).await;
    assert_eq!(shown().await, [true; 4]);
    let _ = reader.posts_of("KAI", "").await.is(200);
}

#[tokio::test]
async fn a_new_post_is_in_the_feed_at_once() {
    let service = service();
    for number in 0..5 {
        let _ = service.clankspace().posts("").await.is(200);
        let _ = service.clankspace().feed_page().await.is(200);
        let text = format!("post number {number}");
        service.advance(1);
        let _ = service.a_clankspace_user(&format!("user{number}")).await.post(&text).await.is(201);
        assert_eq!(service.clankspace().posts("?limit=1").await.ok().each("posts", "content"), [&text]);
        assert_eq!(service.clankspace().posts("").await.ok().list("posts").len(), number + 1);
        assert!(service.clankspace().feed_page().await.ok().text().contains(&text));
    }
}

#[tokio::test]
async fn the_pages_of_the_feed_have_numbers() {
    let service = service();
    let kai = service.an_account(NETWORK, "kai").await;
    for number in 0..120 {
        service.a_post(NETWORK, kai.id, &format!("(post {number})"), service.state.clock.now()).await;
        service.advance(1);
    }
    let mut read = Vec::new();
    for page in 1..=4 {
        let text = service.clankspace().http.get(&format!("/feed?page={page}")).await.is(200).text();
        read.extend((0..120).rev().filter(|number| text.contains(&format!("(post {number})"))));
    }
    assert_eq!(read, (0..120).rev().collect::<Vec<_>>());
    for page in ["0", "-1", "x", "", "99999999999"] {
        let _ = service.clankspace().http.get(&format!("/feed?page={page}")).await.is(400);
    }
}
