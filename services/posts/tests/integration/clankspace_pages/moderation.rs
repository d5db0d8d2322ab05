//! The page of those who moderate.

use support::{Clankspace, Networks as _, Page, Service, json, tokio};

use super::{NETWORK, a_moderator, client, filled, location, service};

/// Lets kai post, and everybody of these names report it.
async fn report(service: &Service, names: &[&str]) -> Clankspace {
    let kai = service.a_clankspace_user("kai").await;
    let _ = kai.post("dubious").await.is(201);
    let posts = kai.posts("").await.is(200);
    let created_at = posts.each("posts", "created_at").concat();
    for name in names {
        let body = json!({"username": "kai", "created_at": created_at});
        let _ = service.a_clankspace_user(name).await.http.post("/report", body).await.is(201);
    }
    kai
}

#[tokio::test]
async fn reports_are_for_those_who_moderate() {
    let service = service();
    let kai = report(&service, &["zoe"]).await;
    let mia = a_moderator(&service, "mia").await;
    let page = Page::get(&mia.browser(), "/report").await;
    assert_eq!(page.says(), ["dubious"]);
    assert_eq!(page.attributes("nav [aria-current]", "href"), [format!("{}/report", mia.http.base())]);
    let refused = Page::new(&kai.browser().get("/report").await.is(403), "/report");
    assert!(refused.text("main").contains("Only moderators may do this"));
    assert!(refused.says().is_empty());
    let _ = service.clankspace().http.get("/report").await.is(303);
    // Programs are told in JSON, by their tokens.
    assert_eq!(
        mia.http.with_header("accept", "application/json").get("/report").await.is(200).list("reports").len(),
        1
    );
    let _ = kai.http.with_header("accept", "application/json").get("/report").await.is(403);
}

#[tokio::test]
async fn a_reported_post_stays_or_goes() {
    let service = service();
    let kai = report(&service, &["zoe", "bob"]).await;
    let mia = a_moderator(&service, "mia").await;
    let browser = mia.browser();
    let page = Page::get(&browser, "/report").await;
    assert!(page.text("main").contains("2 reports, the last on 21 Nov 2026, 21:01 UTC"));
    let buttons: Vec<String> = page.texts("article button");
    assert!(buttons[0].starts_with("dismiss"), "{buttons:?}");
    assert_eq!(page.texts("article details button"), ["delete it for good", "suspend kai now"]);
    let (_, fields) = filled(&page, "article form[action$='/report/dismiss']");
    for _ in 0..2 {
        let moved = browser.form("/report/dismiss", &fields).await.is(303);
        assert_eq!(location(&mia, &moved), "/report?told=dismissed");
    }
    let page = Page::get(&browser, "/report?told=dismissed").await;
    assert_eq!(page.text(".told"), "The reports of that post are dismissed.");
    assert_eq!(page.texts(".empty"), ["Nothing is reported.", "Nobody is suspended."]);
    assert!(page.says().is_empty());
    assert_eq!(kai.posts("").await.is(200).list("posts").len(), 1);
    let body = json!({"username": "kai", "created_at": fields[1].1});
    let _ = service.a_clankspace_user("ann").await.http.post("/report", body).await.is(201);
    assert_eq!(Page::get(&browser, "/report").await.says(), ["dubious"], "somebody else reports it anew");
    service.advance(1);
    let moved = browser.form("/report/delete", &fields).await.is(303);
    assert_eq!(location(&mia, &moved), "/report?told=deleted");
    let _ = browser.form("/report/delete", &fields).await.is(404);
    assert!(Page::get(&browser, "/report").await.says().is_empty());
    assert!(Page::get(&browser, "/feed").await.says().is_empty());
    let done = mia.http.get("/admin/audit").await.is(200);
    assert_eq!(done.each("entries", "action"), ["delete_post", "dismiss_reports"]);
}

#[tokio::test]
async fn a_suspended_author_is_said_to_be_and_can_be_let_in_again() {
    let service = service();
    let kai = service.an_account(NETWORK, "kai").await;
    let (zoe, mia) = (service.a_clankspace_user("zoe").await, a_moderator(&service, "mia").await);
    let _ = client(&service, &kai).post("dubious").await.is(201);
    let page = Page::get(&zoe.browser(), "/feed").await;
    let (_, fields) = filled(&page, "article form");
    let _ = zoe.browser().form("/post/report", &fields).await.is(303);
    service.set_suspended(NETWORK, kai.id, true).await;
    let page = Page::get(&mia.browser(), "/report").await;
    assert_eq!((page.says(), page.text(".alarmed")), (vec!["dubious".into()], "suspended".into()));
    let (action, fields) = filled(&page, "article form[action$='/report/lift']");
    assert_eq!((action, fields), (format!("{}/report/lift", mia.http.base()), vec![("username", "kai")]));
    assert!(page.select("form[action$='/report/suspend']").is_empty());
}

#[tokio::test]
async fn whoever_is_suspended_is_listed_without_a_report() {
    let service = service();
    let (zoe, mia) = (service.a_clankspace_user("zoe").await, a_moderator(&service, "mia").await);
    for name in ["kai", "bob"] {
        let account = service.an_account(NETWORK, name).await;
        service.set_suspended(NETWORK, account.id, true).await;
        service.advance(1);
    }
    let page = Page::get(&mia.browser(), "/report").await;
    assert_eq!(page.texts("section strong"), ["bob", "kai"]);
    let (action, fields) = filled(&page, "section li:first-child form");
    assert_eq!((action, fields), (format!("{}/report/lift", mia.http.base()), vec![("username", "bob")]));
    let first = mia.http.get("/admin/suspended?limit=1").await.is(200);
    assert_eq!(first.each("suspended", "username"), ["bob"]);
    let (before, id) = (first.string("next_before").replace('+', "%2B"), first.string("next_before_id").to_owned());
    let rest = format!("?limit=1&before={before}&before_id={id}");
    let second = mia.http.get(&format!("/admin/suspended{rest}")).await.is(200);
    assert_eq!(second.each("suspended", "username"), ["kai"]);
    assert!(second["next_before"].is_null() && second["next_before_id"].is_null());
    assert_eq!(Page::get(&mia.browser(), &format!("/report/suspended{rest}")).await.texts("main strong"), ["kai"]);
    let _ = zoe.http.get("/admin/suspended").await.is(403);
    let _ = zoe.browser().get("/report/suspended").await.is(403);
    let _ = service.clankspace().http.get("/report/suspended").await.is(303);
}
