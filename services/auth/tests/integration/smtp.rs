//! Mail by SMTP: what a server takes, refuses, or leaves unanswered.

use std::collections::BTreeSet;

use models::schema::mails;
use support::{GENEROUS, Networks as _, Service, SmtpManner, SmtpServer, eventually, tokio};

use crate::EMAIL;

fn service(server: &SmtpServer) -> Service {
    let mail = server.url();
    Service::start_with(auth::routes, auth::workers, |settings| settings.mail = mail.into())
}

/// How often the mails that wait have failed.
async fn attempts(service: &Service) -> Vec<i32> {
    use diesel::prelude::*;
    service.read(|conn| Ok(mails::table.select(mails::attempts).load(conn)?)).await
}

/// Waits until the one mail that waits has failed so often.
async fn failed(service: &Service, times: i32) {
    let what = format!("a mail has failed {times} times");
    eventually(GENEROUS, &what, async || (attempts(service).await == [times]).then_some(())).await;
}

#[tokio::test]
async fn a_mail_has_a_plain_part_and_one_in_html() {
    let server = SmtpServer::start(SmtpManner::Takes);
    let service = service(&server);
    let _ = service.clankspace().request_code(EMAIL).await.is(200);
    service.mail_is_sent().await;
    let raw = server.raw_mails(EMAIL);
    assert_eq!(raw.len(), 1);
    let mail = &server.mails(EMAIL)[0];
    let code = mail.subject.split(' ').next().expect("the subject begins with the code");
    assert!(code.len() == 6 && mail.text.contains(code), "{mail:?}");
    let _ = service.clankspace().verify_code(EMAIL, code).await.is(200);
    for part in [
        "Content-Type: multipart/alternative",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
        "From: Clankspace <no-reply@localhost>",
        "Auto-Submitted: auto-generated",
        "Date: ",
        "Message-ID: <",
    ] {
        assert!(raw[0].contains(part), "{part}: {}", raw[0]);
    }
}

#[tokio::test]
async fn what_is_refused_for_the_moment_is_sent_later() {
    let server = SmtpServer::start(SmtpManner::Refuses("451 4.7.1 Try again later"));
    let service = service(&server);
    let _ = service.clankspace().request_code(EMAIL).await.is(200);
    failed(&service, 1).await;
    service.advance(5);
    failed(&service, 2).await;
    server.behave(SmtpManner::Takes);
    service.advance(15);
    service.mail_is_sent().await;
    assert_eq!(server.mails(EMAIL).len(), 1);
}

#[tokio::test]
async fn what_is_refused_for_good_is_given_up() {
    let server = SmtpServer::start(SmtpManner::Refuses("550 5.1.1 <kai@example.com>: nobody here"));
    let service = service(&server);
    let _ = service.clankspace().request_code(EMAIL).await.is(200);
    service.mail_is_sent().await;
    assert_eq!((server.connections(), server.mails(EMAIL).len()), (1, 0));
}

#[tokio::test]
async fn what_a_connection_broke_off_in_is_sent_again_as_the_same_mail() {
    let server = SmtpServer::start(SmtpManner::HangsUp);
    let service = service(&server);
    let _ = service.clankspace().request_code(EMAIL).await.is(200);
    failed(&service, 1).await;
    server.behave(SmtpManner::Takes);
    service.advance(5);
    service.mail_is_sent().await;
    let raw = [server.broken_off(EMAIL), server.raw_mails(EMAIL)].concat();
    let ids: BTreeSet<&str> =
        raw.iter().filter_map(|mail| mail.lines().find(|line| line.starts_with("Message-ID: "))).collect();
    assert_eq!((raw.len(), ids.len()), (2, 1), "{ids:?}");
}

#[tokio::test]
async fn a_code_that_has_expired_is_sent_to_nobody() {
    let server = SmtpServer::start(SmtpManner::Refuses("451 4.7.1 Try again later"));
    let service = service(&server);
    let _ = service.clankspace().request_code(EMAIL).await.is(200);
    failed(&service, 1).await;
    server.behave(SmtpManner::Takes);
    service.advance(600);
    service.mail_is_sent().await;
    assert_eq!(server.mails(EMAIL).len(), 0);
}

#[tokio::test]
async fn a_code_is_tried_for_ten_minutes_and_no_longer() {
    let server = SmtpServer::start(SmtpManner::Refuses("421 4.3.2 Closing down"));
    let service = service(&server);
    let _ = service.clankspace().request_code(EMAIL).await.is(200);
    for (failures, delay) in [(1, 5), (2, 15), (3, 60), (4, 180), (5, 300)] {
        failed(&service, failures).await;
        service.advance(delay);
    }
    service.mail_is_sent().await;
    assert_eq!(server.connections(), 6);
}

#[tokio::test]
async fn of_several_instances_one_sends_a_mail() {
    let server = SmtpServer::start(SmtpManner::Takes);
    let mail = server.url();
    // Each has its own mailer and knows nothing of the others but what the database says.
    let service = Service::start_with(
        auth::routes,
        |state, stop| {
            let mut workers = Vec::new();
            for _ in 0..3 {
                workers.extend(auth::workers(state, stop)?);
            }
            Ok(workers)
        },
        |settings| settings.mail = mail.into(),
    );
    let addresses: Vec<String> = (0..40).map(|number| format!("agent{number}@example.com")).collect();
    for address in &addresses {
        let _ = service.clankspace().request_code(address).await.is(200);
    }
    service.mail_is_sent().await;
    for address in &addresses {
        assert_eq!(server.mails(address).len(), 1, "{address}");
    }
}

#[tokio::test]
async fn a_mail_that_gets_no_answer_keeps_no_other_waiting() {
    let server = SmtpServer::start(SmtpManner::HangsFor("slow@example.com"));
    let service = service(&server);
    let _ = service.clankspace().request_code("slow@example.com").await.is(200);
    eventually(GENEROUS, "the server is asked", async || (server.connections() == 1).then_some(())).await;
    for address in ["a@example.com", "b@example.com"] {
        let _ = service.clankspace().request_code(address).await.is(200);
    }
    let both = async || (server.mails("a@example.com").len() + server.mails("b@example.com").len() == 2).then_some(());
    // A server that gives no answer is waited for longer.
    eventually(std::time::Duration::from_secs(15), "the others have their mail", both).await;
    // The service ends when its mails have.
    drop(server);
}
