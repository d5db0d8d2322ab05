//! The way to other instances, through Redis pub/sub.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use models::{Clock, Error, Id, Queue, Topic};
use redis::Client;
use redis::aio::{ConnectionManager, ConnectionManagerConfig, PubSubSink};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::interests::Interest;
use crate::lease::{Beats, Kind, Leases, TRUST};
use crate::message::{CHANNEL, Message, channel_of};
use crate::{Local, Stop};

/// How often it sends one.
const BEAT: Duration = Duration::from_millis(250);
/// How long Redis may take to answer.
const ANSWER: Duration = Duration::from_millis(800);
/// How long to wait before listening anew when the connection was lost.
const RECONNECT: Duration = Duration::from_millis(200);
/// How long to wait before a change is sent again that could not be sent.
const AGAIN: Duration = Duration::from_millis(50);
/// How long a subscription may hear nothing, not even its own beats, before it is made anew: a server that vanished closes nothing.
const SILENCE: Duration = Duration::from_secs(3);

/// Where the echoes of changes go, by the changes' ids.
type Waiting = HashMap<Id, mpsc::UnboundedSender<Echo>>;

/// Changes that go out in one message when those before them have been heard: the more come at once, the less each costs.
#[derive(Default)]
struct Pending {
    topics: HashSet<Topic>,
    tellers: Vec<oneshot::Sender<()>>,
    is_telling: bool,
}

/// What may be lost, and goes out in one message with what comes at the same time.
#[derive(Default)]
struct News {
    queues: BTreeSet<Queue>,
    arrivals: BTreeSet<Id>,
    is_telling: bool,
}

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
    leases: Leases,
    /// Whether something has changed that the others could not be told of.
    owes_news: AtomicBool,
    /// Changes under way.
    waiting: Mutex<Waiting>,
    /// Changes that are told next, while others are under way.
    pending: Mutex<Pending>,
    /// News that is told next, while other is under way.
    news: Mutex<News>,
    local: Arc<Local>,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is heard of a change that was made here.
enum Echo {
    /// It has been told. In the order of messages all beats that Redis carried before it have come too, so that these are the
    /// others that may hold a copy they trust.
    Told(HashSet<(Kind, Id)>),
    /// This instance has carried out what is of that kind.
    Acknowledged(Kind, Id),
}

/// A change that was sent.
struct Told {
    id: Id,
    echoes: mpsc::UnboundedReceiver<Echo>,
    shared: Arc<Shared>,
}

impl Told {
    /// Returns when everyone has acknowledged it who may have trusted a copy.
    ///
    /// How many Redis has handed it to would say less: an instance whose subscription has just broken is none of them, and trusts
    /// its copies all the same until it has missed its beats.
    async fn everyone(&mut self) {
        let mut expected = None;
        let mut acknowledged = HashSet::new();
        while expected.as_ref().is_none_or(|expected: &HashSet<_>| !expected.is_subset(&acknowledged)) {
            match self.echoes.recv().await {
                Some(Echo::Told(keepers)) => expected = Some(keepers),
                Some(Echo::Acknowledged(kind, other)) => {
                    acknowledged.insert((kind, other));
                }
                // Not while this value lives.
                None => return,
            }
        }
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.shared.waiting().remove(&self.id);
    }
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
            leases: Leases::default(),
            owes_news: AtomicBool::new(false),
            waiting: Mutex::default(),
            pending: Mutex::default(),
            news: Mutex::default(),
            local,
        });
        let link = Self { connection, shared };
        tokio::spawn(link.clone().listen(client, stop));
        Ok(link)
    }

    pub(crate) fn connection(&self) -> ConnectionManager {
        self.connection.clone()
    }

    pub(crate) fn is_trusted(&self, kind: Kind) -> bool {
        self.shared.leases.is_trusted(kind)
    }

    pub(crate) async fn answers(&self) -> bool {
        let mut connection = self.connection();
        redis::cmd("PING").query_async::<String>(&mut connection).await.is_ok()
    }

    /// Tells other instances what may be lost: who has work, and for whom something has arrived. Whoever works on a queue, and whoever
    /// listens, looks by itself too. What comes while something is being told goes out in one message behind it.
    pub(crate) fn tell_news(&self, queues: impl IntoIterator<Item = Queue>, arrivals: impl IntoIterator<Item = Id>) {
        let is_first = {
            let mut news = self.shared.news();
            news.queues.extend(queues);
            news.arrivals.extend(arrivals);
            !std::mem::replace(&mut news.is_telling, true)
        };
        if is_first {
            tokio::spawn(self.clone().tell_all_news());
        }
    }

    async fn tell_all_news(self) {
        loop {
            let (queues, arrivals) = {
                let mut news = self.shared.news();
                news.is_telling = !(news.queues.is_empty() && news.arrivals.is_empty());
                (std::mem::take(&mut news.queues), std::mem::take(&mut news.arrivals))
            };
            let is_quiet = arrivals.is_empty();
            if queues.is_empty() && is_quiet {
                return;
            }
            let arrived = Message::Arrived(arrivals.into_iter().collect());
            let arrived = (!is_quiet).then_some((Interest::Arrivals, arrived));
            let woken = queues.into_iter().map(|queue| (Interest::Work(queue), Message::Wake(vec![queue])));
            let news = woken.chain(arrived).map(|(interest, message)| (interest.channel(), message));
            if let Err(error) = self.publish(&news.collect::<Vec<_>>()).await {
                tracing::debug!(error, "could not tell other instances what is new");
            }
        }
    }

    /// Returns when every instance has forgotten `topics`, or trusts nothing any more.
    pub(crate) async fn change(&self, topics: &[Topic]) {
        let (teller, told) = oneshot::channel();
        let is_first = {
            let mut pending = self.shared.pending();
            pending.topics.extend(topics);
            pending.tellers.push(teller);
            !std::mem::replace(&mut pending.is_telling, true)
        };
        if is_first {
            tokio::spawn(self.clone().tell_pending());
        }
        // An error says that the runtime ends.
        let _ = told.await;
    }

    /// Tells of what is pending until nothing is.
    async fn tell_pending(self) {
        loop {
            let (topics, tellers) = {
                let mut pending = self.shared.pending();
                pending.is_telling = !pending.tellers.is_empty();
                (std::mem::take(&mut pending.topics), std::mem::take(&mut pending.tellers))
            };
            if tellers.is_empty() {
                return;
            }
            self.tell(topics).await;
            for teller in tellers {
                let _ = teller.send(());
            }
        }
    }

    /// Returns when every instance has forgotten `topics`, or trusts nothing any more.
    async fn tell(&self, topics: HashSet<Topic>) {
        let (id, instance) = (Id::at(self.shared.clock.now()), self.shared.instance);
        let (echo, echoes) = mpsc::unbounded_channel();
        self.shared.waiting().insert(id, echo);
        let mut told = Told { id, echoes, shared: Arc::clone(&self.shared) };
        let mut changed = BTreeMap::<Kind, Vec<Topic>>::new();
        for topic in topics {
            changed.entry(Kind::of(&topic)).or_default().push(topic);
        }
        let behind = (channel_of(instance), Message::Told(id, changed.keys().copied().collect()));
        let change = |(kind, topics)| (Interest::Copies(kind).channel(), Message::Change(id, instance, kind, topics));
        let messages: Vec<_> = changed.into_iter().map(change).chain([behind]).collect();
        match self.publish_within(&messages, TRUST).await {
            // Who has not acknowledged by then has missed its beats for as long.
            Ok(()) => drop(tokio::time::timeout(TRUST, told.everyone()).await),
            Err(error) => {
                // Where Redis is away for all, nobody trusts anything by now. Where it is away for this instance alone, the others
                // must hear of the change as soon as they can. However many changes it is by then, one message says it.
                tracing::warn!(
                    error,
                    "could not tell other instances of a change yet; they will hear of it when Redis is back"
                );
                self.shared.owes_news.store(true, Ordering::Release);
            }
        }
    }

    /// Tells the others of the changes that they could not be told of, where there are any.
    async fn catch_up(&self) {
        if self.shared.owes_news.swap(false, Ordering::AcqRel)
            && let Err(error) = self.publish(&[(CHANNEL.to_owned(), Message::Everything)]).await
        {
            tracing::debug!(error, "could not tell other instances of earlier changes");
            self.shared.owes_news.store(true, Ordering::Release);
        }
    }

    /// Publishes `messages`, again and again for `patience` where that fails.
    async fn publish_within(&self, messages: &[(String, Message)], patience: Duration) -> Result<(), String> {
        let begin = Instant::now();
        loop {
            match self.publish(messages).await {
                Err(error) if begin.elapsed() >= patience => return Err(error),
                Err(_) => tokio::time::sleep(AGAIN).await,
                Ok(()) => return Ok(()),
            }
        }
    }

    /// Publishes each message on its channel, in their order and in one round trip.
    async fn publish(&self, messages: &[(String, Message)]) -> Result<(), String> {
        let mut pipeline = redis::pipe();
        for (channel, message) in messages {
            let body = serde_json::to_string(message).map_err(|error| error.to_string())?;
            pipeline.publish(channel, body).ignore();
        }
        pipeline.query_async(&mut self.connection()).await.map_err(|error| error.to_string())
    }

    /// Listens until told to stop, again and again where the connection is lost.
    async fn listen(self, client: Client, stop: Stop) {
        let mut beats = Beats::default();
        loop {
            let heard = tokio::select! {
                () = stop.cancelled() => return,
                heard = self.listen_once(&client, &mut beats) => heard,
            };
            // Nothing is heard from here on.
            self.shared.leases.end();
            if let Err(error) = heard {
                tracing::warn!(error, "lost the subscription to Redis");
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    async fn listen_once(&self, client: &Client, beats: &mut Beats) -> Result<(), String> {
        let mut interests = self.shared.local.interests.watch();
        // All at once: an earlier beat may come back over this subscription, and extends the trust in what it lists.
        let mut subscribed = interests.borrow_and_update().clone();
        let subscribe = async {
            let mut subscription = client.get_async_pubsub().await?;
            let always = [CHANNEL.to_owned(), channel_of(self.shared.instance)];
            let wanted = subscribed.iter().map(|interest| interest.channel());
            subscription.subscribe(&always.into_iter().chain(wanted).collect::<Vec<_>>()).await?;
            Ok::<_, redis::RedisError>(subscription)
        };
        let subscription = tokio::time::timeout(SILENCE, subscribe).await;
        let subscription = subscription.map_err(|_| "no answer".to_owned())?.map_err(|error| error.to_string())?;
        let (mut channels, mut messages) = subscription.split();
        // What changed while nobody listened was not heard.
        self.shared.local.forget_all();
        self.shared.local.arrivals.tell_all();
        Queue::ALL.iter().for_each(|&queue| self.shared.local.ring(queue));
        let mut beat = tokio::time::interval(BEAT);
        let listening_since = Instant::now();
        let mut heard_at = listening_since;
        loop {
            tokio::select! {
                message = messages.next() => match message {
                    Some(message) => {
                        heard_at = Instant::now();
                        self.hear(message.get_payload_bytes(), beats, listening_since);
                    }
                    None => return Ok(()),
                },
                Ok(()) = interests.changed() => {
                    let wanted = interests.borrow_and_update().clone();
                    for &interest in wanted.difference(&subscribed) {
                        self.hear_of(&mut channels, interest).await?;
                    }
                    subscribed = wanted;
                    // Copies of what is heard of from now on are trusted when the next beat is back.
                    beat.reset_immediately();
                }
                _ = beat.tick() => {
                    if heard_at.elapsed() > SILENCE {
                        return Err("it has gone silent".to_owned());
                    }
                    let kinds: BTreeSet<Kind> = subscribed.iter().filter_map(|interest| interest.kept_kind()).collect();
                    let number = beats.send(kinds.clone());
                    tokio::spawn(self.clone().beat(number, kinds));
                }
            }
        }
    }

    async fn beat(self, number: u64, kinds: BTreeSet<Kind>) {
        let beat = Message::Beat(self.shared.instance, number, kinds);
        match self.publish(&[(CHANNEL.to_owned(), beat)]).await {
            Ok(()) => self.catch_up().await,
            Err(error) => tracing::debug!(error, "a beat was not sent"),
        }
    }

    /// Hears of `interest` from now on.
    async fn hear_of(&self, channels: &mut PubSubSink, interest: Interest) -> Result<(), String> {
        let subscribed = tokio::time::timeout(SILENCE, channels.subscribe(interest.channel())).await;
        subscribed.map_err(|_| "no answer".to_owned())?.map_err(|error| error.to_string())?;
        // What was told until now was not heard.
        match interest {
            Interest::Work(queue) => self.shared.local.ring(queue),
            Interest::Arrivals => self.shared.local.arrivals.tell_all(),
            Interest::Copies(_) => self.shared.local.forget_all(),
        }
        Ok(())
    }

    fn hear(&self, body: &[u8], beats: &mut Beats, listening_since: Instant) {
        match serde_json::from_slice(body) {
            Ok(Message::Wake(queues)) => queues.iter().for_each(|&queue| self.shared.local.ring(queue)),
            // What it has changed itself it forgot before it told of that.
            Ok(Message::Change(_, from, ..)) if from == self.shared.instance => {}
            Ok(Message::Change(id, from, kind, topics)) => {
                self.shared.local.forget(&topics);
                self.acknowledge(id, kind, from);
            }
            // Who has not listened for as long as others may trust has not heard of all of them.
            Ok(Message::Told(..)) if listening_since.elapsed() < TRUST => {}
            Ok(Message::Told(id, kinds)) => {
                if let Some(own) = self.shared.waiting().get(&id) {
                    let _ = own.send(Echo::Told(self.shared.leases.keepers(&kinds)));
                }
            }
            Ok(Message::Everything) => self.shared.local.forget_all(),
            Ok(Message::Arrived(accounts)) => self.shared.local.arrivals.tell(accounts),
            Ok(Message::Acknowledge(id, kind, other)) => {
                if let Some(own) = self.shared.waiting().get(&id) {
                    let _ = own.send(Echo::Acknowledged(kind, other));
                }
            }
            Ok(Message::Beat(instance, number, _)) if instance == self.shared.instance => {
                if let Some(beat) = beats.take(number) {
                    self.shared.leases.extend(beat);
                }
            }
            Ok(Message::Beat(other, _, kinds)) => self.shared.leases.heard(other, kinds),
            Err(error) => tracing::warn!(%error, "heard a message that this release does not know"),
        }
    }

    fn acknowledge(&self, id: Id, kind: Kind, to: Id) {
        let link = self.clone();
        tokio::spawn(async move {
            let message = Message::Acknowledge(id, kind, link.shared.instance);
            if let Err(error) = link.publish(&[(channel_of(to), message)]).await {
                tracing::debug!(error, "an acknowledgement was not sent");
            }
        });
    }
}
