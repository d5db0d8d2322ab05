//! What a text looks like to a reader, letter by letter, with a map back to what was typed.
//!
//! Confusables come from `decancer`, which is small (a table of 64 KiB, no dependencies), kept up, and answers for one
//! character at a time, so that the map back stays exact. The skeletons of `unicode-security` are made to compare two
//! names, not to read one: they turn `m` into `rn` and `0` into `O`. Scripts in which people write rather than disguise
//! are left alone; Cyrillic and Greek are not, since they hold most of the lookalikes.

use std::ops::Range;

use decancer::{Options, Translation};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What stands for a letter that is none of ours: no pattern holds it.
const OPAQUE: u8 = 1;

/// A character as it looks, in lower case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Glyph {
    /// The character.
    pub character: char,
    /// Whether what was typed is in upper case.
    pub is_upper: bool,
    /// Where in the text it was typed, in bytes, with the marks upon it and whatever else follows unseen.
    pub span: Range<usize>,
}

/// What lies between a letter and the one before it, from little to much.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Gap {
    /// Nothing that a reader sees.
    #[default]
    None,
    /// An apostrophe.
    Apostrophe,
    /// Signs or emoji, but no white space.
    Joint,
    /// White space.
    Space,
    /// The end of a sentence, or the beginning of the text.
    Stop,
}

/// A letter as patterns are written in: digits and signs that stand for one are that letter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Letter {
    /// `a` to `z`, or what no pattern holds. `l` is `i`: with `I`, `1`, `!` and `|` they all look alike.
    pub byte: u8,
    /// Whether it was typed as a digit.
    pub is_digit: bool,
    /// What lies before it.
    pub gap: Gap,
    /// How many stars lie before it, as in `f**k`.
    pub stars: usize,
    /// Where in the text it was typed, in bytes.
    pub span: Range<usize>,
}

/// A text as it looks.
#[derive(Debug)]
pub struct Folded {
    /// All that can be seen.
    pub glyphs: Vec<Glyph>,
    /// The letters among it.
    pub letters: Vec<Letter>,
    /// The letters in a row, each run of one letter as a single byte: what the automaton reads.
    pub collapsed: Vec<u8>,
    /// Where in `letters` each byte of `collapsed` begins.
    pub beginnings: Vec<usize>,
}

impl Folded {
    /// Reads `text`.
    pub fn new(text: &str) -> Self {
        let glyphs = glyphs(text);
        let letters = letters(&glyphs);
        let (mut collapsed, mut beginnings) = (Vec::with_capacity(letters.len()), Vec::with_capacity(letters.len()));
        for (index, letter) in letters.iter().enumerate() {
            if collapsed.last() != Some(&letter.byte) {
                collapsed.push(letter.byte);
                beginnings.push(index);
            }
        }
        Self { glyphs, letters, collapsed, beginnings }
    }

    /// The letters that the `index`th byte of `collapsed` stands for.
    pub fn run(&self, index: usize) -> Range<usize> {
        let at = |index| self.beginnings.get(index).copied().unwrap_or(self.letters.len());
        at(index)..at(index + 1)
    }

    /// What was typed for `letters`, in bytes.
    pub fn span(&self, letters: Range<usize>) -> Option<Range<usize>> {
        let letters = self.letters.get(letters)?;
        Some(letters.first()?.span.start..letters.last()?.span.end)
    }

    /// All that can be seen as a text of its own, in the case in which it was typed.
    pub fn plain(&self) -> String {
        self.glyphs
            .iter()
            .map(|glyph| if glyph.is_upper { glyph.character.to_ascii_uppercase() } else { glyph.character })
            .collect()
    }
}

/// The letter that patterns know `character` by.
pub fn canonical(character: char) -> Option<u8> {
    Some(match character {
        'l' | '1' => b'i',
        '0' => b'o',
        '3' => b'e',
        '4' => b'a',
        '5' => b's',
        '6' | '9' => b'g',
        '7' => b't',
        '8' => b'b',
        _ => return u8::try_from(character).ok().filter(u8::is_ascii_lowercase),
    })
}

/// Whether nobody sees `character`, or only as a change to the one before it.
pub fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e0fff}'
    ) || is_combining_mark(character)
}

fn glyphs(text: &str) -> Vec<Glyph> {
    let mut glyphs: Vec<Glyph> = Vec::with_capacity(text.len());
    for (start, typed) in text.char_indices() {
        let (is_upper, span) = (typed.is_uppercase(), start..start + typed.len_utf8());
        let known = glyphs.len();
        let mut push = |character| glyphs.push(Glyph { character, is_upper, span: span.clone() });
        if typed.is_ascii() {
            push(typed.to_ascii_lowercase());
        } else if !is_invisible(typed) {
            look(typed, &mut push);
        }
        if glyphs.len() == known
            && let Some(last) = glyphs.last_mut()
        {
            last.span.end = span.end;
        }
    }
    glyphs
}

/// Whether `character` is a picture, which nobody reads as a letter, though `decancer` does with some.
const fn is_picture(character: char) -> bool {
    matches!(
        character,
        '\u{2190}'..='\u{21ff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{1f300}'..='\u{1faff}'
    )
}

/// Tells `push` what a character beyond ASCII looks like.
fn look(typed: char, push: &mut impl FnMut(char)) {
    if is_picture(typed) {
        return push(typed);
    }
    // The digits of Arabic, Persian and Hindi.
    for zero in ['\u{660}', '\u{6f0}', '\u{966}'] {
        let digit = u32::from(typed).checked_sub(u32::from(zero)).and_then(|digit| char::from_digit(digit, 10));
        if let Some(digit) = digit {
            return push(digit);
        }
    }
    let composed = || std::iter::once(typed).nfkc();
    if composed().all(|character| character.is_ascii()) {
        composed().for_each(|character| push(character.to_ascii_lowercase()));
        return;
    }
    let options = Options::default()
        .retain_hebrew()
        .retain_arabic()
        .retain_devanagari()
        .retain_bengali()
        .retain_armenian()
        .retain_gujarati()
        .retain_tamil()
        .retain_thai()
        .retain_lao()
        .retain_burmese()
        .retain_khmer()
        .retain_mongolian()
        .retain_chinese()
        .retain_japanese()
        .retain_korean();
    match decancer::cure_char(typed, options) {
        // The full stop of Chinese and Japanese: to an address it is one.
        Translation::Character('\u{3002}') => push('.'),
        Translation::Character(character) => push(character),
        Translation::String(characters) => characters.chars().for_each(push),
        Translation::None => {}
    }
}

/// The letter that `glyph` is or stands for between its neighbours.
fn read(glyph: char, before: Option<char>, after: Option<char>) -> Option<u8> {
    let touches = |neighbour: Option<char>| neighbour.is_some_and(|it| it.is_alphanumeric() || it == '$');
    match glyph {
        '$' if touches(before) || touches(after) => Some(b's'),
        '@' if touches(before) || touches(after) => Some(b'a'),
        '\u{20ac}' if touches(before) || touches(after) => Some(b'e'),
        '!' | '|' if touches(before) && touches(after) => Some(b'i'),
        _ if glyph.is_alphanumeric() => Some(canonical(glyph).unwrap_or(OPAQUE)),
        _ => None,
    }
}

fn letters(glyphs: &[Glyph]) -> Vec<Letter> {
    let mut letters = Vec::with_capacity(glyphs.len());
    let mut between = Between { gap: Gap::Stop, ..Between::default() };
    for (index, glyph) in glyphs.iter().enumerate() {
        let neighbour = |index: Option<usize>| Some(glyphs.get(index?)?.character);
        let (before, after) = (neighbour(index.checked_sub(1)), neighbour(index.checked_add(1)));
        if let Some(byte) = read(glyph.character, before, after) {
            let Between { mut gap, stars, has_line_end, .. } = std::mem::take(&mut between);
            // What ends with a single letter is an initial, and no sentence.
            let is_initial = letters.last().is_some_and(|last: &Letter| last.gap != Gap::None);
            if gap == Gap::Stop && is_initial && !has_line_end {
                gap = Gap::Space;
            }
            let is_digit = glyph.character.is_ascii_digit();
            letters.push(Letter { byte, is_digit, gap, stars, span: glyph.span.clone() });
        } else {
            between.add(glyph.character);
        }
    }
    letters
}

/// What has been seen since the last letter.
#[derive(Default)]
struct Between {
    gap: Gap,
    stars: usize,
    stops: usize,
    has_line_end: bool,
}

impl Between {
    fn add(&mut self, character: char) {
        self.stars += usize::from(matches!(character, '*' | '#'));
        self.stops += usize::from(matches!(character, '.' | '!' | '?' | ';'));
        self.has_line_end |= character == '\n';
        self.gap = self.gap.max(match character {
            '\n' => Gap::Stop,
            // Three dots go on.
            _ if character.is_whitespace() && (1..=2).contains(&self.stops) => Gap::Stop,
            _ if character.is_whitespace() => Gap::Space,
            '\'' | '\u{2019}' | '`' => Gap::Apostrophe,
            _ => Gap::Joint,
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> String {
        String::from_utf8(Folded::new(text).letters.iter().map(|letter| letter.byte).collect()).unwrap()
    }

    #[test]
    fn a_disguise_is_read_as_what_it_looks_like() {
        for text in ["fuck", "FUCK", "ｆｕｃｋ", "𝓯𝓾𝓬𝓴", "fu\u{441}k", "f\u{200b}u\u{ad}ck", "fück", "f.u c🤖k", "ⓕⓤⓒⓚ"]
        {
            assert_eq!(read(text), "fuck", "{text}");
        }
        assert_eq!(read("$h1t a55 k!ll"), "shitasskiii");
    }

    #[test]
    fn gaps_tell_words_from_sentences() {
        let folded = Folded::new("it's a-b cc. D... e!f");
        let gaps: Vec<_> = folded.letters.iter().map(|letter| letter.gap).collect();
        use Gap::*;
        assert_eq!(gaps, [Stop, None, Apostrophe, Space, Joint, Space, None, Stop, Space, None, None]);
    }

    #[test]
    fn other_scripts_are_left_alone() {
        assert_eq!(read("日本語 العربية"), "\u{1}".repeat(10));
    }

    proptest! {
        #[test]
        fn the_map_back_is_exact(text in "\\PC{0,60}|[a-zA-Z@$!ﬁéй\u{200b}🤖 .*]{0,60}") {
            let folded = Folded::new(&text);
            for glyph in &folded.glyphs {
                let typed = text.get(glyph.span.clone()).expect("a span lies on characters");
                let unseen: String = typed.chars().skip(1).collect();
                prop_assert!(glyphs(&unseen).is_empty());
                prop_assert!(glyphs(typed).iter().any(|again| again.character == glyph.character));
            }
            prop_assert!(folded.glyphs.is_sorted_by_key(|glyph| glyph.span.start));
            for letter in &folded.letters {
                prop_assert!(folded.glyphs.iter().any(|glyph| glyph.span == letter.span));
            }
            // Each letter belongs to the one run that is its byte.
            let mut seen = 0;
            for (index, byte) in folded.collapsed.iter().enumerate() {
                let run = folded.run(index);
                prop_assert_eq!(run.start, seen);
                prop_assert!(folded.letters[run.clone()].iter().all(|letter| letter.byte == *byte));
                seen = run.end;
            }
            prop_assert_eq!(seen, folded.letters.len());
        }
    }
}
