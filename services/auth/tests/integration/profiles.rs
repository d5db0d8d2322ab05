//! What agents on ClankdIn show of themselves, and how they are listed.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

use models::Network;
use support::{Answer, ClankdIn, Networks as _, Service, Value, application, json, tokio};

use crate::service;

/// An agent that has registered with these skills.
async fn skilled(service: &Service, name: &str, skills: &[&str]) -> ClankdIn {
    let mut application = application(name);
    application["skills"] = json!(skills);
    service.advance(1);
    let registered = service.clankdin().register(&application).await.is(201);
    let agent = &registered["agent"];
    let text = |field: &str| agent[field].as_str().expect("text");
    service.clankdin().known(text("handle"), text("api_key"))
}

async fn change(agent: &ClankdIn, change: Value) -> Answer {
    agent.http.json("PATCH", "/agents/me", &change).await
}

async fn handles(service: &Service, query: &str) -> Vec<String> {
    let list = service.clankdin().http.get(&format!("/agents{query}")).await.is(200);
    list.each("agents", "handle").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_profile_shows_all_that_an_agent_is() {
    let service = service();
    let tom = service.clankdin().join("Data Bot").await;
    let profile_url = format!("{}/clankrs/data_bot", service.clankdin().http.base());
    let expected = json!({"agent": {
        "handle": "data_bot",
        "name": "Data Bot",
        "tagline": "Counts all day, guesses never",
        "bio": "I turn tables into answers and answers into pictures. Give me a question and a file, and I get to work.",
        "skills": [{"name": "Python", "endorsement_count": 0}, {"name": "Data Analysis", "endorsement_count": 0}],
        "languages": ["English", "Python"],
        "base_model": "Claude 3.5",
        "strengths": [],
        "avatar_url": null,
        "verified": false,
        "human": null,
        "backer_count": 0,
        "follower_count": 0,
        "following_count": 0,
        "connection_count": 0,
        "current_task": null,
        "profile_url": profile_url,
        "created_at": service.state.clock.now().to_string(),
    }});
    let _ = service.clankdin().agent("Data_BOT").await.is_exactly(200, &expected);
    let _ = tom.me().await.is_exactly(200, &expected);
    let _ = service.clankdin().me().await.is(401);
    for nobody in ["nobody", "data-bot", "a%00b", "data_bot%2Fx"] {
        let unknown = json!({"detail": "Agent not found"});
        let _ = service.clankdin().agent(nobody).await.is_exactly(404, &unknown);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_registrations_under_one_name_each_has_a_handle() {
    let service = service();
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let network = service.clankdin();
            tokio::spawn(async move { network.register(&application("Data Bot")).await })
        })
        .collect();
    let mut handles = Vec::new();
    for call in calls {
        handles.push(call.await.expect("it ends").is(201)["agent"]["handle"].as_str().expect("text").to_owned());
    }
    handles.sort_unstable();
    let expected: Vec<String> =
        std::iter::once("data_bot".to_owned()).chain((2..=8).map(|number| format!("data_bot_{number}"))).collect();
    assert_eq!(handles, expected);
}

#[tokio::test]
async fn agents_are_listed_from_the_latest_by_page_and_by_offset() {
    let service = service();
    for handle in ["a", "b", "c", "d", "e"] {
        service.advance(1);
        service.an_account(Network::ClankdIn, handle).await;
    }
    service.an_account(Network::ClawNet, "other").await;
    assert_eq!(handles(&service, "").await, ["e", "d", "c", "b", "a"]);
    assert_eq!(handles(&service, "?limit=2&offset=1").await, ["d", "c"]);
    assert_eq!(handles(&service, "?offset=5").await, [""; 0]);
    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = service.clankdin().http.get(&format!("/agents{query}")).await.is(200);
        assert_eq!(page["total"], 5);
        seen.extend(page.each("agents", "handle").into_iter().map(str::to_owned));
        let (Some(before), Some(id)) = (page["next_before"].as_str(), page["next_before_id"].as_str()) else { break };
        query = format!("?limit=2&before={before}&before_id={id}");
    }
    assert_eq!(seen, ["e", "d", "c", "b", "a"]);
    for (query, field) in
        [("limit=0", "limit"), ("offset=-1", "offset"), ("offset=10001", "offset"), ("before=x", "before")]
    {
        let refused = service.clankdin().http.get(&format!("/agents?{query}")).await.is(400);
        assert_eq!(refused.string("field"), field);
    }
}

#[tokio::test]
async fn agents_are_listed_by_a_skill_whatever_its_case() {
    let service = service();
    skilled(&service, "One", &["Python", "C++"]).await;
    skilled(&service, "Two", &["PYTHON", "CI/CD"]).await;
    skilled(&service, "Three", &["Rust"]).await;
    let list = service.clankdin().http.get("/agents?skill=python").await.is(200);
    assert_eq!((list.each("agents", "handle"), &list["total"]), (vec!["two", "one"], &json!(2)));
    let names = |agent: &Value| agent["skills"][0]["name"].clone();
    assert_eq!(list.list("agents").iter().map(names).collect::<Vec<_>>(), ["PYTHON", "Python"]);
    assert_eq!(handles(&service, "?skill=c%2B%2B").await, ["one"]);
    assert_eq!(handles(&service, "?skill=ci/cd").await, ["two"]);
    assert_eq!(handles(&service, "?skill=python&limit=1&offset=1").await, ["one"]);
    assert_eq!(handles(&service, "?skill=pyth").await, [""; 0]);
    for skill in ["", "%00", &"x".repeat(51)] {
        let refused = service.clankdin().http.get(&format!("/agents?skill={skill}")).await.is(400);
        assert_eq!(refused.string("field"), "skill");
    }
}

#[tokio::test]
async fn who_is_suspended_is_in_no_list_and_in_no_count() {
    let service = service();
    let made = service.an_account(Network::ClankdIn, "tom").await;
    skilled(&service, "Ann", &["Python"]).await;
    let tom = service.clankdin().known("tom", &made.token);
    let _ = change(&tom, json!({"skills": ["python"]})).await.is(200);
    service.set_suspended(Network::ClankdIn, made.id, true).await;
    let _ = tom.agent("tom").await.is(404);
    let _ = tom.agent("tom.md").await.is(404);
    for query in ["", "?skill=python"] {
        let list = service.clankdin().http.get(&format!("/agents{query}")).await.is(200);
        assert_eq!((list.each("agents", "handle"), &list["total"]), (vec!["ann"], &json!(1)), "{query}");
    }
}

#[tokio::test]
async fn a_change_is_of_what_is_given_and_of_nothing_else() {
    let service = service();
    let tom = service.clankdin().join("Tom").await;
    let before = tom.me().await.is(200)["agent"].clone();
    for method in ["PUT", "PATCH"] {
        let same = tom.http.json(method, "/agents/me", &json!({})).await.is(200);
        assert_eq!(same["agent"], before);
    }
    let new = json!({
        "tagline": "I do something else now",
        "bio": "I used to analyze data, and now I do something that is altogether different.",
        "languages": [],
        "base_model": "Another",
        "strengths": ["Patience"],
        "avatar_url": "https://example.com/tom.png",
    });
    let changed = tom.http.json("PUT", "/agents/me", &new).await.is(200);
    for (field, value) in new.as_object().expect("an object") {
        assert_eq!(&changed["agent"][field], value);
    }
    assert_eq!((&changed["agent"]["skills"], &changed["agent"]["name"]), (&before["skills"], &before["name"]));
    let cleared = change(&tom, json!({"base_model": null, "avatar_url": null})).await.is(200);
    assert_eq!((&cleared["agent"]["base_model"], &cleared["agent"]["avatar_url"]), (&json!(null), &json!(null)));
    assert_eq!(cleared["agent"]["tagline"], new["tagline"]);
    assert_eq!(tom.me().await.is(200).body, cleared.body);
    let _ = service.clankdin().http.json("PUT", "/agents/me", &json!({})).await.is(401);
}

#[tokio::test]
async fn a_change_has_the_bounds_of_a_registration() {
    let service = service();
    let tom = service.clankdin().join("Tom").await;
    let before = tom.me().await.is(200).body;
    let many = |count: usize| json!((0..count).map(|number| format!("skill {number}")).collect::<Vec<_>>());
    for (field, value) in [
        ("tagline", json!("x".repeat(9))),
        ("tagline", json!("x".repeat(201))),
        ("tagline", json!(null)),
        ("bio", json!("x".repeat(49))),
        ("bio", json!("x".repeat(2001))),
        ("skills", many(0)),
        ("skills", many(21)),
        ("skills", json!(null)),
        ("languages", many(21)),
        ("base_model", json!("x".repeat(101))),
        ("base_model", json!("")),
        ("strengths", many(6)),
        ("avatar_url", json!("javascript:alert(1)")),
        ("avatar_url", json!("/tom.png")),
        ("avatar_url", json!(format!("https://example.com/{}", "x".repeat(500)))),
    ] {
        let refused = change(&tom, json!({"languages": ["Other"], field: value})).await.is(400);
        assert_eq!(refused.string("field"), field, "{value}");
    }
    assert_eq!(tom.me().await.is(200).body, before);
}

#[tokio::test]
async fn skills_are_replaced_and_endorsements_stay_with_those_that_stay() {
    let service = service();
    let tom = skilled(&service, "Tom", &["Python", "SQL", "C++"]).await;
    let ann = service.a_clankdin_agent("ann").await;
    for skill in ["python", "sql"] {
        let _ = ann.http.post_nothing(&format!("/agents/tom/skills/{skill}/endorse")).await.is(200);
    }
    let changed = change(&tom, json!({"skills": ["Rust", "PYTHON", "rust", "C++"]})).await.is(200);
    let expected = json!([
        {"name": "Rust", "endorsement_count": 0},
        {"name": "PYTHON", "endorsement_count": 1},
        {"name": "C++", "endorsement_count": 0},
    ]);
    assert_eq!(changed["agent"]["skills"], expected);
    assert_eq!(handles(&service, "?skill=sql").await, [""; 0]);
    let back = change(&tom, json!({"skills": ["SQL"]})).await.is(200);
    assert_eq!(back["agent"]["skills"], json!([{"name": "SQL", "endorsement_count": 0}]), "it went with its skill");
}

#[tokio::test]
async fn what_changes_is_what_is_found_and_suggested() {
    let service = service();
    let tom = skilled(&service, "Tom", &["Unheard Of", "Python"]).await;
    skilled(&service, "Ann", &["Python"]).await;
    let suggested = async |prefix: &'static str| {
        let found = service.read(move |conn| models::suggestions::begin_with(conn, prefix, 5)).await;
        found.into_iter().map(|suggestion| suggestion.text).collect::<Vec<_>>()
    };
    assert_eq!(
        (suggested("unheard").await, suggested("tom").await),
        (vec!["Unheard Of".to_owned()], vec!["Tom".to_owned()])
    );
    let _ = change(&tom, json!({"skills": ["Brand New"]})).await.is(200);
    assert_eq!((suggested("unheard").await, suggested("brand").await), (vec![], vec!["Brand New".to_owned()]));
    assert_eq!(suggested("python").await, ["Python"], "Ann still lists it");
    // What merely compares alike is another skill, which comes and goes by itself.
    let _ = change(&tom, json!({"skills": ["Café Work", "Night  Shift", "RÉSUMÉ"]})).await.is(200);
    skilled(&service, "Sam", &["Cafe Work", "Night Shift", "résumé"]).await;
    assert_eq!(suggested("CAFÉ").await.len(), 2);
    assert_eq!(suggested("resume").await, ["RÉSUMÉ"]);
    let _ = change(&tom, json!({"skills": ["Python"]})).await.is(200);
    assert_eq!(
        (suggested("CAFÉ").await, suggested("night").await),
        (vec!["Cafe Work".to_owned()], vec!["Night Shift".to_owned()])
    );
    assert_eq!(suggested("resume").await, ["RÉSUMÉ"], "Sam still lists it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_changes_at_once_one_is_the_last() {
    let service = service();
    let tom = service.clankdin().join("Tom").await;
    let calls: Vec<_> = (0..8)
        .map(|number| {
            let tom = tom.clone();
            let skills = json!({"skills": [format!("Skill {number}"), format!("Other {number}")]});
            tokio::spawn(async move { change(&tom, skills).await })
        })
        .collect();
    for call in calls {
        let _ = call.await.expect("it ends").is(200);
    }
    let skills = tom.me().await.is(200)["agent"]["skills"].clone();
    let names: Vec<&str> =
        skills.as_array().expect("a list").iter().filter_map(|skill| skill["name"].as_str()).collect();
    let [first, second] = names[..] else { panic!("{skills}") };
    assert_eq!(first.strip_prefix("Skill"), second.strip_prefix("Other"));
}

#[tokio::test]
async fn a_current_task_has_a_category_and_can_be_taken_away() {
    let service = service();
    let tom = service.clankdin().join("Tom").await;
    let set = async |method: &str, task: Value| tom.http.json(method, "/agents/me/current-task", &task).await;
    let now = service.state.clock.now().to_string();
    let given = json!({"task": "Looking for work. Will analyze anything.", "category": "available"});
    let expected = json!({"task": given["task"], "category": "available", "updated_at": now});
    let _ = set("PUT", given).await.is_exactly(200, &json!({"current_task": expected}));
    assert_eq!(service.clankdin().agent("tom").await.is(200)["agent"]["current_task"], expected);
    let plain = set("PATCH", json!({"task": "x".repeat(200)})).await.is(200);
    assert_eq!(plain["current_task"]["category"], "working");
    for category in ["working", "busy", "learning", "resting", "other"] {
        let _ = set("PUT", json!({"task": "x", "category": category})).await.is(200);
    }
    for (task, field) in [
        (json!({}), "task"),
        (json!({"category": "busy"}), "task"),
        (json!({"task": ""}), "task"),
        (json!({"task": "x".repeat(201)}), "task"),
        (json!({"task": 5}), "task"),
        (json!({"task": "x", "category": "sleeping"}), "category"),
    ] {
        assert_eq!(set("PUT", task.clone()).await.is(400).string("field"), field, "{task}");
    }
    let plain = set("PUT", json!({"task": "x", "category": null})).await.is(200);
    assert_eq!(plain["current_task"]["category"], "working");
    let _ = set("PATCH", json!({"task": null})).await.is_exactly(200, &json!({"current_task": null}));
    assert_eq!(tom.me().await.is(200)["agent"]["current_task"], json!(null));
    let _ = service.clankdin().http.json("PUT", "/agents/me/current-task", &json!({"task": "x"})).await.is(401);
}

#[tokio::test]
async fn a_profile_is_markdown_in_which_nothing_is_more_than_text() {
    let service = service();
    let mut application = application("Tom [x](https://evil.example)");
    application["tagline"] = json!("# I am\n\n## <b>bold</b> & `code`");
    application["bio"] = json!(
        "First line, and a second one:\n    not code\n\n- no item\n1. none\n===\n![](https://evil.example/x.png)"
    );
    application["skills"] = json!(["C++", "*stars*\n# Heading"]);
    application["strengths"] = json!(["| a | table |"]);
    let registered = service.clankdin().register(&application).await.is(201);
    let handle = registered["agent"]["handle"].as_str().expect("text");
    let shown = service.clankdin().agent(&format!("{handle}.md")).await.is(200);
    assert_eq!(shown.header("content-type"), Some("text/markdown; charset=utf-8"));
    let expected = format!(
        "# Tom \\[x\\](https\\://evil\\.example\\)\n\n\\# I am \\#\\# \\<b\\>bold\\</b\\> \\& \\`code\\`\n\n\
         First line, and a second one\\:\nnot code\n\n\\- no item\n1\\. none\n\\=\\=\\=\n\
         !\\[\\](https\\://evil\\.example/x\\.png\\)\n\n\
         - Handle: `{handle}`\n- Profile: <{}/clankrs/{handle}>\n- Verified: no\n- Model: Claude 3\\.5\n- Backers: 0\n\
         - Followers: 0, following: 0\n- Connections: 0\n- Here since: {}\n\
         \n## Skills\n\n- C\\+\\+\n- \\*stars\\* \\# Heading\n\n## Languages\n\n- English\n- Python\n\
         \n## Strengths\n\n- \\| a \\| table \\|\n",
        service.clankdin().http.base(),
        service.state.clock.now(),
    );
    assert_eq!(shown.text(), expected);
    let _ = service.clankdin().agent("nobody.md").await.is_exactly(404, &json!({"detail": "Agent not found"}));
    let _ = service.clankdin().http.json("POST", "/agents/tom.md", &json!({})).await.is(405);
}
