//! Where the words of the lexicon are in a text, in all their disguises.
//!
//! The automaton reads the letters alone, each run of one letter as a single one, so that neither repetition nor what
//! lies in between hides a word from it. What it finds is only where a word may be; whether it is there is decided by
//! the letters themselves: they are as many as the word has, and what lies between them is a disguise and no end of a word.

use std::ops::Range;

use crate::folding::{Folded, Gap, Letter};
use crate::lexicon::{Entry, Kind, LEXICON};

/// An entry of the lexicon that is in the text.
#[derive(Clone, Debug)]
pub struct Found {
    /// The entry.
    pub entry: &'static Entry,
    /// The letters that it matches.
    pub letters: Range<usize>,
    /// Those of them that are meant.
    pub meant: Range<usize>,
}

impl Found {
    /// Whether it has a letter in common with `other`.
    const fn overlaps(&self, other: &Self) -> bool {
        self.letters.start < other.letters.end && other.letters.start < self.letters.end
    }
}

/// All that is in a text, but for what has a letter in common with something innocent.
pub fn find(folded: &Folded) -> Vec<Found> {
    let mut found = Vec::new();
    for candidate in LEXICON.automaton.find_overlapping_iter(&folded.collapsed) {
        let Some(entry) = LEXICON.entries.get(candidate.pattern().as_usize()) else { continue };
        let run = folded.run(candidate.start());
        let first = run.start;
        found.extend(
            run.filter(|at| (entry.is_open_before && *at == first) || begins_word(&folded.letters, *at))
                .find_map(|at| Attempt::new(entry, &folded.letters, at).finish()),
        );
    }
    let (innocent, mut found): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|found| found.entry.kind == Kind::Innocent);
    found.retain(|found| !innocent.iter().any(|innocent| found.overlaps(innocent)));
    found
}

/// Whether a word begins with the letter at `at`; at the end of the text one does.
fn begins_word(letters: &[Letter], at: usize) -> bool {
    letters.get(at).is_none_or(|letter| letter.gap != Gap::None)
}

/// Whether the letter at `at` is a word of its own.
fn is_alone(letters: &[Letter], at: usize) -> bool {
    at < letters.len() && begins_word(letters, at) && begins_word(letters, at + 1)
}

/// The reading of one entry at one place.
struct Attempt<'a> {
    entry: &'static Entry,
    letters: &'a [Letter],
    start: usize,
    end: usize,
    /// Letters that are no digits.
    genuine: usize,
    stars: usize,
    /// The widest gap within a word.
    split: Gap,
    /// Letters of the piece being read, and whether a vowel is among them.
    piece: (usize, bool),
    /// Whether all pieces so far are single letters.
    is_spelled: bool,
    /// Whether some piece is no word, since it lacks a vowel.
    has_stump: bool,
}

impl<'a> Attempt<'a> {
    const fn new(entry: &'static Entry, letters: &'a [Letter], start: usize) -> Self {
        Self {
            entry,
            letters,
            start,
            end: start,
            genuine: 0,
            stars: 0,
            split: Gap::None,
            piece: (0, false),
            is_spelled: true,
            has_stump: false,
        }
    }

    /// Reads to the end of the entry; `None` where it is not there.
    fn finish(mut self) -> Option<Found> {
        let mut meant = self.start..self.start;
        for (index, run) in self.entry.runs.iter().enumerate() {
            if index == self.entry.meant.start {
                meant.start = self.end;
            }
            for nth in 0..run.count {
                let letter = self.letters.get(self.end).filter(|letter| letter.byte == run.byte)?;
                if nth == 0 && run.begins_word {
                    if matches!(letter.gap, Gap::None | Gap::Stop) {
                        return None;
                    }
                    self.end_piece();
                } else if self.end > self.start {
                    self.pass(letter)?;
                }
                self.take(letter);
            }
            let next = self.entry.runs.get(index + 1).filter(|next| next.byte == run.byte);
            // Where the next word begins with the same letter, this one goes no further than to its own end.
            let widest = if next.is_some() { Gap::None } else { Gap::Joint };
            while let Some(letter) = self.letters.get(self.end)
                && letter.byte == run.byte
                && letter.gap <= widest
            {
                self.pass(letter)?;
                self.take(letter);
            }
            if index + 1 == self.entry.meant.end {
                meant.end = self.end;
            }
        }
        self.end_piece();
        self.is_there().then_some(Found { entry: self.entry, letters: self.start..self.end, meant })
    }

    fn take(&mut self, letter: &Letter) {
        self.end += 1;
        self.genuine += usize::from(!letter.is_digit);
        self.piece.0 += 1;
        self.piece.1 |= b"aeiouy".contains(&letter.byte);
    }

    /// Goes on to `letter` within a word; `None` where a sentence ends.
    fn pass(&mut self, letter: &Letter) -> Option<()> {
        self.stars += letter.stars;
        self.split = self.split.max(letter.gap);
        if letter.gap != Gap::None {
            self.end_piece();
        }
        (letter.gap != Gap::Stop).then_some(())
    }

    fn end_piece(&mut self) {
        let (length, has_vowel) = std::mem::take(&mut self.piece);
        self.is_spelled &= length == 1;
        self.has_stump |= !has_vowel;
    }

    /// Whether what has been read is the entry, and no accident.
    fn is_there(&self) -> bool {
        // A number is no word, whatever its digits look like.
        if self.genuine == 0 || !(self.entry.is_open_after || begins_word(self.letters, self.end)) {
            return false;
        }
        if self.entry.stars > 0 {
            return self.stars == self.entry.stars && self.split <= Gap::Joint;
        }
        let is_long = self.entry.length() > 3;
        match self.split {
            Gap::None => true,
            // `who're` is two words, and `I'll` one.
            Gap::Apostrophe => match self.entry.kind {
                Kind::Profanity | Kind::Platform => self.is_spelled(),
                Kind::Phrase => is_long || self.is_spelled(),
                _ => true,
            },
            Gap::Joint => is_long || self.is_spelled(),
            // `fu ck` is one word, `pen is` are two, and so are the ends of `U.S. hit`.
            Gap::Space | Gap::Stop => {
                let stands_apart = self.gap_at(self.start) >= Gap::Space && self.gap_at(self.end) >= Gap::Space;
                self.is_spelled() || (is_long && self.has_stump && stands_apart)
            }
        }
    }

    /// Whether it is a word that is spelled letter by letter. Two letters are initials, and three are a word only when no
    /// further one stands beside them: `a s s`, but not `p a s s`.
    fn is_spelled(&self) -> bool {
        let goes_on = |gap_at: usize, beside: Option<usize>| {
            self.gap_at(gap_at) < Gap::Stop && beside.is_some_and(|beside| is_alone(self.letters, beside))
        };
        match self.entry.length() {
            0..=2 => false,
            3 => {
                self.is_spelled && !goes_on(self.start, self.start.checked_sub(1)) && !goes_on(self.end, Some(self.end))
            }
            _ => self.is_spelled,
        }
    }

    /// What lies before the letter at `at`.
    fn gap_at(&self, at: usize) -> Gap {
        self.letters.get(at).map_or(Gap::Stop, |letter| letter.gap)
    }
}
