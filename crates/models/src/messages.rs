//! What several services ask of messages.

use diesel::dsl::auto_type;
use diesel::prelude::*;

use crate::schema::messages;
use crate::{Connection, Id, Result, Topic, Transaction};

/// The messages that wait in an account's inbox: those that it has not acknowledged. The count and the list are both filtered by
/// this, so that they never disagree. Served by the index `messages_inbox`.
#[auto_type(no_type_alias)]
pub fn waiting(recipient: Id) -> _ {
    messages::recipient_id.eq(recipient).and(messages::acked_at.is_null())
}

/// How many messages wait in an account's inbox.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn unread_count(conn: &mut Connection, recipient: Id) -> Result<i64> {
    Ok(messages::table.filter(waiting(recipient)).count().get_result(conn)?)
}

/// Says that something else waits in this inbox than before. Whoever inserts, acknowledges or deletes messages calls this.
pub fn inbox_changed(tx: &mut Transaction<'_>, recipient: Id) {
    tx.change_here(Topic::Inbox(recipient));
}
