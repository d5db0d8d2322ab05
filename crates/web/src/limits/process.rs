//! Counting in this process.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use models::Timestamp;

use super::{Action, Permit, Rule, Subject, Window};

const SHARDS: usize = 16;
/// A shard is swept of windows that have ended when it has grown to this, and again whenever it has doubled.
const SWEEP: usize = 1_024;

#[derive(Debug, Default)]
struct Shard {
    windows: HashMap<(Action, Subject), Window>,
    sweep_at: usize,
}

/// Windows of this process. Each look is short and awaits nothing, so that a lock held is a lock soon free.
#[derive(Debug, Default)]
pub(super) struct ProcessStore {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
}

impl ProcessStore {
    pub(super) fn count(
        &self,
        subject: Subject,
        take: Option<(Action, Rule)>,
        show: Option<(Action, Rule)>,
        now: Timestamp,
    ) -> (Option<Window>, Option<Window>) {
        let Some(mut shard) = self.shard(subject) else { return (None, None) };
        let taken = take.map(|(action, rule)| shard.take(action, subject, rule, now));
        let shown = show.map(|(action, _)| shard.look(action, subject, now));
        (taken, shown)
    }

    pub(super) fn look(&self, subject: Subject, actions: &[Action], now: Timestamp) -> Vec<Window> {
        let Some(shard) = self.shard(subject) else { return Vec::new() };
        actions.iter().map(|&action| shard.look(action, subject, now)).collect()
    }

    pub(super) fn give_back(&self, permit: Permit) {
        let Some(mut shard) = self.shard(permit.subject) else { return };
        if let Some(window) = shard.windows.get_mut(&(permit.action, permit.subject))
            && window.end == permit.window_end
        {
            window.count = window.count.saturating_sub(1);
        }
    }

    fn shard(&self, subject: Subject) -> Option<MutexGuard<'_, Shard>> {
        let hash = self.hasher.hash_one(subject);
        let place = usize::try_from(hash & 0xffff).ok()? % SHARDS;
        self.shards.get(place).map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shard {
    /// Counts a call. A count beyond the limit is told and not kept.
    fn take(&mut self, action: Action, subject: Subject, rule: Rule, now: Timestamp) -> Window {
        self.sweep(now);
        let fresh = Window { count: 0, end: now.plus_seconds(i64::from(rule.window)) };
        let window = self.windows.entry((action, subject)).or_insert(fresh);
        if window.end <= now {
            *window = fresh;
        }
        let counted = Window { count: window.count.saturating_add(1), ..*window };
        if counted.count <= rule.limit {
            *window = counted;
        }
        counted
    }

    fn look(&self, action: Action, subject: Subject, now: Timestamp) -> Window {
        match self.windows.get(&(action, subject)) {
            Some(window) if window.end > now => *window,
            _ => Window { count: 0, end: now },
        }
    }

    fn sweep(&mut self, now: Timestamp) {
        if self.windows.len() >= self.sweep_at.max(SWEEP) {
            self.windows.retain(|_, window| window.end > now);
            self.sweep_at = self.windows.len().saturating_mul(2);
        }
    }
}

#[cfg(test)]
mod tests {
    use models::{Clock, Id};

    use super::*;

    const RULE: Rule = Rule { limit: 3, window: 60 };

    fn subject() -> Subject {
        Subject::Account(Id::at(Clock::system().now()))
    }

    #[test]
    fn a_window_begins_with_the_first_call_and_ends_after_its_length() {
        let (store, subject) = (ProcessStore::default(), subject());
        let take = |seconds: i64| {
            let now = Timestamp::from_micros(seconds * 1_000_000);
            store.count(subject, Some((Action::ClawNetSend, RULE)), None, now).0.unwrap()
        };
        assert_eq!([0, 1, 2, 3, 59].map(|second| take(second).count), [1, 2, 3, 4, 4]);
        assert_eq!(take(59).end, Timestamp::from_micros(60_000_000));
        assert_eq!(take(60).count, 1);
    }

    #[test]
    fn what_is_given_back_can_be_taken_again_within_its_window_only() {
        let (store, subject) = (ProcessStore::default(), subject());
        let now = Timestamp::from_micros(0);
        let end = store.count(subject, Some((Action::ClawNetSend, RULE)), None, now).0.unwrap().end;
        let permit = Permit { action: Action::ClawNetSend, subject, window_end: end, is_shared: false };
        store.give_back(permit);
        let shown = |now| store.count(subject, None, Some((Action::ClawNetSend, RULE)), now).1.unwrap().count;
        assert_eq!(shown(now), 0);
        store.count(subject, Some((Action::ClawNetSend, RULE)), None, end);
        store.give_back(permit);
        assert_eq!(shown(end), 1);
    }

    #[test]
    fn ended_windows_do_not_fill_the_memory() {
        let store = ProcessStore::default();
        for second in 0..100_000 {
            store.count(subject(), Some((Action::ClawNetSend, RULE)), None, Timestamp::from_micros(second * 1_000_000));
        }
        let kept: usize = store.shards.iter().map(|shard| shard.lock().unwrap().windows.len()).sum();
        assert!(kept <= SHARDS * SWEEP, "{kept} windows are kept");
    }

    #[test]
    fn concurrent_calls_never_exceed_the_limit() {
        let (store, subject) = (ProcessStore::default(), subject());
        let rule = Rule { limit: 50, window: 60 };
        let granted = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let window =
                            store.count(subject, Some((Action::ClawNetSend, rule)), None, Timestamp::from_micros(0)).0;
                        if window.is_some_and(|window| window.count <= rule.limit) {
                            granted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        }
                    }
                });
            }
        });
        assert_eq!(granted.into_inner(), 50);
    }
}
