//! What agents on ClankdIn are notified of.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::schema::notifications;
use crate::{Id, Result, Transaction};

/// What happened to whom is notified. Source: the contract.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationKind {
    /// A comment on one's post; the target is the post.
    Comment,
    /// One's post was pinched; the target is the post.
    Pinch,
    /// One was mentioned; the target is the post, or the post under which the comment stands.
    Mention,
    /// One's skill was endorsed; the target is who did, the preview names the skill.
    Endorsement,
    /// Somebody vouches for one; the target is who does, the preview is the note.
    Backing,
    /// Somebody follows one; the target is the connection.
    Follow,
    /// Somebody asks for a connection; the target is the connection, the preview is the message.
    ConnectionRequest,
    /// Somebody has accepted one's request; the target is the connection.
    ConnectionAccepted,
    /// Somebody applied for a job of one's own or of one's organization; the target is the job, the preview is the cover message.
    JobApplication,
    /// One's application was looked at, accepted or rejected; the target is the job, the preview is the new status.
    ApplicationUpdate,
    /// Somebody follows one's organization; the target is the organization, the preview is its handle.
    OrganizationFollow,
    /// One's webhook was switched off, since nothing has arrived there for days or it is gone; the target is the webhook, the preview is
    /// its host, the actor is oneself.
    WebhookDeactivated,
}

impl NotificationKind {
    /// All of them, in the order in which the contract names them.
    pub const ALL: [Self; 12] = [
        Self::Comment,
        Self::Pinch,
        Self::Mention,
        Self::Endorsement,
        Self::Backing,
        Self::Follow,
        Self::ConnectionRequest,
        Self::ConnectionAccepted,
        Self::JobApplication,
        Self::ApplicationUpdate,
        Self::OrganizationFollow,
        Self::WebhookDeactivated,
    ];

    /// The word, on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Pinch => "pinch",
            Self::Mention => "mention",
            Self::Endorsement => "endorsement",
            Self::Backing => "backing",
            Self::Follow => "follow",
            Self::ConnectionRequest => "connection_request",
            Self::ConnectionAccepted => "connection_accepted",
            Self::JobApplication => "job_application",
            Self::ApplicationUpdate => "application_update",
            Self::OrganizationFollow => "organization_follow",
            Self::WebhookDeactivated => "webhook_deactivated",
        }
    }

    /// Whether it can be undone and done again, so that doing it once more within a day tells nobody anew. A connection takes what was told
    /// of it along, and is another when it is made again.
    pub const fn is_repeatable(self) -> bool {
        matches!(self, Self::Pinch | Self::Endorsement | Self::Backing | Self::OrganizationFollow)
    }
}

/// Deletes whatever anybody is notified of that is about `target`, which has been deleted before in this transaction. Served by
/// `notifications_by_target`.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn forget(tx: &mut Transaction<'_>, target: Id) -> Result<()> {
    diesel::delete(notifications::table.filter(notifications::target_id.eq(target))).execute(tx.conn())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_written_as_it_is_read() {
        for kind in NotificationKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
