//! Signing in to Clankspace by mail, with a clock that the tests move.

use models::Network;
use support::{Clankspace, Networks as _, Service, json};

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;
const EMAIL: &str = "kai@example.com";

fn service() -> Service {
    Service::start(auth::routes, auth::workers)
}

/// Asks for the `count`th code to [`EMAIL`], and returns it.
async fn code(service: &Service, count: usize) -> String {
    let _ = service.clankspace().request_code(EMAIL).await.is(200);
    service.mails().code(EMAIL, count).await
}

/// Another six digits than these.
fn wrong(code: &str) -> &'static str {
    if code == "123456" { "654321" } else { "123456" }
}

#[tokio::test]
async fn a_code_works_for_ten_minutes() {
    let service = service();
    let site = service.clankspace();
    let first = code(&service, 1).await;
    service.advance(10 * MINUTE - 1);
    let _ = site.verify_code(EMAIL, &first).await.is(200);
    let second = code(&service, 2).await;
    service.advance(10 * MINUTE);
    let form = json!({"error": "The code is wrong, used or expired", "code": "unauthorized"});
    let _ = site.verify_code(EMAIL, &second).await.is_exactly(401, &form);
}

#[tokio::test]
async fn a_code_works_once_and_only_the_newest() {
    let service = service();
    let site = service.clankspace();
    let first = code(&service, 1).await;
    let second = code(&service, 2).await;
    if first != second {
        let _ = site.verify_code(EMAIL, &first).await.is(401);
    }
    let _ = site.verify_code(" KAI@Example.com ", &format!(" {second} ")).await.is(200);
    let _ = site.verify_code(EMAIL, &second).await.is(401);
}

#[tokio::test]
async fn the_fifth_wrong_attempt_burns_a_code() {
    let service = service();
    let site = service.clankspace();
    let first = code(&service, 1).await;
    for _ in 0..4 {
        let _ = site.verify_code(EMAIL, wrong(&first)).await.is(401);
    }
    let _ = site.verify_code(EMAIL, &first).await.is(200);
    let second = code(&service, 2).await;
    for _ in 0..5 {
        let _ = site.verify_code(EMAIL, wrong(&second)).await.is(401);
    }
    let _ = site.verify_code(EMAIL, &second).await.is(401);
    let third = code(&service, 3).await;
    let _ = site.verify_code(EMAIL, &third).await.is(200);
}

#[tokio::test]
async fn somebody_elses_attempts_burn_nothing() {
    let service = service();
    let own = code(&service, 1).await;
    for _ in 0..6 {
        let _ = service.clankspace().verify_code("zoe@example.com", wrong(&own)).await.is(401);
    }
    let _ = service.clankspace().verify_code("zoe@example.com", &own).await.is(401);
    let _ = service.clankspace().verify_code(EMAIL, &own).await.is(200);
}

#[tokio::test]
async fn three_codes_an_hour_for_an_address() {
    let service = service();
    let site = service.clankspace();
    for _ in 0..2 {
        let _ = site.request_code(EMAIL).await.is(200);
    }
    service.advance(30 * MINUTE);
    let _ = site.request_code("KAI@EXAMPLE.COM").await.is(200);
    let refused = site.request_code(EMAIL).await.is(429);
    assert_eq!((&refused["code"], &refused["retry_after"]), (&json!("rate_limited"), &json!(30 * MINUTE)));
    assert_eq!(refused.header("retry-after"), Some("1800"));
    let _ = site.request_code("zoe@example.com").await.is(200);
    service.advance(30 * MINUTE - 1);
    assert_eq!(site.request_code(EMAIL).await.is(429)["retry_after"], 1, "a refused retry lengthens nothing");
    service.advance(1);
    let _ = site.request_code(EMAIL).await.is(200);
}

#[tokio::test]
async fn a_ticket_lasts_half_an_hour_and_works_once() {
    let service = service();
    let site = service.clankspace();
    let tickets =
        [site.ticket(&service.mails(), "a@example.com").await, site.ticket(&service.mails(), "b@example.com").await];
    service.advance(30 * MINUTE - 1);
    let _ = site.sign_up(&tickets[0], "kai").await.is(201);
    let form = json!({"error": "The signup token is unknown, used or expired", "code": "unauthorized"});
    let _ = site.sign_up(&tickets[0], "kai2").await.is_exactly(401, &form);
    service.advance(1);
    let _ = site.sign_up(&tickets[1], "zoe").await.is_exactly(401, &form);
    let _ = site.sign_up("nonsense", "zoe").await.is_exactly(401, &form);
}

#[tokio::test]
async fn one_must_be_thirteen() {
    // The clock stands on 21 November 2026.
    let service = service();
    let site = service.clankspace();
    let ticket = site.ticket(&service.mails(), EMAIL).await;
    let form = json!({"error": "Members must be at least 13 years old", "code": "forbidden"});
    let _ = site.sign_up_born(&ticket, "kai", "2013-11-22").await.is_exactly(403, &form);
    for birthdate in ["2026-11-22", "2013-02-30", "21.11.2000", "", "2000-1-1"] {
        assert_eq!(site.sign_up_born(&ticket, "kai", birthdate).await.is(400)["code"], "invalid", "{birthdate}");
    }
    let _ = site.sign_up_born(&ticket, "kai", "2013-11-21").await.is(201);
}

#[tokio::test]
async fn a_name_that_is_taken_or_reserved_costs_no_ticket() {
    let service = service();
    let site = service.clankspace();
    service.a_clankspace_user("Zoe").await;
    let ticket = site.ticket(&service.mails(), EMAIL).await;
    let taken = json!({"error": "Username is already taken", "code": "taken"});
    for name in ["zoe", "ZOE", "mot"] {
        let _ = site.sign_up(&ticket, name).await.is_exactly(409, &taken);
    }
    let reserved = [
        "feed",
        "Leader",
        "report",
        "auth",
        "posts",
        "me",
        "leaders",
        "follow",
        "block",
        "autoposter",
        "docs",
        "terms",
        "privacy",
    ];
    for name in reserved {
        assert_eq!(site.sign_up(&ticket, name).await.is(409)["code"], "taken", "{name}");
    }
    for name in ["", "a b", "a-b", "kai!", &"k".repeat(21), "ünder", "a\u{0}"] {
        assert_eq!(site.sign_up(&ticket, name).await.is(400)["code"], "invalid", "{name}");
    }
    let _ = site.sign_up(&ticket, &"k".repeat(20)).await.is(201);
}

#[tokio::test]
async fn an_address_has_one_account() {
    let service = service();
    let site = service.clankspace();
    let first = site.ticket(&service.mails(), EMAIL).await;
    let _ = site.request_code(EMAIL).await.is(200);
    let again = service.mails().code(EMAIL, 2).await;
    let second = site.verify_code(EMAIL, &again).await.is(200).string("signup_token").to_owned();
    let _ = site.sign_up(&first, "kai").await.is(201);
    let _ = site
        .sign_up(&second, "kai2")
        .await
        .is_exactly(409, &json!({"error": "Email is already taken", "code": "taken"}));
}

#[tokio::test]
async fn a_session_ends_after_thirty_days() {
    let service = service();
    let kai = service.clankspace().join(&service.mails(), "kai").await;
    let _ = kai.me().await.is(200);
    service.advance(30 * DAY - 1);
    let _ = kai.me().await.is(200);
    service.advance(1);
    let _ = kai.me().await.is_exactly(401, &json!({"error": "Invalid token", "code": "unauthorized"}));
}

#[tokio::test]
async fn every_sign_in_is_a_session_of_its_own() {
    let service = service();
    let kai = service.clankspace().join(&service.mails(), "kai").await;
    service.advance(DAY);
    let _ = kai.request_code("kai@example.com").await.is(200);
    let code = service.mails().code("kai@example.com", 2).await;
    let second = kai.verify_code("kai@example.com", &code).await.is(200);
    assert!(second.string("expires_at").starts_with("2026-12-22T21:01:43.709469+00:00"), "{second}");
    service.advance(29 * DAY);
    let _ = kai.me().await.is(401);
    let _ = kai.known("kai", second.string("token")).me().await.is(200);
}

#[tokio::test]
async fn a_suspended_account_gets_the_same_answer_and_no_mail() {
    let service = service();
    let kai: Clankspace = service.clankspace().join(&service.mails(), "kai").await;
    let id = service
        .read(|conn| Ok(models::accounts::by_handle(conn, Network::Clankspace, "kai", models::error::Noun::User)?.id))
        .await;
    let unsuspended = kai.request_code("kai@example.com").await.is(200);
    let code = service.mails().code("kai@example.com", 2).await;
    service.set_suspended(Network::Clankspace, id, true).await;
    let suspended = kai.request_code("kai@example.com").await.is(200);
    assert_eq!(suspended.body, unsuspended.body);
    // A mail to somebody else, asked for later, has come: so would this one have.
    let _ = kai.request_code("zoe@example.com").await.is(200);
    service.mails().code("zoe@example.com", 1).await;
    assert_eq!(service.mails().codes("kai@example.com").len(), 2);
    let _ = kai.verify_code("kai@example.com", &code).await.is(401);
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    let service = service();
    let long = format!("{}@example.com", "k".repeat(250));
    for email in ["", "kai", "kai@", "@example.com", "a b@example.com", "kai@example.com\r\nBcc: x@y.z", long.as_str()]
    {
        assert_eq!(service.clankspace().request_code(email).await.is(400)["code"], "invalid", "{email:?}");
    }
}
