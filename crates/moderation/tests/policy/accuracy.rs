//! How well the policy does, by category, on texts that it was not made against.

use std::collections::BTreeMap;

use crate::cases::{self, Case};

/// The least precision and recall of every category. In the one run there was none below 0.96; see the crate's documentation.
const LEAST: f64 = 0.95;

/// What has been found of a category, rightly, and wrongly, and what has been missed.
#[derive(Default)]
struct Tally {
    right: u32,
    wrong: u32,
    missed: u32,
}

impl Tally {
    fn precision(&self) -> f64 {
        f64::from(self.right) / f64::from((self.right + self.wrong).max(1))
    }

    fn recall(&self) -> f64 {
        f64::from(self.right) / f64::from((self.right + self.missed).max(1))
    }
}

fn tally(cases: &[Case]) -> BTreeMap<&'static str, Tally> {
    let mut tallies = BTreeMap::<_, Tally>::new();
    for case in cases {
        let found = case.found();
        if case.category != "innocent" {
            let tally = tallies.entry(case.category).or_default();
            *(if found.contains(&case.category) { &mut tally.right } else { &mut tally.missed }) += 1;
        }
        for other in found.into_iter().filter(|found| *found != case.category) {
            tallies.entry(other).or_default().wrong += 1;
        }
    }
    for (category, tally) in &tallies {
        println!("{category:<10} precision {:.3} recall {:.3}", tally.precision(), tally.recall());
    }
    tallies
}

#[test]
fn what_it_was_made_against_is_met() {
    let failed: Vec<String> = cases::tuning()
        .iter()
        .filter(|case| !case.is_met())
        .map(|case| format!("{}: {} -> {:?}", case.category, case.text, moderation::review(&case.text, cases::LONGEST)))
        .collect();
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn what_it_has_not_seen_is_judged_well() {
    let cases = cases::held_out();
    assert!(cases.len() > 250, "{}", cases.len());
    for (category, tally) in tally(&cases) {
        assert!(tally.precision() >= LEAST && tally.recall() >= LEAST, "{category}");
    }
}

#[test]
fn chance_parts_the_cases() {
    let is_held_out = |case: &Case| {
        let hash = case
            .written
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        hash >> 63 == 1
    };
    assert!(cases::held_out().iter().all(is_held_out));
    assert!(!cases::tuning().iter().any(is_held_out));
}
