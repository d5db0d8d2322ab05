//! What every HTTP layer shares.
//!
//! A service says what it serves as a table of [`route`]s, one for each network. Around each handler stands a
//! gate that knows the caller, counts what is limited, and gives every failure the network's own form; a handler
//! reads its arguments with the extractors [`Account`], [`Body`] and [`Query`], calls one function of its domain and
//! renders what comes back.

mod accepted;
mod account;
mod base_url;
mod body;
pub mod browser;
pub mod cache;
pub mod clankdin;
pub mod clankspace;
pub mod clawnet;
pub mod client;
mod compression;
pub mod dialect;
mod failure;
mod front;
mod gate;
mod health;
mod host;
mod idempotency;
pub mod limits;
pub mod openapi;
pub mod page;
pub mod paging;
mod query;
mod reading;
pub mod render;
pub mod reply;
pub mod route;
pub mod server;
pub mod shared;
pub mod state;
pub mod streams;
mod submission;
pub mod telemetry;
pub mod vault;

pub use accepted::Accepted;
pub use account::{Account, Moderator, Registration, Viewer};
pub use base_url::BaseUrl;
pub use body::{Body, given};
pub use browser::{Form, Reader};
pub use dialect::{ClankdIn, Clankspace, ClawNet, Dialect};
pub use failure::{Failure, Problem};
pub use idempotency::IdempotencyKey;
pub use limits::Action;
pub use paging::PageQuery;
pub use query::Query;
pub use reading::Reading;
pub use reply::{Created, Encoded, EventStream, Html, Json, Made, Markdown, Once};
pub use route::{Routes, Tables, delete, get, patch, post, put};
pub use state::State;
pub use streams::LastEventId;
pub use submission::{Outcome, Submission};

/// The state that handlers get.
pub type Data = actix_web::web::Data<State>;
/// A segment of the path.
pub type Path<T> = actix_web::web::Path<T>;
/// What handlers return: an answer, or a failure in the form of their network.
pub type Answer<N, T = actix_web::HttpResponse> = std::result::Result<T, Failure<N>>;
