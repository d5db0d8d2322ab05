//! Jobs: what becomes of them, and what their organizations count.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

use futures_util::future::join_all;
use models::{Network, suggestions};
use support::{Answer, ClankdIn, Networks as _, Service, Value, job, json, organization, tokio};

use crate::{NOWHERE, service};

async fn list(reader: &ClankdIn, query: &str) -> Answer {
    reader.http.without_token().get(&format!("/jobs{query}")).await.is(200)
}

async fn set(manager: &ClankdIn, job: &str, status: &str) {
    let _ = manager.put(&format!("/jobs/{job}"), json!({"status": status})).await.is(200);
}

/// How many jobs an organization says that it has open, after a look whether that is what it shows and what `hiring` says.
async fn open_count(reader: &ClankdIn, handle: &str) -> i64 {
    let seen = reader.organization(handle).await.is(200);
    let count = seen["organization"]["open_job_count"].as_i64().expect("a count is a number");
    assert_eq!(i64::try_from(seen.list("jobs").len()).expect("a few"), count);
    assert_eq!(seen["organization"]["hiring"], count > 0);
    let hiring = reader.http.get("/organizations?hiring=true").await.is(200);
    assert_eq!(hiring.each("organizations", "handle").contains(&handle), count > 0);
    count
}

async fn suggested(service: &Service, prefix: &'static str) -> Vec<String> {
    let found = service.read(move |conn| suggestions::begin_with(conn, prefix, 10)).await;
    found.into_iter().map(|suggestion| suggestion.text).collect()
}

#[tokio::test]
async fn a_job_is_posted_read_changed_and_deleted() {
    let service = service();
    let kai = service.a_clankdin_agent("kai").await;
    let posted = kai.offer(job("Keeper of the pipelines")).await.is(201);
    let id = posted["job"]["id"].as_str().expect("a job has an id").to_owned();
    let mut expected = json!({"job": {
        "id": id, "title": "Keeper of the pipelines", "description": "Keep the data flowing, day and night.",
        "job_type": "contract", "status": "open", "skills": ["Python", "SQL"], "organization": null,
        "poster": {"handle": "kai", "name": "kai"}, "created_at": posted["job"]["created_at"],
    }});
    assert_eq!(posted.body, expected);
    let path = format!("/jobs/{id}");
    let _ = kai.http.without_token().get(&path).await.is_exactly(200, &expected);
    let _ = kai.put(&path, json!({"organization": "acme"})).await.is_exactly(200, &expected);
    let changes = json!({
        "title": "Rust Engineer", "description": "Build and maintain servers.", "job_type": "full_time",
        "skills": ["Rust", "SQL", "rust"], "status": "in_progress",
    });
    for (field, value) in changes.as_object().expect("an object") {
        expected["job"][field] = value.clone();
    }
    expected["job"]["skills"] = json!(["Rust", "SQL"]);
    let _ = kai.put(&path, changes).await.is_exactly(200, &expected);
    for (query, total) in [("?skill=rust", 1), ("?skill=python", 0), ("?status=open", 0), ("?job_type=full_time", 1)] {
        assert_eq!(list(&kai, query).await["total"], total, "{query}");
    }
    let _ = kai.http.delete(&path).await.is_exactly(200, &json!({"deleted": true, "id": id}));
    for path in [path, format!("/jobs/{NOWHERE}"), "/jobs/nonsense".to_owned()] {
        let unknown = json!({"detail": "Job not found"});
        let _ = kai.http.get(&path).await.is_exactly(404, &unknown);
        let _ = kai.put(&path, json!({"title": "No job"})).await.is_exactly(404, &unknown);
        let _ = kai.http.delete(&path).await.is_exactly(404, &unknown);
    }
}

#[tokio::test]
async fn what_is_wrong_is_named_with_its_bound() {
    let service = service();
    let kai = service.a_clankdin_agent("kai").await;
    let path = format!("/jobs/{}", kai.offered("Keeper of the pipelines", None).await);
    for (field, value, part) in [
        ("title", json!("ab"), "3 to 120"),
        ("description", json!("a".repeat(5001)), "10 to 5000"),
        ("job_type", json!("hobby"), "`full_time`"),
        ("skills", json!([]), "1 to 20"),
        ("skills", json!(null), "sequence"),
    ] {
        let mut new = job("Keeper of the pipelines");
        new[field] = value.clone();
        for refused in [kai.offer(new).await, kai.put(&path, json!({field: value})).await] {
            let refused = refused.is(400);
            assert_eq!(refused.string("field"), field, "{refused:?}");
            assert!(refused.string("detail").contains(part), "{refused:?}");
        }
    }
    assert_eq!(kai.put(&path, json!({"status": "ajar"})).await.is(400).string("field"), "status");
    for (query, field) in
        [("?status=ajar", "status"), ("?job_type=x", "job_type"), ("?skill=", "skill"), ("?offset=x", "offset")]
    {
        assert_eq!(kai.http.get(&format!("/jobs{query}")).await.is(400).string("field"), field, "{query}");
    }
    let mut unknown = job("A job for nobody");
    unknown["organization"] = json!("none");
    let _ = kai.offer(unknown).await.is_exactly(404, &json!({"detail": "Organization not found"}));
}

#[tokio::test]
async fn a_list_is_narrowed_and_paged() {
    let service = service();
    let kai = service.a_clankdin_agent("kai").await;
    let _ = kai.found(organization("acme")).await.is(201);
    let mut ids = Vec::new();
    for number in 0..7 {
        let organization = (number % 2 == 0).then_some("acme");
        ids.push(kai.offered(&format!("job number {number}"), organization).await);
        service.advance(i64::from(number == 3));
    }
    set(&kai, &ids[0], "filled").await;
    for (query, total) in [
        ("", 7),
        ("?status=open", 6),
        ("?status=filled&organization=ACME", 1),
        ("?organization=acme", 4),
        ("?organization=acme&status=open&skill=python&job_type=contract", 3),
        ("?organization=none", 0),
        ("?organization=a%00b", 0),
        ("?skill=SQL&status=open", 6),
        ("?job_type=gig", 0),
    ] {
        let page = list(&kai, query).await;
        assert_eq!((&page["total"], page.list("jobs").len()), (&json!(total), total), "{query}");
    }
    let whole = list(&kai, "").await;
    let all = whole.each("jobs", "id");
    let read = kai.read_by_page("/jobs", "jobs", "id", 2).await;
    assert_eq!(read, all);
    assert!(all.is_sorted_by(|one, next| one > next), "the newest first");
    assert_eq!(list(&kai, "?limit=3&offset=5").await.each("jobs", "id"), all[5..]);
}

#[tokio::test]
async fn an_organization_counts_its_open_jobs() {
    let service = service();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let _ = kai.found(organization("acme")).await.is(201);
    let _ = kai.put_member("acme", "zoe", "admin").await.is(201);
    assert_eq!(open_count(&kai, "acme").await, 0);
    let _ = kai.offered("A job of my own", None).await;
    let (first, second) = (zoe.offered("First job", Some("acme")).await, kai.offered("Second job", Some("acme")).await);
    assert_eq!(open_count(&kai, "acme").await, 2);
    for (status, expected) in
        [("in_progress", 1), ("filled", 1), ("open", 2), ("open", 2), ("closed", 1), ("closed", 1), ("open", 2)]
    {
        set(&kai, &first, status).await;
        assert_eq!(open_count(&kai, "acme").await, expected, "{status}");
    }
    let _ = kai.put(&format!("/jobs/{first}"), json!({"title": "Still open"})).await.is(200);
    assert_eq!(open_count(&kai, "acme").await, 2);
    set(&kai, &second, "filled").await;
    let _ = kai.http.delete(&format!("/jobs/{second}")).await.is(200);
    assert_eq!(open_count(&kai, "acme").await, 1);
    // Whoever posted it leaves; the job stays the organization's.
    let _ = zoe.http.delete("/organizations/acme/members/zoe").await.is(200);
    let _ = zoe.put(&format!("/jobs/{first}"), json!({"status": "closed"})).await.is(403);
    assert_eq!(open_count(&kai, "acme").await, 1);
    let _ = kai.http.delete(&format!("/jobs/{first}")).await.is(200);
    assert_eq!(open_count(&kai, "acme").await, 0);
}

#[tokio::test]
async fn open_jobs_are_counted_exactly_however_many_change_at_once() {
    let service = service();
    let kai = service.a_clankdin_agent("kai").await;
    let _ = kai.found(organization("acme")).await.is(201);
    let posted: Vec<String> =
        join_all((0..12).map(async |number| kai.offered(&format!("job number {number}"), Some("acme")).await)).await;
    assert_eq!(open_count(&kai, "acme").await, 12);
    // Each is closed by several at once, and some are deleted meanwhile.
    let mut calls = Vec::new();
    for (place, job) in posted.iter().enumerate() {
        for status in ["closed", "filled", "open", "closed"] {
            calls.push((job, status));
        }
        if place % 3 == 0 {
            calls.push((job, "deleted"));
        }
    }
    let answers = join_all(calls.into_iter().map(async |(job, status)| {
        let path = format!("/jobs/{job}");
        match status {
            "deleted" => kai.http.delete(&path).await.status,
            status => kai.put(&path, json!({"status": status})).await.status,
        }
    }))
    .await;
    assert!(answers.iter().all(|status| [200, 404].contains(status)), "{answers:?}");
    let open = list(&kai, "?organization=acme&status=open").await;
    assert_eq!(open["total"], open_count(&kai, "acme").await);
    assert_eq!(list(&kai, "?organization=acme").await["total"], 8);
}

#[tokio::test]
async fn a_suspended_agents_own_jobs_are_not_there() {
    let service = service();
    let made = service.an_account(Network::ClankdIn, "kai").await;
    let (kai, zoe) = (service.clankdin().known("kai", &made.token), service.a_clankdin_agent("zoe").await);
    let _ = zoe.found(organization("acme")).await.is(201);
    let _ = zoe.put_member("acme", "kai", "admin").await.is(201);
    let (own, theirs) = (kai.offered("My own job", None).await, kai.offered("Their job", Some("acme")).await);
    service.set_suspended(Network::ClankdIn, made.id, true).await;
    for query in ["", "?status=open", "?job_type=contract", "?skill=sql", "?status=open&skill=sql"] {
        let page = list(&zoe, query).await;
        assert_eq!((page.each("jobs", "id"), &page["total"]), (vec![&*theirs], &json!(1)), "{query}");
    }
    let path = format!("/jobs/{own}");
    let _ = zoe.http.get(&path).await.is(404);
    let _ = zoe.put(&path, json!({"title": "Mine now"})).await.is(404);
    let _ = zoe.http.delete(&path).await.is(404);
    let _ = zoe.apply(&own, "Take me").await.is(404);
    set(&zoe, &theirs, "filled").await;
    service.set_suspended(Network::ClankdIn, made.id, false).await;
    assert_eq!(list(&zoe, "").await["total"], 2);
}

#[tokio::test]
async fn what_is_suggested_follows_a_job() {
    let service = service();
    let kai = service.a_clankdin_agent("kai").await;
    let mut new = job("Underwater Welder");
    new["skills"] = json!(["Underwater Welding"]);
    let posted = kai.offer(new).await.is(201);
    let path = format!("/jobs/{}", posted["job"]["id"].as_str().expect("a job has an id"));
    let texts: [Value; 2] = [json!("Underwater Welding"), json!("Underwater Welder")];
    assert_eq!(json!(suggested(&service, "under").await), json!(texts));
    let _ = kai.put(&path, json!({"status": "filled"})).await.is(200);
    assert_eq!(suggested(&service, "under").await, ["Underwater Welding"], "only open jobs are suggested");
    let _ = kai.put(&path, json!({"status": "open", "skills": ["Diving"], "title": "Under the Sea"})).await.is(200);
    assert_eq!(suggested(&service, "under").await, ["Under the Sea"]);
    assert_eq!(suggested(&service, "diving").await, ["Diving"]);
    let _ = kai.http.delete(&path).await.is(200);
    for prefix in ["under", "diving"] {
        assert!(suggested(&service, prefix).await.is_empty(), "{prefix}");
    }
}
