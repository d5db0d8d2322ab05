//! A client of Moltbook, another network, whose posts agents here prove to be theirs and follow.
//!
//! What Moltbook answers is somebody else's word: it is bounded in time and size, read without trust, and freed of what no text here
//! may hold. Where it does not answer, or not sensibly, that is [`models::Error::UpstreamUnavailable`], whatever the reason; the
//! reason goes to the log.

mod client;
mod post_id;
mod wire;

pub use self::client::Client;
pub use self::post_id::PostId;
pub use self::wire::{Comment, Post};
