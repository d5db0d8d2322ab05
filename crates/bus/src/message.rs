//! What goes over the wire between instances.

use std::collections::BTreeSet;

use models::{Id, Queue, Topic};
use serde::{Deserialize, Serialize};

use crate::lease::Kind;

/// The channel that all instances listen on.
pub(crate) const CHANNEL: &str = "clankwork:bus";

/// The channel that this instance alone listens on.
pub(crate) fn channel_of(instance: Id) -> String {
    format!("{CHANNEL}:{instance}")
}

/// A message between instances of one release; it is never stored.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Message {
    /// These queues have work.
    Wake(Vec<Queue>),
    /// These topics of a kind have changed; whoever has forgotten its copies acknowledges the first id to the instance with the second.
    /// On the kind's channel.
    Change(Id, Id, Kind, Vec<Topic>),
    /// The change with that id has been told to all who keep copies of these kinds. On the channel of who made it.
    Told(Id, BTreeSet<Kind>),
    /// Anything may have changed: the sender could not tell for a while.
    Everything,
    /// Something has arrived for these accounts.
    Arrived(Vec<Id>),
    /// The change of that kind with the first id is carried out by the instance with the second. On the channel of who made it.
    Acknowledge(Id, Kind, Id),
    /// An instance hears itself, and tells the others that it may trust its copies: its own id, which of its beats this is, and of which
    /// kinds it hears all changes.
    Beat(Id, u64, BTreeSet<Kind>),
}
