//! The way to other instances, through Redis pub/sub.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use models::{Clock, Error, Id, Queue, Topic};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands as _, Client};
use tokio::sync::mpsc;

use crate::message::{CHANNEL, Message};
use crate::{Local, Stop};

/// How long an instance trusts what it holds after a beat was sent.
const TRUST: Duration = Duration::from_secs(1);
/// How often it sends one.
const BEAT: Duration = Duration::from_millis(250);
/// How long Redis may take to answer.
const ANSWER: Duration = Duration::from_millis(800);
/// How long to wait before listening anew when the connection was lost.
const RECONNECT: Duration = Duration::from_millis(200);

/// The connection, and what is known over it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct RedisLink {
    connection: ConnectionManager,
    shared: Arc<Shared>,
}

struct Shared {
    /// This instance, to tell its own beats from others'.
    instance: Id,
    clock: Clock,
    start: Instant,
    /// Until when copies are trusted, in microseconds from `start`.
    trusted_until: AtomicU64,
    /// Changes under way, and where their acknowledgements go.
    waiting: Mutex<HashMap<Id, mpsc::UnboundedSender<()>>>,
    local: Arc<Local>,
}

impl RedisLink {
    pub(crate) fn open(url: &str, local: Arc<Local>, stop: Stop) -> models::Result<Self> {
        let client = Client::open(url).map_err(|error| Error::invalid("REDIS_URL", error.to_string()))?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(ANSWER))
            .set_connection_timeout(Some(ANSWER))
            .set_number_of_retries(1);
        let connection = ConnectionManager::new_lazy_with_config(client.clone(), config).map_err(Error::internal)?;
        let clock = Clock::system();
        let shared = Arc::new(Shared {
            instance: Id::at(clock.now()),
            clock,
            start: Instant::now(),
            trusted_until: AtomicU64::new(0),
            waiting: Mutex::default(),
            local,
        });
        let link = Self { connection, shared };
        tokio::spawn(link.clone().listen(client, stop));
        Ok(link)
    }

    pub(crate) fn connection(&self) -> ConnectionManager {
        self.connection.clone()
    }

    pub(crate) fn is_trusted(&self) -> bool {
        micros(self.shared.start.elapsed()) < self.shared.trusted_until.load(Ordering::Acquire)
    }

    pub(crate) async fn answers(&self) -> bool {
        let mut connection = self.connection();
        redis::cmd("PING").query_async::<String>(&mut connection).await.is_ok()
    }

    pub(crate) async fn wake(&self, queues: &[Queue]) {
        // Nothing is lost when this fails: whoever works on the queue looks by itself within a second.
        if let Err(error) = self.publish(&Message::Wake(queues.to_vec())).await {
            tracing::debug!(%error, "could not wake other instances");
        }
    }

    /// Returns when every instance that listens has forgotten `topics`, or trusts nothing any more.
    pub(crate) async fn change(&self, topics: &[Topic]) {
        let id = Id::at(self.shared.clock.now());
        let (acknowledge, mut acknowledged) = mpsc::unbounded_channel();
        self.waiting().insert(id, acknowledge);
        let deadline = tokio::time::Instant::now() + TRUST + ANSWER;
        let everyone = async {
            match self.publish(&Message::Change(id, topics.to_vec())).await {
                Ok(listeners) => {
                    for _ in 0..listeners {
                        acknowledged.recv().await;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "could not tell other instances of a change; waiting until none trusts its copy");
                    tokio::time::sleep(TRUST).await;
                }
            }
        };
        if tokio::time::timeout_at(deadline, everyone).await.is_err() {
            tracing::debug!("an instance did not acknowledge a change in time; it trusts no copy any more");
        }
        self.waiting().remove(&id);
    }

    async fn publish(&self, message: &Message) -> Result<u64, String> {
        let body = serde_json::to_string(message).map_err(|error| error.to_string())?;
        let mut connection = self.connection();
        connection.publish(CHANNEL, body).await.map_err(|error| error.to_string())
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, HashMap<Id, mpsc::UnboundedSender<()>>> {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens until told to stop, again and again where the connection is lost.
    async fn listen(self, client: Client, stop: Stop) {
        loop {
            let heard = tokio::select! {
                () = stop.cancelled() => return,
                heard = self.listen_once(&client) => heard,
            };
            if let Err(error) = heard {
                tracing::warn!(%error, "lost the subscription to Redis");
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    async fn listen_once(&self, client: &Client) -> Result<(), redis::RedisError> {
        let mut subscription = client.get_async_pubsub().await?;
        subscription.subscribe(CHANNEL).await?;
        // What changed while nobody listened was not heard.
        self.shared.local.forget_all();
        Queue::ALL.iter().for_each(|&queue| self.shared.local.ring(queue));
        let mut messages = subscription.into_on_message();
        let mut beat = tokio::time::interval(BEAT);
        let mut number = 0_u64;
        let mut sent: HashMap<u64, Duration> = HashMap::new();
        loop {
            tokio::select! {
                message = messages.next() => match message {
                    Some(message) => self.hear(message.get_payload_bytes(), &mut sent),
                    None => return Ok(()),
                },
                _ = beat.tick() => {
                    number = number.wrapping_add(1);
                    sent.retain(|_, at| self.shared.start.elapsed().saturating_sub(*at) < TRUST);
                    sent.insert(number, self.shared.start.elapsed());
                    let link = self.clone();
                    tokio::spawn(async move {
                        let beat = Message::Beat(link.shared.instance, number);
                        if let Err(error) = link.publish(&beat).await {
                            tracing::debug!(%error, "a beat was not sent");
                        }
                    });
                }
            }
        }
    }

    fn hear(&self, body: &[u8], sent: &mut HashMap<u64, Duration>) {
        match serde_json::from_slice(body) {
            Ok(Message::Wake(queues)) => queues.iter().for_each(|&queue| self.shared.local.ring(queue)),
            Ok(Message::Change(id, topics)) => {
                self.shared.local.forget(&topics);
                let link = self.clone();
                tokio::spawn(async move {
                    if let Err(error) = link.publish(&Message::Acknowledge(id)).await {
                        tracing::debug!(%error, "an acknowledgement was not sent");
                    }
                });
            }
            Ok(Message::Acknowledge(id)) => {
                if let Some(change) = self.waiting().get(&id) {
                    let _ = change.send(());
                }
            }
            Ok(Message::Beat(instance, number)) => {
                if instance == self.shared.instance
                    && let Some(at) = sent.remove(&number)
                {
                    self.shared.trusted_until.fetch_max(micros(at.saturating_add(TRUST)), Ordering::AcqRel);
                }
            }
            Err(error) => tracing::warn!(%error, "heard a message that this release does not know"),
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
