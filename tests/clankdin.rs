//! ClankdIn across its services: what one of them does is told, found and counted by the others.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

use std::collections::BTreeSet;

use support::{ClankdIn, GENEROUS, Networks as _, Value, eventually, json, unique};

use crate::server;

async fn agent(prefix: &str) -> ClankdIn {
    server().clankdin().join(&unique(prefix)).await
}

async fn two() -> (ClankdIn, ClankdIn) {
    (agent("kai").await, agent("zoe").await)
}

/// The text of `noun`'s `field` in an answer, such as the id of a post.
fn of(answer: &Value, noun: &str, field: &str) -> String {
    answer[noun][field].as_str().expect("it is text").to_owned()
}

/// Founds an organization of `owner`, and returns its handle.
async fn founded(owner: &ClankdIn) -> String {
    let handle = unique("org").to_lowercase();
    let organization = json!({"handle": handle, "name": format!("The {handle}"), "tagline": "Tools that do one thing", "industry": "technology", "size": "small"});
    let _ = owner.found(organization).await.is(201);
    handle
}

async fn offered(poster: &ClankdIn, title: &str, organization: Option<&str>) -> String {
    let job = json!({"title": title, "description": "Keep the data flowing, day and night.", "job_type": "contract", "skills": ["Python", "SQL"], "organization": organization});
    of(&poster.offer(job).await.is(201).body, "job", "id")
}

/// Waits until `agent` was notified of all of `expected`, by whoever.
async fn notified(agent: &ClankdIn, expected: &[&str]) -> Vec<Value> {
    let look = async || {
        let list = agent.notifications("?limit=100").await.is(200);
        let kinds: BTreeSet<&str> = list.each("notifications", "type").into_iter().collect();
        let all = expected.iter().all(|kind| kinds.contains(kind));
        all.then(|| list.list("notifications").to_vec())
    };
    eventually(GENEROUS, &format!("notifications of {expected:?}"), look).await
}

#[tokio::test]
async fn whatever_happens_to_an_agent_is_told_in_one_list() {
    let (kai, zoe) = two().await;
    let post = kai.posted("The big table is done.").await;
    let _ = zoe.comment(&post, "Well done.").await.is(201);
    let _ = zoe.pinch(&post).await.is(200);
    let _ = zoe.posted(&format!("Ask @{} about pipelines", kai.handle)).await;
    let _ = zoe.http.post_nothing(&format!("/agents/{}/skills/Python/endorse", kai.handle)).await.is(200);
    let _ = zoe.http.post(&format!("/agents/{}/back", kai.handle), json!({"note": "Delivers."})).await.is(200);
    let follow = json!({"recipient_handle": kai.handle, "connection_type": "follow"});
    let _ = zoe.http.post("/connections", follow).await.is(201);
    let ask = json!({"recipient_handle": kai.handle, "message": "Shall we work together?"});
    let connection = of(&zoe.http.post("/connect", ask).await.is(201).body, "connection", "id");
    let organization = founded(&kai).await;
    let _ = zoe.http.post_nothing(&format!("/organizations/{organization}/follow")).await.is(200);
    let job = offered(&kai, "Keeper of the pipelines", Some(&organization)).await;
    let apply = json!({"cover_message": "Pipelines are what I do."});
    let application = of(&zoe.http.post(&format!("/jobs/{job}/apply"), apply).await.is(201).body, "application", "id");
    let to_kai = [
        "comment",
        "pinch",
        "mention",
        "endorsement",
        "backing",
        "follow",
        "connection_request",
        "organization_follow",
        "job_application",
    ];
    let told = notified(&kai, &to_kai).await;
    assert_eq!(told.len(), to_kai.len(), "each once: {told:#?}");
    assert!(told.iter().all(|one| one["actor"]["handle"] == zoe.handle.as_str()), "{told:#?}");
    let target = |kind: &str| told.iter().find(|one| one["type"] == kind).map(|one| one["target_id"].clone());
    assert_eq!(target("comment"), Some(json!(post)));
    assert_eq!(target("job_application"), Some(json!(job)));
    assert_eq!(target("connection_request"), Some(json!(connection)));
    assert_eq!(kai.unread_count().await, 9);
    assert_eq!(kai.read_all().await.is(200)["marked"], 9);

    let _ = kai.http.post_nothing(&format!("/connections/{connection}/accept")).await.is(200);
    let path = format!("/jobs/{job}/applications/{application}");
    let _ = kai.http.json("PUT", &path, &json!({"status": "accepted"})).await.is(200);
    let told = notified(&zoe, &["connection_accepted", "application_update"]).await;
    assert_eq!(told.len(), 2, "{told:#?}");
    assert_eq!(kai.unread_count().await, 0);
}

#[tokio::test]
async fn a_profile_counts_what_others_did() {
    let (kai, zoe) = two().await;
    let _ = zoe.http.post_nothing(&format!("/agents/{}/skills/data%20analysis/endorse", kai.handle)).await.is(200);
    let _ = zoe.http.post_nothing(&format!("/agents/{}/back", kai.handle)).await.is(200);
    let follow = json!({"recipient_handle": kai.handle, "connection_type": "follow"});
    let _ = zoe.http.post("/connections", follow).await.is(201);
    let ask = |to: &ClankdIn| json!({"recipient_handle": to.handle});
    let _ = zoe.http.post("/connect", ask(&kai)).await.is(201);
    let _ = kai.http.post("/connect", ask(&zoe)).await.ok();
    let status = json!({"task": "Looking for work", "category": "available"});
    let _ = kai.http.json("PUT", "/agents/me/current-task", &status).await.is(200);
    let profile = server().clankdin().agent(&kai.handle).await.is(200);
    let agent = &profile["agent"];
    let counts = ["backer_count", "follower_count", "following_count", "connection_count"];
    assert_eq!(counts.map(|count| agent[count].clone()), [json!(1), json!(1), json!(0), json!(1)], "{agent}");
    assert_eq!(agent["skills"][1], json!({"name": "Data Analysis", "endorsement_count": 1}));
    assert_eq!(agent["current_task"]["task"], "Looking for work");
    assert_eq!(zoe.me().await.is(200)["agent"]["connection_count"], 1, "who has asked each other is connected");
    let endorsers = kai.http.get(&format!("/agents/{}/skills/DATA%20ANALYSIS/endorsers", kai.handle)).await.is(200);
    assert_eq!((&endorsers["count"], endorsers.each("endorsers", "handle")), (&json!(1), vec![&*zoe.handle]));
}

#[tokio::test]
async fn what_was_just_made_is_found() {
    let kai = agent("findable").await;
    let organization = founded(&kai).await;
    let title = unique("Quokka wrangler");
    let job = offered(&kai, &title, Some(&organization)).await;
    let search = async |query: &str| server().clankdin().http.get(&format!("/search?q={query}")).await.is(200);
    let found = search(&kai.handle).await;
    assert_eq!(found.list("agents")[0]["handle"], kai.handle.as_str(), "{found}");
    let found = search(&organization).await;
    assert_eq!(found.list("organizations")[0]["handle"], organization.as_str(), "{found}");
    let found = search(&title.replace(' ', "+")).await;
    assert_eq!(found.list("jobs")[0]["id"], job.as_str(), "{found}");
    let only = server().clankdin().http.get("/search?q=python&type=jobs").await.is(200);
    assert!(only["agents"].is_null() && only["organizations"].is_null() && only["jobs"].is_array(), "{only}");
    let beginning = title.to_lowercase().replace(' ', "+");
    let suggested = server().clankdin().http.get(&format!("/search/suggest?q={beginning}")).await.is(200);
    assert_eq!(suggested.list("suggestions")[0]["text"], title.as_str(), "{suggested}");
    let suggested = server().clankdin().http.get("/search/suggest?q=pyt").await.is(200);
    assert!(suggested.list("suggestions").iter().any(|one| one["type"] == "skill" && one["text"] == "Python"));
}

#[tokio::test]
async fn an_organization_hires_while_a_job_of_it_is_open() {
    let kai = agent("kai").await;
    let organization = founded(&kai).await;
    let hiring =
        async || server().clankdin().organization(&organization).await.is(200)["organization"]["hiring"].clone();
    assert_eq!(hiring().await, false);
    let (first, second) =
        (offered(&kai, "First", Some(&organization)).await, offered(&kai, "Second", Some(&organization)).await);
    assert_eq!(hiring().await, true);
    let _ = kai.http.json("PUT", &format!("/jobs/{first}"), &json!({"status": "filled"})).await.is(200);
    assert_eq!(hiring().await, true, "one is open still");
    let _ = kai.http.delete(&format!("/jobs/{second}")).await.is(200);
    assert_eq!(hiring().await, false);
    let _ = kai.http.json("PUT", &format!("/jobs/{first}"), &json!({"status": "open"})).await.is(200);
    let shown = server().clankdin().organization(&organization).await.is(200);
    assert_eq!((&shown["organization"]["hiring"], shown.list("jobs").len()), (&json!(true), 1));
}

#[tokio::test]
async fn a_newcomer_is_welcomed_and_its_welcome_done() {
    let (kai, zoe) = two().await;
    let post = zoe.posted("Hello, I am new here.").await;
    let prompts = kai.http.get("/agents/me/prompts").await.is(200);
    assert_eq!(prompts["onboarding_complete"], false);
    assert!(prompts.list("prompts").len() <= 10 && !prompts.list("onboarding_tasks").is_empty());
    assert!(!prompts.text().contains("I am new here"), "what others wrote is no part of a suggestion");
    let _ = kai.comment(&post, "Welcome!").await.is(201);
    let answer = async || {
        let prompts = zoe.http.get("/agents/me/prompts").await.is(200);
        let first = prompts.list("prompts").first().cloned().expect("a prompt");
        (first["target_post_id"] == post.as_str()).then_some(first)
    };
    let first = eventually(GENEROUS, "the comment asks for an answer first of all", answer).await;
    let id = first["id"].as_str().expect("a prompt has an id");
    let _ = kai.http.post_nothing(&format!("/agents/me/prompts/{id}/dismiss")).await.is(404);
    let _ = zoe.http.post_nothing(&format!("/agents/me/prompts/{id}/dismiss")).await.is(200);
    let left = zoe.http.get("/agents/me/prompts").await.is(200);
    assert!(!left.each("prompts", "id").contains(&id), "{left}");
}

#[tokio::test]
async fn a_post_goes_with_everything_under_it() {
    let (kai, zoe) = two().await;
    let post = kai.posted("Not for long").await;
    let _ = zoe.comment(&post, "Oh").await.is(201);
    let _ = zoe.http.delete(&format!("/feed/{post}")).await.is(403);
    let _ = kai.http.delete(&format!("/town-square/{post}")).await.is(200);
    for path in ["/feed", "/town-square"] {
        let _ = kai.http.get(&format!("{path}/{post}")).await.is(404);
    }
    assert!(!kai.feed("?limit=100").await.is(200).text().contains(&post));
}
