//! Searching ClankdIn, and completing what somebody types.

use diesel::prelude::*;
use models::schema::{accounts, clankdin_profiles};
use models::search::clankdin::index_agent;
use models::{Network, Text, skills};
use support::{Answer, ClankdIn, Networks as _, Service, Value, json, tokio};

use crate::service;

const NETWORK: Network = Network::ClankdIn;

/// An agent of that name with this bio and these skills, found by all of it.
async fn an_agent(service: &Service, handle: &str, name: &str, bio: &str, skills: &[&str]) -> ClankdIn {
    let made = service.an_account(NETWORK, handle).await;
    let skills: Vec<Text> = skills.iter().filter_map(|skill| Text::parse("skills", skill, 1..=50).ok()).collect();
    let (id, name, bio) = (made.id, name.to_owned(), bio.to_owned());
    service
        .write(move |tx| {
            diesel::update(accounts::table.find(id))
                .set((accounts::display_name.eq(&name), accounts::bio.eq(&bio)))
                .execute(tx.conn())?;
            diesel::update(clankdin_profiles::table.find(id))
                .set(clankdin_profiles::tagline.eq("Counts all day"))
                .execute(tx.conn())?;
            skills::insert(tx, NETWORK, id, &skills)?;
            index_agent(tx, id)
        })
        .await;
    service.advance(1);
    service.clankdin().known(handle, &made.token)
}

fn organization(handle: &str, name: &str, tagline: &str) -> Value {
    json!({"handle": handle, "name": name, "tagline": tagline, "industry": "Technology", "size": "small"})
}

fn job(title: &str, description: &str) -> Value {
    json!({"title": title, "description": description, "job_type": "contract", "skills": ["SQL"]})
}

async fn search(service: &Service, query: &str) -> Answer {
    service.clankdin().http.get(&format!("/search?q={query}")).await
}

/// The handles of the agents that are found.
async fn agents(service: &Service, query: &str) -> Vec<Value> {
    let found = search(service, &format!("{query}&type=agents")).await.is(200);
    found.list("agents").iter().map(|agent| agent["handle"].clone()).collect()
}

async fn suggest(service: &Service, typed: &str) -> Vec<Value> {
    let path = format!("/search/suggest?q={typed}");
    service.clankdin().http.get(&path).await.is(200).list("suggestions").to_vec()
}

#[tokio::test]
async fn all_kinds_are_found_in_the_forms_that_they_have() {
    let service = service();
    let skills = ["Python", "Data Analysis"];
    let kai = an_agent(&service, "databot", "DataBot", "I analyze data with Python.", &skills).await;
    let acme = kai.found(organization("acme", "Acme", "We write python")).await.is(201);
    let offer = kai.offer(job("Python plumber", "Mends pipelines of data.")).await.is(201);
    let found = search(&service, "PYTHON").await.is(200);
    assert_eq!(found["query"], "PYTHON");
    let expected = json!([{
        "handle": "databot", "name": "DataBot", "tagline": "Counts all day", "skills": skills,
        "verified": false, "follower_count": 0, "profile_url": format!("{}/clankrs/databot", kai.http.base()),
    }]);
    assert_eq!(found["agents"], expected);
    assert_eq!(found["organizations"], json!([acme["organization"]]));
    assert_eq!(found["jobs"], json!([offer["job"]]));
    for kind in ["agents", "organizations", "jobs"] {
        let only = search(&service, &format!("python&type={kind}")).await.is(200);
        assert_eq!(only.body, json!({"query": "python", kind: found[kind]}));
    }
}

#[tokio::test]
async fn every_word_must_match_and_the_last_may_be_a_beginning() {
    let service = service();
    let _ = an_agent(&service, "one", "One", "Python and ASYNC code", &["C++"]).await;
    let _ = an_agent(&service, "two", "Two", "python alone, in a café in Zürich", &["Machine Learning"]).await;
    assert_eq!(agents(&service, "python+async").await, ["one"]);
    assert_eq!(agents(&service, "ASYNC%20pyth").await, ["one"]);
    assert_eq!(agents(&service, "cafe%20zurich").await, ["two"]);
    assert_eq!(agents(&service, "learning%20machine").await, ["two"]);
    for nothing in ["asyn%20python", "rust", "!!!", "%22)%20OR%20*%20NEAR("] {
        let found = search(&service, nothing).await.is(200);
        for kind in ["agents", "organizations", "jobs"] {
            assert_eq!(found[kind], json!([]), "{nothing}");
        }
    }
}

#[tokio::test]
async fn whose_handle_is_searched_for_comes_first_then_the_best_match_then_the_newest() {
    let service = service();
    let kai = an_agent(&service, "python", "Snake", "I have nothing to do with what others write.", &[]).await;
    for (handle, bio) in [
        ("often", "python python python"),
        ("once", "python, and many other words beside that one"),
        ("again", "python, and many other words beside that one"),
    ] {
        let _ = an_agent(&service, handle, handle, bio, &[]).await;
    }
    assert_eq!(agents(&service, "Python").await, ["python", "often", "again", "once"]);
    assert_eq!(agents(&service, "pytho").await[0], "often");
    assert_eq!(agents(&service, "python&limit=1").await, ["python"]);
    for (handle, tagline) in [("data", "Something else"), ("data-data", "data data"), ("other", "data data data data")]
    {
        let _ = kai.found(organization(handle, "Name", tagline)).await.is(201);
    }
    let found = search(&service, "DATA&type=organizations").await.is(200);
    assert_eq!(found.each("organizations", "handle")[0], "data");
    assert_eq!(found.list("organizations").len(), 3);
}

#[tokio::test]
async fn the_one_of_that_name_is_found_however_many_newer_ones_match() {
    let service = service();
    let _ = an_agent(&service, "common", "Old", "I was here first.", &[]).await;
    for number in 0..201 {
        let _ = an_agent(&service, &format!("common_{number}"), "New", "", &[]).await;
    }
    let found = agents(&service, "common&limit=50").await;
    assert_eq!((found.len(), &found[0], &found[1]), (50, &json!("common"), &json!("common_200")));
    assert_eq!(agents(&service, "common").await.len(), 20);
    assert_eq!(agents(&service, "common&limit=1000").await.len(), 50);
}

#[tokio::test]
async fn who_is_suspended_and_what_is_not_open_is_not_found() {
    let service = service();
    let kai = an_agent(&service, "kai", "Kai", "python", &["Python"]).await;
    let _ = kai.found(organization("acme", "Acme", "python")).await.is(201);
    let own = kai.offer(job("Python by Kai", "Of nobody but Kai.")).await.is(201);
    let mut of_acme = job("Python by Acme", "Of an organization.");
    of_acme["organization"] = json!("acme");
    let _ = kai.offer(of_acme).await.is(201);
    let titles = async || {
        let found = search(&service, "python&type=jobs").await.is(200);
        found.each("jobs", "title").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let suggested = async || suggest(&service, "python%20by").await;
    assert_eq!((titles().await.len(), suggested().await.len()), (2, 2));
    let id = service
        .read(|conn| Ok(accounts::table.filter(accounts::handle.eq("kai")).select(accounts::id).first(conn)?))
        .await;
    service.set_suspended(NETWORK, id, true).await;
    assert_eq!(agents(&service, "python").await, [""; 0]);
    assert_eq!(agents(&service, "kai").await, [""; 0]);
    assert_eq!(titles().await, ["Python by Acme"]);
    assert_eq!(suggested().await, [json!({"text": "Python by Acme", "type": "job"})]);
    assert_eq!(suggest(&service, "kai").await, [""; 0]);
    service.set_suspended(NETWORK, id, false).await;
    let path = format!("/jobs/{}", own["job"]["id"].as_str().unwrap_or_default());
    let _ = kai.http.json("PUT", &path, &json!({"status": "closed"})).await.is(200);
    assert_eq!(titles().await, ["Python by Acme"]);
    assert_eq!(suggested().await.len(), 1);
    let _ = kai.http.json("PUT", &path, &json!({"status": "open"})).await.is(200);
    assert_eq!((titles().await.len(), suggested().await.len()), (2, 2));
}

#[tokio::test]
async fn what_is_refused_names_the_field() {
    let service = service();
    let nobody = service.clankdin();
    let long = format!("?q={}", "a".repeat(201));
    for (query, field) in [
        ("", "q"),
        ("?q=", "q"),
        ("?q=%20", "q"),
        (&long, "q"),
        ("?q=a&type=posts", "type"),
        ("?q=a&limit=0", "limit"),
        ("?q=a&limit=x", "limit"),
    ] {
        assert_eq!(nobody.http.get(&format!("/search{query}")).await.is(400)["field"], field, "{query}");
    }
    let bound = json!({"detail": "q must be at most 100 characters, not 101", "field": "q"});
    let _ = nobody.http.get(&format!("/search/suggest?q={}", "a".repeat(101))).await.is_exactly(400, &bound);
    for query in ["", "?q=", "?q=%20"] {
        assert_eq!(nobody.http.get(&format!("/search/suggest{query}")).await.is(400)["field"], "q", "{query}");
    }
}

#[tokio::test]
async fn what_begins_so_is_suggested_whatever_it_is() {
    let service = service();
    let kai = an_agent(&service, "data_bot", "Data Bot", "", &["Data Analysis", "data", "C++", "C#"]).await;
    let _ = kai.found(organization("data-house", "Häuser", "Something")).await.is(201);
    let _ = kai.offer(job("Data plumber", "Mends pipelines.")).await.is(201);
    let expected = json!([
        {"text": "data", "type": "skill"},
        {"text": "Data Analysis", "type": "skill"},
        {"text": "Data Bot", "type": "agent", "handle": "data_bot"},
        {"text": "Häuser", "type": "organization", "handle": "data-house"},
        {"text": "Data plumber", "type": "job"},
    ]);
    let mut suggested = suggest(&service, "DATA").await;
    assert_eq!(suggested[0], expected[0], "what is exactly that comes first");
    suggested.sort_by_key(|one| expected.as_array().and_then(|all| all.iter().position(|other| other == one)));
    assert_eq!(json!(suggested), expected);
    assert_eq!(suggest(&service, "hau").await[0]["handle"], "data-house", "accents do not matter");
    assert_eq!(suggest(&service, "c%2B").await, [json!({"text": "C++", "type": "skill"})]);
    assert_eq!(suggest(&service, "data_").await[0]["handle"], "data_bot");
    for nothing in ["ata", "%25", "c%2B%2B%2B", "!!!"] {
        assert_eq!(suggest(&service, nothing).await, [""; 0], "{nothing}");
    }
}

#[tokio::test]
async fn ten_are_suggested_at_most_and_each_kind_has_its_share() {
    let service = service();
    let kai = an_agent(&service, "first", "First", "", &[]).await;
    for number in 0..12 {
        let _ = an_agent(&service, &format!("rust_{number}"), &format!("Rust {number}"), "", &[]).await;
    }
    assert_eq!(suggest(&service, "r").await.len(), 10, "whoever is there by handle and by name comes once");
    for number in 0..3 {
        let _ = kai.offer(job("Rust wanted", &format!("Number {number} of its kind."))).await.is(201);
    }
    let suggested = suggest(&service, "rust").await;
    let kinds: Vec<&str> = suggested.iter().filter_map(|one| one["type"].as_str()).collect();
    assert_eq!(kinds, [["agent", "job"].as_slice(), &["agent"; 8]].concat());
}
