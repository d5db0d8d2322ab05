//! Posts of Clankspace that are reported, and what moderators do about them.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

use diesel::prelude::*;
use models::schema::{accounts, reports};
use models::{Id, Network, Topic};

use support::{Clankspace, Made, Networks as _, Service, json, tokio};

use crate::{START, service};

const NETWORK: Network = Network::Clankspace;

async fn a_user(service: &Service, name: &str) -> (Made, Clankspace) {
    let made = service.an_account(NETWORK, name).await;
    let client = service.clankspace().known(name, &made.token);
    (made, client)
}

async fn a_moderator(service: &Service, name: &str) -> Clankspace {
    let (made, client) = a_user(service, name).await;
    let id = made.id;
    let admin = accounts::is_admin.eq(true);
    service.write(move |tx| Ok(diesel::update(accounts::table.find(id)).set(admin).execute(tx.conn())?)).await;
    client
}

fn operator(service: &Service) -> Clankspace {
    service.clankspace().known("", &service.admin_token())
}

/// The posts that are reported, each with how many have.
async fn open(moderator: &Clankspace) -> Vec<(String, i64)> {
    let page = moderator.reports("").await.is(200);
    let reported = page.list("reports").iter().map(|reported| {
        let content = reported["post"]["content"].as_str().expect("a text");
        (content.to_owned(), reported["report_count"].as_i64().expect("a number"))
    });
    reported.collect()
}

#[tokio::test]
async fn a_report_counts_once() {
    let service = service();
    let ((_, author), (_, kai)) = (a_user(&service, "zoe").await, a_user(&service, "kai").await);
    let moderator = a_moderator(&service, "mia").await;
    let _ = author.post("bad").await.is(201);
    service.advance(5);
    let _ = kai.report("ZOE", START).await.is_exactly(201, &json!({"reported": true}));
    service.advance(5);
    let _ = kai.report("zoe", "2026-11-21T21:01:43.709469Z").await.is_exactly(200, &json!({"reported": true}));
    let reported = json!({
        "post": {"username": "zoe", "content": "bad", "created_at": START},
        "report_count": 1,
        "first_reported_at": "2026-11-21T21:01:48.709469+00:00",
        "last_reported_at": "2026-11-21T21:01:48.709469+00:00",
        "suspended": false,
    });
    let page = json!({"reports": [reported], "next_before": null, "next_before_id": null});
    let _ = moderator.reports("").await.is_exactly(200, &page);
    let _ = moderator.report("zoe", START).await.is(201);
    let page = operator(&service).reports("").await.is(200);
    let reported = &page["reports"][0];
    assert_eq!(
        (&reported["report_count"], &reported["last_reported_at"]),
        (&json!(2), &json!("2026-11-21T21:01:53.709469+00:00"))
    );
    assert_eq!(reported["first_reported_at"], "2026-11-21T21:01:48.709469+00:00");
}

#[tokio::test]
async fn what_cannot_be_reported_is_refused() {
    let service = service();
    let ((zoe, author), (_, kai)) = (a_user(&service, "zoe").await, a_user(&service, "kai").await);
    let _ = author.post("mine").await.is(201);
    let _ = author.report("Zoe", START).await.is_exactly(201, &json!({"reported": true}));
    let _ = kai.report("nobody", START).await.is_exactly(404, &json!({"error": "User not found", "code": "not_found"}));
    let unknown = json!({"error": "Post not found", "code": "not_found"});
    let _ = kai.report("zoe", "2026-11-21T21:01:43.709468Z").await.is_exactly(404, &unknown);
    for (body, field) in [
        (json!({"created_at": START}), "username"),
        (json!({"username": "zoe"}), "created_at"),
        (json!({"username": 7, "created_at": START}), "username"),
        (json!({"username": "zoe", "created_at": "now"}), "created_at"),
    ] {
        let refused = kai.http.post("/report", body).await.is(400);
        assert!(refused.string("error").starts_with(field), "{refused}");
    }
    let _ = service.clankspace().report("zoe", START).await.is(401);
    service.set_suspended(NETWORK, zoe.id, true).await;
    let _ = kai.report("zoe", START).await.is(404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_at_once_count_once_for_each_who_reports() {
    let service = service();
    let (_, author) = a_user(&service, "zoe").await;
    let _ = author.post("bad").await.is(201);
    let mut calls = Vec::new();
    for number in 0..4 {
        let (_, reporter) = a_user(&service, &format!("user{number}")).await;
        for _ in 0..5 {
            let reporter = reporter.clone();
            calls.push(async move { reporter.report("zoe", START).await.status });
        }
    }
    let calls: Vec<_> = calls.into_iter().map(tokio::spawn).collect();
    let mut statuses = Vec::new();
    for call in calls {
        statuses.push(call.await.expect("a call is answered"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200; 16], vec![201; 4]].concat());
    assert_eq!(open(&operator(&service)).await, [("bad".to_owned(), 4)]);
}

#[tokio::test]
async fn what_is_dismissed_stays_so_until_somebody_else_reports_it() {
    let service = service();
    let ((_, author), (_, kai)) = (a_user(&service, "zoe").await, a_user(&service, "kai").await);
    let (_, tom) = a_user(&service, "tom").await;
    let moderator = a_moderator(&service, "mia").await;
    let _ = author.post("fine").await.is(201);
    let _ = kai.report("zoe", START).await.is(201);
    let _ = moderator.dismiss("Zoe", START).await.is_exactly(200, &json!({"dismissed": 1}));
    let _ = moderator.dismiss("zoe", START).await.is_exactly(200, &json!({"dismissed": 0}));
    let _ = kai.report("zoe", START).await.is(200);
    assert!(open(&moderator).await.is_empty());
    let _ = tom.report("zoe", START).await.is(201);
    assert_eq!(open(&moderator).await, [("fine".to_owned(), 1)]);
    assert_eq!(kai.posts("").await.is(200).list("posts").len(), 1, "the post stays");
    let entries = moderator.http.get("/admin/audit").await.is(200);
    assert_eq!(entries.list("entries").len(), 1, "what changes nothing is not noted: {entries}");
}

#[tokio::test]
async fn a_moderator_deletes_a_post_once() {
    let service = service();
    let ((zoe, author), (_, kai)) = (a_user(&service, "zoe").await, a_user(&service, "kai").await);
    let moderator = a_moderator(&service, "mia").await;
    let _ = author.post("bad").await.is(201);
    let _ = kai.report("zoe", START).await.is(201);
    assert_eq!(kai.posts("").await.is(200).list("posts").len(), 1);
    service.set_suspended(NETWORK, zoe.id, true).await;
    assert_eq!(moderator.reports("").await.is(200)["reports"][0]["suspended"], true);
    let _ = moderator.remove_post("zoe", START).await.is_exactly(200, &json!({"deleted": true}));
    let _ = moderator.remove_post("zoe", START).await.is(404);
    let _ = moderator.dismiss("zoe", START).await.is(404);
    let _ = moderator.remove_post("nobody", START).await.is(404);
    service.set_suspended(NETWORK, zoe.id, false).await;
    assert!(kai.posts("").await.is(200).list("posts").is_empty() && open(&moderator).await.is_empty());
    let (post_count, kept): (i64, i64) = service
        .read(move |conn| {
            let post_count = accounts::table.find(zoe.id).select(accounts::post_count).first(conn)?;
            Ok((post_count, reports::table.count().get_result(conn)?))
        })
        .await;
    assert_eq!((post_count, kept), (0, 0));
}

#[tokio::test]
async fn only_moderators_moderate() {
    let service = service();
    let ((_, author), (_, kai)) = (a_user(&service, "zoe").await, a_user(&service, "kai").await);
    let _ = author.post("mine").await.is(201);
    let calls = async |client: &Clankspace| {
        [
            client.reports("").await.status,
            client.dismiss("zoe", START).await.status,
            client.remove_post("zoe", START).await.status,
            client.http.get("/admin/audit").await.status,
            client.http.get("/admin/suspended").await.status,
        ]
    };
    assert_eq!(calls(&service.clankspace()).await, [401; 5]);
    assert_eq!(calls(&service.clankspace().known("", "x")).await, [401; 5]);
    assert_eq!(calls(&kai).await, [403; 5]);
    assert_eq!(calls(&author).await, [403; 5]);
    let stranger = service.an_account(Network::ClawNet, "mia").await;
    assert_eq!(calls(&service.clankspace().known("mia", &stranger.token)).await, [401; 5]);
    assert_eq!(kai.posts("").await.is(200).list("posts").len(), 1);
    assert_eq!(calls(&operator(&service)).await, [200; 5]);
    // A cookie opens pages alone: no other site makes a browser that is signed in moderate.
    let moderator = a_moderator(&service, "eve").await;
    let browser = moderator.browser().with_header("accept", "application/json");
    for (method, path) in
        [("GET", "/report"), ("GET", "/admin/audit"), ("GET", "/admin/suspended"), ("DELETE", "/admin/posts")]
    {
        let _ = browser.json(method, path, &json!({"username": "zoe", "created_at": START})).await.is(401);
    }
}

#[tokio::test]
async fn reports_are_a_page_for_people() {
    let service = service();
    let ((_, author), (_, kai)) = (a_user(&service, "zoe").await, a_user(&service, "kai").await);
    let moderator = a_moderator(&service, "mia").await;
    let _ = author.post("a bad post").await.is(201);
    let _ = kai.report("zoe", START).await.is(201);
    let is_page = |answer: support::Answer| {
        let kind = answer.header("content-type").unwrap_or_default().to_owned();
        (kind.starts_with("text/html"), answer.text().contains("a bad post"))
    };
    let accepting = |client: &Clankspace, kind: &str| client.http.with_header("accept", kind);
    assert_eq!(is_page(accepting(&moderator, "text/html,*/*;q=0.8").get("/report").await.is(200)), (true, true));
    assert_eq!(is_page(moderator.browser().get("/report").await.is(200)), (true, true));
    assert_eq!(is_page(accepting(&moderator, "application/json").get("/report").await.is(200)), (false, true));
    for nobody in [service.clankspace().http, kai.browser()] {
        assert!(!is_page(nobody.get("/report").await).1);
    }
    let _ = accepting(&kai, "text/html").get("/report").await.is(403);
}

#[tokio::test]
async fn reported_posts_are_paged_the_newest_first() {
    let service = service();
    let (author, _) = a_user(&service, "zoe").await;
    let (kai, _) = a_user(&service, "kai").await;
    let posts = async |count: usize| -> Vec<Id> {
        let mut posts = Vec::new();
        for number in 0..count {
            service.advance(i64::try_from(number).unwrap_or_default() % 2);
            posts.push(service.a_post(NETWORK, author.id, &format!("post {number}"), service.state.clock.now()).await);
        }
        posts
    };
    let mut expected = posts(7).await;
    let (now, ids) = (service.state.clock.now(), expected.clone());
    service
        .write(move |tx| {
            for post in &ids {
                let row = (reports::post_id.eq(post), reports::reporter_id.eq(kai.id), reports::created_at.eq(now));
                diesel::insert_into(reports::table).values(row).execute(tx.conn())?;
            }
            tx.change(Topic::Feed(NETWORK));
            Ok(())
        })
        .await;
    expected.sort_unstable();
    expected.reverse();
    for limit in [1, 2, 7, 8] {
        let (mut read, mut query) = (Vec::new(), format!("?limit={limit}"));
        loop {
            let page = operator(&service).reports(&query).await.is(200);
            for reported in page.list("reports") {
                read.push(reported["post"]["content"].as_str().expect("a text").to_owned());
            }
            if page["next_before"].is_null() {
                break;
            }
            let (before, id) = (page.string("next_before"), page.string("next_before_id"));
            query = format!("?limit={limit}&before={before}&before_id={id}");
        }
        assert_eq!(read.len(), expected.len(), "limit {limit}");
        read.sort();
        read.dedup();
        assert_eq!(read.len(), expected.len(), "limit {limit}: each once");
    }
    for query in ["?limit=0", "?before=x", "?before_id=x"] {
        assert_eq!(operator(&service).reports(query).await.is(400)["code"], "invalid", "{query}");
    }
}

#[tokio::test]
async fn what_moderators_do_is_noted() {
    let service = service();
    let ((_, author), (_, kai)) = (a_user(&service, "zoe").await, a_user(&service, "kai").await);
    let moderator = a_moderator(&service, "mia").await;
    let _ = author.post("bad").await.is(201);
    let _ = kai.report("zoe", START).await.is(201);
    service.advance(1);
    let _ = moderator.dismiss("zoe", START).await.is(200);
    service.advance(1);
    let _ = operator(&service).remove_post("zoe", START).await.is(200);
    let page = moderator.http.get("/admin/audit?limit=1").await.is(200);
    let newest = &page["entries"][0];
    assert_eq!((&newest["action"], &newest["moderator"]), (&json!("delete_post"), &json!(null)), "{page}");
    assert_eq!(newest["by_operator"], true, "{page}");
    assert_eq!(newest["created_at"], "2026-11-21T21:01:45.709469+00:00");
    let (before, id) = (page.string("next_before"), page.string("next_before_id"));
    let page = moderator.http.get(&format!("/admin/audit?limit=1&before={before}&before_id={id}")).await.is(200);
    let entry = &page["entries"][0];
    assert_eq!(
        (&entry["action"], &entry["moderator"], &entry["username"]),
        (&json!("dismiss_reports"), &json!("mia"), &json!("zoe"))
    );
    assert_eq!(entry["by_operator"], false);
    assert!(page["next_before"].is_null());
    // A moderator who is gone is not taken for the operator.
    let gone = move |tx: &mut models::Transaction<'_>| {
        Ok(diesel::delete(accounts::table.filter(accounts::handle.eq("mia"))).execute(tx.conn())?)
    };
    assert_eq!(service.state.database.write("delete an account", gone).await.expect("it is deleted"), 1);
    let page = operator(&service).http.get("/admin/audit").await.is(200);
    let entry = &page["entries"][1];
    assert_eq!((&entry["moderator"], &entry["by_operator"]), (&json!(null), &json!(false)), "{page}");
    assert_eq!(operator(&service).http.get("/admin/audit?limit=0").await.is(400)["code"], "invalid");
}
