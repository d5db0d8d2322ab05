//! Limits and copies that several instances share through Redis, with Redis there and away.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[cfg(test)]
#[path = "../../bus/tests/common/redis_server.rs"]
mod redis_server;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use bus::{Bus, Stop};
use diesel::prelude::*;
use models::backend::scratch::Scratch;
use models::database::Settings;
use models::schema::accounts;
use models::{Clock, Database, Id, Network, Timestamp, Topic};
use redis_server::RedisServer;
use web::Action;
use web::cache::Cache;
use web::limits::{Limits, Permit, Rule, Subject, Usage};

const ACTION: Action = Action::ClawNetSend;
const LIMIT: u32 = 20;

/// The limits of one process that reaches the Redis at `url`.
fn limits(url: &str, clock: &Clock) -> Limits {
    let bus = Bus::through_redis(url, Stop::new()).unwrap();
    let overrides = HashMap::from([(ACTION, Some(Rule { limit: LIMIT, window: 600 }))]);
    Limits::new(true, overrides, clock.clone(), &bus)
}

fn clock() -> Clock {
    Clock::manual(Timestamp::from_micros(1_795_294_903_709_469))
}

fn subject() -> Subject {
    Subject::of_address(IpAddr::from([203, 0, 113, 7]))
}

async fn take(limits: &Limits) -> Option<Permit> {
    let admission = limits.admit(subject(), Some(ACTION), None, None).await;
    admission.ok().map(|admission| admission.permit.unwrap())
}

async fn remaining(limits: &Limits) -> u32 {
    limits.admit(subject(), None, Some(ACTION), None).await.unwrap().shown.unwrap().remaining
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_instances_count_exactly_together() {
    let redis = RedisServer::start();
    let clock = clock();
    let both = [limits(&redis.url(), &clock), limits(&redis.url(), &clock)].map(Arc::new);
    let mut calls = tokio::task::JoinSet::new();
    for call in 0..100 {
        let limits = Arc::clone(&both[call % 2]);
        calls.spawn(async move { take(&limits).await });
    }
    let permits: Vec<Permit> = calls.join_all().await.into_iter().flatten().collect();
    assert_eq!(permits.len(), 20);
    let [one, other] = both;
    assert_eq!((remaining(&one).await, remaining(&other).await), (0, 0));
    // What one gives back the other may take, however it was taken.
    for &permit in &permits[..5] {
        one.give_back(permit).await;
    }
    assert_eq!(remaining(&other).await, 5);
    for _ in 0..5 {
        assert!(take(&other).await.is_some());
    }
    assert!(take(&one).await.is_none());
    // The window ends for both, and a permit of the old one gives nothing back in the new one.
    clock.advance(600);
    assert!(take(&one).await.is_some());
    other.give_back(permits[10]).await;
    assert_eq!(remaining(&other).await, LIMIT - 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_instance_tells_what_all_have_counted() {
    let mut redis = RedisServer::start();
    let clock = clock();
    let (one, other) = (limits(&redis.url(), &clock), limits(&redis.url(), &clock));
    let (account, registered_at) = (Id::at(clock.now()), clock.now());
    let usage = async |limits: &Limits| limits.usage(account, ACTION.network(), registered_at).await;
    let take = async |limits: &Limits, action: Action| {
        let admission = limits.admit(Subject::Account(account), Some(action), None, Some(registered_at)).await;
        admission.unwrap().permit.unwrap()
    };
    let used = |usage: &[(Action, Rule, Usage)], wanted: Action| {
        let (_, rule, usage) = usage.iter().find(|(action, ..)| *action == wanted).unwrap();
        (rule.limit - usage.remaining, usage.reset_at)
    };
    let fresh = usage(&one).await;
    assert!(fresh.len() > 5, "{fresh:?}");
    assert!(fresh.iter().all(|(_, rule, usage)| usage.remaining == rule.limit && usage.reset_at == clock.now()));
    let permit = take(&one, ACTION).await;
    take(&other, ACTION).await;
    take(&other, Action::ClawNetReact).await;
    let (end, react_end) = (clock.now().plus_seconds(600), clock.now().plus_seconds(3_600));
    for limits in [&one, &other] {
        let usage = usage(limits).await;
        assert_eq!(used(&usage, ACTION), (2, end));
        assert_eq!(used(&usage, Action::ClawNetReact), (1, react_end));
        assert_eq!(used(&usage, Action::ClawNetPosts), (0, clock.now()));
    }
    other.give_back(permit).await;
    assert_eq!(used(&usage(&one).await, ACTION), (1, end));
    clock.advance(600);
    assert_eq!(used(&usage(&one).await, ACTION), (0, clock.now()));
    assert_eq!(used(&usage(&one).await, Action::ClawNetReact), (1, react_end));
    // Without Redis each tells what it has counted by itself since.
    redis.kill();
    take(&one, ACTION).await;
    assert_eq!(used(&usage(&one).await, ACTION), (1, clock.now().plus_seconds(600)));
    assert_eq!(used(&usage(&other).await, ACTION), (0, clock.now()));
    // Where nothing is limited, nothing is asked.
    let bus = Bus::through_redis(&redis.url(), Stop::new()).unwrap();
    let lifted = Action::ALL.into_iter().map(|action| (action, None)).collect();
    let unlimited = Limits::new(true, lifted, clock.clone(), &bus);
    assert_eq!(usage(&unlimited).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_each_instance_counts_by_itself() {
    let mut redis = RedisServer::start();
    let clock = clock();
    let (one, other) = (limits(&redis.url(), &clock), limits(&redis.url(), &clock));
    for _ in 0..LIMIT {
        assert!(take(&one).await.is_some());
    }
    assert!(take(&other).await.is_none());
    redis.kill();
    // Neither open nor shut: for each of them the limit holds.
    for limits in [&one, &other] {
        let mut permits = Vec::new();
        while let Some(permit) = take(limits).await {
            permits.push(permit);
        }
        assert_eq!(permits.len(), 20);
        limits.give_back(permits[0]).await;
        assert!(take(limits).await.is_some(), "what was given back can be taken");
        assert!(take(limits).await.is_none());
    }
    redis.restart();
    // Redis has forgotten; from here on they count together again.
    let begin = Instant::now();
    while remaining(&one).await != LIMIT || remaining(&other).await != LIMIT {
        assert!(begin.elapsed() < Duration::from_secs(30), "they do not find Redis again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for call in 0..LIMIT {
        assert!(take(if call % 2 == 0 { &one } else { &other }).await.is_some());
    }
    assert!(take(&one).await.is_none());
    assert!(take(&other).await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_counted_without_redis_is_given_back_there() {
    let mut redis = RedisServer::start();
    let clock = clock();
    let limits = limits(&redis.url(), &clock);
    redis.kill();
    let mut permits = Vec::new();
    while let Some(permit) = take(&limits).await {
        permits.push(permit);
    }
    redis.restart();
    let begin = Instant::now();
    while take(&limits).await.is_none() {
        assert!(begin.elapsed() < Duration::from_secs(30), "it does not find Redis again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for permit in permits {
        limits.give_back(permit).await;
    }
    assert_eq!(remaining(&limits).await, LIMIT - 1, "Redis has counted one call, and none was given back there");
    redis.kill();
    let mut taken = 0;
    while take(&limits).await.is_some() {
        taken += 1;
    }
    assert_eq!(taken, LIMIT, "all calls of the outage were given back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_hangs_holds_up_no_call_for_long() {
    let redis = RedisServer::start();
    let limits = limits(&redis.url(), &clock());
    assert!(take(&limits).await.is_some());
    redis.pause();
    let begin = Instant::now();
    assert!(take(&limits).await.is_some());
    assert!(begin.elapsed() < Duration::from_secs(10), "it took {:?}", begin.elapsed());
    redis.resume();
}

const FEED: Topic = Topic::Feed(Network::ClankdIn);

/// A process that writes a number and keeps a copy of it.
#[derive(Clone)]
struct Instance {
    bus: Bus,
    database: Database,
    copies: Arc<Cache<(), i64>>,
}

impl Instance {
    fn start(url: &str, scratch: &Scratch) -> Self {
        let bus = Bus::through_redis(url, Stop::new()).unwrap();
        let settings = Settings { url: scratch.url().into(), read_url: None, connections: 4 };
        let database = Database::open(&settings, Arc::new(bus.clone())).unwrap();
        let copies = Arc::new(Cache::new(&bus, 10, |(), _| 1));
        Self { bus, database, copies }
    }

    /// Adds one to the number, and returns it when nobody uses an older one any more.
    async fn write(&self) -> i64 {
        let write = self.database.write("count", |tx| {
            tx.change(FEED);
            Ok(diesel::update(accounts::table.filter(accounts::handle_key.eq("mot")))
                .set(accounts::post_count.eq(accounts::post_count + 1))
                .returning(accounts::post_count)
                .get_result(tx.conn())?)
        });
        write.await.unwrap()
    }

    /// The number, from the copy where that may be used.
    async fn read(&self) -> i64 {
        let load = self.database.read(|conn| {
            let number = accounts::table.filter(accounts::handle_key.eq("mot")).select(accounts::post_count);
            Ok(Some(number.first(conn)?))
        });
        self.copies.get_or_load(&FEED, (), load).await.unwrap().unwrap()
    }
}

/// Returns when `writes` more were acknowledged.
async fn pass(acknowledged: &AtomicI64, writes: i64) {
    let (target, begin) = (acknowledged.load(Ordering::SeqCst) + writes, Instant::now());
    while acknowledged.load(Ordering::SeqCst) < target {
        assert!(begin.elapsed() < Duration::from_secs(60), "writing has stopped");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_instance_reads_what_was_there_before_an_acknowledged_write() {
    let mut redis = RedisServer::start();
    let scratch = Scratch::new();
    let instances = [Instance::start(&redis.url(), &scratch), Instance::start(&redis.url(), &scratch)];
    let acknowledged = Arc::new(AtomicI64::new(0));
    let is_over = Arc::new(AtomicBool::new(false));
    let mut clients = tokio::task::JoinSet::new();
    for instance in instances {
        for _ in 0..2 {
            let (instance, acknowledged, is_over) = (instance.clone(), Arc::clone(&acknowledged), Arc::clone(&is_over));
            clients.spawn(async move {
                while !is_over.load(Ordering::SeqCst) {
                    let written = instance.write().await;
                    acknowledged.fetch_max(written, Ordering::SeqCst);
                }
            });
        }
        for _ in 0..2 {
            let (instance, acknowledged, is_over) = (instance.clone(), Arc::clone(&acknowledged), Arc::clone(&is_over));
            clients.spawn(async move {
                while !is_over.load(Ordering::SeqCst) {
                    let before = acknowledged.load(Ordering::SeqCst);
                    let read = instance.read().await;
                    assert!(read >= before, "{before} was acknowledged, then {read} was read");
                    tokio::task::yield_now().await;
                }
            });
        }
    }
    let break_connections = async |redis: &RedisServer, kind: &str| {
        let client = redis::Client::open(redis.url()).unwrap();
        let mut operator = client.get_multiplexed_async_connection().await.unwrap();
        let mut kill = redis::cmd("CLIENT");
        kill.arg("KILL").arg("TYPE").arg(kind).arg("SKIPME").arg("yes");
        let _: i64 = kill.query_async(&mut operator).await.unwrap();
    };
    // Quiet, a hang, a death, an empty life, a break of what speaks, a break of what listens: some writes in each.
    pass(&acknowledged, 100).await;
    redis.pause();
    pass(&acknowledged, 4).await;
    redis.resume();
    pass(&acknowledged, 50).await;
    redis.kill();
    pass(&acknowledged, 4).await;
    redis.restart();
    pass(&acknowledged, 50).await;
    for kind in ["normal", "pubsub", "normal", "pubsub"] {
        break_connections(&redis, kind).await;
        pass(&acknowledged, 20).await;
    }
    is_over.store(true, Ordering::SeqCst);
    clients.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_begins_to_keep_copies_among_writes_reads_none_from_before() {
    let redis = RedisServer::start();
    let scratch = Scratch::new();
    let writer = Instance::start(&redis.url(), &scratch);
    let acknowledged = Arc::new(AtomicI64::new(0));
    let is_over = Arc::new(AtomicBool::new(false));
    let writes = tokio::spawn({
        let (acknowledged, is_over) = (Arc::clone(&acknowledged), Arc::clone(&is_over));
        async move {
            while !is_over.load(Ordering::SeqCst) {
                acknowledged.fetch_max(writer.write().await, Ordering::SeqCst);
            }
        }
    });
    // As long as it may not have heard of all others it waits for each write a second.
    pass(&acknowledged, 10).await;
    let mut readers = tokio::task::JoinSet::new();
    for number in 0..12 {
        // It hears of the others, and of no writes, until somebody asks it.
        let (reader, acknowledged) = (Instance::start(&redis.url(), &scratch), Arc::clone(&acknowledged));
        pass(&acknowledged, number * 3).await;
        readers.spawn(async move {
            let (begin, mut target) = (Instant::now(), i64::MAX);
            while acknowledged.load(Ordering::SeqCst) < target {
                assert!(begin.elapsed() < Duration::from_secs(60), "its copies are never trusted");
                let before = acknowledged.load(Ordering::SeqCst);
                let read = reader.read().await;
                assert!(read >= before, "{before} was acknowledged, then {read} was read");
                if reader.bus.is_trusted(&FEED) {
                    target = target.min(before + 50);
                }
                tokio::task::yield_now().await;
            }
        });
    }
    readers.join_all().await;
    is_over.store(true, Ordering::SeqCst);
    writes.await.unwrap();
}
