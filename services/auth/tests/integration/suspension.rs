//! Suspending users of Clankspace, and lifting that.

use diesel::prelude::*;
use models::schema::{accounts, audit_entries};
use support::{Answer, Clankspace, Http, Networks as _, Service, json, tokio};

const FORM: &str = "application/x-www-form-urlencoded";

fn service() -> Service {
    Service::start_with(auth::routes, auth::workers, |settings| {
        settings.appeals_address = Some("appeals@example.org".to_owned());
    })
}

fn operator(service: &Service) -> Http {
    service.clankspace().http.with_token(&service.admin_token())
}

/// Makes a user, and a moderator of it.
async fn a_moderator(service: &Service, name: &str) -> Clankspace {
    let user = service.a_clankspace_user(name).await;
    let _ = operator(service).post_nothing(&format!("/admin/moderators/{name}")).await.is(200);
    user
}

async fn suspend(http: &Http, name: &str) -> Answer {
    http.post_nothing(&format!("/admin/suspend/{name}")).await
}

async fn lift(http: &Http, name: &str) -> Answer {
    http.delete(&format!("/admin/suspend/{name}")).await
}

/// What was done by moderators and the operator: by whom, what, and to whom, in the order of that.
async fn audit(service: &Service) -> Vec<(Option<String>, String, String)> {
    let actors = diesel::alias!(accounts as actors);
    let entries = audit_entries::table
        .left_join(actors.on(actors.field(accounts::id).nullable().eq(audit_entries::actor_id)))
        .inner_join(accounts::table.on(accounts::id.nullable().eq(audit_entries::account_id)))
        .select((actors.field(accounts::handle).nullable(), audit_entries::action, accounts::handle));
    let mut entries: Vec<_> = service.read(move |conn| Ok(entries.load(conn)?)).await;
    entries.sort();
    entries
}

fn entry(actor: Option<&str>, action: &str, account: &str) -> (Option<String>, String, String) {
    (actor.map(str::to_owned), action.to_owned(), account.to_owned())
}

/// Whether the address of a user gets a code when it asks for one.
async fn gets_codes(service: &Service, email: &str) -> bool {
    let before = service.mails().codes(email).len();
    let _ = service.clankspace().request_code(email).await.is(200);
    service.mail_is_sent().await;
    service.mails().codes(email).len() > before
}

#[tokio::test]
async fn a_suspended_user_is_out_and_told_so_until_it_is_lifted() {
    let service = service();
    let zoe = a_moderator(&service, "zoe").await;
    let kai = service.clankspace().join(&service.mails(), "Kai").await;
    let _ = kai.me().await.is(200);
    let answer = suspend(&zoe.http, "kAI").await;
    let _ = answer.is_exactly(200, &json!({"username": "Kai", "suspended": true}));
    let _ = kai.me().await.is_exactly(401, &json!({"error": "Invalid token", "code": "unauthorized"}));
    let mail = service.mails().mail("kai@example.com", "is suspended").await;
    assert_eq!(mail.subject, "Your Clankspace account Kai is suspended");
    assert_eq!(mail.reply_to.as_deref(), Some("appeals@example.org"));
    assert!(!gets_codes(&service, "Kai@example.com").await);

    let answer = lift(&zoe.http, "kai").await;
    let _ = answer.is_exactly(200, &json!({"username": "Kai", "suspended": false}));
    let mail = service.mails().mail("kai@example.com", "no longer suspended").await;
    assert_eq!(mail.reply_to.as_deref(), Some("appeals@example.org"));
    let _ = kai.me().await.is(401);
    assert!(gets_codes(&service, "Kai@example.com").await);
    let expected =
        [entry(None, "grant", "zoe"), entry(Some("zoe"), "lift", "Kai"), entry(Some("zoe"), "suspend", "Kai")];
    assert_eq!(audit(&service).await, expected);
}

#[tokio::test]
async fn whoever_answers_reaches_who_mail_is_from_where_nobody_else_is_named() {
    let service = Service::start(auth::routes, auth::workers);
    let _ = service.clankspace().join(&service.mails(), "kai").await;
    let _ = suspend(&operator(&service), "kai").await.is(200);
    let mail = service.mails().mail("kai@example.com", "is suspended").await;
    assert!(mail.reply_to.as_deref().is_some_and(|mailbox| mailbox.contains("no-reply@localhost")), "{mail:?}");
}

#[tokio::test]
async fn again_changes_nothing() {
    let service = service();
    let kai = service.clankspace().join(&service.mails(), "kai").await;
    let operator = operator(&service);
    let _ = lift(&operator, "kai").await.is(200);
    let _ = kai.me().await.is(200);
    for _ in 0..2 {
        let _ = suspend(&operator, "kai").await.is(200);
    }
    for _ in 0..2 {
        let _ = lift(&operator, "kai").await.is(200);
    }
    // The last mail is there: so are those before it.
    service.mails().mail("kai@example.com", "no longer").await;
    let told = service.mails().mails("kai@example.com");
    assert_eq!(told.iter().filter(|mail| mail.subject.contains("suspended")).count(), 2);
    assert_eq!(audit(&service).await, [entry(None, "lift", "kai"), entry(None, "suspend", "kai")]);
}

#[tokio::test]
async fn of_many_at_once_one_does_it() {
    let service = service();
    let _ = service.clankspace().join(&service.mails(), "kai").await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let operator = operator(&service);
        calls.spawn(async move { suspend(&operator, "kai").await.status });
    }
    assert!(calls.join_all().await.into_iter().all(|status| status == 200));
    assert_eq!(audit(&service).await, [entry(None, "suspend", "kai")]);
}

#[tokio::test]
async fn only_moderators_and_the_operator_suspend() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    let zoe = service.a_clankspace_user("zoe").await;
    let form = json!({"error": "Only moderators may do this", "code": "forbidden"});
    let _ = suspend(&kai.http, "zoe").await.is_exactly(403, &form);
    let _ = lift(&kai.http, "zoe").await.is_exactly(403, &form);
    let _ = suspend(&service.clankspace().http, "zoe").await.is(401);
    let _ = suspend(&service.clankspace().http.with_token("wrong"), "zoe").await.is(401);
    let _ = zoe.me().await.is(200);
}

#[tokio::test]
async fn who_cannot_be_suspended() {
    let service = service();
    let zoe = a_moderator(&service, "zoe").await;
    let bob = a_moderator(&service, "bob").await;
    let own = json!({"error": "username must be somebody else's: nobody suspends themselves", "code": "invalid"});
    let _ = suspend(&zoe.http, "ZOE").await.is_exactly(400, &own);
    let _ = lift(&zoe.http, "zoe").await.is_exactly(400, &own);
    let other = json!({"error": "Only the operator may suspend a moderator", "code": "forbidden"});
    let _ = suspend(&zoe.http, "bob").await.is_exactly(403, &other);
    let _ = bob.me().await.is(200);
    let system = json!({"error": "The network's own account cannot be suspended", "code": "conflict"});
    let _ = suspend(&zoe.http, "mot").await.is_exactly(409, &system);
    let _ = suspend(&operator(&service), "mot").await.is_exactly(409, &system);
    let unknown = json!({"error": "User not found", "code": "not_found"});
    for name in ["nobody", "a%00b", "zoe%20", "zoe%2F.."] {
        let _ = suspend(&operator(&service), name).await.is_exactly(404, &unknown);
    }
    let _ = lift(&operator(&service), "nobody").await.is_exactly(404, &unknown);
}

#[tokio::test]
async fn a_moderator_that_the_operator_suspends_moderates_no_more() {
    let service = service();
    let zoe = a_moderator(&service, "zoe").await;
    let bob = a_moderator(&service, "bob").await;
    let kai = service.a_clankspace_user("kai").await;
    let _ = suspend(&operator(&service), "zoe").await.is(200);
    let _ = suspend(&zoe.http, "kai").await.is(401);
    let _ = kai.me().await.is(200);
    let _ = lift(&bob.http, "zoe").await.is(403);
    let _ = lift(&operator(&service), "zoe").await.is(200);
}

/// A browser that has signed in with this token, on the page of reports.
fn browser(user: &Clankspace) -> Http {
    let cookie = format!("clankspace_session={}", user.http.token());
    user.http.without_token().with_header("cookie", &cookie).with_header("sec-fetch-site", "same-origin")
}

async fn submit(http: &Http, path: &str, fields: &str) -> Answer {
    http.with_header("content-type", FORM).call("POST", path, Some(fields.as_bytes().to_vec())).await
}

#[tokio::test]
async fn a_moderator_suspends_and_lifts_by_the_forms_of_the_page() {
    let service = service();
    let zoe = a_moderator(&service, "zoe").await;
    let kai = service.clankspace().join(&service.mails(), "kai").await;
    let suspended = submit(&browser(&zoe), "/report/suspend", "username=kai").await.is(303);
    assert_eq!(suspended.header("location"), Some(&*format!("{}/report?told=suspended", zoe.http.base())));
    let _ = kai.me().await.is(401);
    let _ = submit(&browser(&zoe), "/report/lift", "username=kai").await.is(303);
    assert!(gets_codes(&service, "kai@example.com").await);
    let expected =
        [entry(None, "grant", "zoe"), entry(Some("zoe"), "lift", "kai"), entry(Some("zoe"), "suspend", "kai")];
    assert_eq!(audit(&service).await, expected);
}

#[tokio::test]
async fn the_forms_do_nothing_for_others() {
    let service = service();
    let zoe = a_moderator(&service, "zoe").await;
    let kai = service.a_clankspace_user("kai").await;
    let bob = service.a_clankspace_user("bob").await;
    for path in ["/report/suspend", "/report/lift"] {
        let refused = submit(&browser(&bob), path, "username=kai").await.is(403);
        let page = support::Page::new(&refused, path);
        assert!(page.text("main").contains("Only moderators may do this"), "{refused}");
        let nobody = service.clankspace().http;
        let sent_away = submit(&nobody, path, "username=kai").await.is(303);
        let login = format!("{}/login?next=%2Freport", nobody.base());
        assert_eq!(sent_away.header("location"), Some(&*login));
        // A token opens no page, and another site sends no form.
        assert_eq!(submit(&zoe.http, path, "username=kai").await.is(303).header("location"), Some(&*login));
        let elsewhere = browser(&zoe).with_header("sec-fetch-site", "cross-site");
        let _ = submit(&elsewhere, path, "username=kai").await.is(403);
        let _ = submit(&browser(&zoe), path, "").await.is(400);
        let _ = submit(&browser(&zoe), path, "username=nobody").await.is(404);
    }
    let _ = kai.me().await.is(200);
    assert_eq!(audit(&service).await.len(), 1);
}
