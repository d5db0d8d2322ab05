//! The database as the services use it: reads, named transactions, and what follows a commit.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{self, Object, Pool, PoolError, RecycleError, RecycleResult};
use deadpool_sync::SyncWrapper;
use diesel::RunQueryDsl as _;
use diesel::connection::{Connection as _, TransactionManager as _};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use crate::error::{Error, Result};
use crate::event::Consumer;
use crate::token::TokenHash;
use crate::{Connection, Id, Network, Secret, backend};

/// How long a request waits for a free connection before it is told that the server is busy.
const WAIT: Duration = Duration::from_secs(5);
/// How often a transaction that lost against another is run in all.
const TRIES: u32 = 5;
/// How long it waits before it is run again, times how often it has lost.
const PAUSE: Duration = Duration::from_millis(10);

/// What a connection is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// Transactions, and reads that must see them.
    Write,
    /// Reads that may come from a replica.
    Read,
}

/// A table of rows that wait to be worked on.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Queue {
    /// Events for `posts`.
    Posts,
    /// Events for `messaging`.
    Messaging,
    /// Events for `webhooks` that concern one account.
    Webhooks,
    /// Events for `webhooks` that concern everybody.
    Announcements,
    /// Deliveries to receivers of webhooks.
    Deliveries,
    /// Mail to send.
    Mail,
    /// Posts on Moltbook to look at.
    Moltbook,
}

impl Queue {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Posts,
        Self::Messaging,
        Self::Webhooks,
        Self::Announcements,
        Self::Deliveries,
        Self::Mail,
        Self::Moltbook,
    ];

    /// The name on the wire and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Posts => "posts",
            Self::Messaging => "messaging",
            Self::Webhooks => "webhooks",
            Self::Announcements => "announcements",
            Self::Deliveries => "deliveries",
            Self::Mail => "mail",
            Self::Moltbook => "moltbook",
        }
    }
}

impl From<Consumer> for Queue {
    fn from(consumer: Consumer) -> Self {
        match consumer {
            Consumer::Posts => Self::Posts,
            Consumer::Messaging => Self::Messaging,
            Consumer::Webhooks => Self::Webhooks,
            Consumer::Announcements => Self::Announcements,
        }
    }
}

/// Something that instances keep copies of.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// Who a token stands for.
    Session(TokenHash),
    /// The public pages of a network's feed.
    Feed(Network),
    /// What is suggested to whoever types on ClankdIn.
    Suggestions,
    /// What waits in an account's inbox. Only a process that is alone keeps copies of that.
    Inbox(Id),
}

/// What must follow a commit: queues that have work, copies that are stale.
#[derive(Debug, Default)]
pub struct Effects {
    /// Who has something to do.
    pub queues: BTreeSet<Queue>,
    /// What has changed.
    pub topics: Vec<Topic>,
    /// What has changed of which only this process can have copies.
    pub own_topics: Vec<Topic>,
    /// For whom something has arrived, so that their live streams look at once.
    pub arrivals: BTreeSet<Id>,
}

impl Effects {
    /// Whether nothing must follow.
    pub fn is_empty(&self) -> bool {
        self.queues.is_empty() && self.topics.is_empty() && self.own_topics.is_empty() && self.arrivals.is_empty()
    }
}

/// Told of every commit that has effects. The answer to the client waits for it.
pub trait AfterCommit: fmt::Debug + Send + Sync {
    /// Carries out `effects`; returns when no instance uses a stale copy any more.
    fn committed(&self, effects: Effects) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// A transaction under way. Only functions that hold one can write, and what they tell others takes effect
/// when it commits.
#[expect(missing_debug_implementations, reason = "a connection shows nothing of itself")]
pub struct Transaction<'c> {
    conn: &'c mut Connection,
    effects: Effects,
}

impl Transaction<'_> {
    /// The connection, for queries.
    pub fn conn(&mut self) -> &mut Connection {
        self.conn
    }

    /// After the commit, those who work on `queue` look at once.
    pub fn wake(&mut self, queue: Queue) {
        self.effects.queues.insert(queue);
    }

    /// After the commit, and before the answer, no instance uses its copy of `topic` any more.
    pub fn change(&mut self, topic: Topic) {
        if !self.effects.topics.contains(&topic) {
            self.effects.topics.push(topic);
        }
    }

    /// The same for a topic of which only a process that is alone keeps copies: no other instance has to hear of it.
    pub fn change_here(&mut self, topic: Topic) {
        self.effects.own_topics.push(topic);
    }

    /// After the commit, the live streams of `account` look at once. A stream also looks by itself now and then, so that this may be
    /// lost.
    pub fn arrived(&mut self, account: Id) {
        self.effects.arrivals.insert(account);
    }

    /// Runs `work` so that its failure undoes its own writes and leaves the transaction usable.
    ///
    /// # Errors
    /// As `work` or the database says; [`Error::Internal`] where `work` panics.
    #[expect(clippy::disallowed_methods, reason = "within a transaction this is a savepoint")]
    pub fn attempt<T>(&mut self, work: impl FnOnce(&mut Transaction<'_>) -> Result<T>) -> Result<T> {
        let (value, effects) =
            Transaction::run_within(self.conn, work, |conn, inner| diesel::Connection::transaction(conn, inner))?;
        self.effects.queues.extend(effects.queues);
        self.effects.topics.extend(effects.topics);
        self.effects.own_topics.extend(effects.own_topics);
        self.effects.arrivals.extend(effects.arrivals);
        Ok(value)
    }

    /// Runs `work` as a transaction on `conn`, and says what must follow its commit.
    pub(crate) fn run<T>(
        conn: &mut Connection,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T>,
    ) -> Result<(T, Effects)> {
        Transaction::run_within(conn, work, |conn, inner| backend::transaction(conn, inner))
    }

    /// Runs `work` as a transaction on `conn`, for tests that have no [`Database`]; nobody is told of its commit.
    ///
    /// # Errors
    /// As `work` or the database says.
    #[cfg(feature = "testing")]
    pub fn for_test<T>(conn: &mut Connection, work: impl FnOnce(&mut Transaction<'_>) -> Result<T>) -> Result<T> {
        Ok(Self::run(conn, work)?.0)
    }

    fn run_unsynced<T>(
        conn: &mut Connection,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T>,
    ) -> Result<(T, Effects)> {
        Transaction::run_within(conn, work, |conn, inner| backend::unsynced_transaction(conn, inner))
    }

    fn run_within<T>(
        conn: &mut Connection,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T>,
        begin: impl FnOnce(&mut Connection, &mut dyn FnMut(&mut Connection) -> Result<(T, Effects)>) -> Result<(T, Effects)>,
    ) -> Result<(T, Effects)> {
        let mut work = Some(work);
        begin(conn, &mut |conn| {
            let work = work.take().ok_or_else(|| Error::internal("a transaction was run twice"))?;
            let mut tx = Transaction { conn, effects: Effects::default() };
            // A panic that went through here would leave the transaction open, and its locks with it.
            match catch_unwind(AssertUnwindSafe(|| work(&mut tx))) {
                Ok(done) => Ok((done?, tx.effects)),
                Err(_) => Err(Error::internal("a transaction panicked")),
            }
        })
    }
}

/// Where the database is and how many connections to hold.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: Secret,
    /// A replica for reads; the database itself where `None`.
    pub read_url: Option<Secret>,
    /// Connections in each pool, at least 1.
    pub connections: usize,
}

/// The database of this process. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    write: Pool<Connector>,
    read: Pool<Connector>,
    replica: Pool<Connector>,
    after: Arc<dyn AfterCommit>,
    /// Where it was opened, and what outlives each request.
    runtime: Handle,
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Database")
    }
}

impl Database {
    /// Prepares the pools; connections are made when they are first needed. `after` is told of every commit.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the URL of another database than this build's; [`Error::Internal`] outside a runtime.
    pub fn open(settings: &Settings, after: Arc<dyn AfterCommit>) -> Result<Self> {
        let size = settings.connections.max(1);
        let write = pool(&settings.url, Role::Write, size)?;
        let read = pool(&settings.url, Role::Read, size)?;
        let replica = match &settings.read_url {
            Some(url) => pool(url, Role::Read, size)?,
            None => read.clone(),
        };
        let runtime = Handle::try_current().map_err(Error::internal)?;
        Ok(Self { write, read, replica, after, runtime })
    }

    /// Runs a read that sees everything committed before it.
    ///
    /// # Errors
    /// As `work` says; [`Error::Busy`] where no connection came free in time.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    {
        run(&self.read, work).await
    }

    /// Runs a read that may come from a replica, some time behind: for what is public and not the caller's own.
    ///
    /// # Errors
    /// As `work` says; [`Error::Busy`] where no connection came free in time.
    pub async fn read_replica<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    {
        run(&self.replica, work).await
    }

    /// Whether the database answers.
    pub async fn is_ready(&self) -> bool {
        self.read(|conn| Ok(diesel::sql_query("SELECT 1").execute(conn)?)).await.is_ok()
    }

    /// Runs `work` as one transaction, again where it lost against another, and carries out what must follow the
    /// commit before it returns. A caller that goes away in the middle changes nothing of that. `name` is for logs.
    ///
    /// # Errors
    /// As `work` says, and then nothing was written; [`Error::Busy`] where no connection came free in time.
    pub async fn write<T, F>(&self, name: &'static str, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    {
        self.commit(name, move |conn| retry(name, || Transaction::run(conn, &work))).await
    }

    /// Runs `work` like [`Database::write`], without waiting for the disk. For work that is found and done again should the
    /// machine lose its power in that moment: handling an event, taking a lease, recording an attempt. The end of
    /// this process, however sudden, loses nothing of it, and whatever is written afterwards by
    /// [`Database::write`] takes it to disk too.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn write_unsynced<T, F>(&self, name: &'static str, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    {
        self.commit(name, move |conn| retry(name, || Transaction::run_unsynced(conn, &work))).await
    }

    async fn commit<T, F>(&self, name: &'static str, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<(T, Effects)> + Send + 'static,
    {
        let database = self.clone();
        let task = tokio::spawn(async move {
            let (value, effects) = run(&database.write, work).await?;
            database.follow_up(effects).await;
            Ok(value)
        });
        task.await.map_err(|error| Error::internal(format!("{name}: {error}")))?
    }

    /// Runs `work` like [`Database::write`], but leaves what must follow the commit to the caller, who must not go away in the middle.
    pub(crate) async fn transact<T, F>(&self, name: &'static str, work: F) -> Result<(T, Effects)>
    where
        T: Send + 'static,
        F: Fn(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    {
        run(&self.write, move |conn| retry(name, || Transaction::run(conn, &work))).await
    }

    /// Runs `task` for as long as this process runs, whatever becomes of the request that begins it: each thread that serves requests has a
    /// runtime of its own, which ends with its last request.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }

    /// Carries out what must follow a commit.
    pub(crate) async fn follow_up(&self, effects: Effects) {
        if !effects.is_empty() {
            self.after.committed(effects).await;
        }
    }
}

/// Runs a transaction again and again while it loses against others.
fn retry<T>(name: &'static str, mut run: impl FnMut() -> Result<(T, Effects)>) -> Result<(T, Effects)> {
    let mut tries = 1;
    loop {
        match run() {
            Err(Error::Database(error)) if tries < TRIES && backend::is_retryable(&error) => {
                metrics::counter!("clankwork_transaction_retries_total", "transaction" => name).increment(1);
                tracing::debug!(transaction = name, tries, %error, "transaction lost against another, running it again");
                // The winner needs a moment for what it was given, or both begin the same quarrel anew.
                std::thread::sleep(PAUSE.saturating_mul(tries));
                tries = tries.saturating_add(1);
            }
            Err(Error::Database(error)) => {
                tracing::error!(transaction = name, tries, %error, "transaction failed");
                return Err(Error::Database(error));
            }
            done => return done,
        }
    }
}

/// Makes the connections of a pool. Unlike `deadpool-diesel`'s it looks at a connection that comes back where it
/// stands, instead of sending a question to a blocking thread and back: that would be a second hop for every request.
#[derive(Debug)]
struct Connector {
    target: Secret,
    role: Role,
}

impl managed::Manager for Connector {
    type Type = SyncWrapper<Connection>;
    type Error = Error;

    async fn create(&self) -> Result<Self::Type> {
        let (target, role) = (self.target.clone(), self.role);
        SyncWrapper::new(Runtime::Tokio1, move || {
            let mut conn = Connection::establish(target.expose()).map_err(Error::internal)?;
            backend::set_up(&mut conn, role)?;
            Ok(conn)
        })
        .await
    }

    async fn recycle(&self, wrapper: &mut Self::Type, _: &managed::Metrics) -> RecycleResult<Error> {
        type Manager = <Connection as diesel::Connection>::TransactionManager;
        let mut conn =
            wrapper.lock().map_err(|_| RecycleError::message("a panic left it in the middle of its work"))?;
        match Manager::is_broken_transaction_manager(&mut *conn) {
            true => Err(RecycleError::message("a transaction was left open")),
            false => Ok(()),
        }
    }
}

async fn run<T, F>(pool: &Pool<Connector>, work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce(&mut Connection) -> Result<T> + Send + 'static,
{
    let conn = pool.get().await.map_err(|error| match error {
        PoolError::Timeout(_) => Error::Busy,
        other => Error::internal(other),
    })?;
    let done = conn.interact(work).await.map_err(Error::internal)?;
    if let Err(Error::Database(error)) = &done
        && backend::is_closed(error)
    {
        // The server went away: what else the pool holds is as dead as this one.
        drop(Object::take(conn));
        pool.retain(|_, _| false);
    }
    done
}

fn pool(url: &Secret, role: Role, size: usize) -> Result<Pool<Connector>> {
    let target = backend::connection_string(url.expose())?.into();
    Pool::builder(Connector { target, role })
        .max_size(backend::pool_size(role, size))
        .wait_timeout(Some(WAIT))
        .create_timeout(Some(WAIT))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(Error::internal)
}
