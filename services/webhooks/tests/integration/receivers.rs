//! Receivers that do anything but answer: every exchange ends in time, and says what was the matter.

use diesel::prelude::*;
use models::Id;
use models::schema::{deliveries, delivery_attempts};
use support::{GENEROUS, Manner, RawReceiver, Service, Then, eventually};

/// A receiver, and what is noted of an attempt at it: the status or the problem, and how many milliseconds it takes, from and to.
struct Case {
    scheme: &'static str,
    manner: Manner,
    expected: (Option<i32>, Option<&'static str>),
    takes: (i64, i64),
}

/// At once, on a busy machine.
const AT_ONCE: (i64, i64) = (0, 4_000);
/// As long as connecting may take.
const CONNECT: (i64, i64) = (4_900, 9_000);
/// As long as an exchange may take.
const EXCHANGE: (i64, i64) = (9_900, 14_000);

const OK: (Option<i32>, Option<&str>) = (Some(200), None);

fn case(manner: Manner, expected: (Option<i32>, Option<&'static str>), takes: (i64, i64)) -> Case {
    Case { scheme: "http", manner, expected, takes }
}

const fn problem(word: &'static str) -> (Option<i32>, Option<&'static str>) {
    (None, Some(word))
}

fn cases() -> Vec<Case> {
    use Manner::{Full, Greets, Refuses, Resets, Says, SaysBehindTls};
    use Then::{Closes, Hangs, Repeats};
    let head = "HTTP/1.1 200 OK\r\n";
    let plain = vec![
        case(Refuses, problem("connect"), AT_ONCE),
        case(Resets, problem("connect"), AT_ONCE),
        case(Full, problem("timeout"), CONNECT),
        case(Says("", Hangs), problem("timeout"), EXCHANGE),
        // Broken off.
        case(Says("", Closes), problem("protocol"), AT_ONCE),
        case(Says(head, Closes), problem("protocol"), AT_ONCE),
        case(Says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", Closes), OK, AT_ONCE),
        // No HTTP.
        case(Says("garbage\r\n\r\n", Closes), problem("protocol"), AT_ONCE),
        case(Says("\0\u{1}\u{2}\r\n\r\n", Hangs), problem("protocol"), AT_ONCE),
        case(Greets("220 mail.example ESMTP\r\n"), problem("protocol"), AT_ONCE),
        case(Says("HTTP/1.1 999999 OK\r\n\r\n", Closes), problem("protocol"), AT_ONCE),
        // A byte now and then, in the head, in the body, in the length of a chunk.
        case(Says("", Repeats("H", 1_000)), problem("timeout"), EXCHANGE),
        case(Says("HTTP/1.1 200 OK\r\nX-Slow: ", Repeats("a", 1_000)), problem("timeout"), EXCHANGE),
        case(Says("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", Repeats("a", 1_000)), OK, EXCHANGE),
        case(Says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Repeats("0", 1_000)), OK, EXCHANGE),
        // No end, in the head, in one header, in the body, also where it would unfold to more.
        case(
            Says(head, Repeats("X-Many: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 0)),
            problem("protocol"),
            AT_ONCE,
        ),
        case(
            Says("HTTP/1.1 200 OK\r\nX-Long: ", Repeats("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0)),
            problem("protocol"),
            AT_ONCE,
        ),
        case(Says("HTTP/1.1 200 OK\r\n\r\n", Repeats("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0)), OK, AT_ONCE),
        case(
            Says("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", Repeats("\u{1f}\0\0\0\0\0\0\0", 0)),
            OK,
            AT_ONCE,
        ),
        // Games with what comes before an answer.
        case(Says("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Hangs), OK, AT_ONCE),
        case(Says("HTTP/1.1 100 Continue\r\n\r\n", Hangs), problem("timeout"), EXCHANGE),
        case(Says("", Repeats("HTTP/1.1 100 Continue\r\n\r\n", 10)), problem("timeout"), EXCHANGE),
        case(Says("", Repeats("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 10)), problem("timeout"), EXCHANGE),
        case(
            Says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", Hangs),
            (Some(101), None),
            AT_ONCE,
        ),
        // Somewhere else.
        case(
            Says("HTTP/1.1 307 Elsewhere\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n", Hangs),
            (Some(307), None),
            AT_ONCE,
        ),
    ];
    let encrypted = [
        case(SaysBehindTls("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Closes), problem("tls"), AT_ONCE),
        case(Greets("HTTP/1.1 400 This is plain\r\n\r\n"), problem("tls"), AT_ONCE),
        case(Says("", Hangs), problem("timeout"), CONNECT),
    ];
    plain.into_iter().chain(encrypted.into_iter().map(|case| Case { scheme: "https", ..case })).collect()
}

/// What is noted of the attempt at a webhook.
type Noted = (Option<i32>, Option<String>, i64);

async fn attempt(service: &Service, webhook_id: Id) -> Noted {
    let look = async || {
        service
            .read(move |conn| {
                Ok(delivery_attempts::table
                    .inner_join(deliveries::table)
                    .filter(deliveries::webhook_id.eq(webhook_id))
                    .select((delivery_attempts::status_code, delivery_attempts::error, delivery_attempts::duration_ms))
                    .first::<Noted>(conn)
                    .optional()?)
            })
            .await
    };
    eventually(GENEROUS, "an attempt is noted", look).await
}

#[tokio::test]
async fn every_exchange_ends_in_time_and_says_what_was_the_matter() {
    let service = Service::start(webhooks::routes, webhooks::workers);
    let (mia, _) = service.a_known_agent("mia").await;
    let (mut events, mut expected) = (Vec::new(), Vec::new());
    for (number, case) in cases().into_iter().enumerate() {
        let receiver = RawReceiver::start(case.manner);
        let (agent, client) = service.a_known_agent(&format!("agent{number}")).await;
        let url = format!("{}://{}/hook", case.scheme, receiver.address());
        let new = client.register_webhook(&url, &["comment"]).await.is(201);
        expected.push((case, receiver, Id::parse(new["webhook"]["id"].as_str().unwrap()).unwrap()));
        events.push(mia.comments(&agent, "Hello?"));
    }
    service.happen(events).await;
    let mut wrong = Vec::new();
    for (Case { scheme, manner, expected, takes: (from, to) }, receiver, webhook_id) in &expected {
        let (status, problem, took) = attempt(&service, *webhook_id).await;
        if (status, problem.as_deref()) != *expected || !(*from..=*to).contains(&took) || receiver.connections() > 1 {
            wrong.push(format!("{scheme} {manner:?}: {status:?} {problem:?} after {took} ms"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
