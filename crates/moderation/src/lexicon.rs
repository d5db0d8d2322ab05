//! The policy's words: read from `data/` once, and compiled into one automaton.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::folding::canonical;

/// What an entry is for. The comments of the data files say how the parts of threats go together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Innocent,
    Crisis,
    Profanity,
    Platform,
    Intent,
    Negation,
    Harm,
    Harming,
    Target,
    Deed,
    Phrase,
    Weapon,
    Approach,
    Filler,
    Figure,
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "innocent" => Self::Innocent,
            "crisis" => Self::Crisis,
            "profanity" => Self::Profanity,
            "platform" => Self::Platform,
            "intent" => Self::Intent,
            "negation" => Self::Negation,
            "harm" => Self::Harm,
            "harming" => Self::Harming,
            "target" => Self::Target,
            "deed" => Self::Deed,
            "phrase" => Self::Phrase,
            "weapon" => Self::Weapon,
            "approach" => Self::Approach,
            "filler" => Self::Filler,
            "figure" => Self::Figure,
            _ => return None,
        })
    }
}

/// One letter, so many times in a row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Run {
    pub byte: u8,
    pub count: usize,
    /// Whether a word begins with it.
    pub begins_word: bool,
}

/// One pattern.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    pub kind: Kind,
    pub runs: Vec<Run>,
    /// Whether the word may begin before it.
    pub is_open_before: bool,
    /// Whether the word may go on after it.
    pub is_open_after: bool,
    /// Letters that stars stand for in it, as in `f**k`.
    pub stars: usize,
    /// The runs that are meant, where the others only stand beside them.
    pub meant: std::ops::Range<usize>,
    /// What takes its place.
    pub replacement: String,
}

/// All entries, and the automaton that finds where one may be.
pub struct Lexicon {
    pub entries: Vec<Entry>,
    pub automaton: AhoCorasick,
}

/// The lexicon, built when it is first needed.
#[expect(clippy::expect_used, reason = "the data are compiled in, and tests read all of them")]
pub static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let entries = entries().expect("the data files have the form that they tell");
    let automaton = AhoCorasick::new(entries.iter().map(|entry| {
        let mut bytes: Vec<u8> = entry.runs.iter().map(|run| run.byte).collect();
        bytes.dedup();
        bytes
    }));
    Lexicon { entries, automaton: automaton.expect("a few thousand words make a small automaton") }
});

/// The file of emoji.
pub const EMOJI: &str = include_str!("../data/emoji.txt");
/// The file of domains.
pub const DOMAINS: &str = include_str!("../data/domains.txt");

const FILES: [&str; 5] = [
    include_str!("../data/innocent.txt"),
    include_str!("../data/crisis.txt"),
    include_str!("../data/profanity.txt"),
    include_str!("../data/platforms.txt"),
    include_str!("../data/threats.txt"),
];

/// The lines of a data file that say something, each with the section it stands in.
pub fn lines(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut section = "";
    file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).filter_map(move |line| {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
            && !name.contains(['[', ' '])
        {
            section = name;
            return None;
        }
        Some((section, line))
    })
}

/// Reads all files of patterns.
///
/// # Errors
/// The first line that is not of the form.
fn entries() -> Result<Vec<Entry>, &'static str> {
    let mut entries = Vec::new();
    for (section, line) in FILES.into_iter().flat_map(lines) {
        let kind = Kind::named(section).ok_or(section)?;
        let (pattern, replacement) = line.split_once(" = ").unwrap_or((line, "clankspace"));
        let (patterns, replacements) = (expand(pattern), expand(replacement));
        for (index, pattern) in patterns.iter().enumerate() {
            let replacement = match replacements.as_slice() {
                [one] => one,
                many if many.len() == patterns.len() => many.get(index).ok_or(line)?,
                _ => return Err(line),
            };
            let entry = Entry::read(kind, pattern, replacement).ok_or(line)?;
            if matches!(kind, Kind::Profanity | Kind::Platform) {
                entries.extend(
                    masked(pattern).into_iter().filter_map(|(stars, letters)| {
                        Some(Entry { stars, ..Entry::read(kind, &letters, replacement)? })
                    }),
                );
            }
            entries.push(entry);
        }
    }
    Ok(entries)
}

/// All that braces stand for, from left to right.
fn expand(pattern: &str) -> Vec<String> {
    let Some((before, rest)) = pattern.split_once('{') else { return vec![pattern.to_owned()] };
    let Some((alternatives, after)) = rest.split_once('}') else { return vec![pattern.to_owned()] };
    let endings = expand(after);
    alternatives
        .split(',')
        .flat_map(|alternative| endings.iter().map(move |ending| format!("{before}{alternative}{ending}")))
        .collect()
}

/// What is left of a word one or all of whose inner vowels, or all whose inner letters, are stars, with their number.
fn masked(word: &str) -> Vec<(usize, String)> {
    let letters: Vec<char> = word.chars().collect();
    let [first, inner @ .., last] = letters.as_slice() else { return Vec::new() };
    if letters.len() < 4 || !letters.iter().all(char::is_ascii_lowercase) {
        return Vec::new();
    }
    let vowels: Vec<usize> =
        inner.iter().enumerate().filter(|(_, letter)| "aeiou".contains(**letter)).map(|(index, _)| index).collect();
    let mut hidden: Vec<Vec<usize>> = vowels.iter().map(|vowel| vec![*vowel]).collect();
    hidden.extend([vowels, (0..inner.len()).collect()]);
    hidden.sort_unstable();
    hidden.dedup();
    hidden.retain(|stars| !stars.is_empty());
    hidden
        .iter()
        .map(|stars| {
            let kept = inner.iter().enumerate().filter(|(index, _)| !stars.contains(index));
            let kept: String = kept.map(|(_, letter)| letter).collect();
            (stars.len(), format!("{first}{kept}{last}"))
        })
        .collect()
}

impl Entry {
    fn read(kind: Kind, pattern: &str, replacement: &str) -> Option<Self> {
        let mut runs: Vec<Run> = Vec::new();
        let mut meant = None;
        for word in pattern.trim_matches('*').split(' ') {
            let beginning = runs.len();
            let name = word.strip_prefix('[').and_then(|word| word.strip_suffix(']'));
            for character in name.unwrap_or(word).chars() {
                let byte = canonical(character)?;
                let is_first = runs.len() == beginning;
                match runs.last_mut() {
                    Some(run) if run.byte == byte && !is_first => run.count += 1,
                    _ => runs.push(Run { byte, count: 1, begins_word: is_first && beginning > 0 }),
                }
            }
            if runs.len() == beginning {
                return None;
            }
            if name.is_some() {
                meant = Some(beginning..runs.len());
            }
        }
        Some(Self {
            kind,
            is_open_before: pattern.starts_with('*'),
            is_open_after: pattern.ends_with('*'),
            stars: 0,
            meant: meant.unwrap_or(0..runs.len()),
            replacement: replacement.to_owned(),
            runs,
        })
    }

    /// How many letters it has at least.
    pub fn length(&self) -> usize {
        self.runs.iter().map(|run| run.count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folding::Folded;
    use crate::matching;

    #[test]
    fn every_line_has_the_form() {
        assert!(entries().is_ok_and(|entries| entries.len() > 1000), "{:?}", entries().err());
        for kind in ["innocent", "crisis", "profanity", "platform", "intent", "negation", "harm", "harming", "target"] {
            let kind = Kind::named(kind);
            assert!(LEXICON.entries.iter().any(|entry| Some(entry.kind) == kind), "{kind:?}");
        }
    }

    #[test]
    fn braces_hold_alternatives() {
        assert_eq!(expand("a{,b} {c,d}"), ["a c", "a d", "ab c", "ab d"]);
        assert_eq!(masked("shit"), [(2, "st".to_owned()), (1, "sht".to_owned())]);
        assert_eq!(masked("bastard").len(), 4);
    }

    #[test]
    fn no_replacement_is_itself_replaced() {
        for entry in &LEXICON.entries {
            let found = matching::find(&Folded::new(&entry.replacement));
            let found = found.iter().find(|found| matches!(found.entry.kind, Kind::Profanity | Kind::Platform));
            assert!(found.is_none(), "{}", entry.replacement);
        }
    }
}
