//! What users of Clankspace say, and take back.

use diesel::prelude::*;
use models::schema::accounts;
use models::{Id, Network};

use support::{Clankspace, Networks as _, Service, json, tokio};

use crate::{HOUR, START, service};

const NETWORK: Network = Network::Clankspace;

/// The counter of an account's posts.
async fn post_count(service: &Service, account: Id) -> i64 {
    service.read(move |conn| Ok(accounts::table.find(account).select(accounts::post_count).first(conn)?)).await
}

async fn shown(reader: &Clankspace) -> Vec<String> {
    reader.posts("").await.is(200).each("posts", "content").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_post_is_answered_as_it_is_published() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    let post = json!({"username": "kai", "content": "hello from the clankspace", "created_at": START});
    let _ = kai.post("  hello from the clankspace\r\n").await.is_exactly(201, &json!({"post": post}));
    let page = json!({"posts": [post], "next_before": null, "next_before_id": null});
    for answer in [kai.posts("").await, kai.posts_of("KAI", "").await, kai.leaders("").await] {
        let _ = answer.is_exactly(200, &page);
    }
}

#[tokio::test]
async fn whoever_may_need_help_is_told_where_it_is() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    let posted = kai.post("i want to die").await.is(201);
    assert_eq!(posted["support"]["url"], "https://findahelpline.com");
    assert!(!posted["support"]["message"].as_str().unwrap_or_default().is_empty());
    assert_eq!(posted["post"]["content"], "i want to die");
    assert!(posted.body.get("original_changed").is_none(), "{posted}");
}

#[tokio::test]
async fn a_threat_is_not_kept_and_begins_the_hour_anew() {
    let service = service();
    let kai = service.an_account(NETWORK, "kai").await;
    let user = service.clankspace().known("kai", &kai.token);
    let _ = user.post("first").await.is(201);
    service.advance(HOUR - 10);
    assert_eq!(user.post("i will kill you").await.is(400)["code"], "violence");
    assert_eq!(user.post("second").await.is(429)["retry_after"], HOUR);
    service.advance(HOUR);
    // Also where the last hour is over.
    assert_eq!(user.post("i will k1ll you").await.is(400)["code"], "violence");
    assert_eq!(user.post("second").await.is(429)["retry_after"], HOUR);
    service.advance(HOUR);
    let _ = user.post("second").await.is(201);
    assert_eq!((shown(&user).await, post_count(&service, kai.id).await), (vec!["second".into(), "first".into()], 2));
}

#[tokio::test]
async fn what_is_refused_names_the_reason() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    for content in ["see example.com/cheap", "kai@example.com", "call +1 202 555 0143"] {
        assert_eq!(kai.post(content).await.is(400)["code"], "contact_info", "{content}");
    }
    for body in [json!({}), json!({"content": 7}), json!({"content": null}), json!({"content": " \n "})] {
        let refused = kai.http.post("/posts", body.clone()).await.is(400);
        assert_eq!(refused["code"], "invalid", "{body}");
        assert!(refused.string("error").starts_with("content"), "{refused}");
    }
    assert!(kai.post(&"x".repeat(101)).await.is(400).string("error").contains("100"));
    let _ = service.clankspace().post("hello").await.is(401);
    let _ = kai.post("hello").await.is(201);
}

#[tokio::test]
async fn what_grows_by_filtering_is_cut_at_a_word() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    // "clankspace" takes four characters more than what it stands for.
    let written = format!("{}abc tiktok", "abcdefgh ".repeat(10));
    assert_eq!(written.chars().count(), 100);
    let posted = kai.post(&written).await.is(201);
    assert_eq!(posted["post"]["content"], format!("{}abc", "abcdefgh ".repeat(10)));
    assert_eq!(posted["original_changed"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_posts_at_once_one_is_published() {
    let service = service();
    let kai = service.an_account(NETWORK, "kai").await;
    let user = service.clankspace().known("kai", &kai.token);
    let calls: Vec<_> = (0..50)
        .map(|number| {
            let user = user.clone();
            tokio::spawn(async move { user.post(&format!("post number {number}")).await })
        })
        .collect();
    let mut published = 0;
    for call in calls {
        let answer = call.await.expect("a call is answered");
        match answer.status {
            201 => published += 1,
            _ => assert_eq!(answer.is(429)["retry_after"], HOUR),
        }
    }
    assert_eq!((published, shown(&user).await.len(), post_count(&service, kai.id).await), (1, 1, 1));
}

#[tokio::test]
async fn a_post_is_deleted_by_its_instant_in_every_form() {
    let service = service();
    let kai = service.an_account(NETWORK, "kai").await;
    let user = service.clankspace().known("kai", &kai.token);
    for form in [
        START,
        "2026-11-21T21:01:43.709469Z",
        "2026-11-21t21:01:43.709469z",
        "2026-11-21T22:31:43.709469+01:30",
        "2026-11-21T21:01:43.709469 00:00",
    ] {
        service.a_post(NETWORK, kai.id, form, service.state.clock.now()).await;
        assert_eq!(shown(&user).await, [form]);
        let _ = user.delete_post(form).await.is_exactly(200, &json!({"deleted": true}));
        assert!(shown(&user).await.is_empty(), "the copy that is kept is forgotten");
    }
}

#[tokio::test]
async fn only_the_post_of_that_very_instant_is_deleted() {
    let service = service();
    let (kai, zoe) = (service.an_account(NETWORK, "kai").await, service.a_clankspace_user("zoe").await);
    let user = service.clankspace().known("kai", &kai.token);
    let posted = user.post("mine").await.is(201);
    let unknown = json!({"error": "Post not found", "code": "not_found"});
    for other in ["2026-11-21T21:01:43.709468Z", "2026-11-21T21:01:43.70947Z", "2026-11-21T21:01:43Z"] {
        let _ = user.delete_post(other).await.is_exactly(404, &unknown);
    }
    let _ = zoe.delete_post(START).await.is_exactly(404, &unknown);
    for body in [json!({}), json!({"created_at": 7}), json!({"created_at": "yesterday"})] {
        let refused = user.http.json("DELETE", "/posts", &body).await.is(400);
        assert!(refused.string("error").starts_with("created_at"), "{refused}");
    }
    let _ = service.clankspace().delete_post(START).await.is(401);
    assert_eq!((shown(&zoe).await, post_count(&service, kai.id).await), (vec!["mine".into()], 1));
    let created_at = posted["post"]["created_at"].as_str().expect("an instant");
    let _ = user.delete_post(created_at).await.is(200);
    let _ = user.delete_post(created_at).await.is_exactly(404, &unknown);
    assert_eq!(post_count(&service, kai.id).await, 0);
    assert_eq!(user.post("again").await.is(429)["retry_after"], HOUR, "the hour lasts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_is_deleted_once() {
    let service = service();
    let kai = service.an_account(NETWORK, "kai").await;
    let user = service.clankspace().known("kai", &kai.token);
    let _ = user.post("mine").await.is(201);
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let user = user.clone();
            tokio::spawn(async move { user.delete_post(START).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for call in calls {
        statuses.push(call.await.expect("a call is answered"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200], vec![404; 9]].concat());
    assert_eq!(post_count(&service, kai.id).await, 0);
}

#[tokio::test]
async fn a_viewer_does_not_see_whom_it_blocks_nor_who_blocks_it() {
    let service = service();
    let mut users = Vec::new();
    for name in ["kai", "zoe", "mia", "tom"] {
        let user = service.an_account(NETWORK, name).await;
        service.advance(1);
        service.a_post(NETWORK, user.id, name, service.state.clock.now()).await;
        users.push(user);
    }
    let client = |place: usize| service.clankspace().known(&users[place].handle, &users[place].token);
    service.block(users[0].id, users[1].id).await;
    service.block(users[2].id, users[0].id).await;
    assert_eq!(shown(&client(0)).await, ["tom", "kai"]);
    assert_eq!(shown(&client(1)).await, ["tom", "mia", "zoe"]);
    assert_eq!(shown(&client(2)).await, ["tom", "mia", "zoe"]);
    for reader in [client(3), service.clankspace()] {
        assert_eq!(shown(&reader).await, ["tom", "mia", "zoe", "kai"]);
    }
    let sees = async |place: usize, name: &str| client(place).posts_of(name, "").await.is(200).list("posts").len();
    assert_eq!([sees(0, "zoe").await, sees(1, "kai").await, sees(0, "mia").await, sees(2, "kai").await], [0; 4]);
    assert_eq!([sees(0, "kai").await, sees(3, "kai").await, sees(1, "mia").await], [1; 3]);
    assert_eq!(service.clankspace().posts_of("zoe", "").await.is(200).list("posts").len(), 1);
    let of_day = client(0).posts("?date=2026-11-21").await.is(200);
    assert_eq!(of_day.each("posts", "content"), ["tom", "kai"]);
    let _ = client(0).unblock("zoe").await.is(200);
    assert_eq!(shown(&client(0)).await, ["tom", "zoe", "kai"]);
}

#[tokio::test]
async fn a_token_that_is_none_is_refused_where_none_is_needed() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    let _ = kai.posts("").await.is(200);
    let mangled = format!("{}x", kai.http.token());
    for header in [&*format!("Bearer {mangled}"), "Bearer x", "Bearer", "Basic a2FpOng="] {
        for path in ["/posts", "/posts/user/kai"] {
            let refused = service.clankspace().http.with_header("authorization", header).get(path).await.is(401);
            assert_eq!(refused.header("www-authenticate"), Some("Bearer"), "{path} {header}");
        }
    }
}

#[tokio::test]
async fn nobodys_posts_are_not_found() {
    let service = service();
    let unknown = json!({"error": "User not found", "code": "not_found"});
    for name in ["nobody", "a%00b", "m%C3%BCnchen", "a-b"] {
        let _ = service.clankspace().posts_of(name, "").await.is_exactly(404, &unknown);
    }
    assert!(service.clankspace().posts_of("mot", "").await.is(200).list("posts").is_empty());
    let _ = service.clankspace().leaders("").await.is(401);
}

#[tokio::test]
async fn leaders_are_those_who_are_followed_and_oneself() {
    let service = service();
    let (kai, mut expected) = (service.an_account(NETWORK, "kai").await, Vec::new());
    service.follow_many(kai.id, NETWORK, 150).await;
    let followed: Vec<Id> = service
        .read(|conn| {
            let followed = accounts::table.filter(accounts::handle.like("followed%")).order(accounts::handle);
            Ok(followed.select(accounts::id).load(conn)?)
        })
        .await;
    let stranger = service.an_account(NETWORK, "stranger").await;
    // A few who say much, many who say little, some who say nothing.
    for number in 0..120_usize {
        service.advance(1);
        let (author, is_shown) = match number % 6 {
            0 => (kai.id, true),
            1 => (stranger.id, false),
            2 => (followed[number], true),
            place => (followed[place], true),
        };
        service.a_post(NETWORK, author, &format!("post {number}"), service.state.clock.now()).await;
        if is_shown {
            expected.push(format!("post {number}"));
        }
    }
    expected.reverse();
    let reader = service.clankspace().known("kai", &kai.token);
    for limit in [1, 7, 50, 200] {
        let (mut read, mut query) = (Vec::new(), format!("?limit={limit}"));
        loop {
            let page = reader.leaders(&query).await.is(200);
            assert!(page.list("posts").len() <= limit, "{limit}");
            read.extend(page.each("posts", "content").into_iter().map(str::to_owned));
            if page["next_before"].is_null() {
                break;
            }
            query = format!(
                "?limit={limit}&before={}&before_id={}",
                page.string("next_before"),
                page.string("next_before_id")
            );
        }
        assert_eq!(read, expected, "limit {limit}");
    }
}
