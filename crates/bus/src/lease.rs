//! Who may trust its copies of what, and until when: this instance by its own beats, the others by theirs.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use models::{Id, Network, Topic};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// How long an instance trusts what it holds after a beat was sent.
pub(crate) const TRUST: Duration = Duration::from_secs(1);

/// A kind of topic: an instance keeps copies of some, and hears of changes of these alone.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Sessions,
    Feed(Network),
    Suggestions,
    Inboxes,
}

impl Kind {
    pub(crate) const fn of(topic: &Topic) -> Self {
        match topic {
            Topic::Session(_) => Self::Sessions,
            Topic::Feed(network) => Self::Feed(*network),
            Topic::Suggestions => Self::Suggestions,
            Topic::Inbox(_) => Self::Inboxes,
        }
    }

    /// The name on the wire.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Sessions => "sessions".to_owned(),
            Self::Feed(network) => format!("feed:{}", network.as_str()),
            Self::Suggestions => "suggestions".to_owned(),
            Self::Inboxes => "inboxes".to_owned(),
        }
    }
}

/// What is known of who trusts its copies.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    /// Until when this instance trusts its copies of a kind.
    own: Mutex<HashMap<Kind, Instant>>,
    /// When another instance was last heard to keep copies of a kind. Instances never stop to keep copies of a kind, so that a beat that comes
    /// late takes nothing back.
    others: Mutex<HashMap<(Kind, Id), Instant>>,
}

impl Leases {
    fn own(&self) -> MutexGuard<'_, HashMap<Kind, Instant>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn others(&self) -> MutexGuard<'_, HashMap<(Kind, Id), Instant>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this instance may use its copies of that kind at this moment.
    pub(crate) fn is_trusted(&self, kind: Kind) -> bool {
        self.own().get(&kind).is_some_and(|until| Instant::now() < *until)
    }

    /// A beat of this instance has come back.
    pub(crate) fn extend(&self, beat: Beat) {
        let until = beat.sent_at + TRUST;
        let mut own = self.own();
        for kind in beat.kinds {
            own.entry(kind).and_modify(|old| *old = until.max(*old)).or_insert(until);
        }
    }

    /// This instance hears nothing any more.
    pub(crate) fn end(&self) {
        self.own().clear();
    }

    /// A beat of another instance was heard.
    pub(crate) fn heard(&self, other: Id, kinds: BTreeSet<Kind>) {
        let now = Instant::now();
        self.others().extend(kinds.into_iter().map(|kind| ((kind, other), now)));
    }

    /// The others that may trust their copies of one of `kinds` at this moment.
    pub(crate) fn keepers(&self, kinds: &BTreeSet<Kind>) -> HashSet<(Kind, Id)> {
        let mut others = self.others();
        others.retain(|_, heard_at| heard_at.elapsed() < TRUST);
        others.keys().filter(|(kind, _)| kinds.contains(kind)).copied().collect()
    }
}

/// A beat of this instance that may still come back.
pub(crate) struct Beat {
    sent_at: Instant,
    /// The kinds whose changes were heard when it was sent.
    kinds: BTreeSet<Kind>,
}

/// The beats of this instance. They are numbered through, whatever becomes of a subscription: one that comes late must not be
/// taken for another.
#[derive(Default)]
pub(crate) struct Beats {
    last: u64,
    sent: HashMap<u64, Beat>,
}

impl Beats {
    /// Notes that a beat is sent now, and tells its number.
    pub(crate) fn send(&mut self, kinds: BTreeSet<Kind>) -> u64 {
        self.last = self.last.wrapping_add(1);
        self.sent.retain(|_, beat| beat.sent_at.elapsed() < TRUST);
        self.sent.insert(self.last, Beat { sent_at: Instant::now(), kinds });
        self.last
    }

    /// The beat of that number, which has come back.
    pub(crate) fn take(&mut self, number: u64) -> Option<Beat> {
        self.sent.remove(&number)
    }
}
