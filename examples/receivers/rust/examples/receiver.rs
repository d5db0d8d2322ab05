//! A receiver of ClankdIn's webhooks: answers 204 to deliveries and 401 to everything else.
//!
//! ```text
//! WEBHOOK_SECRET=whsec_… PORT=9000 cargo run --package webhook-receiver --example receiver
//! ```
#![expect(clippy::print_stdout, reason = "what was taken is printed")]

use std::env;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::web::{self, Bytes, Data, PayloadConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use serde_json::Value;
use webhook_receiver::{Headers, is_delivery};

/// More bytes than any delivery has.
const LONGEST_BODY: usize = 64 * 1024;

#[actix_web::main]
async fn main() -> io::Result<()> {
    let secret = Data::new(variable("WEBHOOK_SECRET")?);
    let port = variable("PORT")?.parse::<u16>().map_err(io::Error::other)?;
    let app = move || {
        let payload = PayloadConfig::new(LONGEST_BODY);
        App::new().app_data(payload).app_data(secret.clone()).default_service(web::post().to(receive))
    };
    HttpServer::new(app).workers(1).bind(("127.0.0.1", port))?.run().await
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(|error| io::Error::other(format!("{name}: {error}")))
}

async fn receive(request: HttpRequest, body: Bytes, secret: Data<String>) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let headers = Headers {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signatures: header("webhook-signature"),
    };
    if !is_delivery(&secret, headers, &body, now()) {
        return HttpResponse::Unauthorized().finish();
    }
    // A delivery comes again, with the same id, where its answer was lost: what you do here, do once for each id.
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let event = body.get("event").and_then(Value::as_str).unwrap_or_default();
    println!("{} {event}", headers.id);
    HttpResponse::NoContent().finish()
}

#[expect(clippy::disallowed_methods, reason = "a receiver is no part of the server, and has no other clock")]
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
