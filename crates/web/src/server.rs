//! Serving.

use std::net::TcpListener;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::{Server, Service as _};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpResponse, HttpServer, guard, web};

use crate::{Data, State, Tables, compression, front, health, host, telemetry};

/// Connections that a process holds at most.
const CONNECTIONS: usize = 20_000;
/// How long a client may take to send the head of a request.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Seconds that requests under way have when the server stops.
const SHUTDOWN: u64 = 8;

/// Serves `tables` to whoever connects to `listener`. The server runs when it is awaited and stops by its handle.
///
/// # Errors
/// Where the listener cannot be used.
pub fn serve<F>(state: State, tables: F, listener: TcpListener, workers: usize) -> std::io::Result<Server>
where
    F: Fn() -> Tables + Clone + Send + 'static,
{
    let state = Data::new(state);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            // The last of these is the first that a request meets.
            .wrap(from_fn(compression::leave_small_bodies))
            .wrap(Compress::default())
            .wrap(from_fn(compression::drop_identity))
            .wrap(any_origin())
            .wrap_fn(|mut request, service| {
                host::rewrite(&mut request);
                service.call(request)
            })
            .wrap(from_fn(telemetry::trace))
            .route("/", read().to(front::page))
            .route("/healthz", read().to(health::alive))
            .route("/readyz", read().to(health::ready))
            .configure(|config| tables().configure(config))
            .default_service(web::to(unknown_path))
    });
    let server = server
        .workers(workers)
        .max_connections(CONNECTIONS / workers.max(1))
        .client_request_timeout(HEAD_PATIENCE)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(SHUTDOWN)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

/// Pages of every origin may call the networks' APIs, without the browser's credentials.
fn any_origin() -> Cors {
    let cors = Cors::default().allow_any_origin().send_wildcard().allow_any_method().allow_any_header();
    cors.expose_any_header().max_age(86_400)
}

/// A route that answers `GET` and `HEAD`.
fn read() -> actix_web::Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

async fn unknown_path() -> HttpResponse {
    HttpResponse::NotFound().json(serde_json::json!({"error": "Nothing is served at this path"}))
}
