//! What services tell one another.
//!
//! **What must not be lost is a row.** An event stands in the outbox from the transaction that caused it until the
//! transaction that handled it ([`consumer`]); a delivery and a mail wait in tables of their own ([`worker`]). The
//! bus only *wakes* those who work on them, and each looks by itself every second all the same. Losing Redis
//! therefore costs latency and nothing else.
//!
//! **What may be lost is a message.** Beside the wake-ups these are the changes that make copies stale. Instances
//! keep copies (who a token stands for, a page of a feed), and a copy that outlives its original would be a bug. So
//! a copy is believed only while [`Bus::is_trusted`]: each instance sends itself a beat through Redis four times a
//! second, and trusts what it holds for one second from the sending of the last beat that came back. This is the lease of
//! Gray and Cheriton (SOSP 1989).
//!
//! Few instances keep copies of a kind of topic, and the others neither hear of its changes nor are waited for. Each kind has
//! a channel, to which an instance subscribes when it is first asked for such a copy; what it has loaded until then it forgets
//! then. Its beats list the kinds that it was subscribed to when they were sent, and extend its trust in these alone.
//!
//! Who changes something tells the kind's channel, and right behind its own. Messages come in order, over all channels, and all
//! hear all beats: when its own message is back, it has heard each beat that Redis carried before the change. It waits until
//! everyone has acknowledged who listed the kind in one of these within the last second, or until a second has passed: then nobody who
//! missed the change trusts such copies any more. That is enough: whoever trusts a copy by a beat that came behind the change was
//! either subscribed when the change came, and has heard it before that beat, or subscribed later, and has loaded the copy after the change.

mod arrivals;
pub mod consumer;
mod interests;
mod lease;
mod message;
mod redis_link;
pub mod worker;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, RwLock};

use models::Id;
use models::database::{AfterCommit, Effects, Queue, Topic};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use crate::arrivals::ArrivalListener;
use crate::arrivals::Arrivals;
use crate::interests::{Interest, Interests};
use crate::lease::Kind;
use crate::redis_link::RedisLink;

/// Tells those who listen to stop; what they have begun they finish.
pub type Stop = CancellationToken;

/// A store of copies, told when they are stale.
pub trait Copies: Send + Sync {
    /// Forgets its copies of `topic`; from the return on it hands out none that was made before.
    fn forget(&self, topic: &Topic);
    /// Forgets everything: something may have changed unheard.
    fn forget_all(&self);
}

/// The bus of this process: alone, or with other processes through Redis. Cheap to clone.
#[derive(Clone)]
pub struct Bus {
    local: Arc<Local>,
    redis: Option<RedisLink>,
}

impl fmt::Debug for Bus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.redis.is_some() { "Bus(Redis)" } else { "Bus(in process)" })
    }
}

/// What of the bus lies in this process, whether or not Redis is there.
#[derive(Default)]
struct Local {
    bells: Bells,
    copies: RwLock<Vec<Arc<dyn Copies>>>,
    arrivals: Arc<Arrivals>,
    interests: Interests,
}

/// A bell for each queue.
#[derive(Default)]
struct Bells([Notify; Queue::ALL.len()]);

impl Bells {
    fn of(&self, queue: Queue) -> Option<&Notify> {
        let place = Queue::ALL.iter().position(|&other| other == queue)?;
        self.0.get(place)
    }
}

impl Local {
    fn ring(&self, queue: Queue) {
        if let Some(bell) = self.bells.of(queue) {
            bell.notify_one();
        }
    }

    /// Whether this process itself works on `queue`, so that ringing here is enough. Of deliveries it may have as many under way as it can
    /// while another instance has none, so that all are told of them.
    fn works_on(&self, queue: Queue) -> bool {
        queue != Queue::Deliveries && self.interests.has(Interest::Work(queue))
    }

    fn forget(&self, topics: &[Topic]) {
        let copies = self.copies.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        for store in copies.iter() {
            topics.iter().for_each(|topic| store.forget(topic));
        }
    }

    fn forget_all(&self) {
        let copies = self.copies.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        copies.iter().for_each(|store| store.forget_all());
    }
}

impl Bus {
    /// A bus for one process, which needs nothing outside.
    pub fn in_process() -> Self {
        Self { local: Arc::default(), redis: None }
    }

    /// A bus that reaches other processes through the Redis at `url`. Redis need not be there yet.
    ///
    /// # Errors
    /// [`models::Error::Invalid`] for a URL that is none.
    pub fn through_redis(url: &str, stop: Stop) -> models::Result<Self> {
        let local = Arc::<Local>::default();
        let redis = RedisLink::open(url, Arc::clone(&local), stop)?;
        Ok(Self { local, redis: Some(redis) })
    }

    /// Has `copies` told from now on of what changes.
    pub fn keep_fresh(&self, copies: Arc<dyn Copies>) {
        self.local.copies.write().unwrap_or_else(std::sync::PoisonError::into_inner).push(copies);
    }

    /// Whether this process is the only one, so that it hears of every change by itself.
    pub fn is_alone(&self) -> bool {
        self.redis.is_none()
    }

    /// Whether every change of `topic` that has been acknowledged has been heard here, so that its copies may be used. Who asks wants
    /// to keep copies: changes of such topics are heard from the first time on, and soon after it they are trusted.
    pub fn is_trusted(&self, topic: &Topic) -> bool {
        let kind = Kind::of(topic);
        let is_trusted = self.redis.as_ref().is_none_or(|redis| redis.is_trusted(kind));
        if !is_trusted {
            self.local.interests.add(Interest::Copies(kind));
        }
        is_trusted
    }

    /// The connection to Redis, for those who count in it; `None` where the process is alone.
    pub fn redis(&self) -> Option<redis::aio::ConnectionManager> {
        self.redis.as_ref().map(RedisLink::connection)
    }

    /// Whether the bus carries what it is given: for readiness.
    pub async fn is_ready(&self) -> bool {
        match &self.redis {
            Some(redis) => redis.answers().await,
            None => true,
        }
    }

    /// Returns when there is, or may be, work in `queue`.
    pub async fn woken(&self, queue: Queue) {
        self.local.interests.add(Interest::Work(queue));
        match self.local.bells.of(queue) {
            Some(bell) => bell.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Listens for what arrives for `account` from now on, on any instance. What arrives may be told late, never, or twice: whoever
    /// listens also looks by itself now and then.
    pub fn arrivals(&self, account: Id) -> ArrivalListener {
        self.local.interests.add(Interest::Arrivals);
        self.local.arrivals.listen(account)
    }

    /// Wakes those who work on `queue`: here, or elsewhere where nobody here does.
    pub async fn wake(&self, queue: Queue) {
        self.local.ring(queue);
        if let Some(redis) = &self.redis
            && !self.local.works_on(queue)
        {
            redis.tell_news([queue], []);
        }
    }

    /// Has everyone forget their copies of `topics`; returns when nobody uses one any more.
    pub async fn change(&self, topics: &[Topic]) {
        self.local.forget(topics);
        if let Some(redis) = &self.redis {
            redis.change(topics).await;
        }
    }
}

impl AfterCommit for Bus {
    fn committed(&self, effects: Effects) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let Effects { mut queues, topics, own_topics, arrivals } = effects;
            queues.iter().for_each(|&queue| self.local.ring(queue));
            // Whoever works on it elsewhere looks within a second, should there be more than is done here.
            queues.retain(|&queue| !self.local.works_on(queue));
            self.local.forget(&topics);
            self.local.forget(&own_topics);
            self.local.arrivals.tell(arrivals.iter().copied());
            if let Some(redis) = &self.redis {
                // News may be lost, so that nobody waits for it; least of all a client while Redis hangs.
                if !(queues.is_empty() && arrivals.is_empty()) {
                    redis.tell_news(queues, arrivals);
                }
                if !topics.is_empty() {
                    redis.change(&topics).await;
                }
            }
        })
    }
}
