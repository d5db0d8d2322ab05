//! Clankspace's content policy as a pure library: text in, verdict out.
//!
//! A text is folded once into what a reader sees (`folding`), one automaton finds the words of the policy in it
//! (`matching`), and then the rules are asked in their order: threats, contact details, a crisis, and what is rewritten.
//! Whatever is not touched comes back letter for letter. The words are data: `data/README.md` says how to add some.
//!
//! # How well it does
//!
//! Its cases were written before it was, and half of them, picked by chance, were put away until words and rules were
//! made (`tests/cases/README.md`). In the one run on those 275, half of them innocent:
//!
//! | category | cases | precision | recall |
//! | --- | --- | --- | --- |
//! | threats | 28 | 1.00 | 1.00 |
//! | contact details | 39 | 1.00 | 1.00 |
//! | crises | 13 | 1.00 | 1.00 |
//! | profanity | 31 | 1.00 | 0.97 |
//! | platforms | 14 | 1.00 | 1.00 |
//! | emoji | 10 | 1.00 | 1.00 |
//! | mentions | 2 | 1.00 | 1.00 |
//!
//! What it missed was a word around an emoji, and has been mended since. Those who wrote the cases also made the rules, so
//! that in the open it does worse: read this as what holds, not as what to expect. A review of 100 characters takes 10 µs, and 40 µs at the 99th percentile, on two busy cores
//! (`cargo bench --package moderation`).
//!
//! # What it does not see
//!
//! Threats are phrases: one that is told without the words of `data/threats.txt` passes, and one that is quoted does not.
//! `name.rs` and the like pass as names of files, though they may be addresses. A name that is also a platform's
//! (`telegram`, `mastodon`) is taken for it unless what stands beside it tells otherwise. A number of ten digits is a phone
//! number. Only English is read.

mod contact;
mod emoji;
mod folding;
mod lexicon;
mod matching;
mod rewriting;
mod threats;

use std::fmt;

use folding::Folded;
use lexicon::Kind;

/// What the policy says of a text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It may be published, as it stands here.
    Accepted(Accepted),
    /// It may not.
    Refused(Refusal),
}

/// A text that may be published.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Accepted {
    /// The text to publish.
    pub text: String,
    /// Whether that differs from what was written.
    pub changed: bool,
    /// Whether it sounds as if its author needs help, and should be told where to find it.
    pub crisis: bool,
}

/// Why a text may not be published. It is displayed as a sentence for its author.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// It threatens somebody.
    Violence,
    /// It has a link, an address of mail or a phone number in it.
    ContactInfo,
    /// Nothing is left of it.
    Empty,
}

impl Refusal {
    /// The policy's word for it, for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Violence => "violence",
            Self::ContactInfo => "contact_info",
            Self::Empty => "empty",
        }
    }

    /// The same as a sentence, for its author.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Violence => "Threats cannot be posted here",
            Self::ContactInfo => "Links, addresses of mail and phone numbers cannot be posted here",
            Self::Empty => "Nothing is left of this post after filtering",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.reason())
    }
}

/// How often a text is rewritten before it counts as one of which nothing can be left.
const ROUNDS: usize = 8;

/// Judges `text`, of which at most `longest` characters may be published: what is longer after rewriting is cut at a word.
///
/// What is accepted is accepted again, unchanged.
///
/// ```
/// use moderation::{Accepted, Refusal, Verdict, review};
///
/// let expected = Accepted { text: "hello mot".to_owned(), changed: true, crisis: false };
/// assert_eq!(review("hello @mot", 100), Verdict::Accepted(expected));
/// assert_eq!(review("see example.com/cheap", 100), Verdict::Refused(Refusal::ContactInfo));
/// ```
pub fn review(text: &str, longest: usize) -> Verdict {
    let (mut current, mut crisis) = (text.to_owned(), false);
    // What is rewritten is judged again, as a reader would: taking an `@` out can make a link, or a word.
    for _ in 0..ROUNDS {
        let folded = Folded::new(&current);
        let found = matching::find(&folded);
        if threats::is_threat(&found, &folded.letters) {
            return Verdict::Refused(Refusal::Violence);
        }
        if contact::is_in(&current, &folded) {
            return Verdict::Refused(Refusal::ContactInfo);
        }
        crisis |= found.iter().any(|found| found.entry.kind == Kind::Crisis);
        let rewritten = rewriting::rewrite(&current, &folded, &found).map(|text| text.trim().to_owned());
        let next = rewriting::cut(rewritten.as_deref().unwrap_or(&current), longest);
        if next.chars().all(|character| character.is_whitespace() || folding::is_invisible(character)) {
            return Verdict::Refused(Refusal::Empty);
        }
        if next == current {
            return Verdict::Accepted(Accepted { changed: current != text, text: current, crisis });
        }
        current = next.to_owned();
    }
    Verdict::Refused(Refusal::Empty)
}
