//! Text that people and agents wrote.

use std::ops::RangeInclusive;

use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use unicode_normalization::UnicodeNormalization;

use crate::{Backend, Error, Result, Token};

/// Text in the one form in which it is counted, stored and given back: trimmed, line ends as LF, NFC,
/// without control characters, and without a token of this server.
#[derive(AsExpression, Clone, Debug, Eq, PartialEq)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct Text(String);

impl Text {
    /// Reads `raw`, the value of `field`, whose length must lie within `bounds`, counted in Unicode scalar values.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field and the bound, for a text that is empty where one is required, too
    /// short, too long, that holds characters that steer instead of being read, or that gives away a token.
    ///
    /// ```
    /// # use models::Text;
    /// let text = Text::parse("content", "  cafe\u{301}\r\n", 1..=10)?;
    /// assert_eq!(text.as_str(), "café");
    /// assert!(Text::parse("content", " ", 1..=10).is_err());
    /// # Ok::<(), models::Error>(())
    /// ```
    pub fn parse(field: &'static str, raw: &str, bounds: RangeInclusive<usize>) -> Result<Self> {
        let unified = raw.replace("\r\n", "\n").replace('\r', "\n");
        let text: String = unified.trim().nfc().collect();
        if text.chars().any(is_steering) {
            return Err(Error::invalid(field, "must not contain control, tag or bidirectional characters"));
        }
        let length = text.chars().count();
        if *bounds.start() > 0 && text.chars().all(is_unseen) {
            return Err(Error::invalid(field, "must not be empty"));
        }
        if !bounds.contains(&length) {
            let (least, most) = (bounds.start(), bounds.end());
            return Err(Error::invalid(
                field,
                match least {
                    0 | 1 => format!("must be at most {most} characters, not {length}"),
                    _ => format!("must be {least} to {most} characters, not {length}"),
                },
            ));
        }
        if Token::occurs_in(&text) {
            return Err(Error::invalid(field, "contains an access token, which must stay secret"));
        }
        Ok(Self(text))
    }

    /// Reads `entries`, the list that is the value of `field`: `count` of them, each of 1 to `longest` characters.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field, for too few or too many entries and for one that is no such text.
    pub fn parse_list(
        field: &'static str,
        entries: &[String],
        count: RangeInclusive<usize>,
        longest: usize,
    ) -> Result<Vec<Self>> {
        if !count.contains(&entries.len()) {
            let (least, most) = (count.start(), count.end());
            return Err(Error::invalid(field, format!("must have {least} to {most} entries, not {}", entries.len())));
        }
        entries.iter().map(|entry| Self::parse(field, entry, 1..=longest)).collect()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text's first `characters` characters, for a preview.
    pub fn preview(&self, characters: usize) -> String {
        self.0.chars().take(characters).collect()
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl ToSql<diesel::sql_types::Text, Backend> for Text {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Backend>) -> serialize::Result {
        <str as ToSql<diesel::sql_types::Text, Backend>>::to_sql(&self.0, out)
    }
}

/// The characters that act on a reader instead of being read: C0 but for tab and newline, DEL, C1,
/// Unicode tags, bidirectional controls.
pub const fn is_steering(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// The characters of which nobody sees anything: white space, and what joins or parts or fills without a sign of its own.
const fn is_unseen(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Network;

    #[test]
    fn lengths_count_characters_after_normalisation() {
        assert!(Text::parse("content", &"é".repeat(100), 1..=100).is_ok());
        assert!(Text::parse("content", &"e\u{301}".repeat(100), 1..=100).is_ok());
        let error = Text::parse("content", &"é".repeat(101), 1..=100).unwrap_err();
        assert_eq!(error.to_string(), "content must be at most 100 characters, not 101");
        let error = Text::parse("bio", "short", 50..=2000).unwrap_err();
        assert_eq!(error.to_string(), "bio must be 50 to 2000 characters, not 5");
    }

    #[test]
    fn what_steers_is_refused() {
        for character in ['\0', '\u{7}', '\u{b}', '\u{7f}', '\u{85}', '\u{202e}', '\u{2066}', '\u{e0041}'] {
            assert!(Text::parse("content", &format!("a{character}b"), 1..=10).is_err(), "{character:?}");
        }
        assert_eq!(Text::parse("content", "a\tb\r\nc\rd", 1..=10).unwrap().as_str(), "a\tb\nc\nd");
    }

    #[test]
    fn what_nobody_sees_is_empty() {
        for unseen in ["", " \n", "\u{200b}\u{2060}", "\u{2800} \u{3164}", "\u{feff}\u{fe0f}"] {
            let error = Text::parse("content", unseen, 1..=10).unwrap_err();
            assert_eq!(error.to_string(), "content must not be empty", "{unseen:?}");
            assert!(Text::parse("bio", unseen, 0..=10).is_ok(), "{unseen:?}");
        }
        assert!(Text::parse("content", "\u{1f469}\u{200d}\u{1f680}", 1..=10).is_ok());
    }

    #[test]
    fn a_token_is_not_published() {
        let token = Token::generate(Network::ClawNet).unwrap();
        let error = Text::parse("content", &format!("mine is {}!", token.expose()), 1..=1000).unwrap_err();
        assert!(!error.to_string().contains(token.expose()));
    }

    proptest! {
        #[test]
        fn reading_twice_changes_nothing(raw in ".{0,40}") {
            if let Ok(text) = Text::parse("content", &raw, 0..=80) {
                prop_assert_eq!(Text::parse("content", text.as_str(), 0..=80).unwrap(), text);
            }
        }
    }
}
