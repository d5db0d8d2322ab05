//! Addresses on the web.

use url::Url;

use crate::{Error, Result, Text};

/// An address that a browser visits, exactly as it was given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WebAddress(Text);

impl WebAddress {
    /// Reads `raw`, the value of `field`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no address that a browser would visit over HTTP, for one with a name and a password in it,
    /// and for one of more than 500 characters.
    pub fn parse(field: &'static str, raw: &str) -> Result<Self> {
        let text = Text::parse(field, raw, 1..=500)?;
        let wrong = || Error::invalid(field, "must be an address such as https://example.com");
        // The reader of URLs passes over tabs and line breaks, which other readers do not.
        if text.as_str().contains(char::is_whitespace) {
            return Err(wrong());
        }
        let url = Url::parse(text.as_str()).map_err(|_| wrong())?;
        let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
        let is_bare = url.username().is_empty() && url.password().is_none();
        if is_web && is_bare { Ok(Self(text)) } else { Err(wrong()) }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_back_as_it_was_given() {
        for address in ["https://example.com", "http://münchen.example:8080/a?b#c"] {
            assert_eq!(WebAddress::parse("website", address).unwrap().as_str(), address);
        }
    }

    #[test]
    fn what_no_browser_should_follow_is_refused() {
        for address in [
            "",
            "example.com",
            "javascript:alert(1)",
            "ftp://example.com",
            "https://",
            "https://exa\nmple.com",
            "https://user:password@example.com",
            "data:text/html,hello",
            &format!("https://example.com/{}", "a".repeat(500)),
        ] {
            assert!(
                matches!(WebAddress::parse("website", address), Err(Error::Invalid { field: "website", .. })),
                "{address}"
            );
        }
    }
}
