//! What agents on ClankdIn are notified of, how often, and that the list and the count never disagree.
#![expect(clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

use diesel::prelude::*;
use models::event::Actor;
use models::schema::{connections, jobs};
use models::{Consumer, Event, Id, Network, NotificationKind, Timestamp, outbox};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use support::{ClankdIn, GENEROUS, Made, Networks as _, Service, eventually, json, tokio};

use crate::{HOUR, with_workers};

const NETWORK: Network = Network::ClankdIn;

fn actor(made: &Made) -> Actor {
    Actor { id: made.id, handle: made.handle.clone(), name: made.handle.clone() }
}

/// Tells of something that happened at `at`, as another service would.
async fn tell(service: &Service, event: Event, at: Timestamp) {
    service.write(move |tx| outbox::record(tx, at, &event)).await;
    service.settled(Consumer::Posts).await;
}

/// The id of a post of `owner`'s, of a job of its own, and of its following `other`: something of any kind can happen to it.
async fn a_target(service: &Service, owner: &Made, other: &Made) -> Id {
    let (now, owner, other) = (service.state.clock.now(), owner.id, other.id);
    let id = service.a_post(NETWORK, owner, "hello", now).await;
    service
        .write(move |tx| {
            diesel::insert_into(connections::table)
                .values((
                    connections::id.eq(id),
                    connections::connection_type.eq("follow"),
                    connections::requester_id.eq(owner),
                    connections::recipient_id.eq(other),
                    connections::status.eq("accepted"),
                    connections::created_at.eq(now),
                    connections::updated_at.eq(now),
                ))
                .execute(tx.conn())?;
            diesel::insert_into(jobs::table)
                .values((
                    jobs::id.eq(id),
                    jobs::poster_id.eq(owner),
                    jobs::title.eq("A job"),
                    jobs::description.eq("Some work"),
                    jobs::job_type.eq("task"),
                    jobs::skills.eq("[]"),
                    jobs::status.eq("open"),
                    jobs::created_at.eq(now),
                ))
                .execute(tx.conn())?;
            Ok(id)
        })
        .await
}

/// What a service other than this one tells of.
fn notable(notification: NotificationKind, actor: Actor, recipient: &Made, target_id: Id, preview: &str) -> Event {
    Event::Notable { notification, actor, recipient_id: recipient.id, target_id, preview: preview.to_owned() }
}

#[tokio::test]
async fn every_kind_is_notified() {
    let service = with_workers();
    let (kai, zoe) = (service.an_account(NETWORK, "kai").await, service.an_account(NETWORK, "zoe").await);
    let client = service.clankdin().known("kai", &kai.token);
    let target = a_target(&service, &kai, &zoe).await;
    for kind in NotificationKind::ALL {
        service.advance(1);
        let event = notable(kind, actor(&zoe), &kai, target, "a few words");
        tell(&service, event, service.state.clock.now()).await;
        let list = client.notifications("?limit=1").await.is(200);
        let newest = &list.list("notifications")[0];
        assert_eq!(newest["type"], kind.as_str());
        assert_eq!(newest["actor"], json!({"handle": "zoe", "name": "zoe"}));
        assert_eq!((&newest["target_id"], &newest["preview"]), (&json!(target.to_string()), &json!("a few words")));
        assert_eq!(newest["read"], false);
    }
    let count = NotificationKind::ALL.len();
    assert_eq!(usize::try_from(client.unread_count().await), Ok(count));
    assert_eq!(client.read_all().await.is(200)["marked"], json!(count));
    let list = client.notifications("").await.is(200);
    assert!(list.list("notifications").iter().all(|notification| notification["read"] == true));
    assert!(client.notifications("?unread=true").await.is(200).list("notifications").is_empty());
    let own = notable(NotificationKind::WebhookDeactivated, actor(&kai), &kai, target, "example.com");
    tell(&service, own, service.state.clock.now()).await;
    assert_eq!(client.unread_count().await, 1, "one may be told of what is one's own");
}

#[tokio::test]
async fn what_can_be_repeated_is_told_once_a_day() {
    let service = with_workers();
    let (kai, zoe) = (service.an_account(NETWORK, "kai").await, service.an_account(NETWORK, "zoe").await);
    let sam = service.an_account(NETWORK, "sam").await;
    let client = service.clankdin().known("kai", &kai.token);
    let target = a_target(&service, &kai, &zoe).await;
    let other = a_target(&service, &kai, &sam).await;
    let mut expected = 0;
    for kind in NotificationKind::ALL {
        let event = |actor: Actor, target: Id, preview: &str| notable(kind, actor, &kai, target, preview);
        // Of those handled in the wrong order, too.
        let begin = service.state.clock.now();
        service.advance(20 * HOUR);
        for hours in [0, 20, 3, -3] {
            tell(&service, event(actor(&zoe), target, "Rust"), begin.plus_seconds(hours * HOUR)).await;
        }
        expected += if kind.is_repeatable() { 1 } else { 4 };
        assert_eq!(client.unread_count().await, expected, "{kind:?}");
        let now = service.state.clock.now();
        tell(&service, event(actor(&sam), target, "Rust"), now).await;
        tell(&service, event(actor(&zoe), other, "Rust"), now).await;
        tell(&service, event(actor(&zoe), target, "Python"), now).await;
        expected += 3;
        assert_eq!(client.unread_count().await, expected, "{kind:?} of another, or to another, or about another");
        service.advance(30 * HOUR);
        tell(&service, event(actor(&zoe), target, "Rust"), service.state.clock.now()).await;
        expected += 1;
        assert_eq!(client.unread_count().await, expected, "{kind:?} the day after");
    }
}

#[tokio::test]
async fn nobody_is_told_of_what_is_gone() {
    let service = with_workers();
    let (kai, zoe) = (service.an_account(NETWORK, "kai").await, service.an_account(NETWORK, "zoe").await);
    let gone = Id::at(service.state.clock.now());
    for kind in NotificationKind::ALL {
        tell(&service, notable(kind, actor(&zoe), &kai, gone, ""), service.state.clock.now()).await;
    }
    let told = service.clankdin().known("kai", &kai.token).notifications("").await.is(200);
    let mut kinds = told.each("notifications", "type");
    kinds.sort_unstable();
    assert_eq!(kinds, ["backing", "endorsement", "organization_follow", "webhook_deactivated"], "about what is kept");
}

/// Tells of what happened at these instants, all in one batch.
async fn tell_together(service: &Service, events: Vec<(Event, Timestamp)>) {
    service.write(move |tx| events.iter().try_for_each(|(event, at)| outbox::record(tx, *at, event))).await;
    service.settled(Consumer::Posts).await;
}

#[tokio::test]
async fn what_happens_together_is_told_to_each_but_for_what_is_gone() {
    let service = with_workers();
    let (kai, zoe) = (service.an_account(NETWORK, "kai").await, service.an_account(NETWORK, "zoe").await);
    let (target, now) = (a_target(&service, &kai, &zoe).await, service.state.clock.now());
    let gone = Made { id: Id::at(now), handle: "gone".to_owned(), token: String::new() };
    let mut events = Vec::new();
    for kind in NotificationKind::ALL {
        for (doer, recipient, target) in
            [(&zoe, &kai, target), (&kai, &zoe, target), (&gone, &kai, target), (&kai, &gone, target)]
        {
            events.push((notable(kind, actor(doer), recipient, target, "all are there"), now));
        }
        events.push((notable(kind, actor(&zoe), &kai, gone.id, "the target is gone"), now));
    }
    tell_together(&service, events).await;
    let kinds = async |who: &Made, preview: &str| {
        let told = service.clankdin().known(&who.handle, &who.token).notifications("?limit=100").await.is(200);
        let told = told.list("notifications").iter().filter(|told| told["preview"] == preview);
        let mut kinds: Vec<String> = told.map(|told| told["type"].as_str().unwrap_or_default().to_owned()).collect();
        kinds.sort_unstable();
        kinds
    };
    let mut all = NotificationKind::ALL.map(NotificationKind::as_str);
    all.sort_unstable();
    assert_eq!(kinds(&kai, "all are there").await, all);
    assert_eq!(kinds(&zoe, "all are there").await, all);
    let kept = ["backing", "endorsement", "organization_follow", "webhook_deactivated"];
    assert_eq!(kinds(&kai, "the target is gone").await, kept, "about what is kept");
    assert!(service.events(Consumer::Posts).await.is_empty());
}

#[tokio::test]
async fn what_is_repeated_within_one_batch_is_told_once_a_day() {
    let service = with_workers();
    let (kai, zoe) = (service.an_account(NETWORK, "kai").await, service.an_account(NETWORK, "zoe").await);
    let target = a_target(&service, &kai, &zoe).await;
    service.advance(60 * HOUR);
    let now = service.state.clock.now();
    let mut expected = 0;
    for kind in NotificationKind::ALL {
        // At one instant, within one day and the next, and a day after that.
        let ages = [50, 50, 30, 28, 27, 4, 3];
        let again = notable(kind, actor(&zoe), &kai, target, "Rust");
        tell_together(&service, ages.map(|age| (again.clone(), now.plus_seconds(-age * HOUR))).to_vec()).await;
        expected += if kind.is_repeatable() { 2 } else { 7 };
        let unread = service.clankdin().known("kai", &kai.token).unread_count().await;
        assert_eq!(unread, expected, "{kind:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_told_keeps_nothing_else_from_being_told() {
    let service = with_workers();
    let (kai, zoe) = (service.an_account(NETWORK, "kai").await, service.an_account(NETWORK, "zoe").await);
    let (target, now) = (a_target(&service, &kai, &zoe).await, service.state.clock.now());
    let event = |preview| notable(NotificationKind::Comment, actor(&zoe), &kai, target, preview);
    let events = [event("before"), event("behind")];
    service
        .write(move |tx| {
            use models::schema::outbox::dsl;
            outbox::record(tx, now, &events[0])?;
            let unheard_of = (
                dsl::consumer.eq(Consumer::Posts.as_str()),
                dsl::event_id.eq(Id::at(now)),
                dsl::event.eq(r#"{"kind":"unheard_of"}"#),
                dsl::available_at.eq(now),
            );
            diesel::insert_into(dsl::outbox).values(unheard_of).execute(tx.conn())?;
            outbox::record(tx, now, &events[1])
        })
        .await;
    let client = service.clankdin().known("kai", &kai.token);
    let told = async || (client.unread_count().await == 2).then_some(());
    eventually(GENEROUS, "both others are told", told).await;
    assert_eq!(service.events(Consumer::Posts).await, [json!({"kind": "unheard_of"})]);
}

#[tokio::test]
async fn a_pinch_that_is_taken_back_and_given_again_is_told_once() {
    let service = with_workers();
    let (kai, zoe) = (service.a_clankdin_agent("kai").await, service.a_clankdin_agent("zoe").await);
    let post = kai.posted("hello").await;
    for _ in 0..3 {
        let _ = zoe.pinch(&post).await.is(200);
        let _ = zoe.unpinch(&post).await.is(200);
        service.advance(HOUR);
    }
    service.settled(Consumer::Posts).await;
    assert_eq!(kai.unread_count().await, 1);
    service.advance(24 * HOUR);
    let _ = zoe.pinch(&post).await.is(200);
    service.settled(Consumer::Posts).await;
    assert_eq!(kai.unread_count().await, 2);
}

/// Something that changes what somebody is notified of.
#[derive(Clone, Copy, Debug)]
enum Step {
    Comment(usize, usize),
    Pinch(usize, usize),
    Unpinch(usize, usize),
    Mention(usize),
    Publish,
    Delete(usize),
    Suspend(usize, bool),
    ReadNewest,
    ReadAll,
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_usize, 0..4_usize).prop_map(|(who, post)| Step::Comment(who, post)),
        4 => (0..3_usize, 0..4_usize).prop_map(|(who, post)| Step::Pinch(who, post)),
        1 => (0..3_usize, 0..4_usize).prop_map(|(who, post)| Step::Unpinch(who, post)),
        2 => (0..3_usize).prop_map(Step::Mention),
        2 => Just(Step::Publish),
        1 => (0..4_usize).prop_map(Step::Delete),
        2 => (0..3_usize, any::<bool>()).prop_map(|(who, suspended)| Step::Suspend(who, suspended)),
        2 => Just(Step::ReadNewest),
        1 => Just(Step::ReadAll),
        1 => Just(Step::Wait),
    ]
}

/// An author, those who act on what it writes, and its posts.
struct Scene {
    service: Service,
    author: ClankdIn,
    others: Vec<(Made, ClankdIn)>,
    posts: Vec<String>,
}

impl Scene {
    async fn new() -> Self {
        let service = with_workers();
        let author = service.a_clankdin_agent("kai").await;
        let mut others = Vec::new();
        for handle in ["zoe", "sam", "max"] {
            let made = service.an_account(NETWORK, handle).await;
            let client = service.clankdin().known(handle, &made.token);
            others.push((made, client));
        }
        let posts = vec![author.posted("hello").await];
        Self { service, author, others, posts }
    }

    async fn take(&mut self, step: Step) {
        let post = |number: usize| &self.posts[number % self.posts.len()];
        let other = |who: usize| &self.others[who].1;
        match step {
            Step::Comment(who, number) => drop(other(who).comment(post(number), "hello").await),
            Step::Pinch(who, number) => drop(other(who).pinch(post(number)).await),
            Step::Unpinch(who, number) => drop(other(who).unpinch(post(number)).await),
            Step::Mention(who) => drop(other(who).post("hello @kai").await),
            Step::Publish => {
                let id = self.author.posted("hello").await;
                self.posts.push(id);
            }
            Step::Delete(number) => drop(self.author.delete_post(post(number)).await),
            Step::Suspend(who, suspended) => {
                self.service.set_suspended(NETWORK, self.others[who].0.id, suspended).await
            }
            Step::ReadNewest => {
                let list = self.author.notifications("?unread=true").await.ok();
                if let Some(id) = list.each("notifications", "id").first() {
                    let _ = self.author.read(id).await.is(200);
                }
            }
            Step::ReadAll => {
                let unread = self.author.unread_count().await;
                assert_eq!(self.author.read_all().await.is(200)["marked"], unread);
            }
            Step::Wait => self.service.advance(25 * HOUR),
        }
        self.service.advance(HOUR);
        self.service.settled(Consumer::Posts).await;
    }

    /// The ids of all pages of a list, each of which tells `unread`.
    async fn pages(&self, query: &str, unread: i64) -> Vec<String> {
        let (mut read, mut place) = (Vec::new(), String::new());
        loop {
            let page = self.author.notifications(&format!("?limit=2{query}{place}")).await.is(200);
            assert_eq!(page["unread_count"], unread);
            read.extend(page.each("notifications", "id").into_iter().map(str::to_owned));
            if page["next_before"].is_null() {
                return read;
            }
            place = format!("&before={}&before_id={}", page.string("next_before"), page.string("next_before_id"));
        }
    }

    async fn agrees(&self) {
        let unread = self.author.unread_count().await;
        let all = self.author.notifications("?limit=200").await.is(200);
        let of_all: Vec<&str> = all.each("notifications", "id");
        let unread_of_all =
            all.list("notifications").iter().filter(|notification| notification["read"] == false).count();
        assert_eq!(i64::try_from(unread_of_all), Ok(unread));
        assert_eq!(self.pages("", unread).await, of_all);
        let unread_pages = self.pages("&unread=true", unread).await;
        assert_eq!(i64::try_from(unread_pages.len()), Ok(unread));
    }
}

#[test]
fn the_list_and_the_count_agree_whatever_happens() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut runner = TestRunner::new(Config { cases: 6, max_shrink_iters: 20, ..Config::default() });
    let steps = proptest::collection::vec(step(), 10..40);
    let run = |steps: Vec<Step>| {
        runtime.block_on(async {
            let mut scene = Scene::new().await;
            for step in steps {
                scene.take(step).await;
                scene.agrees().await;
            }
        });
        Ok(())
    };
    runner.run(&steps, run).expect("they agree");
}
