//! Whether this process is alive, and whether it can work.

use actix_web::HttpResponse;
use serde::Serialize;

use crate::Data;

#[derive(Serialize)]
struct Readiness {
    database: bool,
    bus: bool,
}

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({"alive": true}))
}

/// `GET /readyz`: the database and the bus answer too; 503 where one does not.
pub(crate) async fn ready(state: Data) -> HttpResponse {
    let database = state.database.is_ready().await;
    let readiness = Readiness { database, bus: state.bus.is_ready().await };
    let is_ready = readiness.database && readiness.bus;
    let mut response = if is_ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(readiness)
}
