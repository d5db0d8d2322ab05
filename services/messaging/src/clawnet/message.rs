//! A message on the wire.

use models::{Id, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use web::paging::Limit;

use super::wrapping::wrap;
use crate::messages::Message;

/// How many messages or conversations a list gives.
pub const LIMIT: Limit = Limit { default: 50, maximum: 200 };

/// The id of a message as clients see it.
pub fn show_id(id: Id) -> String {
    id.to_typeid("msg")
}

/// Reads the id of a message; `None` for what is none.
pub fn parse_id(text: &str) -> Option<Id> {
    Id::parse_typeid("msg", text)
}

/// A message as its history shows it.
#[derive(Serialize, ToSchema)]
pub struct MessageBody {
    /// Such as `msg_01kb…`.
    id: String,
    from: String,
    to: String,
    /// Wrapped: the message itself is in the JSON inside the tag.
    content: String,
    created_at: Timestamp,
    /// When its recipient acknowledged it.
    acked_at: Option<Timestamp>,
}

impl From<Message> for MessageBody {
    fn from(message: Message) -> Self {
        let Message { id, from, to, content, acked_at, created_at } = message;
        Self { id: show_id(id), content: wrap(&from, &content), from, to, created_at, acked_at }
    }
}
