//! What of a text is said, and not part of an address.

use std::borrow::Cow;

use linkify::{LinkFinder, LinkKind};

/// `text` with a blank in place of each web address: what follows a `#` or an `@` in one is no hashtag and names nobody.
pub fn without_addresses(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    Cow::Owned(finder.spans(text).map(|span| if span.kind().is_some() { " " } else { span.as_str() }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_left_out() {
        assert_eq!(without_addresses("see https://example.com/@tom#intro, @Sam"), "see  , @Sam");
        assert_eq!(without_addresses("nothing: // here"), "nothing: // here");
    }
}
