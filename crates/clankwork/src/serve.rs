//! Serving: from the settings to a server that runs until it is told to stop.

use std::fs::{File, TryLockError};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bus::{Bus, Stop};
use models::database::Settings as DatabaseSettings;
use models::{Clock, Database, Error, Result, Secret, backend, folder, migrations};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use web::limits::Limits;
use web::state::Settings;
use web::vault::Vault;
use web::{State, Tables, server, telemetry};

use crate::configuration::{self, ServeSettings, Service, Switch};
use crate::{banner, documents, secrets};

/// How long requests and workers may take to finish what they have begun.
const DRAIN: Duration = Duration::from_secs(9);

/// Serves until a signal says stop.
///
/// # Errors
/// Where the settings do not fit, the database cannot be brought to its schema, or an address cannot be listened on.
pub async fn run(settings: ServeSettings) -> Result<()> {
    let begin = Instant::now();
    telemetry::start_logging(&settings.log)?;
    let metrics = settings.metrics_bind.map(|bind| Ok::<_, Error>((bind, telemetry::start_metrics()?))).transpose()?;
    let _lock = prepare_folders(&settings)?;
    let stop = Stop::new();
    let state = open(&settings, &stop)?;
    let listener = listen(settings.bind)?;
    let address = listener.local_addr().map_err(Error::internal)?;

    let mut workers = JoinSet::new();
    for worker in workers_of(&settings.services, &state, &stop)? {
        workers.spawn(worker);
    }
    let threads = settings.http_threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from));
    let services = settings.services.clone();
    let tables = move || tables_of(&services);
    let server = server::serve(state, tables, listener, threads.unwrap_or(1)).map_err(Error::internal)?;
    let handle = server.handle();
    let mut serving = tokio::spawn(server);
    if let Some((bind, metrics)) = metrics {
        let metrics = telemetry::serve_metrics(metrics, listen(bind)?).map_err(Error::internal)?;
        tokio::spawn(metrics);
    }
    // Whoever started the server may have stopped to listen; that is no reason not to serve.
    if let Err(error) = banner::welcome(&settings, address, begin.elapsed()) {
        tracing::debug!(%error, "nobody reads where everything is");
    }
    if settings.rate_limits == Switch::Off {
        tracing::warn!("limits in time and cooldowns are off: this is for tests and load runs only");
    }

    tokio::select! {
        () = told_to_stop() => tracing::info!("stopping"),
        ended = &mut serving => return ended.map_err(Error::internal)?.map_err(Error::internal),
        Some(ended) = workers.join_next() => {
            stop.cancel();
            return Err(Error::internal(format!("a worker ended by itself: {ended:?}")));
        }
    }
    stop.cancel();
    let finish = async { while workers.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, async { tokio::join!(handle.stop(true), finish) }).await.is_err() {
        tracing::warn!("not everything finished in time; what was held is taken up again by its lease");
    }
    tracing::info!("stopped");
    Ok(())
}

/// Makes the folders, and with an embedded database makes sure that no other process uses it. The lock lasts as long as what
/// is returned.
fn prepare_folders(settings: &ServeSettings) -> Result<Option<File>> {
    let url = settings.storage.url();
    for folder in [Some(settings.storage.data_dir.clone()), backend::folder(url.expose())].into_iter().flatten() {
        folder::make_private(&folder)?;
    }
    let Some(path) = backend::lock_file(url.expose()) else { return Ok(None) };
    let failed = |error: &dyn std::fmt::Display| Error::internal(format!("{}: {error}", path.display()));
    let lock = File::create(&path).map_err(|error| failed(&error))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Err(failed(&"another server uses this database")),
        Err(TryLockError::Error(error)) => Err(failed(&error)),
    }
}

/// Opens everything that handlers and workers share.
fn open(settings: &ServeSettings, stop: &Stop) -> Result<State> {
    let clock = Clock::system();
    let url = settings.storage.url();
    if settings.is_whole() {
        migrations::run(url.expose(), &clock)?;
    }
    let bus = match &settings.redis_url {
        Some(url) => Bus::through_redis(url.expose(), stop.clone())?,
        None => Bus::in_process(),
    };
    let database_settings = DatabaseSettings {
        url,
        read_url: settings.database_read_url.clone(),
        connections: settings.database_connections,
    };
    let database = Database::open(&database_settings, Arc::new(bus.clone()))?;
    let limits =
        Limits::new(settings.rate_limits == Switch::On, configuration::limit_overrides()?, clock.clone(), &bus);
    let (data_dir, operator) = (&settings.storage.data_dir, &settings.operator);
    let load = |name, given: &Option<Secret>, file: &Option<std::path::PathBuf>, generated: &str| {
        let generated = data_dir.join(generated);
        secrets::load(name, given.as_ref(), file.as_deref(), &generated, settings.is_whole())
    };
    let key = load("CLANKWORK_SECRET_KEY", &settings.secret_key, &settings.secret_key_file, "secret-key")?;
    let admin_token =
        load(secrets::ADMIN_TOKEN, &operator.admin_token, &operator.admin_token_file, secrets::ADMIN_TOKEN_FILE)?;
    let vault = Vault::new(&secrets::parse_key(&key)?)?;
    let shared = Settings {
        public_urls: settings.public_urls(),
        trusted_proxies: settings.trusted_proxies.clone(),
        closed: settings.closed(),
        mail: settings.mail(),
        mail_from: settings.mail_from.clone(),
        appeals_address: settings.appeals_address.clone(),
        webhook_allow: settings.webhook_allow.clone(),
        moltbook: Some((settings.moltbook_url.clone(), settings.moltbook_key.clone())),
        oembed: Some(settings.oembed_url.clone()),
        language_model: settings.language_model(),
    };
    Ok(State::new(database, bus, clock, limits, vault, shared, admin_token))
}

fn listen(bind: std::net::SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(bind).map_err(|error| Error::internal(format!("cannot listen on {bind}: {error}")))
}

fn tables_of(services: &[Service]) -> Tables {
    let tables = services.iter().map(|service| match service {
        // What tells of all services is served where accounts are.
        Service::Auth => auth::routes().and(documents::routes()),
        Service::Posts => posts::routes(),
        Service::Jobs => jobs::routes(),
        Service::Messaging => messaging::routes(),
        Service::Webhooks => webhooks::routes(),
    });
    tables.reduce(Tables::and).unwrap_or_else(auth::routes)
}

type Work = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

fn workers_of(services: &[Service], state: &State, stop: &Stop) -> Result<Vec<Work>> {
    let mut workers = Vec::new();
    for service in services {
        workers.extend(match service {
            Service::Auth => auth::workers(state, stop),
            Service::Posts => posts::workers(state, stop),
            Service::Jobs => jobs::workers(state, stop),
            Service::Messaging => messaging::workers(state, stop),
            Service::Webhooks => webhooks::workers(state, stop),
        }?);
    }
    Ok(workers)
}

async fn told_to_stop() {
    let mut terminate = match signal(SignalKind::terminate()) {
        Ok(terminate) => terminate,
        Err(error) => return tracing::error!(%error, "cannot listen for signals"),
    };
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => {
            if let Err(error) = interrupted {
                tracing::error!(%error, "cannot listen for Ctrl-C");
            }
        }
    }
}
