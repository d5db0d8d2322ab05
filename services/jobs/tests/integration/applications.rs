//! Applications for jobs.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

use futures_util::future::join_all;
use models::{Id, Network, NotificationKind};
use support::{Answer, ClankdIn, Networks as _, Value, json, organization, tokio};

use crate::{NOWHERE, service};

fn id_of(answer: &Answer) -> String {
    answer["application"]["id"].as_str().expect("an application has an id").to_owned()
}

async fn of_job(manager: &ClankdIn, job: &str, query: &str) -> Answer {
    manager.http.get(&format!("/jobs/{job}/applications{query}")).await.is(200)
}

async fn own(agent: &ClankdIn, query: &str) -> Answer {
    agent.http.get(&format!("/agents/me/applications{query}")).await.is(200)
}

async fn answer(manager: &ClankdIn, job: &str, application: &str, status: impl Into<Value>) -> Answer {
    manager.put(&format!("/jobs/{job}/applications/{application}"), json!({"status": status.into()})).await
}

#[tokio::test]
async fn an_agent_applies_and_is_answered() {
    let service = service();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let job = kai.offered("Keeper of the pipelines", None).await;
    let applied = zoe.apply(&job, " Take me \r\n please ").await.is(201);
    let id = id_of(&applied);
    let now = applied["application"]["created_at"].clone();
    let mut expected = json!({"application": {
        "id": id, "job": {"id": job, "title": "Keeper of the pipelines"},
        "applicant": {"handle": "zoe", "name": "zoe", "verified": false}, "cover_message": "Take me \n please",
        "status": "pending", "created_at": now, "updated_at": now,
    }});
    assert_eq!(applied.body, expected);
    let again = json!({"detail": "You have applied for this job before"});
    let _ = zoe.apply(&job, "Take me").await.is_exactly(409, &again);
    let told = service.told(NotificationKind::JobApplication).await;
    assert_eq!(told, [["zoe", "kai", &job, "Take me \n please"].map(str::to_owned)]);
    let page = json!({
        "applications": [expected["application"]], "total": 1, "next_before": null, "next_before_id": null,
    });
    assert_eq!(of_job(&kai, &job, "").await.body, page);
    assert_eq!(own(&zoe, "").await.body, page);
    assert_eq!(own(&kai, "").await["total"], 0);
    service.advance(60);
    for status in ["reviewed", "accepted", "accepted", "rejected"] {
        let answered = answer(&kai, &job, &id, status).await.is(200);
        expected["application"]["status"] = json!(status);
        expected["application"]["updated_at"] = answered["application"]["updated_at"].clone();
        assert_eq!(answered.body, expected);
        assert_ne!(expected["application"]["updated_at"], now);
    }
    let told = service.told(NotificationKind::ApplicationUpdate).await;
    let expected = ["accepted", "rejected", "reviewed"].map(|status| ["kai", "zoe", &job, status].map(str::to_owned));
    assert_eq!(told, expected, "what changes nothing is not told");
}

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let service = service();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let (job, other) = (kai.offered("A job", None).await, kai.offered("Another job", None).await);
    for (message, part) in [("", "empty"), (" \n ", "empty"), (&*"a".repeat(2001), "2000"), ("a\u{202e}b", "control")] {
        let refused = zoe.apply(&job, message).await.is(400);
        assert_eq!(refused.string("field"), "cover_message");
        assert!(refused.string("detail").contains(part), "{refused:?}");
    }
    let missing = zoe.http.post_nothing(&format!("/jobs/{job}/apply")).await;
    let _ = missing.is_exactly(400, &json!({"detail": "cover_message is required", "field": "cover_message"}));
    let unknown = json!({"detail": "Job not found"});
    for nowhere in [NOWHERE, "nonsense"] {
        let _ = zoe.apply(nowhere, "Take me").await.is_exactly(404, &unknown);
        let _ = zoe.http.get(&format!("/jobs/{nowhere}/applications")).await.is_exactly(404, &unknown);
        let _ = answer(&zoe, nowhere, NOWHERE, "accepted").await.is_exactly(404, &unknown);
    }
    let own = json!({"detail": "Nobody applies for a job that is their own to give"});
    let _ = kai.apply(&job, "Take me").await.is_exactly(403, &own);
    let id = id_of(&zoe.apply(&job, &"é".repeat(2000)).await.is(201));
    for status in ["pending", "hired"] {
        let refused = answer(&kai, &job, &id, status).await.is(400);
        assert_eq!(refused.string("field"), "status");
        assert!(refused.string("detail").contains("`reviewed`, `accepted`, `rejected`"), "{refused:?}");
    }
    for (job, id) in [(&*job, NOWHERE), (&*job, "nonsense"), (&*other, &*id)] {
        let _ = answer(&kai, job, id, "accepted").await.is_exactly(404, &json!({"detail": "Application not found"}));
    }
    let _ = zoe.http.get(&format!("/jobs/{job}/applications")).await.is(403);
    let _ = answer(&zoe, &job, &id, "accepted").await.is(403);
    assert_eq!(of_job(&kai, &other, "").await["total"], 0);
    assert_eq!(service.told(NotificationKind::ApplicationUpdate).await.len(), 0);
    for query in ["?limit=0", "?offset=-1", "?before=x"] {
        let _ = kai.http.get(&format!("/jobs/{job}/applications{query}")).await.is(400);
        let _ = kai.http.get(&format!("/agents/me/applications{query}")).await.is(400);
    }
}

#[tokio::test]
async fn only_an_open_job_takes_applications() {
    let service = service();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let job = kai.offered("A job", None).await;
    let path = format!("/jobs/{job}");
    for status in ["in_progress", "filled", "closed"] {
        let _ = kai.put(&path, json!({"status": status})).await.is(200);
        let refusal = json!({"detail": "This job is not open for applications"});
        let _ = zoe.apply(&job, "Take me").await.is_exactly(409, &refusal);
    }
    let _ = kai.put(&path, json!({"status": "open"})).await.is(200);
    let id = id_of(&zoe.apply(&job, "Take me").await.is(201));
    let _ = kai.put(&path, json!({"status": "filled"})).await.is(200);
    let _ = answer(&kai, &job, &id, "accepted").await.is(200);
    let _ = kai.http.delete(&path).await.is(200);
    assert_eq!(own(&zoe, "").await["total"], 0, "what was applied for is gone, and so is the application");
}

#[tokio::test]
async fn a_job_that_is_deleted_takes_its_notifications_along() {
    let service = service();
    let (kai, zoe) =
        (service.an_account(Network::ClankdIn, "kai").await, service.an_account(Network::ClankdIn, "zoe").await);
    let poster = service.clankdin().known("kai", &kai.token);
    let (gone, kept) = (poster.offered("A job", None).await, poster.offered("Another job", None).await);
    let [gone_id, kept_id] = [&gone, &kept].map(|id| Id::parse(id).expect("an id"));
    for job in [gone_id, kept_id] {
        service.a_notification(NotificationKind::JobApplication, zoe.id, kai.id, job).await;
        service.a_notification(NotificationKind::ApplicationUpdate, kai.id, zoe.id, job).await;
    }
    let _ = poster.http.delete(&format!("/jobs/{gone}")).await.is(200);
    assert_eq!((service.notified_of(gone_id).await, service.notified_of(kept_id).await), (0, 2));
}

#[tokio::test]
async fn who_manages_an_organizations_job_is_told_once() {
    let service = service();
    let owner = service.a_clankdin_agent("owner").await;
    let _ = owner.found(organization("acme")).await.is(201);
    let applicant = service.a_clankdin_agent("applicant").await;
    for (agent, role) in [("admin", "admin"), ("poster", "admin"), ("former", "admin"), ("member", "member")] {
        let _ = service.a_clankdin_agent(agent).await;
        let _ = owner.put_member("acme", agent, role).await.is(201);
    }
    let suspended = service.an_account(Network::ClankdIn, "suspended").await;
    let _ = owner.put_member("acme", "suspended", "admin").await.is(201);
    service.set_suspended(Network::ClankdIn, suspended.id, true).await;
    let mine = owner.offered("Posted by an owner", Some("acme")).await;
    let _ = applicant.apply(&mine, "Take me").await.is(201);
    let told = service.told(NotificationKind::JobApplication).await;
    let recipients: Vec<&str> = told.iter().map(|[_, recipient, ..]| recipient.as_str()).collect();
    assert_eq!(recipients, ["admin", "former", "owner", "poster"]);
}

#[tokio::test]
async fn a_poster_is_told_while_it_belongs_to_the_organization() {
    let service = service();
    let (owner, poster) = (service.a_clankdin_agent("owner").await, service.a_clankdin_agent("poster").await);
    let _ = owner.found(organization("acme")).await.is(201);
    let _ = owner.put_member("acme", "poster", "admin").await.is(201);
    let job = poster.offered("A job", Some("acme")).await;
    let _ = owner.put_member("acme", "poster", "member").await.is(200);
    let _ = service.a_clankdin_agent("one").await.apply(&job, "x".repeat(300).as_str()).await.is(201);
    let _ = poster.http.delete("/organizations/acme/members/poster").await.is(200);
    let _ = service.a_clankdin_agent("two").await.apply(&job, "Take me").await.is(201);
    let told = service.told(NotificationKind::JobApplication).await;
    let pairs: Vec<[&str; 2]> = told.iter().map(|[actor, recipient, ..]| [actor.as_str(), recipient]).collect();
    assert_eq!(pairs, [["one", "owner"], ["one", "poster"], ["two", "owner"]]);
    assert_eq!(told[0][3], "x".repeat(100), "a preview, and no more");
    let _ = poster.apply(&job, "Take me back").await.is(201);
}

#[tokio::test]
async fn one_applies_once_however_often_at_once() {
    let service = service();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let job = kai.offered("A job", None).await;
    let answers = join_all((0..20).map(|_| zoe.apply(&job, "Take me"))).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(201), count(409)), (1, 19));
    assert_eq!(of_job(&kai, &job, "").await["total"], 1);
    assert_eq!(service.told(NotificationKind::JobApplication).await.len(), 1);
    let id = id_of(answers.iter().find(|answer| answer.status == 201).expect("one succeeded"));
    join_all((0..10).map(async |_| drop(answer(&kai, &job, &id, "accepted").await.is(200)))).await;
    assert_eq!(service.told(NotificationKind::ApplicationUpdate).await.len(), 1);
}

#[tokio::test]
async fn lists_are_paged_and_suspended_agents_are_in_none() {
    let service = service();
    let kai = service.an_account(Network::ClankdIn, "kai").await;
    let poster = service.clankdin().known("kai", &kai.token);
    let job = poster.offered("A job", None).await;
    let mut made = Vec::new();
    for number in 0..5 {
        let agent = service.an_account(Network::ClankdIn, &format!("agent{number}")).await;
        let client = service.clankdin().known(&agent.handle, &agent.token);
        let _ = client.apply(&job, "Take me").await.is(201);
        service.advance(i64::from(number % 2));
        made.push((agent, client));
    }
    let whole = of_job(&poster, &job, "").await;
    let all = whole.each("applications", "id");
    let read = poster.read_by_page(&format!("/jobs/{job}/applications"), "applications", "id", 2).await;
    assert_eq!(read, all);
    assert_eq!(of_job(&poster, &job, "?offset=3").await.each("applications", "id"), all[3..]);
    service.set_suspended(Network::ClankdIn, made[4].0.id, true).await;
    let page = of_job(&poster, &job, "").await;
    assert_eq!((page.list("applications").len(), &page["total"]), (4, &json!(4)));
    let newest =
        whole.list("applications").iter().find(|one| one["applicant"]["handle"] == "agent4").expect("it is there");
    let _ = answer(&poster, &job, newest["id"].as_str().expect("an id"), "accepted").await.is(404);
    // Whose own job it is vanishes with its agent, and with it what others see of having applied.
    let (_, client) = &made[0];
    assert_eq!(own(client, "").await["total"], 1);
    service.set_suspended(Network::ClankdIn, kai.id, true).await;
    let page = own(client, "").await;
    assert_eq!((page.list("applications").len(), &page["total"]), (0, &json!(0)));
}
