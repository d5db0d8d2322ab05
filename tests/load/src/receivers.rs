//! Receivers of webhooks, which note when each comment arrives.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use hdrhistogram::Histogram;

use crate::Result;

/// Hosts that receivers are spread over at most.
const HOSTS: u8 = 250;
/// How long a comment is waited for: longer than a delivery may be put off that has not been tried.
const PATIENCE: Duration = Duration::from_secs(90);

/// A comment by its number, and when it was sent.
pub type Sent = (u64, Instant);

/// What receivers note.
#[derive(Debug, Default)]
struct Notes {
    /// When each comment arrived first, by its number.
    arrivals: Mutex<HashMap<u64, Instant>>,
    /// So many of the receivers hang, the first ones.
    hanging: AtomicU64,
}

impl Notes {
    fn arrivals(&self) -> MutexGuard<'_, HashMap<u64, Instant>> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether the receiver with this path answers at all.
    fn receive(&self, path: &str, body: &[u8]) -> bool {
        let receiver: Option<u64> = path.trim_start_matches('/').parse().ok();
        if receiver.is_some_and(|receiver| receiver < self.hanging.load(Ordering::Relaxed)) {
            return false;
        }
        if let Some(number) = number_in(body) {
            self.arrivals().entry(number).or_insert_with(Instant::now);
        }
        true
    }
}

/// The number with which the comment begins that a delivery is about. It is looked for as text: parsing the whole would cost what is measured.
fn number_in(body: &[u8]) -> Option<u64> {
    let (_, preview) = std::str::from_utf8(body).ok()?.split_once(r#""comment_preview":""#)?;
    preview.split(' ').next()?.parse().ok()
}

/// Receivers: one server in a thread of its own, which listens at as many addresses of this machine.
#[derive(Debug)]
pub struct Receivers {
    notes: Arc<Notes>,
    /// Where each is told.
    pub urls: Vec<String>,
}

impl Receivers {
    /// Starts `count` receivers. Each is a host of its own as far as there are hosts.
    pub fn start(count: usize) -> Result<Self> {
        let notes = Arc::<Notes>::default();
        let noting = Arc::clone(&notes);
        let server = HttpServer::new(move || {
            let notes = Arc::clone(&noting);
            let receive = move |request: HttpRequest, body: web::Bytes| {
                let answers = notes.receive(request.path(), &body);
                async move { if answers { HttpResponse::Ok().finish() } else { std::future::pending().await } }
            };
            App::new().default_service(web::to(receive))
        });
        let hosts: Vec<SocketAddr> =
            (1..=HOSTS).map(|number| SocketAddr::from(([127, 0, 1, number], 0))).take(count).collect();
        // Ctrl-C is not theirs: it ends the tool.
        let server = server.workers(1).disable_signals().bind(&hosts[..])?;
        let urls = server.addrs().into_iter().cycle().take(count).enumerate();
        let urls = urls.map(|(number, address)| format!("http://{address}/{number}")).collect();
        tokio::spawn(server.run());
        Ok(Self { notes, urls })
    }

    /// From now on the first `count` receivers take requests and do not answer, and the others answer.
    pub fn hang(&self, count: u64) {
        self.notes.hanging.store(count, Ordering::Relaxed);
    }

    /// Waits until all of `sent` have arrived, and says how long each was under way, in microseconds.
    pub async fn wait_for(&self, sent: &[Sent]) -> Result<Histogram<u64>> {
        let mut latency = Histogram::new(3)?;
        for (number, at) in sent {
            let arrival = self.arrival(*number).await?;
            latency.record(u64::try_from(arrival.saturating_duration_since(*at).as_micros())?)?;
        }
        Ok(latency)
    }

    async fn arrival(&self, number: u64) -> Result<Instant> {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            let arrival = self.notes.arrivals().get(&number).copied();
            if let Some(arrival) = arrival {
                return Ok(arrival);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Err(format!("comment {number} was not delivered").into())
    }
}
