//! Limits in time: so many calls of an action within a window.
//!
//! A window begins with the first call and has a fixed length. A call is counted before it is carried out and given back
//! when it fails, so that concurrent calls never exceed the limit and a failure uses none of it up.

mod action;
mod process;
mod redis_store;

use std::collections::HashMap;
use std::net::IpAddr;

use bus::Bus;
use models::error::RateLimited;
use models::{Clock, Id, Network, Timestamp};

pub use self::action::{Action, Rule};
use self::process::ProcessStore;
use self::redis_store::RedisStore;

/// Who is counted.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Subject {
    /// An account.
    Account(Id),
    /// A client's address; of an IPv6 address the 64 bits that are a customer's.
    Address(IpAddr),
    /// Something else, by its hash: an address of mail.
    Hash([u8; 32]),
}

impl Subject {
    /// The subject that a client at `address` is.
    pub fn of_address(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::Address(address.into()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::Address(IpAddr::from([a, b, c, d, 0, 0, 0, 0]))
            }
        }
    }

    fn key(&self) -> String {
        match self {
            Self::Account(id) => id.to_string(),
            Self::Address(address) => address.to_string(),
            Self::Hash(hash) => hex::encode(hash),
        }
    }
}

/// How much of a limit is used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Usage {
    /// Calls that a window allows.
    pub limit: u32,
    /// Calls that are left in this one.
    pub remaining: u32,
    /// When the window ends; the present where none has begun.
    pub reset_at: Timestamp,
}

/// A call that was counted, to be given back should it fail.
#[derive(Clone, Copy, Debug)]
pub struct Permit {
    action: Action,
    subject: Subject,
    /// The end of the window it was counted in: in a later window there is nothing to give back.
    window_end: Timestamp,
    /// Whether it was counted in Redis: what this process has counted while Redis was away is given back here.
    is_shared: bool,
}

/// One window of one subject, as a store keeps it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Window {
    count: u32,
    end: Timestamp,
}

/// Counts calls, in this process or for all instances in Redis.
#[derive(Debug)]
pub struct Limits {
    enabled: bool,
    overrides: HashMap<Action, Option<Rule>>,
    clock: Clock,
    process: ProcessStore,
    redis: Option<RedisStore>,
}

impl Limits {
    /// Limits shared with whom `bus` reaches. With `enabled` false nothing is refused. An action in `overrides` has
    /// that rule instead of its own, or none.
    pub fn new(enabled: bool, overrides: HashMap<Action, Option<Rule>>, clock: Clock, bus: &Bus) -> Self {
        let redis = bus.redis().map(RedisStore::new);
        Self { enabled, overrides, clock, process: ProcessStore::default(), redis }
    }

    /// Whether limits in time and cooldowns are enforced.
    pub fn enabled(&self) -> bool {
        self.enabled
    }

    /// The rule for `action` of an account registered at `registered_at`; `None` where it is not limited.
    pub fn rule(&self, action: Action, registered_at: Option<Timestamp>) -> Option<Rule> {
        match self.overrides.get(&action) {
            Some(overridden) => *overridden,
            None => Some(action.rule(registered_at, self.clock.now())),
        }
    }

    /// Counts a call of `take` by `subject`, and tells how much of `show` is used, in one round trip.
    ///
    /// # Errors
    /// [`Refusal`] when the window is full; nothing is counted then.
    pub async fn admit(
        &self,
        subject: Subject,
        take: Option<Action>,
        show: Option<Action>,
        registered_at: Option<Timestamp>,
    ) -> Result<Admission, Refusal> {
        let now = self.clock.now();
        let rule = |action: Option<Action>| action.and_then(|action| Some((action, self.rule(action, registered_at)?)));
        let (taken, shown) = (rule(take), rule(show));
        if !self.enabled {
            let shown = shown.map(|(_, rule)| Usage { limit: rule.limit, remaining: rule.limit, reset_at: now });
            return Ok(Admission { permit: None, shown });
        }
        if taken.is_none() && shown.is_none() {
            return Ok(Admission { permit: None, shown: None });
        }
        let ((taken_window, shown_window), is_shared) = self.count(subject, taken, shown, now).await;
        let shown = shown.zip(shown_window).map(|((_, rule), window)| Usage {
            limit: rule.limit,
            remaining: rule.limit.saturating_sub(window.count),
            reset_at: window.end,
        });
        let mut permit = None;
        if let (Some((action, rule)), Some(window)) = (taken, taken_window) {
            if window.count > rule.limit {
                let retry_after = now.seconds_until(window.end).max(1);
                let (action, limit, window) = (action.name(), rule.limit, rule.window);
                return Err(Refusal { limited: RateLimited { action, limit, window, retry_after }, shown });
            }
            permit = Some(Permit { action, subject, window_end: window.end, is_shared });
        }
        Ok(Admission { permit, shown })
    }

    /// How much of each of `network`'s limits an account registered at `registered_at` has used, in one round trip. What is not
    /// limited is left out; with limits off, none of any is used.
    pub async fn usage(&self, account: Id, network: Network, registered_at: Timestamp) -> Vec<(Action, Rule, Usage)> {
        let now = self.clock.now();
        let of_network = |action: &Action| action.network() == network && action.is_by_account();
        let rules: Vec<(Action, Rule)> = Action::ALL
            .into_iter()
            .filter(of_network)
            .filter_map(|action| Some((action, self.rule(action, Some(registered_at))?)))
            .collect();
        let actions: Vec<Action> = rules.iter().map(|(action, _)| *action).collect();
        let windows = if self.enabled { self.look(Subject::Account(account), &actions, now).await } else { Vec::new() };
        let windows = windows.into_iter().chain(std::iter::repeat(Window { count: 0, end: now }));
        let used = |rule: Rule, window: Window| Usage {
            limit: rule.limit,
            remaining: rule.limit.saturating_sub(window.count),
            reset_at: window.end,
        };
        rules.into_iter().zip(windows).map(|((action, rule), window)| (action, rule, used(rule, window))).collect()
    }

    async fn look(&self, subject: Subject, actions: &[Action], now: Timestamp) -> Vec<Window> {
        // Where the operator has lifted every limit, Redis is not asked about nothing.
        if actions.is_empty() {
            return Vec::new();
        }
        if let Some(redis) = &self.redis {
            match redis.look(subject, actions, now).await {
                Ok(windows) => return windows,
                Err(error) => tracing::warn!(%error, "limits are told as this instance alone has counted them"),
            }
        }
        self.process.look(subject, actions, now)
    }

    /// Gives back a call that failed.
    pub async fn give_back(&self, permit: Permit) {
        match &self.redis {
            Some(redis) if permit.is_shared => {
                if let Err(error) = redis.give_back(permit).await {
                    tracing::warn!(%error, "a call that failed stays counted");
                }
            }
            _ => self.process.give_back(permit),
        }
    }

    /// Counts, and tells whether that was in Redis.
    async fn count(
        &self,
        subject: Subject,
        take: Option<(Action, Rule)>,
        show: Option<(Action, Rule)>,
        now: Timestamp,
    ) -> ((Option<Window>, Option<Window>), bool) {
        if let Some(redis) = &self.redis {
            match redis.count(subject, take, show, now).await {
                Ok(windows) => return (windows, true),
                // Without Redis each instance counts for itself: looser than asked, but neither open nor shut.
                Err(error) => tracing::warn!(%error, "limits are counted by this instance alone"),
            }
        }
        (self.process.count(subject, take, show, now), false)
    }
}

/// A call that may not go on.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Why.
    pub limited: RateLimited,
    /// How much is used of the limit that was to be shown.
    pub shown: Option<Usage>,
}

impl From<Refusal> for models::Error {
    fn from(refusal: Refusal) -> Self {
        Self::RateLimited(refusal.limited)
    }
}

/// A call that may go on.
#[derive(Clone, Copy, Debug)]
pub struct Admission {
    /// To be given back should the call fail.
    pub permit: Option<Permit>,
    /// How much is used of the limit that was to be shown.
    pub shown: Option<Usage>,
}
