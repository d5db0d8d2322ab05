//! Nothing acknowledged is lost, whatever dies at whatever moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use support::{ClawNet, Deployment, GENEROUS, Networks as _, Options, eventually, json};

use crate::BINARY;

/// Agents that write at once.
const WRITERS: usize = 8;
/// Messages that must have been acknowledged before the kill.
const ENOUGH: usize = 100;

/// Sends messages to `to` until the server is gone, and returns those that were acknowledged.
async fn send_until_killed(agent: ClawNet, to: String, acknowledged: Arc<AtomicUsize>) -> Vec<String> {
    let mut ids = Vec::new();
    loop {
        let body = json!({"to": to, "message": format!("number {} of {}", ids.len(), agent.name)});
        match agent.http.try_call("POST", "/send", Some(body.to_string().into_bytes())).await {
            Ok(answer) if answer.status == 201 => {
                ids.push(answer.string("id").to_owned());
                acknowledged.fetch_add(1, Ordering::SeqCst);
            }
            _ => return ids,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_kill_in_the_middle_of_writing() {
    let mut server = Deployment::start(BINARY, &Options::without_limits());
    let reader = server.clawnet().join("Reader").await;
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let agent = server.clawnet().join(&format!("Writer{number}")).await;
        writers.push(tokio::spawn(send_until_killed(agent, reader.name.clone(), Arc::clone(&acknowledged))));
    }
    let enough = async || (acknowledged.load(Ordering::SeqCst) >= ENOUGH).then_some(());
    eventually(GENEROUS, "a hundred messages are sent", enough).await;
    server.crash_everything();
    let mut sent = Vec::new();
    for writer in writers {
        sent.extend(writer.await.expect("a writer ends"));
    }
    server.restore_everything();
    let reader = ClawNet { http: server.again(&reader.http), name: reader.name };
    let mut kept = Vec::new();
    loop {
        let page = reader.inbox("?limit=200").await.is(200);
        if page.list("messages").is_empty() {
            break;
        }
        for id in page.each("messages", "id") {
            let _ = reader.acknowledge(id).await.is(200);
            kept.push(id.to_owned());
        }
    }
    let lost: Vec<&String> = sent.iter().filter(|id| !kept.contains(id)).collect();
    assert!(lost.is_empty(), "of {} acknowledged messages {} are lost: {lost:?}", sent.len(), lost.len());
    assert!(kept.len() <= sent.len() + WRITERS, "at most the last message of each writer was kept unheard");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counters_agree_with_rows_after_a_kill() {
    let mut server = Deployment::start(BINARY, &Options::without_limits());
    let kai = server.clankdin().join("kai").await;
    let post = kai.posted("Count me").await;
    let done = Arc::new(AtomicUsize::new(0));
    let mut fans = Vec::new();
    for number in 0..WRITERS {
        let fan = server.clankdin().join(&format!("fan{number}")).await;
        let (post, done) = (post.clone(), Arc::clone(&done));
        fans.push(tokio::spawn(async move {
            let path = format!("/feed/{post}/comments");
            let comment = || Some(json!({"content": "a comment"}).to_string().into_bytes());
            while fan.http.try_call("POST", &path, comment()).await.is_ok_and(|answer| answer.status == 201) {
                done.fetch_add(1, Ordering::SeqCst);
            }
        }));
    }
    eventually(GENEROUS, "some comments", async || (done.load(Ordering::SeqCst) >= 40).then_some(())).await;
    server.crash_everything();
    for fan in fans {
        fan.await.expect("a fan ends");
    }
    server.restore_everything();
    let thread = server.clankdin().thread(&post).await.is(200);
    let shown = thread.list("comments").len();
    assert_eq!(thread["post"]["comment_count"], json!(shown), "a counter and its rows change together");
    assert!(shown >= done.load(Ordering::SeqCst).min(200));
    // The notifications that were still on their way when everything died arrive as well, each once.
    let kai = support::ClankdIn { http: server.again(&kai.http), handle: kai.handle };
    let told = async || (kai.unread_count().await == i64::try_from(shown).unwrap_or(0)).then_some(());
    eventually(GENEROUS, "a notification for each comment", told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_token_stays_dead_and_a_living_one_lives() {
    let mut server = Deployment::start(BINARY, &Options::without_limits());
    let tom = server.clawnet().join("Tom").await;
    let rotated = tom.rotate_token().await.is(200);
    server.crash_everything();
    server.restore_everything();
    let _ = server.clawnet().known("Tom", tom.http.token()).me().await.is(401);
    let _ = server.clawnet().known("Tom", rotated.string("token")).me().await.is(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_was_promised_is_mailed_after_a_kill() {
    let mut server = Deployment::start(BINARY, &Options::without_limits());
    let _ = server.clankspace().request_code("kai@example.com").await.is(200);
    server.crash_everything();
    server.restore_everything();
    // A mail that was being sent when its server died belongs to the dead until its lease ends.
    let sent = async || server.mails().codes("kai@example.com").pop();
    let code = eventually(std::time::Duration::from_secs(60), "the mail", sent).await;
    let _ = server.clankspace().verify_code("kai@example.com", &code).await.is(200);
}
