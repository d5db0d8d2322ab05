//! Whom users of Clankspace follow and block.

use diesel::prelude::*;
use models::schema::{accounts, blocks, follows};
use models::{Id, Network};

use support::{Clankspace, Made, Networks as _, Service, Value, json, tokio};

use crate::service;

const NETWORK: Network = Network::Clankspace;

async fn a_user(service: &Service, name: &str) -> (Made, Clankspace) {
    let made = service.an_account(NETWORK, name).await;
    let client = service.clankspace().known(name, &made.token);
    (made, client)
}

/// How many an account follows, and how many follow it: by its counters, which must be what the rows say.
async fn counts(service: &Service, account: Id) -> (i64, i64) {
    service
        .read(move |conn| {
            let row = accounts::table.find(account);
            let counters: (i64, i64) = row.select((accounts::following_count, accounts::follower_count)).first(conn)?;
            let following: i64 = follows::table.filter(follows::follower_id.eq(account)).count().get_result(conn)?;
            let followers: i64 = follows::table.filter(follows::followed_id.eq(account)).count().get_result(conn)?;
            assert_eq!(counters, (following, followers));
            Ok(counters)
        })
        .await
}

#[tokio::test]
async fn following_again_changes_nothing() {
    let service = service();
    let ((kai, user), (zoe, _)) = (a_user(&service, "kai").await, a_user(&service, "Zoe").await);
    for _ in 0..2 {
        let _ = user.follow("zoe").await.is_exactly(200, &json!({"username": "Zoe", "following": true}));
        assert_eq!((counts(&service, kai.id).await, counts(&service, zoe.id).await), ((1, 0), (0, 1)));
    }
    for _ in 0..2 {
        let _ = user.unfollow("ZOE").await.is_exactly(200, &json!({"username": "Zoe", "following": false}));
        assert_eq!((counts(&service, kai.id).await, counts(&service, zoe.id).await), ((0, 0), (0, 0)));
    }
}

#[tokio::test]
async fn blocking_ends_following_both_ways() {
    let service = service();
    let ((kai, user), (zoe, other)) = (a_user(&service, "kai").await, a_user(&service, "Zoe").await);
    let _ = user.follow("zoe").await.is(200);
    let _ = other.follow("kai").await.is(200);
    for _ in 0..2 {
        let _ = user.block("zoe").await.is_exactly(200, &json!({"username": "Zoe", "blocked": true}));
        assert_eq!((counts(&service, kai.id).await, counts(&service, zoe.id).await), ((0, 0), (0, 0)));
    }
    // Neither is told who has blocked whom.
    let refused = json!({"error": "You cannot follow this user", "code": "forbidden"});
    let _ = user.follow("zoe").await.is_exactly(403, &refused);
    let _ = other.follow("kai").await.is_exactly(403, &refused);
    let _ = other.unblock("kai").await.is(200);
    let _ = other.follow("kai").await.is_exactly(403, &refused);
    for _ in 0..2 {
        let _ = user.unblock("ZOE").await.is_exactly(200, &json!({"username": "Zoe", "blocked": false}));
    }
    assert_eq!(counts(&service, zoe.id).await, (0, 0), "what has ended stays so");
    let _ = other.follow("kai").await.is(200);
}

#[tokio::test]
async fn nobody_blocks_themselves_or_nobody() {
    let service = service();
    let (_, user) = a_user(&service, "kai").await;
    let unknown = json!({"error": "User not found", "code": "not_found"});
    for answer in [user.block("KAI").await, user.follow("kai").await] {
        let refused = answer.is(400);
        assert_eq!(refused["code"], "invalid");
        assert!(refused.string("error").starts_with("username"), "{refused}");
    }
    for answer in [user.block("nobody").await, user.unblock("nobody").await, user.block("a%00b").await] {
        let _ = answer.is_exactly(404, &unknown);
    }
    let nobody = service.clankspace();
    for answer in [nobody.block("kai").await, nobody.unblock("kai").await, nobody.follow("kai").await] {
        let _ = answer.is(401);
    }
    for path in ["/follow", "/block"] {
        let _ = nobody.http.get(path).await.is(401);
    }
}

#[tokio::test]
async fn what_was_done_to_a_suspended_user_can_be_undone() {
    let service = service();
    let ((kai, user), (zoe, _)) = (a_user(&service, "kai").await, a_user(&service, "zoe").await);
    let (tom, _) = a_user(&service, "tom").await;
    let _ = user.follow("zoe").await.is(200);
    let _ = user.block("tom").await.is(200);
    service.set_suspended(NETWORK, zoe.id, true).await;
    service.set_suspended(NETWORK, tom.id, true).await;
    let names = async |path: &str, list: &str| {
        let page = user.http.get(path).await.is(200);
        page.each(list, "username").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(names("/follow", "following").await.is_empty() && names("/block", "blocks").await.is_empty());
    let _ = user.follow("zoe").await.is(404);
    let _ = user.block("zoe").await.is(404);
    let _ = user.unfollow("zoe").await.is(200);
    let _ = user.unblock("tom").await.is(200);
    assert_eq!(counts(&service, kai.id).await, (0, 0));
    service.set_suspended(NETWORK, zoe.id, false).await;
    let _ = user.follow("zoe").await.is(200);
    assert_eq!(names("/follow", "following").await, ["zoe"]);
}

/// Reads one of a user's own lists page by page, and returns the names in it.
async fn read_all(user: &Clankspace, path: &str, list: &str, limit: usize) -> Vec<String> {
    let (mut names, mut query) = (Vec::new(), format!("?limit={limit}"));
    loop {
        let page = user.http.get(&format!("{path}{query}")).await.is(200);
        assert!(page.list(list).len() <= limit);
        names.extend(page.each(list, "username").into_iter().map(str::to_owned));
        let (Value::String(before), Value::String(id)) = (&page["next_before"], &page["next_before_id"]) else {
            return names;
        };
        query = format!("?limit={limit}&before={before}&before_id={id}");
    }
}

#[tokio::test]
async fn one_sees_whom_one_follows_and_blocks_the_latest_first() {
    let service = service();
    let (_, user) = a_user(&service, "kai").await;
    for number in 0..7 {
        let _ = a_user(&service, &format!("friend{number}")).await;
        let _ = a_user(&service, &format!("foe{number}")).await;
        // Some at the same instant.
        service.advance(number % 2);
        let _ = user.follow(&format!("friend{number}")).await.is(200);
        let _ = user.block(&format!("foe{number}")).await.is(200);
    }
    for (path, list, name) in [("/follow", "following", "friend"), ("/block", "blocks", "foe")] {
        let mut expected: Vec<String> = (0..7).map(|number| format!("{name}{number}")).collect();
        for limit in [1, 2, 3, 7, 8] {
            let mut read = read_all(&user, path, list, limit).await;
            assert_eq!(read[0], format!("{name}6"), "{path} {limit}: of one instant, the larger id");
            read.sort();
            expected.sort();
            assert_eq!(read, expected, "{path} {limit}");
        }
        for query in ["?limit=0", "?before=x", "?before_id=x"] {
            assert_eq!(user.http.get(&format!("{path}{query}")).await.is(400)["code"], "invalid", "{path}{query}");
        }
    }
    let page = user.http.get("/follow?limit=1").await.is(200);
    assert_eq!(page["following"][0]["followed_at"], page["next_before"], "instants have one form");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_who_is_blocked_follows_however_both_are_done_at_once() {
    let service = service();
    let ((kai, user), (zoe, other)) = (a_user(&service, "kai").await, a_user(&service, "zoe").await);
    for round in 0..12 {
        let calls: Vec<_> = (0..8)
            .map(|number| {
                let (user, other) = (user.clone(), other.clone());
                tokio::spawn(async move {
                    match number % 4 {
                        0 => user.follow("zoe").await.status,
                        1 => other.follow("kai").await.status,
                        2 if number == 2 && round % 2 == 0 => user.block("zoe").await.status,
                        2 => other.unfollow("kai").await.status,
                        _ => user.unfollow("zoe").await.status,
                    }
                })
            })
            .collect();
        for call in calls {
            let status = call.await.expect("a call is answered");
            assert!([200, 403].contains(&status), "{status}");
        }
        let (mine, theirs) = (counts(&service, kai.id).await, counts(&service, zoe.id).await);
        assert_eq!((mine.0, mine.1), (theirs.1, theirs.0));
        let is_blocked: i64 = service.read(|conn| Ok(blocks::table.count().get_result(conn)?)).await;
        assert!(is_blocked == 0 || mine == (0, 0), "round {round}: {mine:?}");
        let _ = user.unblock("zoe").await.is(200);
    }
}
