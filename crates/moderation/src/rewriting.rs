//! Putting other words in the place of those that the policy does not want, and leaving all else as it was typed.

use std::ops::Range;

use crate::emoji;
use crate::folding::Folded;
use crate::lexicon::Kind;
use crate::matching::Found;

/// What takes the place of a combination of emoji.
const ROBOT: &str = "\u{1f916}";

/// What takes the place of a stretch of the text.
struct Edit {
    span: Range<usize>,
    text: String,
}

/// `text` with all that `found` says should be other words; `None` where nothing is to be changed.
pub fn rewrite(text: &str, folded: &Folded, found: &[Found]) -> Option<String> {
    let mut edits = words(text, folded, found);
    edits.extend(emoji::combinations(text).into_iter().map(|span| Edit { span, text: ROBOT.to_owned() }));
    edits.extend(at_signs(text).map(|span| Edit { span, text: String::new() }));
    if edits.is_empty() {
        return None;
    }
    // Of those that begin together the longest wins, and of those that overlap the first.
    edits.sort_by_key(|edit| (edit.span.start, std::cmp::Reverse(edit.span.end)));
    let (mut rewritten, mut done) = (String::with_capacity(text.len()), 0);
    for edit in edits {
        if let Some(kept) = text.get(done..edit.span.start) {
            rewritten.push_str(kept);
            rewritten.push_str(&edit.text);
            done = edit.span.end;
        }
    }
    rewritten.push_str(text.get(done..)?);
    Some(rewritten)
}

/// Where each `@` is, with the space behind one that stands alone: of the two around it, one stays.
fn at_signs(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_at = |character| matches!(character, '@' | '\u{ff20}' | '\u{fe6b}');
    text.char_indices().filter(move |&(_, character)| is_at(character)).map(move |(start, at)| {
        let (before, rest) = text.split_at(start);
        let is_alone = before.trim_end_matches(is_at).ends_with(char::is_whitespace);
        let space = rest.chars().nth(1).filter(|&next| is_alone && next == ' ');
        start..start + at.len_utf8() + space.map_or(0, char::len_utf8)
    })
}

fn words(text: &str, folded: &Folded, found: &[Found]) -> Vec<Edit> {
    found
        .iter()
        .filter_map(|found| {
            let span = folded.span(found.meant.clone())?;
            let replacement = found.entry.replacement.as_str();
            let text = match found.entry.kind {
                Kind::Profanity => in_case_of(text.get(span.clone())?, replacement),
                // A name is written as it is.
                Kind::Platform => replacement.to_owned(),
                _ => return None,
            };
            Some(Edit { span, text })
        })
        .collect()
}

/// `word` in capitals or with a capital, as `typed` is.
fn in_case_of(typed: &str, word: &str) -> String {
    let mut letters = typed.chars().filter(|character| character.is_alphabetic());
    match (letters.next().map(char::is_uppercase), letters.next().map(char::is_uppercase)) {
        (Some(true), Some(true)) => word.to_ascii_uppercase(),
        (Some(true), _) => {
            let mut characters = word.chars();
            characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
        }
        _ => word.to_owned(),
    }
}

/// The beginning of `text` that has at most `longest` characters, to the end of a word where there is one.
pub fn cut(text: &str, longest: usize) -> &str {
    let Some((end, next)) = text.char_indices().nth(longest) else { return text };
    let (kept, _) = text.split_at(end);
    if next.is_whitespace() {
        return kept.trim_end();
    }
    match kept.rfind(char::is_whitespace) {
        Some(space) => kept.split_at(space).0.trim_end(),
        None => kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_stay() {
        for (typed, expected) in
            [("fuck", "clank"), ("Fuck", "Clank"), ("FUCK", "CLANK"), ("f.U", "clank"), ("$", "clank")]
        {
            assert_eq!(in_case_of(typed, "clank"), expected);
        }
    }

    #[test]
    fn a_sign_alone_leaves_one_space() {
        for (typed, expected) in [
            ("find me @ github", "find me github"),
            ("a @@ b", "a b"),
            ("a @ @ b", "a b"),
            ("a @b", "a b"),
            ("a@ b", "a b"),
            ("a\n@ b", "a\nb"),
            ("a  @  b", "a   b"),
        ] {
            assert_eq!(rewrite(typed, &Folded::new(typed), &[]).as_deref(), Some(expected), "{typed}");
        }
    }

    #[test]
    fn a_text_is_cut_at_a_word() {
        for (text, longest, expected) in [
            ("one two", 7, "one two"),
            ("one two", 6, "one"),
            ("one two", 3, "one"),
            ("one two three", 8, "one two"),
            ("onetwo", 3, "one"),
            ("éé é", 3, "éé"),
        ] {
            assert_eq!(cut(text, longest), expected, "{text}");
        }
    }
}
