//! What several services ask of messages.

use diesel::prelude::*;

use crate::schema::messages;
use crate::{Connection, Id, Result};

/// How many messages wait in an account's inbox: those that it has not acknowledged. Served by the index
/// `messages_inbox`.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn unread_count(conn: &mut Connection, recipient: Id) -> Result<i64> {
    Ok(messages::table
        .filter(messages::recipient_id.eq(recipient))
        .filter(messages::acked_at.is_null())
        .count()
        .get_result(conn)?)
}
