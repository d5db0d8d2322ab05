//! What the tests share: a client for each network, servers to talk to, receivers to listen with.
//!
//! Three kinds of server answer the same clients:
//! - [`Server`] is the real binary as one process, [`Production`] the same binary as five services behind nginx with
//!   Postgres and Redis. [`Deployment`] is the one of the two that the cargo feature `postgres` chooses, so that one suite
//!   runs against both.
//! - [`Service`] is one service in the test's own process, over real HTTP, with a clock that the test moves.
//!
//! Clients ([`ClawNet`], [`Clankspace`], [`ClankdIn`]) send requests, the builders of [`Service`] write rows. No test sleeps: it waits for what
//! it wants to see, with [`eventually`].
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on stops, and says where"
)]

mod browser;
mod builders;
mod chat;
mod clankdin;
mod clankspace;
mod clawnet;
mod contents;
mod deployment;
mod event_stream;
mod http;
mod mail;
mod moltbook;
mod names;
mod options;
mod page;
mod process;
mod production;
mod raw_receiver;
mod receiver;
mod server;
mod service;
pub mod signatures;
mod smtp;
mod told;
mod twitter;
pub mod upstream;
mod waiting;
mod webhooks;

pub use serde_json::{Value, json};
pub use tokio;

pub use self::browser::{Browser, Colours, Sight, View};
pub use self::builders::{Made, event_body};
pub use self::chat::Chat;
pub use self::clankdin::{ClankdIn, application, gig, job, organization};
pub use self::clankspace::Clankspace;
pub use self::clawnet::{ClawNet, unwrap_content};
pub use self::deployment::{Deployment, Networks, deployment};
pub use self::event_stream::{EventStream, StreamEvent};
pub use self::http::{Answer, Http};
pub use self::mail::{Mail, MailFolder};
pub use self::moltbook::Moltbook;
pub use self::names::{unique, unknown_token};
pub use self::options::Options;
pub use self::page::{Page, walk};
pub use self::process::run;
pub use self::production::Production;
pub use self::raw_receiver::{Manner, RawReceiver, Then};
pub use self::receiver::{Delivery, Receiver, Reply};
pub use self::server::Server;
pub use self::service::{NO_WORKERS, Service, Workers};
pub use self::smtp::{SmtpManner, SmtpServer};
pub use self::twitter::Twitter;
pub use self::waiting::{GENEROUS, eventually};
