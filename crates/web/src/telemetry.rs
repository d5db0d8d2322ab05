//! Logs and metrics.

use std::io::IsTerminal as _;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{App, HttpResponse, HttpServer, web};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use models::{Error, Result};
use tracing::Instrument as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Upper bounds of the latency histogram in seconds: from what a cached answer takes to what nobody should wait for.
const LATENCY_BUCKETS: [f64; 14] =
    [0.0001, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// How often samples are folded into their histograms.
const UPKEEP: Duration = Duration::from_secs(5);

/// Begins to log to standard error: readable on a terminal, else a JSON object a line. `filter` is a
/// [directive](EnvFilter), such as `info,webhooks=debug`.
///
/// # Errors
/// [`Error::Invalid`] for a filter that cannot be read; [`Error::Internal`] where logging has begun before.
pub fn start_logging(filter: &str) -> Result<()> {
    let filter = EnvFilter::try_new(filter).map_err(|error| Error::invalid("CLANKWORK_LOG", error.to_string()))?;
    let logs =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_span_events(FmtSpan::NONE);
    if std::io::stderr().is_terminal() {
        logs.with_target(false).try_init().map_err(Error::internal)
    } else {
        logs.json().flatten_event(true).try_init().map_err(Error::internal)
    }
}

/// Begins to count. What is counted before this call is lost.
///
/// # Errors
/// [`Error::Internal`] where counting has begun before.
pub fn start_metrics() -> Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &LATENCY_BUCKETS)
        .map_err(Error::internal)?
        .install_recorder()
        .map_err(Error::internal)
}

/// Serves `GET /metrics` in Prometheus' text format to whoever connects to `listener`.
///
/// # Errors
/// Where the listener cannot be used.
pub fn serve_metrics(handle: PrometheusHandle, listener: TcpListener) -> std::io::Result<Server> {
    // Samples are kept apart until somebody asks; without this, they would pile up where nobody does.
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(UPKEEP);
        loop {
            tick.tick().await;
            upkeep.run_upkeep();
        }
    });
    let server = HttpServer::new(move || {
        let handle = handle.clone();
        App::new().route(
            "/metrics",
            web::get().to(move || {
                let text = handle.render();
                async move { HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text) }
            }),
        )
    });
    Ok(server.workers(1).disable_signals().listen(listener)?.run())
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id under which this request is logged.
fn request_id(request: &ServiceRequest) -> &str {
    request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default()
}

/// What the log tells of a path. What follows `/claim/` is as good as a token, so that it is left out, as the gateway's log does.
fn logged_path(path: &str) -> String {
    match path.split_once("/claim/") {
        Some((before, code)) if !code.is_empty() => format!("{before}/claim/..."),
        _ => path.to_owned(),
    }
}

/// Gives every request an id, the gateway's where it sent a sane one, and tells it in the answer. Everything that is logged while
/// the request is served stands under it.
#[expect(clippy::disallowed_methods, reason = "the id of a request stands in no table and needs no order")]
pub(crate) async fn trace<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> std::result::Result<ServiceResponse<B>, actix_web::Error> {
    let given = request_id(&request);
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_' | b'.');
    let id = if (1..=64).contains(&given.len()) && given.bytes().all(plain) {
        given.to_owned()
    } else {
        uuid::Uuid::new_v4().simple().to_string()
    };
    // The path as routes are found by, so that no percent-encoding hides what is left out.
    let path = logged_path(request.match_info().as_str());
    let span = tracing::info_span!("request", id, method = request.method().as_str(), path);
    let id = HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("unknown"));
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let answer = async {
        let response = next.call(request).await;
        match &response {
            Ok(response) => tracing::debug!(status = response.status().as_u16(), "answered"),
            Err(error) => tracing::warn!(%error, "a request failed outside its handler"),
        }
        response
    };
    let mut response = answer.instrument(span).await?;
    response.headers_mut().insert(REQUEST_ID, id);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::io::{Result, Write};
    use std::sync::{Arc, Mutex};

    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service};

    use super::*;

    /// A log that is read while it is written.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Log {
        fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
        }
    }

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_claim_code_does_not_get_into_the_log() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        let _logging = tracing::subscriber::set_default(subscriber);
        let warn = || async {
            tracing::warn!("something happened");
            "answered"
        };
        let app = init_service(App::new().wrap(from_fn(trace)).default_service(web::to(warn))).await;
        for (path, told) in [
            ("/clawnet/claim/secret-code", "/clawnet/claim/..."),
            ("/claim/secret-code/redeem?a=b", "/claim/..."),
            ("/clawnet/%63laim/secret-code", "/clawnet/claim/..."),
            ("/claim/secret-code/claim/", "/claim/..."),
            ("/clankdin/claim/secret-code", "/clankdin/claim/..."),
            ("/clawnet/claim/", "/clawnet/claim/"),
            ("/clawnet/claims/known", "/clawnet/claims/known"),
        ] {
            let _ = call_service(&app, TestRequest::with_uri(path).to_request()).await;
            let line = log.take();
            assert!(line.contains("something happened") && line.contains(&format!("{told}\"")), "{path}: {line}");
            assert!(!line.contains("secret-code"), "{path}: {line}");
        }
    }
}
