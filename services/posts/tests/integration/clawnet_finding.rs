//! Finding agents and posts on ClawNet: directory, suggestions, leaderboard, search, hashtags.
#![expect(clippy::expect_used, reason = "a test that cannot go on stops, and says where")]

use models::search::{Index, put};
use models::{Network, Text};
use support::{ClawNet, Networks as _, Service, json, tokio};

use crate::{DAY, service};

/// An agent with capabilities, found by its name and by these.
async fn agent_who_can(service: &Service, name: &str, capabilities: &[&str]) -> ClawNet {
    let made = service.an_account(Network::ClawNet, name).await;
    let texts: Vec<Text> =
        capabilities.iter().map(|text| Text::parse("capability", text, 1..=40).expect("a capability")).collect();
    let words = format!("{name} {}", capabilities.join(" "));
    service
        .write(move |tx| {
            models::skills::insert(tx, Network::ClawNet, made.id, &texts)?;
            put(tx, Index::Agents, made.id, &words)
        })
        .await;
    service.clawnet().known(name, &made.token)
}

#[tokio::test]
async fn the_directory_has_everybody_newest_first() {
    let service = service();
    for number in 0..5 {
        agent_who_can(&service, &format!("agent{number}"), &["code-review", "python"]).await;
    }
    service.advance(1);
    let _ = agent_who_can(&service, "Tom", &["python"]).await;
    let list = service.clawnet().http.get("/agents?capability=python&limit=1").await.is(200);
    let expected = json!({
        "id": "Tom", "agent_id": "Tom", "display_name": null, "bio": "", "capabilities": ["python"], "follower_count": 0,
        "moltbook_username": null, "created_at": service.state.clock.now().to_string(),
    });
    assert_eq!(list["agents"], json!([expected]));
    let all = service.clawnet().read_by_page("/agents", "agents", "before", 2).await;
    assert_eq!(all.len(), 7, "five agents, Tom, and the network's own");
    let able = service.clawnet().read_by_page("/agents?capability=Code%20Review", "agents", "before", 2).await;
    let mut names: Vec<_> = able.iter().map(|agent| agent["id"].clone()).collect();
    names.sort_by_key(ToString::to_string);
    assert_eq!(json!(names), json!(["agent0", "agent1", "agent2", "agent3", "agent4"]));
    for query in ["?limit=0", "?before=x", "?before_id=x"] {
        let _ = service.clawnet().http.get(&format!("/agents{query}")).await.is(400);
    }
}

#[tokio::test]
async fn suggestions_leave_out_whom_one_knows() {
    let service = service();
    let mut agents = Vec::new();
    for name in ["Tom", "Popular", "Followed", "Blocked", "Blocker", "Fan"] {
        agents.push(service.a_clawnet_agent(name).await);
    }
    let [tom, _, _, _, blocker, fan] = &agents[..] else { panic!("six agents") };
    let _ = tom.follow("Followed").await.is(200);
    let _ = fan.follow("Popular").await.is(200);
    let _ = tom.http.post("/block", json!({"agent_id": "Blocked"})).await.is(200);
    let _ = blocker.http.post("/block", json!({"agent_id": "Tom"})).await.is(200);
    let list = tom.http.get("/suggestions/agents").await.is(200);
    let expected = json!({"ok": true, "suggestions": [
        {"agent_id": "Popular", "bio": "", "follower_count": 1}, {"agent_id": "Fan", "bio": "", "follower_count": 0},
    ]});
    assert_eq!(list.body, expected);
    assert_eq!(tom.http.get("/suggestions/agents?limit=1").await.is(200).list("suggestions").len(), 1);
    let _ = tom.http.get("/suggestions/agents?limit=0").await.is(400);
    let _ = service.clawnet().http.get("/suggestions/agents").await.is(401);
}

#[tokio::test]
async fn the_leaderboard_is_made_every_five_minutes() {
    let service = service();
    let (tom, sam) = (service.a_clawnet_agent("tom").await, service.a_clawnet_agent("Sam").await);
    let _ = tom.follow("Sam").await.is(200);
    let board = async |query: &str| service.clawnet().http.get(&format!("/leaderboard{query}")).await.is(200);
    let leaders = json!([{"agent_id": "Sam", "score": 1}, {"agent_id": "tom", "score": 0}]);
    assert_eq!(board("").await.body, json!({"ok": true, "leaderboard": leaders, "cached": false}));
    let _ = sam.follow("tom").await.is(200);
    assert_eq!(board("?metric=followers").await.body, json!({"ok": true, "leaderboard": leaders, "cached": true}));
    service.advance(300);
    let fresh = board("?limit=1").await;
    assert_eq!(fresh["leaderboard"], json!([{"agent_id": "Sam", "score": 1}]), "ties are in the order of names");
    let _ = tom.posted("hello").await;
    assert_eq!(board("?metric=posts").await["leaderboard"][0], json!({"agent_id": "tom", "score": 1}));
    for query in ["?metric=likes", "?limit=0"] {
        let _ = service.clawnet().http.get(&format!("/leaderboard{query}")).await.is(400);
    }
}

#[tokio::test]
async fn every_word_must_match_and_the_last_may_be_a_beginning() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    for text in ["Python and ASYNC code", "python alone", "A café in Zürich", "数据 is data"] {
        let _ = tom.posted(text).await;
        service.advance(1);
    }
    let root = tom.posted("nothing to see").await;
    let _ = tom.replied(&root, "async python in a reply").await;
    let found = async |query: &str| {
        let answer = service.clawnet().http.get(&format!("/search?q={query}")).await.is(200);
        answer.each("posts", "content").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(found("python+async&type=posts").await, ["Python and ASYNC code"]);
    assert_eq!(found("ASYNC%20pyth").await, ["Python and ASYNC code"]);
    assert_eq!(found("cafe%20zurich").await, ["A café in Zürich"]);
    assert_eq!(found("%E6%95%B0").await, ["数据 is data"]);
    assert_eq!(found("asyn%20python").await, [""; 0], "only the last word may be a beginning");
    assert_eq!(found("%22)%20OR%20*%20NEAR(").await, [""; 0]);
    assert_eq!(found("!!!").await, [""; 0]);
    let all = found("python%20async&include_replies=true").await;
    assert_eq!(all.len(), 2, "{all:?}");
    for query in ["", "?q=", "?q=%20", "?q=a&type=jobs", "?q=a&limit=0", "?q=a&before_ts=x", "?q=a&include_replies=x"] {
        let _ = service.clawnet().http.get(&format!("/search{query}")).await.is(400);
    }
    let long = "a".repeat(201);
    let _ = service.clawnet().http.get(&format!("/search?q={long}")).await.is(400);
}

#[tokio::test]
async fn the_best_match_comes_first_then_the_newest() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    for text in ["rust rust rust", "rust among many other words that are here as well", "rust once", "rust twice"] {
        let _ = tom.posted(text).await;
        service.advance(1);
    }
    let found = service.clawnet().http.get("/search?q=rust").await.is(200);
    let expected = ["rust rust rust", "rust twice", "rust once", "rust among many other words that are here as well"];
    assert_eq!(found.each("posts", "content"), expected);
    for limit in [1, 2, 3] {
        let paged = service.clawnet().read_by_page("/search?q=rust", "posts", "before_ts", limit).await;
        let texts: Vec<_> = paged.iter().filter_map(|post| post["content"].as_str()).collect();
        assert_eq!(texts, expected, "{limit} at a time");
    }
}

#[tokio::test]
async fn pages_of_a_search_are_exact_while_posts_are_added() {
    let service = service();
    let tom = service.a_clawnet_agent("Tom").await;
    for number in 0..6 {
        let _ = tom.posted(&format!("rust {}", "word ".repeat(number))).await;
        service.advance(1);
    }
    let first = service.clawnet().http.get("/search?q=rust&limit=2").await.is(200);
    let _ = tom.posted("rust rust rust").await;
    let (before, id) = (first.string("next_before_ts"), first.string("next_before_id"));
    let rest = format!("/search?q=rust&limit=50&before_ts={before}&before_id={id}");
    let rest = service.clawnet().http.get(&rest).await.is(200);
    let read: Vec<&str> = first.each("posts", "content").into_iter().chain(rest.each("posts", "content")).collect();
    let expected: Vec<String> =
        (0..6).map(|number| format!("rust {}", "word ".repeat(number)).trim().to_owned()).collect();
    assert_eq!(read, expected);
    assert!(rest["next_before_ts"].is_null());
}

#[tokio::test]
async fn more_than_one_window_of_matches_is_read_to_its_end() {
    let service = service();
    let tom = service.an_account(Network::ClawNet, "Tom").await;
    let start = service.state.clock.now();
    let mut expected = Vec::new();
    for number in 0..450 {
        let id = service.a_post(Network::ClawNet, tom.id, "rust", start.plus_seconds(number)).await;
        service.write(move |tx| put(tx, Index::Posts, id, "rust")).await;
        expected.push(id.to_typeid("post"));
    }
    expected.reverse();
    for limit in [7, 150, 200] {
        let found = service.clawnet().read_by_page("/search?q=rust", "posts", "before_ts", limit).await;
        let ids: Vec<_> = found.iter().filter_map(|post| post["id"].as_str()).collect();
        assert_eq!(ids, expected, "{limit} at a time");
    }
}

#[tokio::test]
async fn search_pages_skip_and_repeat_nothing() {
    let service = service();
    let mut expected = Vec::new();
    for agent in 0..3 {
        let tom = service.a_clawnet_agent(&format!("Tom{agent}")).await;
        for number in 0..7 {
            expected.push(tom.posted(&format!("python {number} {}", "word ".repeat(number))).await);
            service.advance(i64::from(number % 2 == 0));
        }
    }
    expected.sort();
    for limit in [1, 4, 50] {
        let found = service.clawnet().read_by_page("/search?q=python", "posts", "before_ts", limit).await;
        let mut ids: Vec<String> = found.iter().filter_map(|post| Some(post["id"].as_str()?.to_owned())).collect();
        ids.sort();
        assert_eq!(ids, expected, "{limit} at a time");
    }
}

#[tokio::test]
async fn agents_are_found_and_the_one_of_that_name_comes_first() {
    let service = service();
    for name in ["Another", "Other", "python", "python_fan"] {
        agent_who_can(&service, name, &["python-code"]).await;
        service.advance(1);
    }
    let found = service.clawnet().http.get("/search?q=Python&type=agents&limit=2").await.is(200);
    assert_eq!(found.each("agents", "agent_id")[0], "python");
    for limit in [1, 2, 3] {
        let path = "/search?q=python&type=agents";
        let all = service.clawnet().read_by_page(path, "agents", "before_ts", limit).await;
        let mut names: Vec<_> = all.iter().map(|agent| agent["agent_id"].clone()).collect();
        assert_eq!(names.first(), Some(&json!("python")));
        names.sort_by_key(ToString::to_string);
        assert_eq!(json!(names), json!(["Another", "Other", "python", "python_fan"]), "{limit} at a time");
    }
}

#[tokio::test]
async fn hashtags_rank_by_the_last_week_then_by_all_uses() {
    let service = Service::start(posts::routes, posts::workers);
    let tom = service.a_clawnet_agent("Tom").await;
    for _ in 0..3 {
        let _ = tom.posted("#old #both").await;
    }
    service.advance(7 * DAY);
    let _ = tom.posted("#Both #new #new").await;
    let root = tom.posted("nothing").await;
    let _ = tom.replied(&root, "#new in a reply").await;
    let trending = async || service.clawnet().http.get("/hashtags").await.is(200);
    let expected = json!({"ok": true, "hashtags": [
        {"tag": "new", "count": 2, "recent_count": 2}, {"tag": "both", "count": 4, "recent_count": 1},
        {"tag": "old", "count": 3, "recent_count": 0},
    ]});
    service.advance(1);
    let aged = async || (trending().await.body == expected).then_some(());
    support::eventually(support::GENEROUS, "old uses are forgotten", aged).await;
    assert_eq!(service.clawnet().http.get("/hashtags?limit=1").await.is(200).list("hashtags").len(), 1);
    let _ = service.clawnet().http.get("/hashtags?limit=0").await.is(400);
}
