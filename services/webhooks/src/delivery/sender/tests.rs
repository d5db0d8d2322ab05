use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use models::{Id, Timestamp};
use support::{Manner, RawReceiver, Then};

use super::super::claim::Target;
use super::*;
use crate::endpoint::Endpoint;
use crate::secrets::Sealed;
use crate::signature::Secret;

const OK: Manner = Manner::Says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", Then::Closes);

/// What an attempt at `url` leads to, where `guard` stands in front.
async fn attempt(guard: &Guard, url: &str) -> Result<Status, Problem> {
    answer(guard, url).await.result
}

async fn answer(guard: &Guard, url: &str) -> Answer {
    let clock = Clock::manual(Timestamp::from_micros(1_795_294_903_709_469));
    let id = Id::at(clock.now());
    let target =
        Target { url: url.to_owned(), host: String::new(), secrets: Sealed::default(), active: true, sluggish: false };
    let (event, body) = ("comment".to_owned(), "{}".to_owned());
    let due =
        Due { id, webhook_id: id, event_id: id, event, body, attempts: 0, attempts_before: 0, target: target.into() };
    let sender = Sender::behind(guard.clone(), &Settings::default(), clock).unwrap();
    sender.send(&due, Ok(Signer::new(Secret::generate().unwrap(), None))).await
}

async fn may_be_registered(guard: &Guard, url: &str) -> bool {
    guard.check(&Endpoint::parse(url).unwrap()).await.is_ok()
}

fn found(addresses: &[&str]) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
    let addresses = addresses.iter().map(|address| SocketAddr::new(address.parse::<IpAddr>().unwrap(), 0)).collect();
    async { Ok(addresses) }.boxed()
}

#[tokio::test]
async fn a_name_that_leads_inside_since_it_was_registered_is_refused_without_a_connection() {
    static LOOKED_UP: Mutex<usize> = Mutex::new(0);
    let guard = Guard::of_deliveries(&[]).asking(|_| {
        let mut times = LOOKED_UP.lock().unwrap();
        *times += 1;
        found(if *times == 1 { &["1.1.1.1"] } else { &["127.0.0.1"] })
    });
    let receiver = RawReceiver::start(OK);
    let url = format!("http://rebinding.example:{}/", receiver.address().port());
    assert!(may_be_registered(&guard, &url).await);
    assert_eq!(attempt(&guard, &url).await, Err(Problem::RefusedAddress));
    assert_eq!((receiver.connections(), *LOOKED_UP.lock().unwrap()), (0, 2));
}

#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_checked_and_nobody_asks_again() {
    static LOOKED_UP: Mutex<usize> = Mutex::new(0);
    // The first look-up tells an address that is allowed; whoever asked a second time would hear of another.
    let guard = Guard::of_deliveries(&["127.0.0.1/32".parse().unwrap()]).asking(|_| {
        let mut times = LOOKED_UP.lock().unwrap();
        *times += 1;
        found(if *times == 1 { &["127.0.0.1"] } else { &["127.0.0.2"] })
    });
    let checked = RawReceiver::start(OK);
    let other = RawReceiver::start_at(([127, 0, 0, 2], checked.address().port()).into(), OK);
    let url = format!("http://rebinding.example:{}/", checked.address().port());
    let status = attempt(&guard, &url).await.unwrap();
    assert_eq!((status.code, checked.connections(), *LOOKED_UP.lock().unwrap()), (200, 1, 1));
    assert_eq!(attempt(&guard, &url).await, Err(Problem::RefusedAddress));
    assert_eq!((checked.connections(), other.connections()), (1, 0));
}

#[tokio::test]
async fn a_name_with_one_address_inside_is_not_reached_by_its_others_either() {
    let guard = Guard::of_deliveries(&["127.0.0.1/32".parse().unwrap()]).asking(|_| found(&["127.0.0.1", "10.0.0.1"]));
    let receiver = RawReceiver::start(OK);
    let url = format!("http://several.example:{}/", receiver.address().port());
    assert_eq!(attempt(&guard, &url).await, Err(Problem::RefusedAddress));
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_host_that_is_an_address_is_checked_though_nobody_resolves_it() {
    let guard = Guard::of_deliveries(&[]).asking(|_| found(&["1.1.1.1"]));
    let receiver = RawReceiver::start(OK);
    let port = receiver.address().port();
    for host in ["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "1.1.1.1@127.0.0.1"] {
        let answer = attempt(&guard, &format!("http://{host}:{port}/")).await;
        assert_eq!(answer, Err(Problem::RefusedAddress), "{host}");
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_name_that_leads_nowhere_is_a_problem_of_names() {
    let guard = Guard::of_deliveries(&[]).asking(|_| async { Err(io::Error::other("no such name")) }.boxed());
    assert_eq!(attempt(&guard, "http://no-such-name.example/").await, Err(Problem::Dns));
}

#[tokio::test]
async fn it_is_told_whether_a_connection_stood() {
    let guard =
        Guard::of_deliveries(&["127.0.0.1/32".parse().unwrap()]).asking(|name| match name.starts_with("inside") {
            true => found(&["10.0.0.1"]),
            false => async { Err(io::Error::other("no such name")) }.boxed(),
        });
    let in_connecting = async |manner, scheme: &str| {
        let receiver = RawReceiver::start(manner);
        answer(&guard, &format!("{scheme}://{}/", receiver.address())).await.in_connecting
    };
    assert!(in_connecting(Manner::Refuses, "http").await);
    assert!(in_connecting(Manner::Full, "http").await);
    assert!(in_connecting(Manner::Says("", Then::Closes), "https").await, "no agreement on encryption");
    assert!(answer(&guard, "http://nowhere.example/").await.in_connecting);
    assert!(!in_connecting(Manner::Resets, "http").await);
    assert!(!in_connecting(Manner::Says("", Then::Closes), "http").await);
    assert!(!in_connecting(Manner::Says("", Then::Hangs), "http").await);
    assert!(!answer(&guard, "http://inside.example/").await.in_connecting, "that is our own word");
}
