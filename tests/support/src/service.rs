//! One service in the test's own process.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;

use bus::{Bus, Stop};
use futures_util::future::BoxFuture;
use models::backend::scratch::Scratch;
use models::database::Settings as DatabaseSettings;
use models::{Clock, Database, Result, Timestamp, migrations, outbox};
use tempfile::TempDir;
use tokio::sync::oneshot;
use web::limits::Limits;
use web::state::Settings;
use web::vault::Vault;
use web::{State, Tables, server};

use crate::{GENEROUS, MailFolder, Networks, eventually};

/// The workers of a service, as it exports them.
pub type Workers = fn(&State, &Stop) -> Result<Vec<BoxFuture<'static, ()>>>;

/// The workers of a service whose test needs none.
pub const NO_WORKERS: Workers = |_, _| Ok(Vec::new());

/// The operator's token of every service under test.
const ADMIN_TOKEN: &str = "the-operator-of-the-tests";
/// The instant at which the clock of a service under test stands at first: 2026-11-21T21:01:43.709469Z.
const START: i64 = 1_795_294_903_709_469;

/// One service over real HTTP, with a database of its own, limits on, and a clock that the test moves. It runs in a thread
/// with a runtime of its own, so that neither waits for the other, and ends with this value.
#[derive(Debug)]
pub struct Service {
    /// What its handlers share, for builders.
    pub state: State,
    origin: String,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    mail: TempDir,
    // Dropped last: the thread above has let go of it by then.
    _scratch: Scratch,
}

impl Service {
    /// Starts the service with these routes and workers; returns when it listens.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn start(routes: fn() -> Tables, workers: Workers) -> Self {
        Self::start_with(routes, workers, |_| ())
    }

    /// Starts the service with these routes and workers and with what `change` makes of the settings; returns when it listens.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn start_with(routes: fn() -> Tables, workers: Workers, change: impl FnOnce(&mut Settings)) -> Self {
        let (scratch, mail) = (Scratch::new(), tempfile::tempdir().expect("a temporary folder"));
        let clock = Clock::manual(Timestamp::from_micros(START));
        migrations::run(&scratch.url(), &clock).expect("the database takes its schema");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("it has an address"));
        let mut settings = Settings {
            mail: format!("file:{}", mail.path().display()).into(),
            mail_from: "Clankspace <no-reply@localhost>".to_owned(),
            webhook_allow: vec!["127.0.0.0/8".parse().expect("a network")],
            ..Settings::default()
        };
        change(&mut settings);
        let url = scratch.url();
        let (tell, hear) = std::sync::mpsc::channel();
        let (end, ended) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
            runtime.expect("a runtime").block_on(async move {
                let state = open(url, clock, settings);
                let stop = Stop::new();
                let workers = workers(&state, &stop).expect("the workers start");
                let workers: Vec<_> = workers.into_iter().map(tokio::spawn).collect();
                let server = server::serve(state.clone(), routes, listener, 1).expect("the service can listen");
                let handle = server.handle();
                let _ = tell.send(state);
                tokio::select! {
                    _ = server => {}
                    _ = ended => handle.stop(false).await,
                }
                stop.cancel();
                for worker in workers {
                    let _ = worker.await;
                }
            });
        });
        let state = hear.recv().expect("the service runs");
        Self { state, origin, end: Some(end), thread: Some(thread), mail, _scratch: scratch }
    }

    /// Moves the service's clock on by so many seconds.
    pub fn advance(&self, seconds: i64) {
        self.state.clock.advance(seconds);
    }

    /// Waits until no event waits for `consumer` any more.
    pub async fn settled(&self, consumer: models::Consumer) {
        let none_waits = async || {
            let waiting = self.state.database.read(move |conn| outbox::waiting(conn, consumer)).await;
            (waiting.expect("the database answers") == 0).then_some(())
        };
        eventually(GENEROUS, "every event is handled", none_waits).await;
    }
}

fn open(url: String, clock: Clock, settings: Settings) -> State {
    let bus = Bus::in_process();
    let database_settings = DatabaseSettings { url: url.into(), read_url: None, connections: 4 };
    let database = Database::open(&database_settings, Arc::new(bus.clone())).expect("the database opens");
    let limits = Limits::new(true, HashMap::new(), clock.clone(), &bus);
    let vault = Vault::new(&[7; 32]).expect("a vault");
    State::new(database, bus, clock, limits, vault, settings, ADMIN_TOKEN.into())
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            let _ = end.send(());
        }
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the service under test panicked");
        }
    }
}

impl Networks for Service {
    fn origin(&self) -> &str {
        &self.origin
    }

    fn mails(&self) -> MailFolder {
        MailFolder::new(self.mail.path())
    }

    fn admin_token(&self) -> String {
        ADMIN_TOKEN.to_owned()
    }
}
