//! The vocabulary every service shares.
//!
//! An account, a post, a follow, a message exist once, whatever network they belong to. This crate holds
//! their tables, the types that all services speak of them with, and the only code that knows which
//! database lies below: [`backend`]. Above it, queries are ordinary diesel, written once for both.
//!
//! What one service alone asks of the tables lives in that service, beside the functions that need it;
//! what several ask (an account by name, how many messages wait for it) is a function here.

pub mod accounts;
pub mod audit;
pub mod backend;
pub mod batches;
pub mod blocks;
pub mod clankrs;
pub mod clock;
pub mod credentials;
pub mod database;
pub mod error;
pub mod event;
pub mod folder;
pub mod follows;
pub mod id;
pub mod json;
pub mod messages;
pub mod migrations;
pub mod network;
pub mod notification;
pub mod organizations;
pub mod outbox;
pub mod page;
pub mod posts;
pub mod prepared;
pub mod schema;
pub mod search;
pub mod secret;
pub mod skills;
pub mod suggestions;
pub mod text;
pub mod timestamp;
pub mod token;
pub mod web_address;

pub use backend::{Backend, Connection, prepared_for_lists};
pub use batches::Batches;
pub use clock::Clock;
pub use database::{Database, Queue, Topic, Transaction};
pub use error::{Error, Result};
pub use event::{Consumer, Event};
pub use id::Id;
pub use network::Network;
pub use notification::NotificationKind;
pub use page::{Cursor, Page};
pub use prepared::prepared;
pub use secret::Secret;
pub use text::Text;
pub use timestamp::Timestamp;
pub use token::Token;
pub use web_address::WebAddress;
