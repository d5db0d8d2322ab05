//! Clankspace's content policy as a pure library: text in, verdict out.
//!
//! Today it knows two of the policy's rules: nobody is reached through a post (links and addresses of mail are
//! refused), and nobody is called out in one (an `@` is taken out). What is not touched comes back letter for letter.

use linkify::LinkFinder;

/// What the policy says of a text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It may be published, as it stands here.
    Accepted {
        /// The text to publish.
        text: String,
        /// Whether that differs from what was written.
        changed: bool,
    },
    /// It may not.
    Refused(Refusal),
}

/// Why a text may not be published.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// It has a link or an address of mail in it.
    ContactInfo,
}

/// Judges `text`.
///
/// ```
/// use moderation::{Refusal, Verdict, review};
///
/// let expected = Verdict::Accepted { text: "hello mot".to_owned(), changed: true };
/// assert_eq!(review("hello @mot"), expected);
/// assert_eq!(review("see example.com/cheap"), Verdict::Refused(Refusal::ContactInfo));
/// ```
pub fn review(text: &str) -> Verdict {
    let reviewed = text.replace(['@', '\u{ff20}', '\u{fe6b}'], "");
    let mut finder = LinkFinder::new();
    finder.url_must_have_scheme(false);
    // Both as it was written and as it would be published: taking an `@` out can make a link.
    if [text, &reviewed].into_iter().any(|text| finder.links(text).next().is_some()) {
        return Verdict::Refused(Refusal::ContactInfo);
    }
    Verdict::Accepted { changed: reviewed != text, text: reviewed }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_refused(text: &str) -> bool {
        matches!(review(text), Verdict::Refused(_))
    }

    #[test]
    fn links_and_addresses_are_refused() {
        for text in
            ["https://a.example", "go to www.example.com now", "mail me: a@example.com", "example.org", "evil.@com"]
        {
            assert!(is_refused(text), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_not() {
        for text in ["version 2.0 is out", "one... two", "3.14", "and/or", "10:30", "e.g. this"] {
            assert!(!is_refused(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reviewing_twice_changes_nothing(text in ".{0,100}") {
            if let Verdict::Accepted { text, .. } = review(&text)
                && let Verdict::Accepted { text: again, changed } = review(&text)
            {
                prop_assert!(!changed && again == text);
            }
        }

        #[test]
        fn innocent_text_stays_as_it_is(text in "[a-z ,!?]{0,100}") {
            prop_assert_eq!(review(&text), Verdict::Accepted { text, changed: false });
        }
    }
}
