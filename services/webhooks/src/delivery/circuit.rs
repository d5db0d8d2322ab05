//! Hosts that cannot be reached, left alone for a while.
//!
//! An attempt at a host that is down may take as long as an exchange may, and a host may have ten thousand webhooks. So after so many
//! attempts in a row that took long and did not reach it, nothing goes there until a pause is over. (A host that is quick to refuse costs
//! next to nothing, and is tried as each delivery's schedule has it.) Then one delivery goes, and whether that reaches the
//! host decides: everything again, or another pause of twice the length. What is held back meanwhile stays as it is but for the time at
//! which it is looked at again; that is no attempt, and none is counted.
//!
//! Each instance learns that by itself and forgets it with its end. The pattern is the circuit breaker of Nygard (Release It!, 2007).

use std::collections::HashMap;

use models::Timestamp;

/// Exchanges with one host at once, over all instances.
const AT_ONCE: usize = 16;
/// Seconds after which a row is looked at again whose host has as many.
const DEFERRED: i64 = 1;
/// Attempts in a row that did not reach a host, after which it is left alone.
const FAILURES: usize = 16;
/// The first pause, in seconds; each is twice as long as the one before.
const SHORTEST_PAUSE: i64 = 5;
/// The longest. A delivery may be so much later than its schedule says.
const LONGEST_PAUSE: i64 = 60;
/// Hosts that are remembered at most.
const HOSTS: usize = 10_000;

/// What is known of a host that was not reached the last time.
#[derive(Clone, Copy, Debug)]
enum Circuit {
    /// So many attempts in a row have not reached it.
    Closed(usize),
    /// Nothing goes there until then, and then one delivery. The pause was so many seconds long.
    Open { until: Timestamp, pause: i64 },
}

/// What may go to a host at the moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Allowance {
    /// How many exchanges may be under way.
    pub at_once: usize,
    /// When to look again at what is too much.
    pub again_at: Timestamp,
    /// Whether the host is left alone.
    pub is_held_back: bool,
}

/// The hosts that were not reached the last time.
#[derive(Clone, Debug, Default)]
pub struct Circuits(HashMap<String, Circuit>);

impl Circuits {
    /// Notes at `now` whether an attempt at `host` that began at `began_at` has reached it.
    pub fn note(&mut self, host: &str, reached: bool, began_at: Timestamp, now: Timestamp) {
        if reached {
            self.0.remove(host);
            return;
        }
        let open = |pause| Circuit::Open { until: now.plus_seconds(pause), pause };
        let circuit = match self.0.get(host).copied() {
            Some(Circuit::Open { until, pause }) if began_at >= until => {
                open(pause.saturating_mul(2).min(LONGEST_PAUSE))
            }
            // It began before it was known that it would not help.
            Some(open @ Circuit::Open { .. }) => open,
            Some(Circuit::Closed(failures)) if failures.saturating_add(1) >= FAILURES => open(SHORTEST_PAUSE),
            Some(Circuit::Closed(failures)) => Circuit::Closed(failures.saturating_add(1)),
            None if self.is_full(now) => return,
            None => Circuit::Closed(1),
        };
        self.0.insert(host.to_owned(), circuit);
    }

    /// Whether no more hosts can be remembered, not even when those are forgotten to which something may go.
    fn is_full(&mut self, now: Timestamp) -> bool {
        if self.0.len() >= HOSTS {
            self.0.retain(|_, circuit| matches!(circuit, Circuit::Open { until, .. } if *until > now));
        }
        self.0.len() >= HOSTS
    }

    /// What may go to `host` at `now`.
    pub fn allowance(&self, host: &str, now: Timestamp) -> Allowance {
        match self.0.get(host) {
            Some(&Circuit::Open { until, .. }) if now < until => {
                Allowance { at_once: 0, again_at: until, is_held_back: true }
            }
            Some(&Circuit::Open { pause, .. }) => {
                Allowance { at_once: 1, again_at: now.plus_seconds(pause), is_held_back: true }
            }
            Some(Circuit::Closed(_)) | None => {
                Allowance { at_once: AT_ONCE, again_at: now.plus_seconds(DEFERRED), is_held_back: false }
            }
        }
    }

    /// How many hosts are left alone.
    pub fn open(&self) -> usize {
        self.0.values().filter(|circuit| matches!(circuit, Circuit::Open { .. })).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "example.com:443";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_795_294_903_000_000).plus_seconds(seconds)
    }

    /// After as many failures as it takes, all at the beginning.
    fn opened() -> Circuits {
        let mut circuits = Circuits::default();
        (0..FAILURES).for_each(|_| circuits.note(HOST, false, at(0), at(0)));
        circuits
    }

    fn held_until(circuits: &Circuits, now: i64) -> Option<Timestamp> {
        let Allowance { at_once, again_at, is_held_back } = circuits.allowance(HOST, at(now));
        assert_eq!(is_held_back, at_once < AT_ONCE);
        (at_once == 0).then_some(again_at)
    }

    #[test]
    fn a_host_is_left_alone_after_failures_in_a_row() {
        let mut circuits = Circuits::default();
        for _ in 0..3 {
            (1..FAILURES).for_each(|_| circuits.note(HOST, false, at(0), at(0)));
            assert_eq!(circuits.allowance(HOST, at(0)).at_once, AT_ONCE);
            circuits.note(HOST, true, at(0), at(0));
        }
        assert_eq!(circuits.open(), 0);
        let circuits = opened();
        assert_eq!(held_until(&circuits, 0), Some(at(SHORTEST_PAUSE)));
        assert_eq!((circuits.open(), circuits.allowance("example.org:443", at(0)).at_once), (1, AT_ONCE));
    }

    #[test]
    fn one_delivery_tries_and_the_pause_grows_while_it_fails() {
        let mut circuits = opened();
        let (mut now, mut pauses) = (0, Vec::new());
        for _ in 0..6 {
            let until = held_until(&circuits, now).expect("it is held back");
            let pause = at(now).seconds_until(until);
            pauses.push(pause);
            now += pause;
            let Allowance { at_once, again_at, .. } = circuits.allowance(HOST, at(now));
            assert_eq!((at_once, again_at), (1, at(now + pause)));
            circuits.note(HOST, false, at(now), at(now + 10));
            now += 10;
        }
        assert_eq!(pauses, [5, 10, 20, 40, 60, 60]);
    }

    #[test]
    fn one_that_arrives_opens_the_way_for_all() {
        let mut circuits = opened();
        circuits.note(HOST, true, at(5), at(6));
        assert_eq!((circuits.allowance(HOST, at(6)).at_once, circuits.open()), (AT_ONCE, 0));
        // The next pause is the first again.
        (0..FAILURES).for_each(|_| circuits.note(HOST, false, at(7), at(7)));
        assert_eq!(held_until(&circuits, 7), Some(at(7 + SHORTEST_PAUSE)));
    }

    #[test]
    fn what_was_under_way_already_does_not_lengthen_a_pause() {
        let mut circuits = opened();
        (0..FAILURES).for_each(|_| circuits.note(HOST, false, at(4), at(14)));
        assert_eq!(circuits.allowance(HOST, at(14)).at_once, 1);
        circuits.note(HOST, false, at(14), at(24));
        assert_eq!(held_until(&circuits, 24), Some(at(34)));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_hosts_that_are_down_stay_in_it() {
        let mut circuits = opened();
        for number in 0..3 * HOSTS {
            circuits.note(&format!("{number}:443"), false, at(0), at(0));
        }
        assert!(circuits.0.len() <= HOSTS);
        assert!(held_until(&circuits, 0).is_some());
    }
}
