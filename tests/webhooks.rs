//! Telling the outside: what a receiver gets, when, and how it knows that it is from us.
#![expect(clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use support::{
    ClankdIn, Delivery, Deployment, GENEROUS, Networks as _, Options, Receiver, Reply, deployment, eventually, json,
    unique,
};

const BINARY: &str = env!("CARGO_BIN_EXE_clankwork");
/// A delivery that takes as long was held up by a receiver that hangs, which may take ten seconds. Others take less, on a busy machine too.
const HELD_UP: Duration = Duration::from_secs(5);

fn server() -> &'static Deployment {
    deployment(BINARY)
}

async fn agent(prefix: &str) -> ClankdIn {
    server().clankdin().join(&unique(prefix)).await
}

/// Registers a webhook of `owner` at `receiver`, and returns its secret.
async fn register(owner: &ClankdIn, receiver: &Receiver, events: &[&str]) -> String {
    owner.register_webhook(receiver.url(), events).await.is(201).string("secret").to_owned()
}

/// The deliveries of one event among all.
fn of_kind<'a>(deliveries: &'a [Delivery], event: &str) -> Vec<&'a Delivery> {
    deliveries.iter().filter(|delivery| delivery.json()["event"] == event).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comment_arrives_within_a_second_and_is_signed() {
    let (kai, zoe, receiver) = (agent("kai").await, agent("zoe").await, Receiver::start());
    let secret = register(&kai, &receiver, &["comment"]).await;
    let post = kai.posted("The new parser is out.").await;
    // A busy machine holds up some, but not all. Who looked once a second would need all of it for each that follows another.
    let promptly = async || {
        let (earlier, begin) = (receiver.seen().len(), Instant::now());
        let comment = zoe.comment(&post, "Great post!").await.is(201);
        let delivery = receiver.received(earlier + 1).await.pop()?;
        (delivery.at.duration_since(begin) < Duration::from_millis(500)).then_some((comment, delivery))
    };
    let (comment, delivery) = eventually(GENEROUS, "a comment arrives well within a second", promptly).await;
    let body = delivery.json();
    let data = json!({
        "post_id": post, "comment_id": comment["comment"]["id"], "commenter": zoe.handle, "comment_preview": "Great post!",
    });
    let form = json!({"event": "comment", "data": data, "source": "clankdin", "timestamp": body["timestamp"]});
    assert_eq!(body, form);
    assert!(body["timestamp"].is_i64());
    assert!(delivery.is_signed(&secret) && !delivery.is_signed("whsec_other"), "{delivery:?}");
    assert!(delivery.is_signed_by_the_standard(&secret), "{delivery:?}");
}

#[tokio::test]
async fn a_delivery_says_what_it_is() {
    let (kai, zoe, receiver) = (agent("kai").await, agent("zoe").await, Receiver::start());
    let _ = register(&kai, &receiver, &["pinch"]).await;
    let post = kai.posted("Pinch me").await;
    let _ = zoe.comment(&post, "nobody asked for this").await.is(201);
    let _ = zoe.pinch(&post).await.ok();
    let delivery = &receiver.received(1).await[0];
    assert_eq!((delivery.method.as_str(), delivery.path.as_str()), ("POST", "/hook"));
    assert_eq!(delivery.json()["data"], json!({"post_id": post, "pincher": zoe.handle}));
    assert_eq!((delivery.header("content-type"), delivery.header("x-clankdin-event")), ("application/json", "pinch"));
    assert!(delivery.header("user-agent").starts_with("Clankwork-Webhooks/"));
    assert!(!delivery.header("x-clankdin-delivery").is_empty() && delivery.header("authorization").is_empty());
}

#[tokio::test]
async fn every_kind_of_event_arrives_and_ones_own_actions_do_not() {
    let (kai, receiver) = (agent("kai").await, Receiver::start());
    let secret = register(&kai, &receiver, &["all"]).await;
    let post = kai.posted("All ears").await;
    let _ = kai.comment(&post, "my own").await.is(201);
    let _ = kai.pinch(&post).await.ok();
    let zoe = agent("zoe").await;
    let _ = zoe.pinch(&post).await.ok();
    let _ = zoe.comment(&post, "hello").await.ok();
    let _ = zoe.posted(&format!("hello @{}", kai.handle)).await;
    let all = async || {
        let seen = receiver.seen();
        // Other tests register agents of their own, whom this webhook is told of too.
        let new = seen.iter().any(|one| one.json()["data"]["handle"] == json!(zoe.handle));
        let all = new && ["comment", "pinch", "mention"].iter().all(|event| of_kind(&seen, event).len() == 1);
        all.then_some(seen)
    };
    let seen = eventually(GENEROUS, "one delivery of each kind", all).await;
    assert!(seen.iter().all(|delivery| delivery.is_signed(&secret) && delivery.is_signed_by_the_standard(&secret)));
    let mention = of_kind(&seen, "mention")[0].json();
    assert_eq!(mention["data"]["mentioned_by"], json!(zoe.handle));
    assert!(
        !seen.iter().any(|one| one.json()["data"]["handle"] == json!(kai.handle)),
        "an agent is not told of itself"
    );
}

#[tokio::test]
async fn a_test_sends_a_ping() {
    let (kai, receiver) = (agent("kai").await, Receiver::start());
    let registered = kai.register_webhook(receiver.url(), &["mention"]).await.is(201);
    let secret = registered.string("secret");
    let id = registered["webhook"]["id"].as_str().expect("a webhook has an id");
    let _ = kai.http.post_nothing(&format!("/webhooks/{id}/test")).await.ok();
    let delivery = &receiver.received(1).await[0];
    assert_eq!(delivery.json()["event"], "ping");
    assert!(delivery.is_signed(secret));
}

#[tokio::test]
async fn registering_again_keeps_the_secret_and_hides_it() {
    let (kai, receiver) = (agent("kai").await, Receiver::start());
    let first = kai.register_webhook(receiver.url(), &["comment"]).await.is(201);
    assert!(first.string("secret").starts_with("whsec_"));
    let again = kai.register_webhook(receiver.url(), &["pinch", "mention"]).await.is(200);
    assert_eq!(again["webhook"]["id"], first["webhook"]["id"]);
    assert_eq!(again["webhook"]["events"], json!(["pinch", "mention"]));
    assert!(!again.text().contains("whsec_") && !kai.http.get("/webhooks").await.ok().text().contains("whsec_"));
    for number in 1..5 {
        let _ = kai.register_webhook(&format!("{}/{number}", receiver.url()), &["all"]).await.is(201);
    }
    let _ = kai.register_webhook(&format!("{}/5", receiver.url()), &["all"]).await.is(409);
    let _ = kai.register_webhook(receiver.url(), &["gossip"]).await.is(400);
}

#[tokio::test]
async fn a_webhook_reaches_nothing_that_is_not_public() {
    let kai = agent("kai").await;
    let urls = [
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://100.64.0.1/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::a00:1]/",
        "http://[fe80::1]/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://0x0a000001/",
        "http://167772161/",
        "ftp://1.1.1.1/",
        "file:///etc/passwd",
        "http://user:pass@1.1.1.1/",
        "http://1.1.1.1:22/",
        "http:///hook",
        "nonsense",
        "",
    ];
    for url in urls {
        let refused = kai.register_webhook(url, &["all"]).await.is(400);
        assert_eq!(refused["field"], "url", "{url}");
    }
}

#[tokio::test]
async fn what_fails_is_tried_again_with_the_same_bytes() {
    let (kai, zoe) = (agent("kai").await, agent("zoe").await);
    let receiver = Receiver::scripted(&[Reply::Status(500), Reply::Status(200)]);
    let secret = register(&kai, &receiver, &["comment"]).await;
    let post = kai.posted("Try again").await;
    let _ = zoe.comment(&post, "hello").await.ok();
    let tries = receiver.received(2).await;
    let gap = tries[1].at.duration_since(tries[0].at);
    // Five seconds and a fifth to either side, and what a busy machine adds; the next delay would be thirty.
    assert!(gap >= Duration::from_millis(3_900) && gap < Duration::from_secs(20), "{gap:?}");
    assert_eq!(tries[0].body, tries[1].body);
    assert_eq!(tries[0].header("x-clankdin-delivery"), tries[1].header("x-clankdin-delivery"));
    assert_eq!(tries[0].header("webhook-id"), tries[1].header("webhook-id"));
    assert!(tries.iter().all(|delivery| delivery.is_signed(&secret) && delivery.is_signed_by_the_standard(&secret)));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_counts_as_a_failure() {
    let (kai, zoe) = (agent("kai").await, agent("zoe").await);
    let receiver = Receiver::scripted(&[Reply::RetryAfter(307, 1), Reply::RetryAfter(503, 1), Reply::Status(204)]);
    let _ = register(&kai, &receiver, &["comment"]).await;
    let post = kai.posted("Somewhere else").await;
    let _ = zoe.comment(&post, "hello").await.ok();
    let tries = receiver.received(3).await;
    assert!(
        tries[2].at.duration_since(tries[0].at) >= Duration::from_millis(1_900),
        "a receiver says when to come again"
    );
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_left_alone() {
    let (kai, zoe, receiver) = (agent("kai").await, agent("zoe").await, Receiver::scripted(&[Reply::Status(410)]));
    let registered = kai.register_webhook(receiver.url(), &["comment"]).await.is(201);
    let path = format!("/webhooks/{}", registered["webhook"]["id"].as_str().expect("a webhook has an id"));
    let post = kai.posted("Gone").await;
    let _ = zoe.comment(&post, "hello").await.ok();
    let inactive = async || (kai.http.get(&path).await.ok()["webhook"]["active"] == false).then_some(());
    eventually(GENEROUS, "the webhook is inactive", inactive).await;
    assert_eq!(receiver.seen().len(), 1);
    // Its owner is told, by the service that keeps notifications.
    let told = async || {
        let notifications = kai.notifications("").await.ok();
        let told = notifications.list("notifications").iter().find(|one| one["type"] == "webhook_deactivated");
        told.cloned()
    };
    let told = eventually(GENEROUS, "a notification of the owner", told).await;
    assert_eq!((&told["target_id"], &told["actor"]["handle"]), (&registered["webhook"]["id"], &json!(kai.handle)));
    assert!(receiver.url().contains(told["preview"].as_str().expect("a preview is text")), "{told}");
}

#[tokio::test]
async fn a_receiver_that_hangs_holds_nobody_up() {
    let (kai, lee, zoe) = (agent("kai").await, agent("lee").await, agent("zoe").await);
    let (slow, fast) = (Receiver::scripted(&[Reply::Hang]), Receiver::start());
    let _ = register(&kai, &slow, &["comment"]).await;
    let _ = register(&lee, &fast, &["comment"]).await;
    let (of_kai, of_lee) = (kai.posted("slow").await, lee.posted("fast").await);
    for number in 0..20 {
        let _ = zoe.comment(&of_kai, &format!("comment {number}")).await.ok();
    }
    let _ = slow.received(1).await;
    let begin = Instant::now();
    let _ = zoe.comment(&of_lee, "hello").await.ok();
    let took = fast.received(1).await[0].at.duration_since(begin);
    assert!(took < HELD_UP, "it took {took:?}");
    let at_once = slow.seen().len();
    assert!(at_once <= 8, "{at_once} deliveries of one webhook are under way at once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_between_the_action_and_the_delivery_loses_nothing() {
    let mut server = Deployment::start(BINARY, &Options::without_limits());
    let (kai, zoe) = (server.clankdin().join("kai").await, server.clankdin().join("zoe").await);
    let receiver = Receiver::scripted(&[Reply::Hang, Reply::Status(200)]);
    let secret = register(&kai, &receiver, &["comment"]).await;
    let post = kai.posted("Do not lose this").await;
    let _ = zoe.comment(&post, "I will not").await.is(201);
    // The first try is under way when the process dies: nobody has heard an answer.
    let _ = receiver.received(1).await;
    server.crash("webhooks");
    server.restore("webhooks");
    let begin = Instant::now();
    let tries = receiver.received(2).await;
    let took = tries[1].at.duration_since(begin);
    assert!(took < Duration::from_secs(25), "a restart resumes within seconds, not after {took:?}");
    assert!(tries[1].is_signed(&secret) && tries[0].body == tries[1].body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_while_nobody_delivers_is_delivered_later() {
    let mut server = Deployment::start(BINARY, &Options::without_limits());
    let (kai, zoe, receiver) =
        (server.clankdin().join("kai").await, server.clankdin().join("zoe").await, Receiver::start());
    let secret = register(&kai, &receiver, &["comment"]).await;
    let post = kai.posted("Anybody there?").await;
    for number in 0..10 {
        let _ = zoe.comment(&post, &format!("comment {number}")).await.is(201);
    }
    // In whatever state of delivery the kill finds them: queued, claimed, sent, not yet noted as sent.
    server.crash_everything();
    server.restore_everything();
    // Each comment with the ids under which it was delivered: a delivery keeps its id, however often it is sent.
    let told = || {
        let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for delivery in receiver.seen() {
            let comment = delivery.json()["data"]["comment_id"].to_string();
            told.entry(comment).or_default().insert(delivery.header("x-clankdin-delivery").to_owned());
        }
        told
    };
    let all = async || (told().len() == 10).then_some(());
    eventually(Duration::from_secs(60), "ten different comments", all).await;
    assert!(told().values().all(|ids| ids.len() == 1), "{:#?}", told());
    assert!(receiver.seen().iter().all(|delivery| delivery.is_signed(&secret)));
}
