//! Events to handle, a table that shows who handled them, and waiting without sleeping.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bus::consumer::Occurrence;
use bus::{Bus, Stop, consumer};
use diesel::prelude::*;
use models::backend::scratch::Scratch;
use models::database::Settings;
use models::event::Actor;
use models::{Clock, Consumer, Database, Event, Id, NotificationKind, Result, Timestamp, Transaction, outbox};
use tokio::task::JoinHandle;

/// The consumer that the tests play: the only one of [`Event::Notable`].
pub const CONSUMER: Consumer = Consumer::Posts;

diesel::table! {
    // What was handled, as often as it was. No key: a row too many is what the tests look for.
    handled (label) {
        label -> Text,
    }
}

/// A database with the table of what was handled.
pub fn scratch() -> Scratch {
    let scratch = Scratch::new();
    let target = models::backend::connection_string(&scratch.url()).unwrap();
    let mut conn = <models::Connection as diesel::Connection>::establish(&target).unwrap();
    diesel::sql_query("CREATE TABLE handled (label TEXT NOT NULL)").execute(&mut conn).unwrap();
    scratch
}

/// The database as one process has it, which tells `bus` of its commits.
pub fn open(url: &str, bus: &Bus) -> Database {
    let settings = Settings { url: url.into(), read_url: None, connections: 4 };
    Database::open(&settings, Arc::new(bus.clone())).unwrap()
}

/// Records an event for each label, all in one transaction.
pub async fn record(database: &Database, now: Timestamp, labels: impl IntoIterator<Item = String>) {
    let labels: Vec<String> = labels.into_iter().collect();
    let write = database.write("record", move |tx| {
        labels.iter().try_for_each(|label| {
            let actor = Actor { id: Id::at(now), handle: "alice".to_owned(), name: "Alice".to_owned() };
            let (notification, recipient_id, target_id) = (NotificationKind::Follow, actor.id, actor.id);
            let preview = label.clone();
            outbox::record(tx, now, &Event::Notable { notification, actor, recipient_id, target_id, preview })
        })
    });
    write.await.unwrap();
}

/// The label that an event was recorded with.
pub fn label<'a>(occurrence: &'a Occurrence<'_>) -> &'a str {
    match occurrence.event {
        Event::Notable { preview, .. } => preview,
        other => panic!("nobody recorded {other:?}"),
    }
}

/// Handles events as the tests do: by a row for each.
pub fn handle(tx: &mut Transaction<'_>, occurrences: &[Occurrence<'_>]) -> Result<()> {
    let rows: Vec<_> = occurrences.iter().map(|occurrence| handled::label.eq(label(occurrence))).collect();
    diesel::insert_into(handled::table).values(rows).execute(tx.conn())?;
    Ok(())
}

/// Works on the events of the tests until told to stop.
pub fn consume(
    database: &Database,
    bus: &Bus,
    stop: &Stop,
    handle: impl Fn(&mut Transaction<'_>, &[Occurrence<'_>]) -> Result<()> + Clone + Send + Sync + 'static,
) -> JoinHandle<()> {
    let (database, bus, stop) = (database.clone(), bus.clone(), stop.clone());
    tokio::spawn(consumer::run(CONSUMER, database, bus, Clock::system(), stop, handle))
}

/// The labels of what was handled, in their order, each as often as it was.
pub async fn handled_labels(database: &Database) -> Vec<String> {
    let load =
        |conn: &mut models::Connection| Ok(handled::table.order(handled::label).select(handled::label).load(conn)?);
    database.read(load).await.unwrap()
}

/// How many events wait.
pub async fn waiting(database: &Database) -> i64 {
    database.read(|conn| outbox::waiting(conn, CONSUMER)).await.unwrap()
}

/// Waits until `condition` holds, for at most a minute.
pub async fn until<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let look = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), look).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// As many labels, in their order.
pub fn labels(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{number:04}")).collect()
}

/// Records one event after another, each when the one before is handled: `rounds` of them. Tells how long it took.
pub async fn time_of_rounds(rounds: usize, recording: &Database, consuming: (&Database, &Bus)) -> Duration {
    let (database, bus) = consuming;
    let stop = Stop::new();
    let (handled, mut is_handled) = tokio::sync::mpsc::unbounded_channel();
    let consumer = consume(database, bus, &stop, move |_, occurrences| {
        occurrences.iter().for_each(|occurrence| handled.send(label(occurrence).to_owned()).unwrap());
        Ok(())
    });
    let begin = Instant::now();
    for label in labels(rounds) {
        record(recording, Clock::system().now(), [label.clone()]).await;
        assert_eq!(is_handled.recv().await, Some(label));
    }
    let taken = begin.elapsed();
    stop.cancel();
    consumer.await.unwrap();
    taken
}
