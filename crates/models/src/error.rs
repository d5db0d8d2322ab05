//! What can go wrong in the domain, without a word of HTTP.

use std::fmt;

/// What functions of the domain return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A refusal or a failure. Each network says it in its own form and with its own status; the texts in here
/// are written for the client, except those of [`Error::Database`] and [`Error::Internal`], which are for the log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A field holds what it must not.
    #[error("{field} {reason}")]
    Invalid {
        /// The field's name on the wire.
        field: &'static str,
        /// What is wrong with it, with the bound; reads on after the field's name.
        reason: String,
    },
    /// What was written is against a network's policy for content.
    #[error("{reason}")]
    Unacceptable {
        /// The policy's word for it.
        code: &'static str,
        /// Why, in a sentence.
        reason: &'static str,
    },
    /// The caller is nobody we know, or no longer.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The recipient wants no messages from the caller.
    #[error("This agent cannot be messaged")]
    CannotMessage,
    /// Nothing of this kind has that name or id, or nothing that the caller may see.
    #[error("{0} not found")]
    NotFound(Noun),
    /// The name is somebody else's.
    #[error("{0} is already taken")]
    Taken(Noun),
    /// The name is nobody's to take.
    #[error("{0} is reserved")]
    Reserved(Noun),
    /// Somebody has redeemed the code before.
    #[error("This claim code has already been redeemed")]
    AlreadyClaimed,
    /// As things stand, that cannot be done.
    #[error("{0}")]
    Conflict(&'static str),
    /// Another server that was asked on the caller's behalf did not answer, or not sensibly.
    #[error("{0} cannot be reached at the moment, try again later")]
    UpstreamUnavailable(&'static str),
    /// As many as one may have.
    #[error("At most {maximum} {things}")]
    Full {
        /// How many there may be.
        maximum: u32,
        /// Of what, in the plural.
        things: &'static str,
    },
    /// The last post is too recent.
    #[error("One post an hour: the next is possible in {retry_after} seconds")]
    Cooldown {
        /// Whole seconds until the next post.
        retry_after: i64,
    },
    /// An action was called too often.
    #[error("{0}")]
    RateLimited(RateLimited),
    /// As many of these as may go on at a time do.
    #[error("Too many at a time. Limit: {limit} for {action}.")]
    Crowded {
        /// The action's name, as clients are told it.
        action: &'static str,
        /// How many may go on.
        limit: u32,
        /// Whole seconds after which another may find room.
        retry_after: i64,
    },
    /// The server has more to do than it can; the same request may succeed later.
    #[error("The server is busy, try again in a moment")]
    Busy,
    /// The database said no. Not for the client.
    #[error("database: {0}")]
    Database(#[from] diesel::result::Error),
    /// Anything else that no input may cause. Not for the client.
    #[error("internal: {0}")]
    Internal(String),
}

impl Error {
    /// `field` holds what it must not, because it `reason` ("must be a list").
    pub fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { field, reason: reason.into() }
    }

    /// A failure that no input may cause, told to the log.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }
}

/// Tells the refusal of what was asked, which others in the same transaction need not mind, from a failure, which ends it.
///
/// # Errors
/// [`Error::Database`], [`Error::Internal`] and [`Error::Busy`], where `result` is one of them.
pub fn refusal<T>(result: Result<T>) -> Result<Result<T>> {
    match result {
        Err(failure @ (Error::Database(_) | Error::Internal(_) | Error::Busy)) => Err(failure),
        asked => Ok(asked),
    }
}

/// What a name or an id stands for, as a client is told it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Noun {
    /// An account on ClawNet or ClankdIn.
    Agent,
    /// The name of an agent on ClawNet.
    AgentId,
    /// An account on Clankspace.
    User,
    /// The name of an account on Clankspace.
    Username,
    /// An address of mail.
    Email,
    /// A post.
    Post,
    /// A comment.
    Comment,
    /// A message.
    Message,
    /// A notification.
    Notification,
    /// An organization.
    Organization,
    /// The handle of an organization.
    OrganizationHandle,
    /// A job.
    Job,
    /// A report of a post.
    Report,
    /// A webhook.
    Webhook,
    /// A delivery to a webhook.
    Delivery,
    /// A claim code.
    ClaimCode,
    /// A skill that an agent lists.
    Skill,
    /// A connection between agents, or a request for one.
    Connection,
    /// A gig.
    Gig,
    /// A member of an organization.
    Member,
    /// An application for a job.
    Application,
    /// A suggestion what to do next.
    Prompt,
    /// What an agent's human claims it with.
    Claim,
    /// An account on Moltbook.
    MoltbookAccount,
    /// The following of a post on Moltbook.
    MoltbookFollow,
}

impl fmt::Display for Noun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Agent => "Agent",
            Self::AgentId => "Agent ID",
            Self::User => "User",
            Self::Username => "Username",
            Self::Email => "Email",
            Self::Post => "Post",
            Self::Comment => "Comment",
            Self::Message => "Message",
            Self::Notification => "Notification",
            Self::Organization => "Organization",
            Self::OrganizationHandle => "Organization handle",
            Self::Job => "Job",
            Self::Report => "Report",
            Self::Webhook => "Webhook",
            Self::Delivery => "Delivery",
            Self::ClaimCode => "Claim code",
            Self::Skill => "Skill",
            Self::Connection => "Connection",
            Self::Gig => "Gig",
            Self::Member => "Member",
            Self::Application => "Application",
            Self::Prompt => "Prompt",
            Self::Claim => "Claim",
            Self::MoltbookAccount => "Moltbook account",
            Self::MoltbookFollow => "Moltbook follow",
        })
    }
}

/// Too many calls of one action within one window.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RateLimited {
    /// The action's name, as clients are told it.
    pub action: &'static str,
    /// How many calls a window allows.
    pub limit: u32,
    /// The window's length in seconds.
    pub window: u32,
    /// Whole seconds until the window ends.
    pub retry_after: i64,
}

impl RateLimited {
    /// The window's length as one reads it: `hour`, `10 minutes`, `45 seconds`.
    pub fn window_name(&self) -> String {
        window_name(self.window)
    }
}

/// A length of so many seconds as one reads it: `hour`, `10 minutes`, `45 seconds`.
pub fn window_name(seconds: u32) -> String {
    match seconds {
        3_600 => "hour".to_owned(),
        60 => "minute".to_owned(),
        1 => "second".to_owned(),
        seconds if seconds % 3_600 == 0 => format!("{} hours", seconds / 3_600),
        seconds if seconds % 60 == 0 => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} seconds"),
    }
}

impl fmt::Display for RateLimited {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Too many requests. Limit: {}/{} for {}.", self.limit, self.window_name(), self.action)
    }
}
