//! Copies are never stale.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use models::Network;
use serde_json::Value;

use crate::app::App;

fn count_of(body: &Value) -> i64 {
    body["count"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_reads_after_an_acknowledged_write_sees_it() {
    let app = App::start().await;
    app.account_to_count(Network::ClankdIn).await;
    let acknowledged = Arc::new(AtomicI64::new(0));
    let mut clients = tokio::task::JoinSet::new();
    // Each writes and then reads, while the others write and read.
    for _ in 0..8 {
        let (write, read) = (app.request("POST", "/clankdin/counter"), app.request("GET", "/clankdin/counter"));
        let acknowledged = Arc::clone(&acknowledged);
        clients.spawn(async move {
            for _ in 0..25 {
                let written = count_of(&write.clone().send().await.json());
                acknowledged.fetch_max(written, Ordering::SeqCst);
                let read = count_of(&read.clone().send().await.json());
                assert!(read >= written, "wrote {written}, then read {read}");
            }
        });
    }
    // Others only read.
    for _ in 0..4 {
        let (read, acknowledged) = (app.request("GET", "/clankdin/counter"), Arc::clone(&acknowledged));
        clients.spawn(async move {
            for _ in 0..50 {
                let before = acknowledged.load(Ordering::SeqCst);
                let read = count_of(&read.clone().send().await.json());
                assert!(read >= before, "{before} was acknowledged, then {read} was read");
            }
        });
    }
    clients.join_all().await;
    assert_eq!(count_of(&app.get("/clankdin/counter").await.json()), 200);
}

#[tokio::test]
async fn a_page_is_loaded_once_for_each_change_of_its_network() {
    let app = App::start().await;
    app.account_to_count(Network::ClankdIn).await;
    let is_loaded = async || app.get("/clankdin/counter").await.header("x-loaded").is_some();
    assert!(is_loaded().await);
    for _ in 0..5 {
        assert!(!is_loaded().await);
    }
    assert_eq!(app.request("POST", "/clankspace/counter").send().await.status, 200);
    assert!(!is_loaded().await, "another network's change is none of its");
    assert_eq!(app.request("POST", "/clankdin/counter").send().await.status, 200);
    assert!(is_loaded().await);
}
