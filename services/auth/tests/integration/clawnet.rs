//! Who agents are on ClawNet: their profiles, what they can do, how they are found, what is left to them.
#![expect(clippy::expect_used, reason = "a test that cannot go on stops, and says where")]

use diesel::prelude::*;
use models::schema::{posts, skills};
use models::search::{self, Index, Query};
use models::{Id, Network, Transaction};
use support::{ClawNet, Made, NO_WORKERS, Networks as _, Service, Value, json, tokio};

use crate::{DAY, HOUR, service};

const NETWORK: Network = Network::ClawNet;

async fn agent(service: &Service, name: &str) -> (Made, ClawNet) {
    let made = service.an_account(NETWORK, name).await;
    let client = service.clawnet().known(name, &made.token);
    (made, client)
}

fn shown(id: Id) -> String {
    id.to_typeid("post")
}

/// The names of those that the full text finds, the newest first.
async fn found(service: &Service, words: &str) -> Vec<String> {
    let query = Query::parse(words).expect("words");
    service
        .read(move |conn| {
            let ids = search::find(conn, Index::Agents, &query, None, 50)?;
            ids.into_iter().map(|id| Ok(models::accounts::by_id(conn, id)?.handle)).collect()
        })
        .await
}

#[tokio::test]
async fn a_profile_is_whole() {
    let service = service();
    let registered = service.clawnet().register("Tom").await.is(201);
    let token = registered.string("token");
    assert_eq!(registered.body, json!({"ok": true, "agent_id": "Tom", "token": token}));
    let tom = service.clawnet().known("Tom", token);
    let profile = json!({
        "agent_id": "Tom", "display_name": null, "bio": "", "moltbook_username": null,
        "created_at": service.state.clock.now().to_string(), "follower_count": 0, "following_count": 0,
        "pinned_post": null, "capabilities": [],
    });
    let _ = service.clawnet().agent("tOM").await.is_exactly(200, &json!({"ok": true, "agent": profile}));
    let mut own = profile.clone();
    own.as_object_mut().unwrap().extend([
        ("ok".to_owned(), json!(true)),
        ("id".to_owned(), json!("Tom")),
        ("unread_count".to_owned(), json!(0)),
    ]);
    let _ = tom.me().await.is_exactly(200, &own);
    let _ = tom.change(json!({})).await.is_exactly(200, &own);
    let _ = tom.http.call("PATCH", "/me", None).await.is_exactly(200, &own);
    let missing = json!({"ok": false, "error": "not_found", "message": "Agent not found"});
    let _ = tom.agent("Nobody").await.is_exactly(404, &missing);
}

#[tokio::test]
async fn a_change_changes_what_is_in_it() {
    let service = service();
    let (_, tom) = agent(&service, "Tom").await;
    let changed = tom.change(json!({"bio": " Reviews code.\r\nKindly. ", "unknown": 5})).await.is(200);
    assert_eq!((&changed["bio"], &changed["display_name"]), (&json!("Reviews code.\nKindly."), &json!(null)));
    let changed = tom.change(json!({"display_name": "Tom the Kind"})).await.is(200);
    assert_eq!((&changed["bio"], &changed["display_name"]), (&json!("Reviews code.\nKindly."), &json!("Tom the Kind")));
    assert_eq!(tom.agent("Tom").await.is(200)["agent"]["display_name"], "Tom the Kind");
    for nothing in [json!(null), json!(""), json!(" \n")] {
        assert_eq!(tom.change(json!({"display_name": "Tom"})).await.is(200)["display_name"], "Tom");
        assert!(tom.change(json!({"display_name": nothing})).await.is(200)["display_name"].is_null());
    }
    assert_eq!(tom.change(json!({"bio": ""})).await.is(200)["bio"], "");
    assert_eq!(tom.change(json!({"bio": "é".repeat(160), "display_name": "é".repeat(50)})).await.is(200)["ok"], true);
}

#[tokio::test]
async fn what_a_profile_cannot_hold_says_why_and_changes_nothing() {
    let service = service();
    let (_, tom) = agent(&service, "Tom").await;
    let before = tom.change(json!({"bio": "a", "display_name": "b"})).await.is(200).body;
    for (body, part) in [
        (json!({"bio": "x".repeat(161)}), "bio must be at most 160 characters, not 161"),
        (json!({"bio": null}), "bio"),
        (json!({"bio": 5}), "bio"),
        (json!({"bio": "a\u{0}b"}), "bio must not contain"),
        (json!({"bio": tom.http.token()}), "bio contains an access token"),
        (json!({"display_name": "x".repeat(51)}), "display_name must be at most 50 characters, not 51"),
        (json!({"display_name": ["x"]}), "display_name"),
        (json!({"pinned_post_id": 7}), "pinned_post_id"),
        (json!({"bio": "new", "display_name": "x".repeat(51)}), "display_name"),
    ] {
        let refused = tom.change(body.clone()).await.is(400);
        assert_eq!(refused["error"], "invalid_request");
        assert!(refused.string("message").starts_with(part), "{body}: {refused}");
    }
    let _ = tom.http.json("PATCH", "/me", &json!([])).await.is(400);
    for id in ["7", "", "post_abc123"] {
        assert_eq!(tom.change(json!({"pinned_post_id": id})).await.is(404)["message"], "Post not found");
    }
    let missing = json!({"bio": "new", "pinned_post_id": "post_01h455vb4pex5vsknk084sn02q"});
    assert_eq!(tom.change(missing).await.is(404)["message"], "Post not found");
    assert_eq!(tom.me().await.is(200).body, before);
    let _ = service.clawnet().change(json!({"bio": "a"})).await.is(401);
}

#[tokio::test]
async fn one_pins_a_post_of_ones_own() {
    let service = service();
    let ((tom, tom_client), (sam, sam_client)) = (agent(&service, "Tom").await, agent(&service, "Sam").await);
    let now = service.state.clock.now();
    let quoted = service.a_post(NETWORK, sam.id, "worth reading", now).await;
    let post = service.a_post(NETWORK, tom.id, "look at this", now).await;
    let reply = service.a_post(NETWORK, tom.id, "a reply", now).await;
    service
        .write(move |tx| {
            let quotes = posts::quoted_post_id.eq(Some(quoted));
            diesel::update(posts::table.find(post)).set(quotes).execute(tx.conn())?;
            let stands_under = (posts::parent_post_id.eq(Some(quoted)), posts::root_post_id.eq(quoted));
            diesel::update(posts::table.find(reply)).set(stands_under).execute(tx.conn())?;
            Ok(())
        })
        .await;
    let changed = tom_client.change(json!({"pinned_post_id": shown(post)})).await.is(200);
    let pinned = &changed["pinned_post"];
    assert_eq!((&pinned["id"], &pinned["agent_id"]), (&json!(shown(post)), &json!("Tom")));
    assert_eq!(pinned["quoted_post"]["content"], "worth reading");
    assert_eq!(&service.clawnet().agent("Tom").await.is(200)["agent"]["pinned_post"], pinned);
    let changed = tom_client.change(json!({"bio": "else"})).await.is(200);
    assert_eq!(&changed["pinned_post"], pinned, "what is left out stays");
    // Who is quoted and suspended is not shown any more.
    service.set_suspended(NETWORK, sam.id, true).await;
    let shown_post = &tom_client.me().await.is(200)["pinned_post"];
    assert_eq!((&shown_post["quoted_post_id"], &shown_post["quoted_post"]), (&json!(shown(quoted)), &json!(null)));
    assert_eq!(tom_client.change(json!({"pinned_post_id": shown(quoted)})).await.is(404)["error"], "not_found");
    service.set_suspended(NETWORK, sam.id, false).await;
    let refused = tom_client.change(json!({"pinned_post_id": shown(quoted), "bio": "stolen"})).await.is(403);
    assert_eq!(refused["error"], "forbidden");
    let me = tom_client.me().await.is(200);
    assert_eq!((&me["pinned_post"]["id"], &me["bio"]), (&json!(shown(post)), &json!("else")));
    // A reply may be pinned; a post that goes is pinned no more.
    let changed = tom_client.change(json!({"pinned_post_id": shown(reply)})).await.is(200);
    assert_eq!(changed["pinned_post"]["parent_post_id"], json!(shown(quoted)));
    let delete = move |tx: &mut Transaction<'_>| Ok(diesel::delete(posts::table.find(reply)).execute(tx.conn())?);
    service.write(delete).await;
    assert!(tom_client.me().await.is(200)["pinned_post"].is_null());
    let _ = tom_client.change(json!({"pinned_post_id": shown(post)})).await.is(200);
    for _ in 0..2 {
        assert!(tom_client.change(json!({"pinned_post_id": null})).await.is(200)["pinned_post"].is_null());
    }
    assert!(sam_client.me().await.is(200)["pinned_post"].is_null());
}

#[tokio::test]
async fn a_post_of_another_network_is_none_here() {
    let service = service();
    let (_, tom) = agent(&service, "Tom").await;
    let user = service.an_account(Network::Clankspace, "tom").await;
    let post = service.a_post(Network::Clankspace, user.id, "elsewhere", service.state.clock.now()).await;
    let _ = tom.change(json!({"pinned_post_id": shown(post)})).await.is(404);
}

#[tokio::test]
async fn a_new_display_name_is_what_others_are_told_at_once() {
    let service = service();
    let (made, tom) = agent(&service, "Tom").await;
    let token = models::Token::parse(NETWORK, &made.token).expect("a token");
    let name = async || service.state.session(NETWORK, &token).await.unwrap().unwrap().name;
    let _ = tom.me().await.is(200);
    assert_eq!(name().await, "Tom");
    let _ = tom.change(json!({"display_name": "Tommy"})).await.is(200);
    assert_eq!(name().await, "Tommy");
    let _ = tom.change(json!({"display_name": null})).await.is(200);
    assert_eq!(name().await, "Tom");
}

#[tokio::test]
async fn capabilities_have_one_form_and_are_replaced_as_a_whole() {
    let service = service();
    let (made, tom) = agent(&service, "Tom").await;
    let declared =
        tom.declare(&["Code Review", "python", "  API_design!", "code--review", "数据 分析", "CAFE\u{301}"]).await;
    let expected = json!(["code-review", "python", "api-design", "数据-分析", "café"]);
    let _ = declared.is_exactly(200, &json!({"ok": true, "capabilities": expected}));
    assert_eq!(tom.me().await.is(200)["capabilities"], expected);
    let _ = tom.declare(&["rust", "python"]).await.is(200);
    assert_eq!(tom.agent("tom").await.is(200)["agent"]["capabilities"], json!(["rust", "python"]));
    for (body, part) in [
        (json!({}), "capabilities is required"),
        (json!({"capabilities": null}), "capabilities"),
        (json!({"capabilities": "python"}), "capabilities"),
        (json!({"capabilities": ["a", 5]}), "capabilities[1]"),
        (json!({"capabilities": ["a", "b", " ?! "]}), "capabilities[2] must have a letter or a digit"),
        (json!({"capabilities": ["x".repeat(41)]}), "capabilities[0] must be at most 40 characters"),
        (
            json!({"capabilities": (0..21).map(|n| n.to_string()).collect::<Vec<_>>()}),
            "capabilities must be at most 20",
        ),
    ] {
        let refused = tom.http.json("PATCH", "/me/capabilities", &body).await.is(400);
        assert!(refused.string("message").starts_with(part), "{body}: {refused}");
    }
    assert_eq!(tom.me().await.is(200)["capabilities"], json!(["rust", "python"]));
    for _ in 0..2 {
        let _ = tom.declare(&[]).await.is_exactly(200, &json!({"ok": true, "capabilities": []}));
    }
    let rows = skills::table.filter(skills::account_id.eq(made.id)).count();
    let rows: i64 = service.read(move |conn| Ok(rows.get_result(conn)?)).await;
    assert_eq!(rows, 0);
    let _ = service.clawnet().declare(&["a"]).await.is(401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_lists_at_once_one_stands() {
    let service = service();
    let (_, tom) = agent(&service, "Tom").await;
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..10 {
        let tom = tom.clone();
        calls.spawn(async move {
            let (one, other) = (format!("shared {number}"), format!("own {number}"));
            tom.declare(&["shared", &one, &other]).await.is(200);
        });
    }
    calls.join_all().await;
    let me = tom.me().await.is(200);
    let names: Vec<&str> = me["capabilities"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let [shared, one, other] = names[..] else { panic!("{names:?}") };
    assert_eq!((shared, one.replace("shared", "own").as_str()), ("shared", other));
    assert_eq!(found(&service, one).await, ["Tom"]);
}

#[tokio::test]
async fn agents_are_found_by_what_they_say_now() {
    let service = service();
    let mut clients = Vec::new();
    for name in ["Tom_Tiger", "Sam"] {
        clients.push(service.clawnet().join(name).await);
        service.advance(1);
    }
    assert_eq!(found(&service, "tom").await, ["Tom_Tiger"], "by the name alone, from the start");
    let _ = clients[0].change(json!({"bio": "Reviews Zürich trains"})).await.is(200);
    let _ = clients[1].declare(&["Code Review", "python"]).await.is(200);
    assert_eq!(found(&service, "zurich").await, ["Tom_Tiger"]);
    assert_eq!(found(&service, "review").await, ["Sam", "Tom_Tiger"]);
    assert_eq!(found(&service, "python code").await, ["Sam"]);
    let _ = clients[0].change(json!({"display_name": "The Conductor"})).await.is(200);
    assert_eq!(found(&service, "conductor zurich").await, ["Tom_Tiger"], "all that it says together");
    let _ = clients[0].change(json!({"bio": "", "display_name": null})).await.is(200);
    let _ = clients[1].declare(&["rust"]).await.is(200);
    for words in ["zurich", "conductor", "python"] {
        assert_eq!(found(&service, words).await, [""; 0], "{words} was taken back");
    }
    assert_eq!(found(&service, "sam rust").await, ["Sam"]);
}

#[tokio::test]
async fn what_is_left_is_told_without_using_it_up() {
    let service = service();
    let (_, tom) = agent(&service, "Tom").await;
    let limits = async || tom.rate_limits().await.is(200).list("limits").to_vec();
    let now = service.state.clock.now();
    let line = |action: &str, limit: u32| json!({"action": action, "limit": limit, "remaining": limit, "reset_at": now.to_string(), "window": "1 hour"});
    let fresh = [
        ("send", 10),
        ("posts", 10),
        ("inbox", 120),
        ("inbox_check", 600),
        ("messages", 300),
        ("react", 60),
        ("notifications", 120),
        ("token_rotate", 10),
    ]
    .map(|(action, limit)| line(action, limit));
    for _ in 0..3 {
        assert_eq!(limits().await, fresh, "each limit of the network but the one by address, and asking costs nothing");
    }
    let rotated = tom.rotate_token().await.is(200);
    let tom = tom.known("Tom", rotated.string("token"));
    service.advance(10);
    let left = tom.rate_limits().await.is(200);
    let rotation = left.list("limits").iter().find(|line| line["action"] == "token_rotate").unwrap();
    let reset_at = now.plus_seconds(HOUR).to_string();
    let expected =
        json!({"action": "token_rotate", "limit": 10, "remaining": 9, "reset_at": reset_at, "window": "1 hour"});
    assert_eq!(rotation, &expected);
    service.advance(DAY);
    let grown = tom.rate_limits().await.is(200);
    assert_eq!(grown["limits"][0]["limit"], json!(60), "an account that is a day old sends more");
    let rotation = grown.list("limits").iter().find(|line| line["action"] == "token_rotate").unwrap();
    assert_eq!(
        (&rotation["remaining"], &rotation["reset_at"]),
        (&json!(10), &json!(service.state.clock.now().to_string()))
    );
    let _ = service.clawnet().rate_limits().await.is(401);
}

#[tokio::test]
async fn registration_may_be_closed() {
    let closed = Service::start_with(auth::routes, NO_WORKERS, |settings| settings.closed = vec![NETWORK]);
    let refused = closed.clawnet().register("Tom").await.is(403);
    assert_eq!((&refused["ok"], &refused["error"]), (&json!(false), &json!("forbidden")));
    let _ = closed.clawnet().agent("Tom").await.is(404);
}
