//! The bus between processes: what it carries, and what holds when Redis does not.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

#[cfg(test)]
mod common;
#[cfg(test)]
#[path = "common/redis_server.rs"]
mod redis_server;

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bus::{Bus, Copies, Stop};
use common::{consume, handle, handled_labels, labels, open, record, scratch, time_of_rounds, until, waiting};
use models::token::TokenHash;
use models::{Clock, Id, Network, Topic};
use redis_server::RedisServer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

const FEED: Topic = Topic::Feed(Network::ClawNet);

/// A topic of another kind.
fn session(number: u8) -> Topic {
    Topic::Session(TokenHash([number; 32]))
}

/// How long a change may take however Redis is: the time for which copies are trusted, that for which Redis may answer, and
/// some for a busy machine.
const OUTAGE: Duration = Duration::from_secs(10);

/// Copies of topics, which count what they are told.
#[derive(Default)]
struct Shelf {
    held: Mutex<HashSet<Topic>>,
    cleared: AtomicUsize,
}

impl Shelf {
    fn put(&self, topic: Topic) {
        self.held.lock().unwrap().insert(topic);
    }

    fn holds(&self, topic: Topic) -> bool {
        self.held.lock().unwrap().contains(&topic)
    }

    fn cleared(&self) -> usize {
        self.cleared.load(Ordering::SeqCst)
    }
}

impl Copies for Shelf {
    fn forget(&self, topic: &Topic) {
        self.held.lock().unwrap().remove(topic);
    }

    fn forget_all(&self) {
        self.held.lock().unwrap().clear();
        self.cleared.fetch_add(1, Ordering::SeqCst);
    }
}

/// A process: its bus, and what it holds copies of.
struct Instance {
    bus: Bus,
    shelf: Arc<Shelf>,
    stop: Stop,
}

impl Instance {
    fn start(url: &str) -> Self {
        let stop = Stop::new();
        let bus = Bus::through_redis(url, stop.clone()).unwrap();
        let shelf = Arc::<Shelf>::default();
        bus.keep_fresh(shelf.clone());
        Self { bus, shelf, stop }
    }

    /// One that keeps copies of the feed.
    async fn trusted(url: &str) -> Self {
        let instance = Self::start(url);
        instance.becomes_trusted().await;
        instance
    }

    async fn becomes_trusted(&self) {
        self.comes_to_trust(FEED).await;
    }

    async fn comes_to_trust(&self, topic: Topic) {
        until("the bus is trusted", || async { self.bus.is_trusted(&topic) }).await;
    }

    /// Whether it would use its copy of `topic` at this moment. Trust is asked first, as those who hold copies do.
    fn would_use(&self, topic: Topic) -> bool {
        self.bus.is_trusted(&topic) && self.shelf.holds(topic)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Changes the feed on `one` while `other` holds a copy, and asserts what every change promises. Tells how long it took.
async fn change(one: &Instance, other: &Instance) -> Duration {
    one.shelf.put(FEED);
    other.shelf.put(FEED);
    let begin = Instant::now();
    one.bus.change(&[FEED]).await;
    assert!(!one.would_use(FEED), "a stale copy would be used where the change was made");
    assert!(!other.would_use(FEED), "a stale copy would be used after the change was acknowledged");
    begin.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_returns_when_the_others_have_forgotten() {
    let redis = RedisServer::start();
    let (one, other) = (Instance::trusted(&redis.url()).await, Instance::trusted(&redis.url()).await);
    let mut taken = Duration::ZERO;
    for _ in 0..50 {
        taken += change(&one, &other).await;
        taken += change(&other, &one).await;
    }
    assert!(one.bus.is_trusted(&FEED) && other.bus.is_trusted(&FEED));
    assert!(taken < Duration::from_secs(30), "100 changes took {taken:?}: nobody acknowledged them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_changes_at_once_are_all_heard() {
    let redis = RedisServer::start();
    let (one, other) = (Instance::trusted(&redis.url()).await, Instance::trusted(&redis.url()).await);
    let topics: Vec<Topic> = (0..100).map(session).collect();
    other.comes_to_trust(session(0)).await;
    let mut changes = tokio::task::JoinSet::new();
    for &topic in &topics {
        let (bus, shelf) = (one.bus.clone(), Arc::clone(&other.shelf));
        let other = other.bus.clone();
        changes.spawn(async move {
            shelf.put(topic);
            bus.change(&[topic]).await;
            assert!(!other.is_trusted(&topic) || !shelf.holds(topic));
        });
    }
    changes.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_several_kinds_is_heard_by_those_who_keep_either() {
    let redis = RedisServer::start();
    let topics = [FEED, session(0)];
    let [one, feeds, sessions, both] = [(); 4].map(|()| Instance::start(&redis.url()));
    for (instance, topic) in [(&feeds, FEED), (&sessions, session(0)), (&both, FEED), (&both, session(0))] {
        instance.comes_to_trust(topic).await;
    }
    for _ in 0..50 {
        let instances = [&feeds, &sessions, &both];
        instances.iter().for_each(|instance| topics.iter().for_each(|&topic| instance.shelf.put(topic)));
        one.bus.change(&topics).await;
        for instance in instances {
            assert!(topics.iter().all(|&topic| !instance.would_use(topic)), "a stale copy would be used");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_keeps_no_such_copies_is_not_waited_for() {
    let redis = RedisServer::start();
    let line = Line::to(&redis);
    let (one, other) = (Instance::trusted(&redis.url()).await, Instance::start(&line.url()));
    other.comes_to_trust(session(0)).await;
    let time_of = async |topic| {
        let begin = Instant::now();
        one.bus.change(&[topic]).await;
        begin.elapsed()
    };
    // For long enough that each knows of the other.
    until("a change needs no time-out", || async { time_of(session(0)).await < Duration::from_millis(500) }).await;
    // It goes on to send beats for some seconds, and acknowledges nothing.
    line.cut_subscriptions();
    let waited = time_of(session(0)).await;
    assert!(waited > Duration::from_millis(800), "nobody waited for who trusts such copies: {waited:?}");
    let mut taken = Duration::ZERO;
    for _ in 0..20 {
        taken += time_of(FEED).await;
    }
    assert!(taken < Duration::from_secs(2), "20 changes took {taken:?}: they waited for who keeps no such copies");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_held_before_its_changes_are_heard_is_forgotten() {
    let redis = RedisServer::start();
    let instance = Instance::trusted(&redis.url()).await;
    instance.shelf.put(session(0));
    assert!(!instance.would_use(session(0)), "nothing was heard of its changes");
    instance.comes_to_trust(session(0)).await;
    assert!(!instance.shelf.holds(session(0)), "it may have changed before that was heard");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_nothing_is_trusted_and_changes_still_return() {
    // Nobody listens there, and perhaps nobody ever will.
    let nowhere = format!("unix://{}/nowhere.sock", std::env::temp_dir().display());
    let instance = Instance::start(&nowhere);
    assert!(!instance.bus.is_trusted(&FEED));
    assert!(!instance.bus.is_ready().await);
    instance.shelf.put(FEED);
    let begin = Instant::now();
    instance.bus.change(&[FEED]).await;
    assert!(begin.elapsed() < OUTAGE, "it took {:?}", begin.elapsed());
    assert!(!instance.shelf.holds(FEED), "copies of one's own are forgotten without Redis");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_during_an_outage_leave_no_work_behind() {
    let nowhere = format!("unix://{}/nowhere.sock", std::env::temp_dir().display());
    let instance = Instance::start(&nowhere);
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let mut changes = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let bus = instance.bus.clone();
        changes.spawn(async move { bus.change(&[FEED]).await });
    }
    changes.join_all().await;
    // The bus itself is at work all the time, with a task or two.
    until("all is done", || async { tasks() <= before + 4 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trust_lapses_while_redis_hangs_and_comes_back_with_it() {
    let redis = RedisServer::start();
    let (one, other) = (Instance::trusted(&redis.url()).await, Instance::trusted(&redis.url()).await);
    redis.pause();
    let taken = change(&one, &other).await;
    assert!(taken < OUTAGE, "the change took {taken:?}");
    until("trust lapses", || async { !one.bus.is_trusted(&FEED) && !other.bus.is_trusted(&FEED) }).await;
    assert!(!one.bus.is_ready().await);
    redis.resume();
    one.becomes_trusted().await;
    other.becomes_trusted().await;
    // The change reached Redis before it hung, or was lost; either way nobody may use what it made stale.
    assert!(!other.would_use(FEED));
    change(&one, &other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trust_lapses_when_redis_dies_and_returns_with_nothing_remembered() {
    let mut redis = RedisServer::start();
    let (one, other) = (Instance::trusted(&redis.url()).await, Instance::trusted(&redis.url()).await);
    let cleared = (one.shelf.cleared(), other.shelf.cleared());
    redis.kill();
    let taken = change(&one, &other).await;
    assert!(taken < OUTAGE, "the change took {taken:?}");
    until("trust lapses", || async { !one.bus.is_trusted(&FEED) && !other.bus.is_trusted(&FEED) }).await;
    other.shelf.put(FEED);
    redis.restart();
    one.becomes_trusted().await;
    other.becomes_trusted().await;
    assert!(!other.shelf.holds(FEED), "what was held during the outage may be stale");
    assert!(one.shelf.cleared() > cleared.0 && other.shelf.cleared() > cleared.1);
    change(&one, &other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_heard_although_its_connection_was_just_lost() {
    let redis = RedisServer::start();
    let (one, other) = (Instance::trusted(&redis.url()).await, Instance::trusted(&redis.url()).await);
    let client = redis::Client::open(redis.url()).unwrap();
    let mut operator = client.get_multiplexed_async_connection().await.unwrap();
    for _ in 0..5 {
        // The connections that speak, and not those that listen: whoever listens goes on trusting.
        let mut kill = redis::cmd("CLIENT");
        kill.arg("KILL").arg("TYPE").arg("normal").arg("SKIPME").arg("yes");
        let _: i64 = kill.query_async(&mut operator).await.unwrap();
        let taken = change(&one, &other).await;
        assert!(taken < OUTAGE, "the change took {taken:?}");
        one.becomes_trusted().await;
        other.becomes_trusted().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_waits_for_who_has_just_lost_its_subscription() {
    let redis = RedisServer::start();
    let (one, other) = (Instance::trusted(&redis.url()).await, Instance::trusted(&redis.url()).await);
    let client = redis::Client::open(redis.url()).unwrap();
    let mut operator = client.get_multiplexed_async_connection().await.unwrap();
    for _ in 0..5 {
        // Redis has nobody to hand the change to, and both trust their copies until they notice.
        let _: i64 =
            redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").query_async(&mut operator).await.unwrap();
        let taken = change(&one, &other).await;
        assert!(taken < OUTAGE, "the change took {taken:?}");
        one.becomes_trusted().await;
        other.becomes_trusted().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_has_gone_silent_is_made_anew() {
    let redis = RedisServer::start();
    let line = Line::to(&redis);
    let (one, other) = (Instance::trusted(&redis.url()).await, Instance::trusted(&line.url()).await);
    // For long enough that each knows of the other.
    until("a change needs no time-out", || async { change(&one, &other).await < Duration::from_millis(500) }).await;
    line.cut_subscriptions();
    let taken = change(&one, &other).await;
    assert!(taken < OUTAGE, "the change took {taken:?}");
    until("trust lapses", || async { !other.bus.is_trusted(&FEED) }).await;
    other.becomes_trusted().await;
    assert!(!other.shelf.holds(FEED));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_cut_off_alone_tells_the_others_when_it_is_back() {
    let redis = RedisServer::start();
    let line = Line::to(&redis);
    let (one, other) = (Instance::trusted(&line.url()).await, Instance::trusted(&redis.url()).await);
    line.block(true);
    other.shelf.put(FEED);
    let begin = Instant::now();
    one.bus.change(&[FEED]).await;
    assert!(begin.elapsed() < OUTAGE, "the change took {:?}", begin.elapsed());
    assert!(!one.bus.is_trusted(&FEED), "it cannot have heard what the others have changed");
    line.block(false);
    until("the other has heard of the change", || async { !other.would_use(FEED) }).await;
    one.becomes_trusted().await;
}

/// A way to Redis that can be cut without either end's noticing it at this one.
struct Line {
    folder: std::path::PathBuf,
    cut: tokio::sync::watch::Sender<Cut>,
}

/// What a line carries.
#[derive(Clone, Copy, Default, PartialEq)]
enum Cut {
    #[default]
    Everything,
    /// Nothing for those connections that listen, from now on and for ever.
    NothingHeard,
    /// Nothing at all: what is open is closed, and what is opened is closed again.
    Nothing,
}

impl Line {
    fn to(redis: &RedisServer) -> Self {
        let folder = std::env::temp_dir().join(format!("clankwork-line-{}", Id::at(Clock::system().now())));
        std::fs::create_dir_all(&folder).unwrap();
        let listener = UnixListener::bind(folder.join("redis.sock")).unwrap();
        let target = redis.url().replace("unix://", "");
        let (cut, state) = tokio::sync::watch::channel(Cut::default());
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = UnixStream::connect(&target).await.unwrap();
                tokio::spawn(carry(near, far, state.clone()));
            }
        });
        Self { folder, cut }
    }

    fn url(&self) -> String {
        format!("unix://{}/redis.sock", self.folder.display())
    }

    /// Cuts the connections that listen at present: Redis sees them closed, whoever listens hears nothing more.
    fn cut_subscriptions(&self) {
        self.cut.send_replace(Cut::NothingHeard);
    }

    /// Lets nothing through, or everything again.
    fn block(&self, is_blocked: bool) {
        self.cut.send_replace(if is_blocked { Cut::Nothing } else { Cut::Everything });
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Carries what either end says to the other, until one closes or the line is cut.
async fn carry(mut near: UnixStream, mut far: UnixStream, mut state: tokio::sync::watch::Receiver<Cut>) {
    let (mut asked, mut told) = ([0; 4096], [0; 4096]);
    let mut listens = false;
    if *state.borrow_and_update() == Cut::Nothing {
        return;
    }
    loop {
        tokio::select! {
            read = near.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                listens |= asked[..length].windows(9).any(|word| word == b"SUBSCRIBE");
                if far.write_all(&asked[..length]).await.is_err() { return }
            }
            read = far.read(&mut told) => {
                let Ok(length @ 1..) = read else { return };
                if near.write_all(&told[..length]).await.is_err() { return }
            }
            changed = state.changed() => {
                let cut = *state.borrow_and_update();
                if changed.is_err() || cut == Cut::Nothing {
                    return;
                }
                if cut == Cut::NothingHeard && listens {
                    drop(far);
                    // Held open until the other end lets go.
                    while let Ok(1..) = near.read(&mut asked).await {}
                    return;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wake_crosses_instances() {
    let redis = RedisServer::start();
    let scratch = scratch();
    let (one, other) = (Instance::trusted(&redis.url()).await, Instance::trusted(&redis.url()).await);
    let (recording, consuming) = (open(&scratch.url(), &one.bus), open(&scratch.url(), &other.bus));
    let taken = time_of_rounds(20, &recording, (&consuming, &other.bus)).await;
    assert!(taken < Duration::from_secs(10), "20 looks of a second each would take no longer than {taken:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn news_goes_to_those_alone_who_want_it() {
    let redis = RedisServer::start();
    let instance = Instance::trusted(&redis.url()).await;
    let mut connection = redis::Client::open(redis.url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let mut wanted = async || -> Vec<String> {
        let mut ask = redis::cmd("PUBSUB");
        let channels: Vec<String> = ask.arg("CHANNELS").query_async(&mut connection).await.unwrap();
        // Beside these there are the channel of all, and that of this instance.
        channels
            .into_iter()
            .filter(|name| [":work:", ":arrivals", ":copies:"].iter().any(|part| name.contains(part)))
            .collect()
    };
    assert_eq!(wanted().await, ["clankwork:bus:copies:feed:clawnet"]);
    let _listener = instance.bus.arrivals(Id::at(Clock::system().now()));
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while !wanted().await.contains(&"clankwork:bus:arrivals".to_owned()) {
        assert!(tokio::time::Instant::now() < deadline, "nobody asks for what arrives");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn redis_dies_among_events_and_each_is_handled_once() {
    let mut redis = RedisServer::start();
    let scratch = scratch();
    let instances = [Instance::trusted(&redis.url()).await, Instance::trusted(&redis.url()).await];
    let databases = instances.each_ref().map(|instance| open(&scratch.url(), &instance.bus));
    let stop = Stop::new();
    let consumers: Vec<_> = (0..2)
        .flat_map(|place| [place, place])
        .map(|place| consume(&databases[place], &instances[place].bus, &stop, handle))
        .collect();
    for (number, label) in labels(300).into_iter().enumerate() {
        if number == 150 {
            redis.kill();
        }
        record(&databases[number % 2], Clock::system().now(), [label]).await;
    }
    until("all events are handled", || async { waiting(&databases[0]).await == 0 }).await;
    assert_eq!(handled_labels(&databases[0]).await, labels(300));
    redis.restart();
    stop.cancel();
    for consumer in consumers {
        consumer.await.unwrap();
    }
}
