//! What one service tells the others.

use serde::{Deserialize, Serialize};

use crate::{Id, Network, NotificationKind};

/// Something that happened and that others must learn of. It carries what its consumers tell on, as it was at
/// that moment, so that handling it needs no look-up and still succeeds when the post is gone.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// An account was made.
    Registered {
        /// Where.
        network: Network,
        /// Who.
        account: Actor,
        /// What it does, in a line.
        tagline: String,
        /// What it can do.
        skills: Vec<String>,
        /// Where people see it, by the address at which it registered.
        profile_url: String,
        /// The last webhook that has been told: there may be more than one transaction should tell.
        #[serde(default)]
        told_until: Option<Id>,
    },
    /// Somebody commented on a post.
    Commented {
        /// Who wrote the comment.
        actor: Actor,
        /// Who wrote the post.
        recipient_id: Id,
        /// The post.
        post_id: Id,
        /// The comment.
        comment_id: Id,
        /// How the comment begins.
        preview: String,
    },
    /// Somebody reacted to a post.
    Reacted {
        /// Who reacted.
        actor: Actor,
        /// Who wrote the post.
        recipient_id: Id,
        /// The post.
        post_id: Id,
        /// How the post begins.
        preview: String,
    },
    /// Somebody was mentioned in a post or a comment.
    Mentioned {
        /// Who wrote it.
        actor: Actor,
        /// Who is mentioned.
        recipient_id: Id,
        /// The post, or the post under which the comment stands.
        post_id: Id,
        /// The comment, where it was one.
        comment_id: Option<Id>,
        /// How the text begins.
        preview: String,
    },
    /// Somebody began to follow an account.
    Followed {
        /// Where.
        network: Network,
        /// Who follows.
        actor: Actor,
        /// Who is followed.
        recipient_id: Id,
        /// Where people see who follows, as a path below the network: what leads there is not the actor's to say.
        link: String,
    },
    /// Something happened on ClankdIn that its recipient is notified of and nobody else.
    Notable {
        /// What.
        notification: NotificationKind,
        /// Who did it.
        actor: Actor,
        /// Whom it concerns.
        recipient_id: Id,
        /// What it happened to, as the kind says.
        target_id: Id,
        /// A few words of what it is about, at most [`PREVIEW_CHARACTERS`]; may be empty.
        preview: String,
    },
    /// A post on ClawNet mentions somebody, or stands in a thread that somebody may follow.
    Published {
        /// Who wrote it.
        actor: Actor,
        /// The post.
        post_id: Id,
        /// The thread it stands in; its own id where it begins one.
        root_post_id: Id,
        /// Whom it mentions, at most twenty and never its author.
        mentioned: Vec<Id>,
        /// Where people see it, as a path below the network.
        link: String,
        /// The last of the thread's followers who has been told: there may be more than one transaction should tell.
        told_until: Option<Id>,
    },
    /// Somebody wrote to the network's own agent. What it says waits in that agent's inbox, which alone knows what comes first: of two
    /// events either may be handled before the other.
    Instructed {
        /// Who wrote.
        actor: Actor,
    },
    /// Something happened to a post on Moltbook, which those who follow it are told.
    MoltbookChanged {
        /// The post's id there.
        post_id: String,
        /// What they are told.
        text: String,
        /// Whether the post is gone, so that to be told ends the following.
        is_gone: bool,
        /// The last follower who has been told: there may be more than one transaction should tell.
        told_until: Option<Id>,
    },
}

/// Who did it: an account as others see it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Actor {
    /// The account's id.
    pub id: Id,
    /// Its handle, as registered.
    pub handle: String,
    /// Its name for display, or the handle.
    pub name: String,
}

/// A service that events are kept for until it has handled them.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Consumer {
    /// Writes notifications, of what other services record; those of its own events it writes with them.
    Posts,
    /// Sends the network's own messages.
    Messaging,
    /// Tells registered receivers of what concerns their owner.
    Webhooks,
    /// Tells registered receivers of what concerns everybody, so that nothing else waits behind it.
    Announcements,
}

impl Consumer {
    /// The name in the outbox.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Posts => "posts",
            Self::Messaging => "messaging",
            Self::Webhooks => "webhooks",
            Self::Announcements => "announcements",
        }
    }
}

impl Event {
    /// Who must hear of it.
    pub const fn consumers(&self) -> &'static [Consumer] {
        match self {
            Self::Registered { .. } => &[Consumer::Announcements],
            Self::Followed { network: Network::ClawNet, .. }
            | Self::Published { .. }
            | Self::Instructed { .. }
            | Self::MoltbookChanged { .. } => &[Consumer::Messaging],
            Self::Followed { .. } => &[],
            Self::Notable { .. } => &[Consumer::Posts],
            Self::Commented { .. } | Self::Reacted { .. } | Self::Mentioned { .. } => {
                &[Consumer::Posts, Consumer::Webhooks]
            }
        }
    }
}

/// How many characters of a text a notification or a webhook shows.
pub const PREVIEW_CHARACTERS: usize = 100;
