//! Events are handled, each once, whatever happens to who handles them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[cfg(test)]
mod common;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bus::consumer::{Occurrence, step};
use bus::worker::Progress;
use bus::{Bus, Stop};
use common::{
    CONSUMER, consume, handle, handled_labels, label, labels, open, record, scratch, time_of_rounds, until, waiting,
};
use diesel::prelude::*;
use models::schema::outbox;
use models::{Clock, Error, Id, Timestamp, Transaction};

fn clock() -> Clock {
    Clock::manual(Timestamp::from_micros(1_795_294_903_709_469))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn consumers_that_race_handle_each_event_once() {
    let scratch = scratch();
    let stop = Stop::new();
    // As many processes as buses: nobody rings another's bell.
    let instances = [Bus::in_process(), Bus::in_process()].map(|bus| (open(&scratch.url(), &bus), bus));
    let consumers = instances.each_ref().map(|(database, bus)| consume(database, bus, &stop, handle));
    let mut producers = tokio::task::JoinSet::new();
    for chunk in labels(500).chunks(10).map(<[String]>::to_vec) {
        let database = instances[producers.len() % 2].0.clone();
        producers.spawn(async move { record(&database, Clock::system().now(), chunk).await });
    }
    producers.join_all().await;
    let [(database, _), _] = &instances;
    until("all events are handled", || async { waiting(database).await == 0 }).await;
    stop.cancel();
    for consumer in consumers {
        consumer.await.unwrap();
    }
    assert_eq!(handled_labels(database).await, labels(500));
}

#[tokio::test]
async fn events_that_wait_together_are_handed_over_together_and_in_order() {
    let scratch = scratch();
    let database = open(&scratch.url(), &Bus::in_process());
    let clock = clock();
    for label in labels(70) {
        record(&database, clock.now(), [label]).await;
        clock.advance(1);
    }
    let (sender, mut handed) = tokio::sync::mpsc::unbounded_channel();
    let note = move |_: &mut Transaction<'_>, occurrences: &[Occurrence<'_>]| {
        sender.send(occurrences.iter().map(|occurrence| label(occurrence).to_owned()).collect::<Vec<_>>()).unwrap();
        Ok(())
    };
    assert_eq!(step(CONSUMER, &database, clock.now(), note.clone()).await.unwrap(), Progress::More);
    for _ in 0..2 {
        assert_eq!(step(CONSUMER, &database, clock.now(), note.clone()).await.unwrap(), Progress::Idle);
    }
    let batches: Vec<Vec<String>> = std::iter::from_fn(|| handed.try_recv().ok()).collect();
    // Nobody is called for nothing.
    assert_eq!(batches, labels(70).chunks(64).map(<[String]>::to_vec).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_event_that_cannot_be_handled_waits_ever_longer_and_holds_up_nothing() {
    let scratch = scratch();
    let database = open(&scratch.url(), &Bus::in_process());
    let clock = clock();
    record(&database, clock.now(), ["before", "bad", "behind"].map(str::to_owned)).await;
    let tries = Arc::new(AtomicUsize::new(0));
    let is_mended = Arc::new(AtomicBool::new(false));
    let step = async || {
        let (tries, is_mended) = (Arc::clone(&tries), Arc::clone(&is_mended));
        let stumble = move |tx: &mut Transaction<'_>, occurrences: &[Occurrence<'_>]| {
            handle(tx, occurrences)?;
            if occurrences.iter().all(|occurrence| label(occurrence) != "bad") {
                return Ok(());
            }
            tries.fetch_add(1, Ordering::SeqCst);
            if is_mended.load(Ordering::SeqCst) { Ok(()) } else { Err(Error::Busy) }
        };
        assert_eq!(step(CONSUMER, &database, clock.now(), stumble).await.unwrap(), Progress::Idle);
    };
    let mut tried_at = Vec::new();
    for second in 0..=31 {
        let before = tries.load(Ordering::SeqCst);
        step().await;
        step().await;
        if tries.load(Ordering::SeqCst) > before {
            tried_at.push(second);
        }
        // What the failing handler wrote is gone, and what the others wrote is there.
        assert_eq!(handled_labels(&database).await, ["before", "behind"]);
        clock.advance(1);
    }
    // Twice each time: with the others, and by itself.
    assert_eq!((tried_at, tries.load(Ordering::SeqCst)), (vec![0, 1, 3, 7, 15, 31], 12));
    assert_eq!(waiting(&database).await, 1);
    is_mended.store(true, Ordering::SeqCst);
    clock.advance(32);
    step().await;
    assert_eq!(waiting(&database).await, 0);
    assert_eq!(handled_labels(&database).await, ["bad", "before", "behind"]);
}

#[tokio::test]
async fn a_handler_that_panics_loses_nothing_and_holds_up_nothing() {
    let scratch = scratch();
    let database = open(&scratch.url(), &Bus::in_process());
    let clock = clock();
    record(&database, clock.now(), ["bad", "behind"].map(str::to_owned)).await;
    let panicking = |tx: &mut Transaction<'_>, occurrences: &[Occurrence<'_>]| {
        handle(tx, occurrences)?;
        assert!(occurrences.iter().all(|occurrence| label(occurrence) != "bad"), "a test's own panic");
        Ok(())
    };
    step(CONSUMER, &database, clock.now(), panicking).await.unwrap();
    assert_eq!(handled_labels(&database).await, ["behind"]);
    clock.advance(1);
    step(CONSUMER, &database, clock.now(), handle).await.unwrap();
    assert_eq!(handled_labels(&database).await, ["bad", "behind"]);
    assert_eq!(waiting(&database).await, 0);
}

#[tokio::test]
async fn an_event_of_a_later_release_waits_for_it_and_holds_up_nothing() {
    let scratch = scratch();
    let database = open(&scratch.url(), &Bus::in_process());
    let clock = clock();
    let now = clock.now();
    let unheard_of = move |tx: &mut Transaction<'_>| {
        diesel::insert_into(outbox::table)
            .values((
                outbox::consumer.eq(CONSUMER.as_str()),
                outbox::event_id.eq(Id::at(now)),
                outbox::event.eq(r#"{"kind":"unheard_of"}"#),
                outbox::available_at.eq(now),
            ))
            .execute(tx.conn())?;
        Ok(())
    };
    database.write("record", unheard_of).await.unwrap();
    record(&database, now, ["behind".to_owned()]).await;
    step(CONSUMER, &database, now, handle).await.unwrap();
    assert_eq!(handled_labels(&database).await, ["behind"]);
    assert_eq!(waiting(&database).await, 1);
}

/// The variable that tells this program, run anew, that it is the consumer that dies, and of which database.
const VICTIM: &str = "CLANKWORK_TEST_VICTIM";
/// Which event it dies of: one in the middle of the second batch.
const DEADLY: &str = "0099";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_is_killed_in_the_middle_of_a_batch_loses_nothing_and_repeats_nothing() {
    if let Ok(url) = std::env::var(VICTIM) {
        die_in_the_middle(&url).await;
    }
    let scratch = scratch();
    let bus = Bus::in_process();
    let database = open(&scratch.url(), &bus);
    let clock = Clock::system();
    for label in labels(200) {
        record(&database, clock.now(), [label]).await;
    }
    let name = "a_consumer_that_is_killed_in_the_middle_of_a_batch_loses_nothing_and_repeats_nothing";
    let mut victim = Command::new(std::env::current_exe().unwrap());
    victim.args(["--exact", name, "--nocapture"]).env(VICTIM, scratch.url());
    let died = tokio::task::spawn_blocking(move || victim.output().unwrap()).await.unwrap();
    assert_eq!(died.status.code(), None, "it was to be killed: {}", String::from_utf8_lossy(&died.stderr));
    // The first batch was committed; of the second nothing is left, and all of it waits.
    assert_eq!(handled_labels(&database).await, labels(64));
    assert_eq!(waiting(&database).await, 136);
    let stop = Stop::new();
    let consumer = consume(&database, &bus, &stop, handle);
    until("the rest is handled", || async { waiting(&database).await == 0 }).await;
    stop.cancel();
    consumer.await.unwrap();
    assert_eq!(handled_labels(&database).await, labels(200));
}

/// Handles events until the deadly one, in whose middle the process ends as by `kill -9`.
async fn die_in_the_middle(url: &str) {
    let bus = Bus::in_process();
    let database = open(url, &bus);
    let consumer = consume(&database, &bus, &Stop::new(), |tx, occurrences| {
        for occurrence in occurrences {
            handle(tx, std::slice::from_ref(occurrence))?;
            if label(occurrence) == DEADLY {
                std::process::abort();
            }
        }
        Ok(())
    });
    tokio::time::timeout(Duration::from_secs(60), consumer).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_consumer_has_begun_it_finishes_before_it_stops() {
    let scratch = scratch();
    let bus = Bus::in_process();
    let database = open(&scratch.url(), &bus);
    let stop = Stop::new();
    record(&database, Clock::system().now(), labels(3)).await;
    let stopping = stop.clone();
    let consumer = consume(&database, &bus, &stop, move |tx, occurrences| {
        stopping.cancel();
        handle(tx, occurrences)
    });
    tokio::time::timeout(Duration::from_secs(60), consumer).await.unwrap().unwrap();
    assert_eq!(handled_labels(&database).await, labels(3));
    assert_eq!(waiting(&database).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_is_woken_and_does_not_wait_for_its_timer() {
    let scratch = scratch();
    let bus = Bus::in_process();
    let database = open(&scratch.url(), &bus);
    let taken = time_of_rounds(20, &database, (&database, &bus)).await;
    assert!(taken < Duration::from_secs(10), "20 looks of a second each would take no longer than {taken:?}");
}
