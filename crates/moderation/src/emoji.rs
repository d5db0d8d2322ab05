//! Emoji that say together what the policy does not want said.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use crate::folding::is_invisible;
use crate::lexicon::{EMOJI, lines};

/// Emoji that stand together, in the order of their code points.
type Combination = Vec<char>;

/// The most emoji that one combination has.
const LONGEST: usize = 3;

struct Combinations {
    all: HashSet<Combination>,
    /// The emoji of all of them.
    parts: HashSet<char>,
}

static COMBINATIONS: LazyLock<Combinations> = LazyLock::new(|| {
    let all: HashSet<Combination> = lines(EMOJI)
        .map(|(_, line)| sorted(line.chars().filter(|part| !part.is_whitespace() && !is_invisible(*part)).collect()))
        .collect();
    let parts = all.iter().flatten().copied().collect();
    Combinations { all, parts }
});

/// One emoji of some combination, as often as it is repeated.
struct Part {
    emoji: char,
    span: Range<usize>,
}

/// Where in `text` combinations are, in bytes.
pub fn combinations(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for row in rows(text) {
        let mut rest = row.as_slice();
        while let [first, others @ ..] = rest {
            let length = (1..=LONGEST.min(rest.len())).rev().find(|length| {
                let parts = rest.iter().take(*length).map(|part| part.emoji).collect();
                COMBINATIONS.all.contains(&sorted(parts))
            });
            let Some(length) = length else {
                rest = others;
                continue;
            };
            let (taken, left) = rest.split_at(length);
            // What follows and goes with one of them is more of the same.
            let goes_with = |one: &Part, other: &Part| {
                one.emoji == other.emoji || COMBINATIONS.all.contains(&sorted(vec![one.emoji, other.emoji]))
            };
            let more = left.iter().take_while(|part| taken.iter().any(|taken| goes_with(taken, part))).count();
            let (more, left) = left.split_at(more);
            let end = more.last().or(taken.last()).map_or(first.span.end, |last| last.span.end);
            found.push(first.span.start..end);
            rest = left;
        }
    }
    found
}

/// The emoji of combinations, in rows in which they stand side by side.
fn rows(text: &str) -> Vec<Vec<Part>> {
    let mut rows: Vec<Vec<Part>> = vec![Vec::new()];
    let mut may_go_on = false;
    for (start, character) in text.char_indices() {
        let end = start + character.len_utf8();
        let Some(row) = rows.last_mut() else { break };
        if is_invisible(character) {
            // A skin tone or a selector goes with its emoji.
            if may_go_on && let Some(part) = row.last_mut().filter(|part| part.span.end == start) {
                part.span.end = end;
            }
        } else if COMBINATIONS.parts.contains(&character) {
            may_go_on = true;
            match row.last_mut() {
                Some(part) if part.emoji == character => part.span.end = end,
                _ => row.push(Part { emoji: character, span: start..end }),
            }
        } else if !character.is_whitespace() {
            may_go_on = false;
            if !row.is_empty() {
                rows.push(Vec::new());
            }
        }
    }
    rows
}

fn sorted(mut parts: Combination) -> Combination {
    parts.sort_unstable();
    parts.dedup();
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_tone_and_repetition_make_no_difference() {
        for text in ["🍆🍑", "🍑🍆", "🍆 🍆🍑", "👉🏻👌🏽", "🖕🏽", "🍆\u{200b}🍑🍑", "🍆🍑💦", "❄\u{fe0f}💊"]
        {
            assert_eq!(combinations(text), vec![Range { start: 0, end: text.len() }], "{text}");
        }
    }

    #[test]
    fn alone_they_are_food() {
        for text in ["🍆", "🍑 pie and 🍆", "🤖🤖", "👉 look", ""] {
            assert!(combinations(text).is_empty(), "{text}");
        }
    }
}
