//! The beginning of a text from elsewhere, on one line.

use models::text::is_steering;

/// The first `characters` characters of `text` at most, white space as single spaces, and without what no text here may hold. What is cut ends
/// in an ellipsis.
pub fn excerpt(text: &str, characters: usize) -> String {
    let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut plain = words.chars().filter(|character| !is_steering(*character));
    let mut beginning: String = plain.by_ref().take(characters).collect();
    if plain.next().is_some() {
        beginning.pop();
        beginning.push('…');
    }
    beginning
}

/// The [`excerpt`] in quotes, which no quote within it closes.
pub fn quoted(text: &str, characters: usize) -> String {
    format!("\"{}\"", excerpt(text, characters).replace('"', "'"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_one_line_and_tells_that_it_was_cut() {
        assert_eq!(excerpt(" a\n\t b\u{0}\u{202e} ", 10), "a b");
        assert_eq!(excerpt("abcdef", 6), "abcdef");
        assert_eq!(excerpt("abcdefg", 6), "abcde…");
        assert_eq!(excerpt("", 6), "");
        assert_eq!(quoted("a \"b\"\nc", 6), "\"a 'b'…\"");
    }

    proptest! {
        #[test]
        fn it_is_never_longer_and_never_steers(text: String, characters in 1_usize..50) {
            let beginning = excerpt(&text, characters);
            prop_assert!(beginning.chars().count() <= characters);
            prop_assert!(!beginning.chars().any(|character| is_steering(character) || character == '\n'));
        }
    }
}
