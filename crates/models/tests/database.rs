//! What the services rely on when they read and write.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use diesel::Connection as _;
use diesel::prelude::*;
use models::accounts::{self, NewAccount};
use models::backend::scratch::Scratch;
use models::database::{AfterCommit, Effects, Settings};
use models::schema::accounts as account_rows;
use models::{Clock, Connection, Database, Error, Id, Network, Queue, Result, Timestamp, Topic, Transaction};
use tokio::sync::Semaphore;

const FEED: Topic = Topic::Feed(Network::ClawNet);

/// A commit's queues and topics, and how many accounts were there for everybody to see by then.
type Commit = (BTreeSet<Queue>, Vec<Topic>, i64);

/// Stands where the bus stands: keeps what it is told of commits, and looks into the database by itself.
#[derive(Debug)]
struct Witness {
    url: String,
    /// Each commit.
    seen: Mutex<Vec<Commit>>,
    /// Who is told of a commit waits here.
    gate: Semaphore,
}

impl AfterCommit for Witness {
    fn committed(&self, effects: Effects) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let Effects { queues, topics, own_topics: _, arrivals: _ } = effects;
        let count = accounts_seen_from_outside(&self.url);
        self.seen.lock().unwrap().push((queues, topics, count));
        Box::pin(async { self.gate.acquire().await.unwrap().forget() })
    }
}

fn accounts_seen_from_outside(url: &str) -> i64 {
    let mut conn = Connection::establish(&models::backend::connection_string(url).unwrap()).unwrap();
    account_rows::table.filter(account_rows::is_system.eq(false)).count().get_result(&mut conn).unwrap()
}

struct Fixture {
    database: Database,
    witness: Arc<Witness>,
    scratch: Scratch,
}

impl Fixture {
    fn new() -> Self {
        let scratch = Scratch::new();
        let witness = Arc::new(Witness { url: scratch.url(), seen: Mutex::default(), gate: Semaphore::new(1_000_000) });
        let database = open(&scratch, witness.clone());
        Self { database, witness, scratch }
    }

    async fn names(&self) -> Vec<String> {
        self.database.read(names).await.unwrap()
    }
}

fn open(scratch: &Scratch, after: Arc<dyn AfterCommit>) -> Database {
    let settings = Settings { url: scratch.url().into(), read_url: Some(scratch.url().into()), connections: 4 };
    Database::open(&settings, after).unwrap()
}

fn names(conn: &mut Connection) -> Result<Vec<String>> {
    let own = account_rows::table.filter(account_rows::is_system.eq(false));
    Ok(own.select(account_rows::handle).order(account_rows::handle).load(conn)?)
}

fn insert(tx: &mut Transaction<'_>, handle: &str) -> Result<Id> {
    insert_at(tx, handle, Clock::system().now())
}

fn insert_at(tx: &mut Transaction<'_>, handle: &str, at: Timestamp) -> Result<Id> {
    let new = NewAccount { network: Network::ClawNet, handle, display_name: None, bio: "", is_system: false };
    accounts::insert(tx, &new, at)?.ok_or_else(|| Error::internal("the name is taken"))
}

/// Adds one to the number of posts of the account `handle`.
fn count_up(tx: &mut Transaction<'_>, handle: &str) -> Result<()> {
    let updated = diesel::update(account_rows::table.filter(account_rows::handle_key.eq(handle)))
        .set(account_rows::post_count.eq(account_rows::post_count + 1))
        .execute(tx.conn())?;
    assert_eq!(updated, 1);
    Ok(())
}

fn counted(conn: &mut Connection, handle: &str) -> Result<i64> {
    let account = account_rows::table.filter(account_rows::handle_key.eq(handle));
    Ok(account.select(account_rows::post_count).first(conn)?)
}

#[tokio::test]
async fn a_write_that_fails_leaves_nothing_and_tells_nobody() {
    let fixture = Fixture::new();
    let refused: Result<()> = fixture
        .database
        .write("fail", |tx| {
            insert(tx, "alice")?;
            tx.wake(Queue::Mail);
            tx.change(FEED);
            Err(Error::Forbidden("no"))
        })
        .await;
    assert!(matches!(refused, Err(Error::Forbidden("no"))), "{refused:?}");
    let panicked: Result<()> = fixture
        .database
        .write("panic", |tx| {
            insert(tx, "bob")?;
            tx.wake(Queue::Mail);
            panic!("a test's own panic");
        })
        .await;
    assert!(matches!(panicked, Err(Error::Internal(_))), "{panicked:?}");
    assert_eq!(fixture.names().await, Vec::<String>::new());
    assert!(fixture.witness.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_panic_keeps_no_lock() {
    let fixture = Fixture::new();
    fixture.database.write("insert", |tx| insert(tx, "alice")).await.unwrap();
    let panicked: Result<()> = fixture
        .database
        .write("panic", |tx| {
            count_up(tx, "alice")?;
            panic!("a test's own panic");
        })
        .await;
    assert!(panicked.is_err());
    // Another process, for which nobody puts this one's pool in order.
    let other = open(&fixture.scratch, fixture.witness.clone());
    let begin = Instant::now();
    other.write("count", |tx| count_up(tx, "alice")).await.unwrap();
    // Nobody waits for a lock in vain for less.
    assert!(begin.elapsed() < Duration::from_secs(5), "it took {:?}", begin.elapsed());
}

#[tokio::test]
async fn what_must_follow_a_commit_follows_it_and_precedes_the_answer() {
    let fixture = Fixture::new();
    fixture.witness.gate.forget_permits(usize::MAX);
    let write = fixture.database.write("insert", |tx| {
        tx.wake(Queue::Mail);
        tx.change(FEED);
        tx.change(FEED);
        insert(tx, "alice")
    });
    let mut write = std::pin::pin!(write);
    poll_until(async || !fixture.witness.seen.lock().unwrap().is_empty(), write.as_mut()).await;
    let seen = fixture.witness.seen.lock().unwrap().pop().unwrap();
    assert_eq!(seen, (BTreeSet::from([Queue::Mail]), vec![FEED], 1), "everybody sees the account by then");
    // The bus is not done yet, and so there is no answer yet.
    assert!(tokio::time::timeout(Duration::from_millis(50), write.as_mut()).await.is_err());
    fixture.witness.gate.add_permits(1);
    write.await.unwrap();
    assert!(fixture.witness.seen.lock().unwrap().is_empty());
}

/// Waits until `done`, while `work`, which must not end before, goes on.
async fn poll_until(done: impl AsyncFn() -> bool, work: Pin<&mut impl Future<Output: std::fmt::Debug>>) {
    let look = async {
        while !done().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        () = look => {}
        early = work => panic!("it ended with {early:?}"),
        () = tokio::time::sleep(Duration::from_secs(20)) => panic!("nothing happened for 20 seconds"),
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_changes_nothing() {
    let fixture = Fixture::new();
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let may_go_on = Mutex::new(may_go_on);
    let database = fixture.database.clone();
    let caller = tokio::spawn(async move {
        let write = database.write("insert", move |tx| {
            begun.send(()).unwrap();
            may_go_on.lock().unwrap().recv().unwrap();
            tx.wake(Queue::Mail);
            insert(tx, "alice")
        });
        write.await.unwrap();
    });
    tokio::task::spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    go_on.send(()).unwrap();
    let is_told = async || !fixture.witness.seen.lock().unwrap().is_empty();
    poll_until(is_told, std::pin::pin!(std::future::pending::<()>())).await;
    assert_eq!(fixture.names().await, ["alice"]);
}

#[tokio::test]
async fn an_attempt_undoes_its_own_writes_alone() {
    let fixture = Fixture::new();
    fixture
        .database
        .write("attempts", |tx| {
            insert(tx, "before")?;
            tx.wake(Queue::Posts);
            let failed: Result<()> = tx.attempt(|tx| {
                insert(tx, "failed")?;
                tx.wake(Queue::Mail);
                // A refusal of the database's own leaves a Postgres transaction unusable up to its last savepoint.
                diesel::sql_query("SELECT nonsense FROM nowhere").execute(tx.conn())?;
                Ok(())
            });
            assert!(matches!(failed, Err(Error::Database(_))), "{failed:?}");
            let panicked: Result<()> = tx.attempt(|tx| {
                insert(tx, "panicked")?;
                tx.attempt(|tx| {
                    insert(tx, "panicked_within")?;
                    panic!("a test's own panic")
                })
            });
            assert!(matches!(panicked, Err(Error::Internal(_))), "{panicked:?}");
            tx.attempt(|tx| {
                insert(tx, "kept")?;
                let inner: Result<()> = tx.attempt(|tx| {
                    insert(tx, "inner")?;
                    Err(Error::Busy)
                });
                assert!(matches!(inner, Err(Error::Busy)));
                tx.wake(Queue::Webhooks);
                tx.change(FEED);
                Ok(())
            })?;
            insert(tx, "after")
        })
        .await
        .unwrap();
    assert_eq!(fixture.names().await, ["after", "before", "kept"]);
    let seen = fixture.witness.seen.lock().unwrap().pop().unwrap();
    assert_eq!(seen, (BTreeSet::from([Queue::Posts, Queue::Webhooks]), vec![FEED], 3));
}

#[tokio::test]
async fn a_read_cannot_write() {
    let fixture = Fixture::new();
    let written = fixture.database.read(|conn| Ok(diesel::delete(account_rows::table).execute(conn)?)).await;
    assert!(matches!(written, Err(Error::Database(_))), "{written:?}");
    let left: Result<i64> = fixture.database.read(|conn| Ok(account_rows::table.count().get_result(conn)?)).await;
    assert_eq!(left.unwrap(), 2);
}

#[tokio::test]
async fn a_commit_is_seen_at_once() {
    let fixture = Fixture::new();
    fixture.database.write("insert", |tx| insert(tx, "alice")).await.unwrap();
    for round in 1..=100 {
        fixture.database.write("count", |tx| count_up(tx, "alice")).await.unwrap();
        assert_eq!(fixture.database.read(|conn| counted(conn, "alice")).await.unwrap(), round);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_writers_of_two_processes_all_succeed() {
    let fixture = Fixture::new();
    fixture.database.write("insert", |tx| insert(tx, "alice")).await.unwrap();
    let databases = [fixture.database.clone(), open(&fixture.scratch, fixture.witness.clone())];
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..50 {
        let database = databases[writer % 2].clone();
        tasks.spawn(async move {
            for round in 0..4 {
                let handle = format!("writer_{writer}_{round}");
                let write = database.write("count", move |tx| {
                    let before = counted(tx.conn(), "alice")?;
                    insert(tx, &handle)?;
                    count_up(tx, "alice")?;
                    Ok(before)
                });
                write.await.unwrap();
                database.read(names).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(fixture.database.read(|conn| counted(conn, "alice")).await.unwrap(), 200);
    assert_eq!(fixture.names().await.len(), 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_loses_against_another_runs_again() {
    let fixture = Fixture::new();
    for name in ["alice", "bob"] {
        fixture.database.write("insert", move |tx| insert(tx, name)).await.unwrap();
    }
    // Each locks its first row and then wants the other's: with more than one writer at a time that is a deadlock.
    let runs = Arc::new(AtomicUsize::new(0));
    let both = [["alice", "bob"], ["bob", "alice"]].map(|[first, second]| {
        let runs = Arc::clone(&runs);
        fixture.database.write("cross", move |tx| {
            count_up(tx, first)?;
            runs.fetch_add(1, Ordering::SeqCst);
            let begin = Instant::now();
            while cfg!(feature = "postgres")
                && runs.load(Ordering::SeqCst) < 2
                && begin.elapsed() < Duration::from_secs(10)
            {
                std::thread::yield_now();
            }
            tx.wake(Queue::Mail);
            count_up(tx, second)
        })
    });
    let [one, other] = both;
    let (one, other) = tokio::join!(one, other);
    one.unwrap();
    other.unwrap();
    let runs = runs.load(Ordering::SeqCst);
    assert!(if cfg!(feature = "postgres") { runs > 2 } else { runs == 2 }, "{runs} runs");
    for name in ["alice", "bob"] {
        assert_eq!(fixture.database.read(move |conn| counted(conn, name)).await.unwrap(), 2);
    }
    assert_eq!(fixture.witness.seen.lock().unwrap().len(), 2, "what lost was not told of");
}

// The clock of the runtime stands still, so that the test does not wait for as long as a request would.
#[tokio::test(start_paused = true)]
async fn who_gets_no_connection_is_told_that_the_server_is_busy() {
    let scratch = Scratch::new();
    let witness = Arc::new(Witness { url: scratch.url(), seen: Mutex::default(), gate: Semaphore::new(1) });
    let settings = Settings { url: scratch.url().into(), read_url: None, connections: 1 };
    let database = Database::open(&settings, witness).unwrap();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let begun = Mutex::new(Some(begun));
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let may_go_on = Mutex::new(may_go_on);
    let long = tokio::spawn({
        let database = database.clone();
        async move {
            let hold = database.write("hold", move |_| {
                if let Some(begun) = begun.lock().unwrap().take() {
                    begun.send(()).unwrap();
                }
                may_go_on.lock().unwrap().recv().unwrap();
                Ok(())
            });
            hold.await
        }
    });
    has_begun.await.unwrap();
    let second = tokio::spawn(async move { database.write("wait", |_| Ok(())).await });
    for _ in 0..60 {
        tokio::time::advance(Duration::from_secs(1)).await;
        if second.is_finished() {
            break;
        }
    }
    assert!(second.is_finished(), "it has waited for a minute");
    assert!(matches!(second.await.unwrap(), Err(Error::Busy)));
    go_on.send(()).unwrap();
    long.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_order_of_ids_in_the_database_is_the_order_of_time() {
    let fixture = Fixture::new();
    // Neighbours across every border between the bytes of an id, from 1970 to 9999.
    let borders = (0..56).map(|bit| 1_i64 << bit).chain((1..=9).map(|year| year * 1_000_000_000 * 1_000));
    let instants: BTreeSet<Timestamp> =
        borders.flat_map(|border| [border - 1, border, border + 1]).map(Timestamp::from_micros).collect();
    // Neither in order nor against it: every instant seven places further on.
    let count = instants.len();
    let ordered: Vec<Timestamp> = instants.into_iter().collect();
    let mixed: Vec<Timestamp> = (0..count).map(|place| ordered[place * 7 % count]).collect();
    assert_eq!(mixed.iter().collect::<BTreeSet<_>>().len(), count, "7 divides {count}: choose another step");
    let load = fixture.database.write("insert", move |tx| {
        for (place, &at) in mixed.iter().enumerate() {
            insert_at(tx, &format!("account_{place}"), at)?;
        }
        let own = account_rows::table.filter(account_rows::is_system.eq(false));
        Ok(own.order(account_rows::id).select((account_rows::id, account_rows::created_at)).load(tx.conn())?)
    });
    let rows: Vec<(Id, Timestamp)> = load.await.unwrap();
    assert!(rows.is_sorted());
    assert_eq!(rows.iter().map(|&(_, at)| at).collect::<Vec<_>>(), ordered);
    assert!(rows.iter().all(|&(id, at)| id.timestamp() == at));
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_went_away_costs_one_failure_and_not_one_for_each_connection() {
    let fixture = Fixture::new();
    let begin = Arc::new(std::sync::Barrier::new(4));
    let mut each_connection = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (database, begin) = (fixture.database.clone(), Arc::clone(&begin));
        each_connection.spawn(async move {
            let read = database.read(move |conn| {
                begin.wait();
                names(conn)
            });
            read.await.unwrap();
        });
    }
    each_connection.join_all().await;
    let mut outside = Connection::establish(&fixture.scratch.url()).unwrap();
    diesel::sql_query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        .execute(&mut outside)
        .unwrap();
    let mut failures = 0;
    for _ in 0..8 {
        failures += usize::from(fixture.database.read(names).await.is_err());
    }
    assert!(failures <= 1, "{failures} requests failed");
}

/// The flag stands in `.cargo/config.toml`, which a build from elsewhere does not read.
#[cfg(not(feature = "postgres"))]
#[test]
fn statements_are_planned_once_whatever_is_bound() {
    use diesel::{Connection as _, QueryableByName, RunQueryDsl as _};

    #[derive(QueryableByName)]
    struct Flag {
        #[diesel(sql_type = diesel::sql_types::Text)]
        compile_options: String,
    }

    let mut conn = models::Connection::establish(":memory:").unwrap();
    let options: Vec<Flag> = diesel::sql_query("PRAGMA compile_options").load(&mut conn).unwrap();
    assert!(options.iter().any(|option| option.compile_options == "ENABLE_QPSG"));
}
