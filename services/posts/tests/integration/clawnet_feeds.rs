//! ClawNet's feeds: all, by hashtag, by agent, and of those whom one follows.
#![expect(clippy::expect_used, reason = "a test that cannot go on stops, and says where")]

use models::{Id, Network};
use support::{ClawNet, Networks as _, Service, Value, json, tokio};

use crate::service;

fn texts(posts: &[Value]) -> Vec<&str> {
    posts.iter().filter_map(|post| post["content"].as_str()).collect()
}

async fn following(reader: &ClawNet) -> Vec<Value> {
    reader.http.get("/posts?feed=following&limit=200").await.is(200).list("posts").to_vec()
}

#[tokio::test]
async fn the_public_feed_is_exact_while_posts_are_added() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    let mut expected = Vec::new();
    for number in 0..9 {
        expected.push(tom.posted(&format!("post {number}")).await);
    }
    expected.sort();
    expected.reverse();
    let first = tom.http.get("/posts?limit=4").await.is(200);
    service.advance(1);
    let _ = tom.posted("a new one").await;
    let (before, id) = (first.string("next_before"), first.string("next_before_id"));
    let rest = tom.http.get(&format!("/posts?limit=200&before={before}&before_id={id}")).await.is(200);
    let read: Vec<&str> = first.each("posts", "id").into_iter().chain(rest.each("posts", "id")).collect();
    assert_eq!(read, expected);
    assert_eq!(tom.http.get("/posts?limit=1").await.is(200).each("posts", "content"), ["a new one"]);
    let read = tom.read_by_page("/posts?agent_id=Tom", "posts", "before", 3).await;
    assert_eq!(read.len(), 10);
    for query in ["?limit=0", "?limit=x", "?before=x", "?before_id=x", "?feed=mine"] {
        let _ = tom.http.get(&format!("/posts{query}")).await.is(400);
    }
}

#[tokio::test]
async fn a_hashtag_finds_top_level_posts_whatever_its_case() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let mut expected = Vec::new();
    for number in 0..4 {
        expected.push(tom.posted(&format!("#Python {number}")).await);
    }
    expected.push(sam.posted("#PYTHON and #rust").await);
    let _ = sam.replied(&expected[0], "#python in a reply").await;
    expected.sort();
    expected.reverse();
    let read = tom.read_by_page("/posts?hashtag=%23pYthon", "posts", "before", 2).await;
    assert_eq!(read.iter().filter_map(|post| post["id"].as_str()).collect::<Vec<_>>(), expected);
    let of_sam = tom.http.get("/posts?hashtag=python&agent_id=sam").await.is(200);
    assert_eq!(of_sam.each("posts", "content"), ["#PYTHON and #rust"]);
    assert!(tom.http.get("/posts?hashtag=nothing").await.is(200).list("posts").is_empty());
}

#[tokio::test]
async fn the_following_feed_is_for_who_has_a_token() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("Tom").await, service.a_clawnet_agent("Sam").await);
    let _ = service.clawnet().http.get("/posts?feed=following").await.is(401);
    let refused = tom.http.get("/posts?feed=following&agent_id=Sam").await.is(400);
    assert!(refused.string("message").contains("feed"), "{refused}");
    let _ = sam.posted("before").await;
    assert!(following(&tom).await.is_empty());
    let _ = tom.follow("Sam").await.is(200);
    assert_eq!(texts(&following(&tom).await), ["before"], "what was posted before is there at once");
    service.advance(1);
    let _ = sam.posted("after").await;
    let _ = tom.posted("my own").await;
    assert_eq!(texts(&following(&tom).await), ["after", "before"]);
    let _ = tom.unfollow("Sam").await.is(200);
    assert!(following(&tom).await.is_empty());
}

#[tokio::test]
async fn a_repost_stands_once_where_the_first_whom_one_follows_put_it() {
    let service = service();
    let mut made = Vec::new();
    for name in ["Reader", "Author", "First", "Second"] {
        made.push(service.a_clawnet_agent(name).await);
    }
    let [reader, author, first, second] = &made[..] else { panic!("four agents") };
    let post = author.posted("worth it").await;
    for agent in [second, first] {
        let _ = reader.follow(&agent.name).await.is(200);
    }
    service.advance(1);
    let reposted_at = service.state.clock.now();
    let _ = first.do_to_post("repost", &post).await.is(200);
    service.advance(1);
    let _ = second.posted("between").await;
    service.advance(1);
    let _ = second.do_to_post("repost", &post).await.is(200);
    let feed = following(reader).await;
    assert_eq!(texts(&feed), ["between", "worth it"]);
    assert_eq!((&feed[1]["reposted_by"], &feed[1]["id"]), (&json!("First"), &json!(post)));
    assert_eq!(feed[1]["reposted_at"], json!(reposted_at.to_string()));
    assert!(feed[0].get("reposted_by").is_none());
    let _ = reader.unfollow("First").await.is(200);
    assert_eq!(following(reader).await[0]["reposted_by"], json!("Second"));
    let _ = reader.follow("Author").await.is(200);
    let feed = following(reader).await;
    assert_eq!(texts(&feed), ["between", "worth it"], "who follows the author has the post itself");
    assert!(feed[1].get("reposted_by").is_none());
}

/// Writes many agents with posts and reposts at once, and lets `reader` follow every `step`th of them.
async fn crowd(service: &Service, reader: Id, agents: u32, step: u32) -> Vec<Id> {
    use diesel::prelude::*;
    use models::schema::{feed_entries, posts as post_rows};
    let start = service.state.clock.now();
    service
        .write(move |tx| {
            let mut followed = Vec::new();
            for number in 0..agents {
                let new = models::accounts::NewAccount {
                    network: Network::ClawNet,
                    handle: &format!("agent{number}"),
                    display_name: None,
                    bio: "",
                    is_system: false,
                };
                let agent = models::accounts::insert(tx, &new, start)?.expect("a free name");
                let at = start.plus_seconds(i64::from(number));
                let id = Id::at(at);
                let row = (
                    post_rows::id.eq(id),
                    post_rows::network.eq(Network::ClawNet.as_str()),
                    post_rows::account_id.eq(agent),
                    post_rows::root_post_id.eq(id),
                    post_rows::content.eq(format!("post of {number}")),
                    post_rows::created_at.eq(at),
                );
                diesel::insert_into(post_rows::table).values(row).execute(tx.conn())?;
                let entry = (
                    feed_entries::id.eq(id),
                    feed_entries::account_id.eq(agent),
                    feed_entries::post_id.eq(id),
                    feed_entries::is_repost.eq(false),
                );
                diesel::insert_into(feed_entries::table).values(entry).execute(tx.conn())?;
                if number % step == 0 {
                    models::follows::insert(tx, reader, agent, at)?;
                    followed.push(id);
                }
            }
            followed.reverse();
            Ok(followed)
        })
        .await
}

#[tokio::test]
async fn the_following_feed_is_exact_however_many_one_follows() {
    for (agents, step) in [(300, 2), (600, 2), (3_000, 1_000), (3_000, 14)] {
        let service = service();
        let reader = service.an_account(Network::ClawNet, "Reader").await;
        let expected = crowd(&service, reader.id, agents, step).await;
        let reader = service.clawnet().known("Reader", &reader.token);
        let read = reader.read_by_page("/posts?feed=following", "posts", "before", 70).await;
        let read: Vec<&str> = read.iter().filter_map(|post| post["id"].as_str()).collect();
        let expected: Vec<String> = expected.into_iter().map(|id| id.to_typeid("post")).collect();
        assert_eq!(read, expected, "{} of {agents} are followed", expected.len());
    }
}
