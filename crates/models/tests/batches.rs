//! What is written together because it came together.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use diesel::prelude::*;
use futures_util::future::join_all;
use models::accounts::{self, NewAccount};
use models::backend::scratch::Scratch;
use models::database::{AfterCommit, Effects, Settings};
use models::schema::accounts as account_rows;
use models::{Batches, Clock, Database, Error, Id, Network, Queue, Result, Transaction};
use tokio::sync::Semaphore;

/// Who is told of a commit waits here.
#[derive(Debug)]
struct Gate(Semaphore);

impl AfterCommit for Gate {
    fn committed(&self, _: Effects) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async { self.0.acquire().await.unwrap().forget() })
    }
}

struct Fixture {
    accounts: Batches<String, Id>,
    database: Database,
    /// How many items each transaction was given, those that failed included, in the order in which they began.
    sizes: Arc<Mutex<Vec<usize>>>,
    /// Each transaction waits for one of these.
    turns: mpsc::Sender<()>,
    gate: Arc<Gate>,
    _scratch: Scratch,
}

impl Fixture {
    /// Batches of accounts to be made by their names.
    fn new() -> Self {
        let scratch = Scratch::new();
        let gate = Arc::new(Gate(Semaphore::new(1_000)));
        let settings = Settings { url: scratch.url().into(), read_url: None, connections: 4 };
        let database = Database::open(&settings, gate.clone()).unwrap();
        let (sizes, (turns, turn)) = (Arc::<Mutex<Vec<usize>>>::default(), mpsc::channel());
        let (seen, turn) = (Arc::clone(&sizes), Mutex::new(turn));
        let accounts = Batches::new(database.clone(), "make accounts", move |tx, names: &[String]| {
            turn.lock().unwrap().recv().unwrap();
            seen.lock().unwrap().push(names.len());
            names.iter().map(|name| make(tx, name)).collect()
        });
        Self { accounts, database, sizes, turns, gate, _scratch: scratch }
    }

    /// Lets so many transactions run.
    fn allow(&self, transactions: usize) {
        (0..transactions).for_each(|_| self.turns.send(()).unwrap());
    }

    /// Asks for the first name alone and, while that is under way, for the others; then lets transactions run.
    async fn make(&self, first: &str, others: &[String]) -> (Result<Id>, Vec<Result<Id>>) {
        let first = self.accounts.write(first.to_owned());
        let others = async {
            tokio::task::yield_now().await;
            let others = join_all(others.iter().map(|name| self.accounts.write(name.clone())));
            let release = async { self.allow(1_000) };
            tokio::join!(others, release).0
        };
        tokio::join!(first, others)
    }

    /// How many items each transaction was given, the fewest first.
    fn sizes(&self) -> Vec<usize> {
        let mut sizes = self.sizes.lock().unwrap().clone();
        sizes.sort_unstable();
        sizes
    }

    async fn names(&self) -> Vec<String> {
        let own = account_rows::table.filter(account_rows::is_system.eq(false));
        let names = own.select(account_rows::handle).order(account_rows::handle);
        self.database.read(move |conn| Ok(names.load(conn)?)).await.unwrap()
    }
}

/// Makes an account. The name `no` is refused, and one that is taken is a failure of all.
fn make(tx: &mut Transaction<'_>, name: &str) -> Result<Result<Id>> {
    if name == "no" {
        return Ok(Err(Error::Forbidden("no")));
    }
    let new = NewAccount { network: Network::ClawNet, handle: name, display_name: None, bio: "", is_system: false };
    let id = accounts::insert(tx, &new, Clock::system().now())?.ok_or_else(|| Error::internal("the name is taken"))?;
    tx.wake(Queue::Mail);
    Ok(Ok(id))
}

fn numbered(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| format!("agent_{number:03}")).collect()
}

#[tokio::test]
async fn what_comes_while_one_is_under_way_is_written_together() {
    let fixture = Fixture::new();
    let (_, others) = fixture.make("agent_000", &numbered(1..9)).await;
    assert!(
        others.iter().map(|id| id.as_ref().unwrap()).is_sorted(),
        "each is told its own, in the order in which they came"
    );
    assert_eq!(fixture.sizes(), [1, 8]);
    assert_eq!(fixture.names().await, numbered(0..9));
}

#[tokio::test]
async fn one_transaction_has_an_end() {
    let fixture = Fixture::new();
    let (_, others) = fixture.make("agent_000", &numbered(1..150)).await;
    assert!(others.iter().all(Result::is_ok));
    assert_eq!(fixture.sizes(), [1, 21, 64, 64]);
    assert_eq!(fixture.names().await, numbered(0..150));
}

#[tokio::test]
async fn a_refusal_is_for_whom_it_concerns() {
    let fixture = Fixture::new();
    let (_, others) = fixture.make("first", &["a", "no", "b"].map(str::to_owned)).await;
    assert!(matches!(others[..], [Ok(_), Err(Error::Forbidden("no")), Ok(_)]), "{others:?}");
    assert_eq!(fixture.sizes(), [1, 3], "it costs no second transaction");
    assert_eq!(fixture.names().await, ["a", "b", "first"]);
}

#[tokio::test]
async fn what_cannot_be_written_harms_no_other() {
    let fixture = Fixture::new();
    let (_, others) = fixture.make("first", &["a", "first", "b"].map(str::to_owned)).await;
    assert!(matches!(others[..], [Ok(_), Err(Error::Internal(_)), Ok(_)]), "{others:?}");
    assert_eq!(fixture.sizes(), [1, 1, 1, 1, 3]);
    assert_eq!(fixture.names().await, ["a", "b", "first"]);
}

#[tokio::test]
async fn a_caller_that_goes_away_changes_nothing() {
    let fixture = Fixture::new();
    let accounts = fixture.accounts.clone();
    let caller = tokio::spawn(async move { accounts.write("gone".to_owned()).await });
    tokio::task::yield_now().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    fixture.allow(2);
    fixture.accounts.write("there".to_owned()).await.unwrap();
    assert_eq!(fixture.names().await, ["gone", "there"]);
}

#[tokio::test]
async fn the_answer_waits_for_what_follows_the_commit_and_the_next_transaction_does_not() {
    let fixture = Fixture::new();
    fixture.gate.0.forget_permits(usize::MAX);
    fixture.allow(2);
    let mut callers = Vec::new();
    for (count, name) in ["a", "b"].into_iter().enumerate() {
        let accounts = fixture.accounts.clone();
        callers.push(tokio::spawn(async move { accounts.write(name.to_owned()).await }));
        let written = async {
            while fixture.names().await.len() <= count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), written).await.unwrap();
    }
    assert_eq!(fixture.sizes(), [1, 1]);
    assert!(callers.iter().all(|caller| !caller.is_finished()));
    fixture.gate.0.add_permits(2);
    for answer in join_all(callers).await {
        answer.unwrap().unwrap();
    }
}
