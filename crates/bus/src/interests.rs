//! What this instance wants to hear. Most of what is new concerns few: those who work on a queue, those who hold live streams, those who
//! keep copies of what has changed. If all were told all of it, every message would wake every process.

use std::collections::BTreeSet;

use models::Queue;
use tokio::sync::watch;

use crate::lease::Kind;
use crate::message::CHANNEL;

/// A kind of news.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Interest {
    /// That this queue has work.
    Work(Queue),
    /// That something has arrived for somebody.
    Arrivals,
    /// That something of this kind has changed.
    Copies(Kind),
}

impl Interest {
    /// The channel on which it is told.
    pub(crate) fn channel(self) -> String {
        match self {
            Self::Work(queue) => format!("{CHANNEL}:work:{}", queue.as_str()),
            Self::Arrivals => format!("{CHANNEL}:arrivals"),
            Self::Copies(kind) => format!("{CHANNEL}:copies:{}", kind.name()),
        }
    }

    /// The kind of which copies are kept, where it is about these.
    pub(crate) const fn kept_kind(self) -> Option<Kind> {
        match self {
            Self::Copies(kind) => Some(kind),
            Self::Work(_) | Self::Arrivals => None,
        }
    }
}

/// All that this instance wants to hear. It only grows.
#[derive(Debug, Default)]
pub(crate) struct Interests(watch::Sender<BTreeSet<Interest>>);

impl Interests {
    /// From now on this instance wants to hear that.
    pub(crate) fn add(&self, interest: Interest) {
        if !self.has(interest) {
            self.0.send_if_modified(|interests| interests.insert(interest));
        }
    }

    pub(crate) fn has(&self, interest: Interest) -> bool {
        self.0.borrow().contains(&interest)
    }

    /// Tells what there is, and when some is added.
    pub(crate) fn watch(&self) -> watch::Receiver<BTreeSet<Interest>> {
        self.0.subscribe()
    }
}
