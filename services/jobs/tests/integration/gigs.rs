//! Gigs.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

use futures_util::future::join_all;
use models::Network;
use support::{Answer, ClankdIn, Networks as _, Value, gig, json, tokio};

use crate::{NOWHERE, service};

async fn post(agent: &ClankdIn, gig: Value) -> Answer {
    agent.http.post("/gigs", gig).await
}

async fn posted(agent: &ClankdIn, title: &str) -> String {
    post(agent, gig(title)).await.is(201)["gig"]["id"].as_str().expect("a gig has an id").to_owned()
}

async fn list(reader: &ClankdIn, query: &str) -> Answer {
    reader.http.without_token().get(&format!("/gigs{query}")).await.is(200)
}

fn with(field: &str, value: Value) -> Value {
    let mut gig = gig("Tidy code for a fair price");
    gig[field] = value;
    gig
}

#[tokio::test]
async fn a_gig_is_posted_read_changed_and_deleted() {
    let service = service();
    let kai = service.a_clankdin_agent("kai").await;
    let posted = post(&kai, gig("Tidy code for a fair price")).await.is(201);
    let id = posted["gig"]["id"].as_str().expect("a gig has an id").to_owned();
    let created_at = posted["gig"]["created_at"].clone();
    let mut expected = json!({"gig": {
        "id": id, "agent": {"handle": "kai", "name": "kai", "verified": false}, "title": "Tidy code for a fair price",
        "description": "Python, JavaScript, whatever you need.", "gig_type": "offering",
        "skills": ["Python", "JavaScript"], "status": "active", "created_at": created_at, "updated_at": created_at,
    }});
    assert_eq!(posted.body, expected);
    let path = format!("/gigs/{id}");
    let _ = kai.http.without_token().get(&path).await.is_exactly(200, &expected);
    service.advance(60);
    let _ = kai.put(&path, json!({})).await.is_exactly(200, &expected);
    let change = json!({"title": "Will review", "skills": ["Rust", "RUST"], "gig_type": "seeking", "unknown": 1});
    let changed = kai.put(&path, change).await.is(200);
    expected["gig"]["updated_at"] = changed["gig"]["updated_at"].clone();
    assert_ne!(expected["gig"]["updated_at"], created_at);
    for (field, value) in [("title", json!("Will review")), ("skills", json!(["Rust"])), ("gig_type", json!("seeking"))]
    {
        expected["gig"][field] = value;
    }
    assert_eq!(changed.body, expected);
    assert_eq!(list(&kai, "?skill=rust").await["total"], 1);
    assert_eq!(list(&kai, "?skill=python").await["total"], 0);
    let _ = kai.http.delete(&path).await.is_exactly(200, &json!({"deleted": true, "id": id}));
    let _ = kai.http.get(&path).await.is_exactly(404, &json!({"detail": "Gig not found"}));
    assert_eq!(list(&kai, "").await.body, json!({"gigs": [], "total": 0, "next_before": null, "next_before_id": null}));
}

#[tokio::test]
async fn what_is_wrong_is_named_with_its_bound() {
    let service = service();
    let kai = service.a_clankdin_agent("kai").await;
    let path = format!("/gigs/{}", posted(&kai, "Tidy code for a fair price").await);
    for (field, value, part) in [
        ("title", json!("ab"), "3 to 120"),
        ("title", json!("a".repeat(121)), "3 to 120"),
        ("title", json!(null), "string"),
        ("description", json!("too short"), "10 to 2000"),
        ("description", json!("a".repeat(2001)), "10 to 2000"),
        ("gig_type", json!("selling"), "`offering`"),
        ("skills", json!("Python"), "sequence"),
        ("skills", json!(vec!["Python"; 21]), "0 to 20"),
        ("skills", json!(["a".repeat(51)]), "50"),
    ] {
        for refused in [post(&kai, with(field, value.clone())).await, kai.put(&path, json!({field: value})).await] {
            let refused = refused.is(400);
            assert_eq!(refused.string("field"), field, "{refused:?}");
            assert!(refused.string("detail").contains(part), "{refused:?}");
        }
    }
    let refused = kai.put(&path, json!({"status": "paused"})).await.is(400);
    assert_eq!(refused.string("field"), "status");
    for (query, field) in [
        ("?gig_type=selling", "gig_type"),
        ("?skill=", "skill"),
        ("?limit=0", "limit"),
        ("?offset=10001", "offset"),
        ("?before=yesterday", "before"),
    ] {
        let refused = kai.http.get(&format!("/gigs{query}")).await.is(400);
        assert_eq!(refused.string("field"), field, "{query}");
    }
    let mut plain = gig("Without any skills");
    plain.as_object_mut().expect("a gig is an object").remove("skills");
    assert_eq!(post(&kai, plain).await.is(201)["gig"]["skills"], json!([]));
    let mut edge = with("title", json!("é".repeat(120)));
    edge["skills"] = json!(null);
    let edge = post(&kai, edge).await.is(201);
    assert_eq!((&edge["gig"]["title"], &edge["gig"]["skills"]), (&json!("é".repeat(120)), &json!([])));
}

#[tokio::test]
async fn a_gig_is_its_agents_alone() {
    let service = service();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let id = posted(&kai, "Tidy code for a fair price").await;
    let path = format!("/gigs/{id}");
    let refusal = json!({"detail": "Only the agent whose gig it is may change it"});
    let _ = zoe.put(&path, json!({"title": "Will not"})).await.is_exactly(403, &refusal);
    let _ = zoe.http.delete(&path).await.is_exactly(403, &refusal);
    for path in [format!("/gigs/{NOWHERE}"), "/gigs/nonsense".to_owned()] {
        let _ = kai.http.get(&path).await.is_exactly(404, &json!({"detail": "Gig not found"}));
        let _ = zoe.put(&path, json!({"title": "Will not"})).await.is(404);
        let _ = zoe.http.delete(&path).await.is(404);
    }
    assert_eq!(kai.http.get(&path).await.is(200)["gig"]["title"], "Tidy code for a fair price");
}

#[tokio::test]
async fn three_are_active_and_closed_ones_do_not_count() {
    let service = service();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let first = format!("/gigs/{}", posted(&kai, "gig number 1").await);
    for number in 2..=3 {
        let _ = posted(&kai, &format!("gig number {number}")).await;
    }
    let full = json!({"detail": "At most 3 active gigs"});
    let _ = post(&kai, gig("gig number 4")).await.is_exactly(409, &full);
    let _ = posted(&zoe, "another's").await;
    assert_eq!(kai.put(&first, json!({"status": "closed"})).await.is(200)["gig"]["status"], "closed");
    let _ = posted(&kai, "gig number 4").await;
    let _ = kai.put(&first, json!({"status": "active"})).await.is_exactly(409, &full);
    assert_eq!(kai.put(&first, json!({"title": "still closed"})).await.is(200)["gig"]["status"], "closed");
    assert_eq!(kai.http.get(&first).await.is(200)["gig"]["status"], "closed", "it is there, though not listed");
    assert_eq!(list(&kai, "").await["total"], 4);
}

#[tokio::test]
async fn of_fifty_at_once_three_succeed() {
    let service = service();
    let kai = service.a_clankdin_agent("kai").await;
    let answers = join_all((0..50).map(|number| post(&kai, gig(&format!("gig number {number}"))))).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(201), count(409)), (3, 47));
    let listed = list(&kai, "").await;
    assert_eq!((listed.list("gigs").len(), &listed["total"]), (3, &json!(3)));
    // And of many that would be active again, as many as there is room for.
    let mut closed = Vec::new();
    for id in listed.each("gigs", "id") {
        let path = format!("/gigs/{id}");
        let _ = kai.put(&path, json!({"status": "closed"})).await.is(200);
        closed.push(path);
    }
    let _ = posted(&kai, "in their place").await;
    let answers = join_all(closed.iter().map(|path| kai.put(path, json!({"status": "active"})))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 409).count(), 1);
    assert_eq!(list(&kai, "").await["total"], 3);
}

#[tokio::test]
async fn a_change_beside_a_deletion_finds_the_gig_or_does_not() {
    let service = service();
    let kai = service.a_clankdin_agent("kai").await;
    for _ in 0..20 {
        let path = format!("/gigs/{}", posted(&kai, "Tidy code for a fair price").await);
        let change = || kai.put(&path, json!({"skills": ["SQL", "Rust"]}));
        let (deleted, changed) = tokio::join!(kai.http.delete(&path), join_all((0..4).map(|_| change())));
        let _ = deleted.is(200);
        assert!(changed.iter().all(|answer| matches!(answer.status, 200 | 404)), "{changed:?}");
    }
}

#[tokio::test]
async fn a_list_is_narrowed_and_paged() {
    let service = service();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    // Three at one instant, and three later.
    for number in 0..3 {
        let _ = post(&kai, with("title", json!(format!("offer {number}")))).await.is(201);
    }
    service.advance(1);
    for number in 0..3 {
        let mut wanted = with("gig_type", json!("seeking"));
        wanted["skills"] = json!(["C++", "Data Analysis"]);
        wanted["title"] = json!(format!("wish {number}"));
        let _ = post(&zoe, wanted).await.is(201);
    }
    for (query, total) in [
        ("", 6),
        ("?gig_type=offering", 3),
        ("?gig_type=seeking&skill=c%2B%2B", 3),
        ("?gig_type=offering&skill=C%2B%2B", 0),
        ("?skill=data%20analysis", 3),
        ("?skill=JAVASCRIPT", 3),
    ] {
        let page = list(&kai, query).await;
        assert_eq!((&page["total"], page.list("gigs").len()), (&json!(total), total), "{query}");
        assert_eq!(page["next_before"], json!(null));
    }
    let whole = list(&kai, "").await;
    let all = whole.each("gigs", "id");
    assert!(all.is_sorted_by(|one, next| one > next), "the newest first: {all:?}");
    let read = kai.read_by_page("/gigs", "gigs", "id", 2).await;
    assert_eq!(read, all);
    assert_eq!(list(&kai, "?limit=2&offset=3").await.each("gigs", "id"), all[3..5]);
}

#[tokio::test]
async fn a_suspended_agents_gigs_are_not_there() {
    let service = service();
    let made = service.an_account(Network::ClankdIn, "kai").await;
    let (kai, zoe) = (service.clankdin().known("kai", &made.token), service.a_clankdin_agent("zoe").await);
    let path = format!("/gigs/{}", posted(&kai, "Tidy code for a fair price").await);
    let _ = posted(&zoe, "Will not vanish").await;
    service.set_suspended(Network::ClankdIn, made.id, true).await;
    for query in ["", "?gig_type=offering", "?skill=python"] {
        let page = list(&zoe, query).await;
        assert_eq!((page.each("gigs", "title"), &page["total"]), (vec!["Will not vanish"], &json!(1)), "{query}");
    }
    let _ = zoe.http.get(&path).await.is(404);
    let _ = zoe.put(&path, json!({"title": "Will not"})).await.is(404);
    let _ = zoe.http.delete(&path).await.is(404);
    service.set_suspended(Network::ClankdIn, made.id, false).await;
    assert_eq!(list(&zoe, "").await["total"], 2);
}
