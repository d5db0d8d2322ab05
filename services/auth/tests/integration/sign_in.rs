//! Signing in to Clankspace by mail, with a clock that the tests move.

#![expect(clippy::string_slice, reason = "a test that cannot go on stops, and says where")]

use diesel::prelude::*;
use models::Network;
use models::schema::{accounts, addresses, autoposters, credentials};
use support::{Clankspace, Networks as _, Service, SmtpManner, SmtpServer, json, tokio};
use web::vault::Kind;

use crate::{DAY, EMAIL, with_workers};

const MINUTE: i64 = 60;

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
    let service = with_workers();
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
    let service = with_workers();
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
    let service = with_workers();
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
async fn where_registration_is_closed_a_right_code_is_not_used_up_by_who_is_new() {
    let service = Service::start_with(::auth::routes, ::auth::workers, |settings| {
        settings.closed = vec![Network::Clankspace];
    });
    let site = service.clankspace();
    let code = code(&service, 1).await;
    let form = json!({"error": "Registration is closed on this server", "code": "forbidden"});
    for _ in 0..6 {
        let _ = site.verify_code(EMAIL, &code).await.is_exactly(403, &form);
    }
    let _ = site.verify_code(EMAIL, wrong(&code)).await.is(401);
    let kai = service.an_account(Network::Clankspace, "kai").await.id;
    let vault = &service.state.vault;
    let hash = vault.fingerprint(&format!("address {EMAIL}")).unwrap();
    let sealed = vault.seal(Kind::Address, EMAIL.as_bytes()).unwrap();
    service
        .write(move |tx| {
            let address = (
                addresses::account_id.eq(kai),
                addresses::address_hash.eq(hash.as_slice()),
                addresses::sealed_address.eq(&sealed),
            );
            diesel::insert_into(addresses::table).values(address).execute(tx.conn())?;
            Ok(())
        })
        .await;
    assert_eq!(site.verify_code(EMAIL, &code).await.is(200)["username"], "kai");
}

#[tokio::test]
async fn somebody_elses_attempts_burn_nothing() {
    let service = with_workers();
    let own = code(&service, 1).await;
    for _ in 0..6 {
        let _ = service.clankspace().verify_code("zoe@example.com", wrong(&own)).await.is(401);
    }
    let _ = service.clankspace().verify_code("zoe@example.com", &own).await.is(401);
    let _ = service.clankspace().verify_code(EMAIL, &own).await.is(200);
}

#[tokio::test]
async fn three_codes_an_hour_for_an_address() {
    let service = with_workers();
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
    let service = with_workers();
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
    let service = with_workers();
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
    let service = with_workers();
    let site = service.clankspace();
    service.a_clankspace_user("Zoe").await;
    let ticket = site.ticket(&service.mails(), EMAIL).await;
    let taken = json!({"error": "Username is already taken", "code": "taken"});
    for name in ["zoe", "ZOE", "mot"] {
        let _ = site.sign_up(&ticket, name).await.is_exactly(409, &taken);
    }
    let reserved = [
        "audit",
        "Home",
        "moderation",
        "support",
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
    let service = with_workers();
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
    let service = with_workers();
    let kai = service.clankspace().join(&service.mails(), "kai").await;
    let _ = kai.me().await.is(200);
    service.advance(30 * DAY - 1);
    let _ = kai.me().await.is(200);
    service.advance(1);
    let _ = kai.me().await.is_exactly(401, &json!({"error": "Invalid token", "code": "unauthorized"}));
}

#[tokio::test]
async fn every_sign_in_is_a_session_of_its_own() {
    let service = with_workers();
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
    let service = with_workers();
    let kai: Clankspace = service.clankspace().join(&service.mails(), "kai").await;
    let id = service.id_of("kai").await;
    let unsuspended = kai.request_code("kai@example.com").await.is(200);
    let code = service.mails().code("kai@example.com", 2).await;
    service.set_suspended(Network::Clankspace, id, true).await;
    let suspended = kai.request_code("kai@example.com").await.is(200);
    assert_eq!(suspended.body, unsuspended.body);
    service.mail_is_sent().await;
    assert_eq!(service.mails().codes("kai@example.com").len(), 2);
    let _ = kai.verify_code("kai@example.com", &code).await.is(401);
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    let service = with_workers();
    let long = format!("{}@example.com", "k".repeat(250));
    for email in ["", "kai", "kai@", "@example.com", "a b@example.com", "kai@example.com\r\nBcc: x@y.z", long.as_str()]
    {
        assert_eq!(service.clankspace().request_code(email).await.is(400)["code"], "invalid", "{email:?}");
    }
}

#[tokio::test]
async fn no_column_of_the_database_shows_an_address() {
    let server = SmtpServer::start(SmtpManner::Refuses("451 4.7.1 Try again later"));
    let mail = server.url();
    let service = Service::start_with(auth::routes, auth::workers, |settings| settings.mail = mail.into());
    let site = service.clankspace();
    let hides_it = async |when: &str| {
        for part in ["hidden.one@example.com", "hidden.one", "Hidden.One"] {
            assert_eq!(service.columns_with(part.as_bytes()).await, [""; 0], "{part}: {when}");
        }
    };
    let _ = site.request_code("Hidden.One@example.com").await.is(200);
    hides_it("a mail waits").await;
    server.behave(SmtpManner::Takes);
    service.advance(5);
    service.mail_is_sent().await;
    hides_it("the mail is sent").await;
    let subject = server.mails("hidden.one@example.com")[0].subject.clone();
    let verified = site.verify_code("hidden.one@example.com", &subject[..6]).await.is(200);
    hides_it("a ticket is out").await;
    let _ = site.sign_up(verified.string("signup_token"), "kai").await.is(201);
    hides_it("the account is there").await;
    assert_eq!(
        service.columns_with(b"kai").await,
        ["accounts.handle", "accounts.handle_key"],
        "what is there is found"
    );
    assert_eq!(service.columns_with(verified.string("signup_token").as_bytes()).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_verify_at_once_one_gets_in() {
    let service = with_workers();
    let kai = service.clankspace().join(&service.mails(), "kai").await;
    let email = "kai@example.com";
    let _ = kai.request_code(email).await.is(200);
    let code = service.mails().code(email, 2).await;
    let tries: Vec<_> = (0..10)
        .map(|_| {
            let (kai, code) = (kai.clone(), code.clone());
            tokio::spawn(async move { kai.verify_code(email, &code).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for one in tries {
        statuses.push(one.await.expect("a call is answered"));
    }
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[1..].iter().all(|&status| status == 401)), (200, true), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_sign_up_with_one_ticket_or_one_name_one_does() {
    let service = with_workers();
    let (site, mails) = (service.clankspace(), service.mails());
    let (first, second) = (site.ticket(&mails, "a@example.com").await, site.ticket(&mails, "b@example.com").await);
    let tries: Vec<_> = (0..10)
        .map(|number| {
            let (site, ticket) = (site.clone(), if number % 2 == 0 { first.clone() } else { second.clone() });
            tokio::spawn(async move { site.sign_up(&ticket, "kai").await.status })
        })
        .collect();
    let mut made = 0;
    for one in tries {
        match one.await.expect("a call is answered") {
            201 => made += 1,
            status => assert!([401, 409].contains(&status), "{status}"),
        }
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn every_step_of_signing_in_counts_against_the_client() {
    let service = with_workers();
    let site = service.clankspace();
    let address = std::net::IpAddr::from([127, 0, 0, 1]);
    for _ in 0..599 {
        let subject = web::limits::Subject::of_address(address);
        service
            .state
            .limits
            .admit(subject, Some(web::Action::ClankspaceSignIn), None, None)
            .await
            .expect("there is room");
    }
    let _ = site.verify_code(EMAIL, "123456").await.is(401);
    let _ = site.sign_up("nonsense", "kai").await.is(401);
    let _ = site.request_code("nobody").await.is(400);
    let _ = site.request_code(EMAIL).await.is(200);
    for refused in [
        site.request_code("zoe@example.com").await,
        site.verify_code(EMAIL, "123456").await,
        site.sign_up("nonsense", "kai").await,
    ] {
        assert_eq!(refused.is(429)["code"], "rate_limited");
    }
    service.advance(60 * MINUTE);
    let _ = site.request_code("zoe@example.com").await.is(200);
}

#[tokio::test]
async fn what_is_missing_or_of_the_wrong_type_is_named() {
    let service = with_workers();
    let http = service.clankspace().http;
    for (path, body, field) in [
        ("/auth/request-code", json!({}), "email"),
        ("/auth/request-code", json!({"email": 5}), "email"),
        ("/auth/verify-code", json!({"email": EMAIL}), "code"),
        ("/auth/verify-code", json!({"email": EMAIL, "code": 123456}), "code"),
        ("/auth/verify-code", json!({"email": "nobody", "code": "123456"}), "email"),
        ("/auth/signup", json!({"username": "kai"}), "signup_token"),
        ("/auth/signup", json!({"signup_token": "x"}), "username"),
        ("/auth/signup", json!({"signup_token": "x", "username": "kai", "birthdate": 2000}), "birthdate"),
        ("/auth/signup", json!({"signup_token": "x", "username": "a b"}), "username"),
    ] {
        let refused = http.post(path, body.clone()).await.is(400);
        assert_eq!(refused["code"], "invalid", "{path} {body}");
        assert!(refused.string("error").starts_with(field), "{path} {body}: {refused}");
    }
}

#[tokio::test]
async fn signing_in_leaves_no_token_that_has_ended() {
    let service = with_workers();
    let kai = service.clankspace().join(&service.mails(), "kai").await;
    service.advance(30 * DAY);
    let _ = kai.request_code("kai@example.com").await.is(200);
    let code = service.mails().code("kai@example.com", 2).await;
    let _ = kai.verify_code("kai@example.com", &code).await.is(200);
    let tokens = service.read(|conn| Ok(credentials::table.count().get_result::<i64>(conn)?)).await;
    assert_eq!(tokens, 1);
}

#[tokio::test]
async fn an_account_sees_itself() {
    let service = with_workers();
    let kai = service.clankspace().join(&service.mails(), "Kai").await;
    let own = kai.me().await.is_exactly(
        200,
        &json!({
            "username": "Kai", "created_at": "2026-11-21T21:01:43.709469+00:00", "follower_count": 0, "following_count": 1,
            "post_count": 0, "next_post_at": null, "is_admin": false, "autoposter": null,
        }),
    );
    let id = service.id_of("Kai").await;
    let next = service.state.clock.now().plus_seconds(60 * MINUTE);
    service
        .write(move |tx| {
            let account = diesel::update(accounts::table.find(id));
            account.set((accounts::next_post_at.eq(next), accounts::is_admin.eq(true))).execute(tx.conn())?;
            let hours = (autoposters::wake.eq(22), autoposters::sleep.eq(6), autoposters::enabled.eq(true));
            diesel::insert_into(autoposters::table)
                .values((autoposters::account_id.eq(id), hours))
                .execute(tx.conn())?;
            Ok(())
        })
        .await;
    let later = kai.me().await.is(200);
    assert_eq!(later["next_post_at"], "2026-11-21T22:01:43.709469+00:00");
    assert_eq!((&later["is_admin"], &later["username"]), (&json!(true), &own["username"]));
    assert_eq!(later["autoposter"], json!({"enabled": true, "wake": 22, "sleep": 6}));
    service.advance(60 * MINUTE);
    assert_eq!(kai.me().await.is(200)["next_post_at"], json!(null), "an hour that is over holds nobody up");
}

#[tokio::test]
async fn where_registration_is_closed_the_operator_makes_accounts() {
    let service =
        Service::start_with(::auth::routes, ::auth::workers, |settings| settings.closed = Network::ALL.to_vec());
    let (clawnet, clankdin, site) = (service.clawnet(), service.clankdin(), service.clankspace());
    let forger = support::unknown_token("");
    for token in ["", &*forger] {
        let _ = clawnet.known("", token).register("Tom").await.is(403);
        let _ = clankdin.known("", token).register(&support::application("kai")).await.is(403);
        let _ = site.known("", token).sign_up("signup_x", "kai").await.is(403);
    }
    let operator = service.admin_token();
    let _ = clawnet.known("", &operator).register("Tom").await.is(201);
    let _ = clankdin.known("", &operator).register(&support::application("kai")).await.is(201);
    let site = site.known("", &operator);
    let ticket = site.ticket(&service.mails(), EMAIL).await;
    let _ = site.known("", &forger).sign_up(&ticket, "kai").await.is(403);
    let _ = site.sign_up(&ticket, "kai").await.is(201);
}
