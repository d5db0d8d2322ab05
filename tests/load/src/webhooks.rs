//! What is measured of webhooks on ClankdIn: how many comments reach their receivers in a second, and how long they are under way.

use std::cell::Cell;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use futures_util::future::try_join_all;
use hdrhistogram::Histogram;
use models::schema::deliveries;
use models::{Id, Transaction};
use serde_json::json;

use crate::Result;
use crate::baseline::Baseline;
use crate::deployment::Deployment;
use crate::http::{Connection, Measured, Request};
use crate::receivers::{Receivers, Sent};
use crate::report::Report;
use crate::rows::{CHUNK, Rows};
use crate::scenario::{register_clankdin, text};

/// Comments that are written as fast as they go, for each second of a measurement.
const COMMENTS: u32 = 500;
/// Receivers that they go to, for each second of a measurement, where they do not all go to one.
const RECEIVERS: u32 = 100;
/// Deliveries that wait, for each second of a measurement.
const WAITING: u32 = 10_000;
/// Comments in a second, where it matters how long each is under way.
const A_SECOND: u32 = 50;
/// Receivers of which some hang, and how many do.
const NEIGHBOURS: (u32, u32) = (50, 10);
/// The number of the lane that `services/webhooks` has for receivers that failed the last time: what falls for them goes there.
const SLOW_LANE: i16 = 2;

/// Measures bursts to one receiver and to many, held against `inserts`; then how long comments are under way, alone, beside receivers that
/// hang and beside deliveries that wait.
pub async fn measure(
    deployment: &Deployment,
    report: &mut Report,
    (period, crowd): (Duration, usize),
    inserts: Baseline,
) -> Result<()> {
    let millis = u32::try_from(period.as_millis())?;
    let scaled = |count: u32| (count.saturating_mul(millis) / 1_000).max(1);
    let one = Audience::gather(deployment, "Told", 1).await?;
    let many = Audience::gather(deployment, "One of many", scaled(RECEIVERS)).await?;
    for audience in [&one, &many] {
        audience.burst(report, scaled(COMMENTS), crowd, inserts).await?;
    }
    report.add("comment to receiver, no others wait", &one.comment_steadily(period, 0).await?, None);
    hang(deployment, report, period).await?;
    let waiting = scaled(WAITING);
    pile_up(deployment, report, waiting).await?;
    let meanwhile = one.comment_steadily(period, 0).await?;
    report.add(&format!("comment to receiver, {waiting} others wait"), &meanwhile, None);
    report.memory(&format!("memory while {waiting} wait for a receiver that refuses"), deployment);
    Ok(())
}

/// Agents who each have a post, and a webhook for what is said about it, and somebody who comments.
struct Audience {
    address: String,
    commenter: String,
    /// Where comments on each one's post go.
    threads: Vec<String>,
    receivers: Receivers,
    /// The number of the next comment.
    next: Cell<u64>,
}

impl Audience {
    /// Registers so many.
    async fn gather(deployment: &Deployment, name: &str, count: u32) -> Result<Self> {
        let receivers = Receivers::start(usize::try_from(count)?)?;
        let mut connection = Connection::open(&deployment.address).await?;
        let commenter = register_clankdin(&mut connection, &format!("{name}: the commenter")).await?;
        let mut threads = Vec::new();
        for (number, url) in receivers.urls.iter().enumerate() {
            let author = register_clankdin(&mut connection, &format!("{name} {number}")).await?;
            register_webhook(&mut connection, &author, url).await?;
            let post = json!({"content": "What do you think?"});
            let post = Request::new("POST", "/clankdin/feed", Some(&author), Some(&post));
            let id = text(&connection.json(&post).await?, "/post/id")?;
            threads.push(format!("/clankdin/feed/{id}/comments"));
        }
        Ok(Self { address: deployment.address.clone(), commenter, threads, receivers, next: Cell::new(0) })
    }

    /// Writes the next comment, on the post of whose turn it is.
    async fn comment(&self, connection: &mut Connection) -> Result<Sent> {
        let number = self.next.replace(self.next.get().saturating_add(1));
        let thread = self.threads.get(usize::try_from(self.place(number))?).ok_or("nobody is there")?;
        let body = json!({"content": format!("{number} is the number of this comment")});
        let request = Request::new("POST", thread, Some(&self.commenter), Some(&body));
        let sent = (number, Instant::now());
        connection.succeed(&request).await?;
        Ok(sent)
    }

    /// Whose turn it is with this comment.
    fn place(&self, number: u64) -> u64 {
        let count = u64::try_from(self.threads.len()).unwrap_or(u64::MAX);
        number.checked_rem(count).unwrap_or(0)
    }

    /// Writes `count` comments as fast as they go, and reports both how fast that is and how fast they arrive: from the first that is sent
    /// to the last that is received.
    async fn burst(&self, report: &mut Report, count: u32, connections: usize, inserts: Baseline) -> Result<()> {
        let until = self.next.get().saturating_add(count.into());
        let begin = Instant::now();
        let writers = (0..connections).map(|_| async {
            let mut connection = Connection::open(&self.address).await?;
            let (mut sent, mut latency) = (Vec::new(), Histogram::<u64>::new(3)?);
            while self.next.get() < until {
                let comment = self.comment(&mut connection).await?;
                latency.record(u64::try_from(comment.1.elapsed().as_micros())?)?;
                sent.push(comment);
            }
            Result::Ok((sent, latency))
        });
        let (mut sent, mut writing) = (Vec::new(), Histogram::new(3)?);
        for (by_one, latency) in try_join_all(writers).await? {
            sent.extend(by_one);
            writing.add(latency)?;
        }
        let written = Measured { rate: f64::from(count) / begin.elapsed().as_secs_f64(), latency: writing };
        let latency = self.receivers.wait_for(&sent).await?;
        let received = Measured { rate: f64::from(count) / begin.elapsed().as_secs_f64(), latency };
        let receivers = self.threads.len();
        report.add(&format!("{count} comments for {receivers}, written"), &written, Some(inserts));
        report.add(&format!("{count} comments for {receivers}, received"), &received, Some(inserts));
        Ok(())
    }

    /// Writes fifty comments a second, and says how long they are under way to all but the first so many receivers.
    async fn comment_steadily(&self, period: Duration, but: u32) -> Result<Measured> {
        let mut connection = Connection::open(&self.address).await?;
        let mut tick = tokio::time::interval(Duration::from_secs(1) / A_SECOND);
        let (mut sent, begin) = (Vec::new(), Instant::now());
        while begin.elapsed() < period {
            tick.tick().await;
            sent.push(self.comment(&mut connection).await?);
        }
        let rate = f64::from(u32::try_from(sent.len())?) / begin.elapsed().as_secs_f64();
        sent.retain(|(number, _)| self.place(*number) >= but.into());
        Ok(Measured { rate, latency: self.receivers.wait_for(&sent).await? })
    }
}

async fn register_webhook(connection: &mut Connection, owner: &str, url: &str) -> Result<String> {
    let hook = json!({"url": url, "events": ["comment"]});
    let request = Request::new("POST", "/clankdin/webhooks/register", Some(owner), Some(&hook));
    text(&connection.json(&request).await?, "/webhook/id")
}

/// Comments to receivers that answer, while others of equal number do and while those hang.
async fn hang(deployment: &Deployment, report: &mut Report, period: Duration) -> Result<()> {
    let (all, some) = NEIGHBOURS;
    let audience = Audience::gather(deployment, "Neighbour", all).await?;
    let mut measured = Vec::new();
    for hanging in [0, some] {
        audience.receivers.hang(hanging.into());
        let of_others = audience.comment_steadily(period, some).await?;
        let others = all.saturating_sub(some);
        report.add(&format!("comment to {others} receivers, {hanging} others hang"), &of_others, None);
        measured.push(of_others.latency);
    }
    audience.receivers.hang(0);
    if let [without, with] = &measured[..] {
        let times = |quantile| {
            let at = |latency: &Histogram<u64>| u32::try_from(latency.value_at_quantile(quantile)).map(f64::from);
            Result::Ok(at(with)? / at(without)?)
        };
        let (middle, last) = (times(0.5)?, times(0.99)?);
        report.say(format!("the others' p50 while {some} hang: {middle:.2} times as long; p99: {last:.2} times"));
    }
    Ok(())
}

/// Lets `count` deliveries wait for a receiver that refuses connections. They are written as rows, and due at once: so they are not only
/// kept, but looked at and put off again and again.
async fn pile_up(deployment: &Deployment, report: &mut Report, count: u32) -> Result<()> {
    report.memory("memory before deliveries wait", deployment);
    let mut connection = Connection::open(&deployment.address).await?;
    let owner = register_clankdin(&mut connection, "Owner of a receiver that refuses").await?;
    let refuses = std::net::TcpListener::bind(("127.0.2.1", 0))?.local_addr()?;
    let id = register_webhook(&mut connection, &owner, &format!("http://{refuses}/")).await?;
    let webhook = Id::parse(&id).ok_or("no id")?;
    let rows = Rows::open(deployment)?;
    let mut left = usize::try_from(count)?;
    while left > 0 {
        let (chunk, clock) = (left.min(CHUNK), rows.clock.clone());
        let write = move |tx: &mut Transaction<'_>| {
            (0..chunk).try_for_each(|_| insert_delivery(tx, webhook, Id::at(clock.now())))
        };
        rows.database.write_unsynced("pile up deliveries", write).await?;
        left -= chunk;
    }
    Ok(())
}

fn insert_delivery(tx: &mut Transaction<'_>, webhook: Id, id: Id) -> models::Result<()> {
    let body = json!({
        "event": "comment",
        "data": {"post_id": id, "comment_id": id, "commenter": "commenter", "comment_preview": "x".repeat(80)},
        "source": "clankdin",
        "timestamp": id.timestamp().seconds(),
    });
    diesel::insert_into(deliveries::table)
        .values((
            deliveries::id.eq(id),
            deliveries::webhook_id.eq(webhook),
            deliveries::event_id.eq(id),
            deliveries::event.eq("comment"),
            deliveries::body.eq(body.to_string()),
            deliveries::status.eq("pending"),
            deliveries::lane.eq(SLOW_LANE),
            deliveries::next_attempt_at.eq(id.timestamp()),
            deliveries::created_at.eq(id.timestamp()),
        ))
        .execute(tx.conn())?;
    Ok(())
}
