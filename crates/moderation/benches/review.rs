//! How long a review takes: `cargo bench --package moderation`. Each text of the cases is judged many times; the slowest
//! of its kind is what counts, so percentiles are over all single reviews.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a measurement is read in the terminal")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use moderation::review;

/// The cases, whose form tests/cases/README.md tells.
const FILES: [&str; 2] = [include_str!("../tests/cases/tuning.txt"), include_str!("../tests/cases/held-out.txt")];

/// The characters of a post.
const LONGEST: usize = 100;

/// How often each text is judged.
const ROUNDS: usize = 200;

fn main() {
    let cases = FILES.iter().flat_map(|file| file.lines()).filter_map(|line| line.split_once(": "));
    let texts: Vec<String> =
        cases.map(|(_, rest)| rest.split_once(" => ").map_or(rest, |(text, _)| text).to_owned()).collect();
    measure("as they are", &texts);
    // Those that are short are repeated, so that all are as long as a post may be.
    let full = texts.iter().map(|text| format!("{text} ").chars().cycle().take(LONGEST).collect());
    measure("100 characters", &full.collect::<Vec<_>>());
}

fn measure(name: &str, texts: &[String]) {
    let mut times: Vec<Duration> = Vec::with_capacity(ROUNDS * texts.len());
    // The first reviews build the automaton and the tables.
    for text in texts {
        black_box(review(text, LONGEST));
    }
    for _ in 0..ROUNDS {
        for text in texts {
            let begun = Instant::now();
            black_box(review(black_box(text), LONGEST));
            times.push(begun.elapsed());
        }
    }
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 1000).or(times.last()).expect("there are texts");
    println!("{name:<15} {} texts: p50 {:?}, p99 {:?}, p99.9 {:?}", texts.len(), at(500), at(990), at(999));
}
