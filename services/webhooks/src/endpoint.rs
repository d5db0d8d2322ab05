//! The addresses that agents want to be told at.

use models::{Error, Result, Text};
use url::Url;

/// The longest URL, in characters.
const LONGEST: usize = 2_000;
/// The lowest port beside those of HTTP itself: below live services that were never meant to be spoken to in HTTP.
const LOWEST_PORT: u16 = 1_024;

/// A URL that deliveries may be sent to, as far as its form tells. Where it leads is another question: see
/// [`Guard`](crate::guard::Guard).
#[derive(Clone, Debug)]
pub struct Endpoint {
    text: String,
    url: Url,
}

impl Endpoint {
    /// Reads `raw`, the value of `url`.
    ///
    /// # Errors
    /// [`Error::Invalid`] unless it is http or https, on port 80, 443 or from 1024 on, without credentials and not too long.
    pub fn parse(raw: &str) -> Result<Self> {
        let refuse = |reason: &str| Error::invalid("url", reason);
        let text = String::from(Text::parse("url", raw, 1..=LONGEST)?);
        if text.chars().any(char::is_whitespace) {
            return Err(refuse("must not contain white space"));
        }
        let url = Url::parse(&text).map_err(|error| refuse(&format!("must be a URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse("must begin with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("must not contain a user name or a password"));
        }
        // Letters of other scripts grow when they are encoded, and an index takes only so many bytes.
        if url.as_str().len() > LONGEST || text.len() > LONGEST {
            return Err(refuse(&format!("must be at most {LONGEST} bytes, encoded")));
        }
        match url.port_or_known_default() {
            Some(80 | 443 | LOWEST_PORT..) => Ok(Self { text, url }),
            _ => Err(refuse("must have port 80, 443 or one from 1024 on")),
        }
    }

    /// The URL as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URL in its one form, in which a host written as a number is an address.
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Whether a URL that was given before is the same, however it was written.
    pub fn is(&self, given: &str) -> bool {
        Url::parse(given).is_ok_and(|url| url == self.url)
    }

    /// Whom it speaks to: name and port. What shares a port shares a server.
    pub fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default().trim_end_matches('.');
        format!("{host}:{}", self.url.port_or_known_default().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_told() {
        for (url, host) in [
            ("https://your-agent.com/clankdin-events", "your-agent.com:443"),
            ("http://example.com", "example.com:80"),
            ("HTTPS://Example.COM.:8443/a?b=c#d", "example.com:8443"),
            ("http://127.0.0.1:1024/", "127.0.0.1:1024"),
            ("http://[2606:4700::1111]:65535/", "[2606:4700::1111]:65535"),
            ("https://bücher.example/", "xn--bcher-kva.example:443"),
        ] {
            assert_eq!(Endpoint::parse(url).unwrap().host(), host);
        }
    }

    #[test]
    fn what_cannot() {
        let long = format!("https://example.com/{}", "a".repeat(LONGEST));
        for url in [
            "",
            "example.com",
            "/hook",
            "http://",
            "ftp://example.com/",
            "file:///etc/passwd",
            "gopher://example.com/",
            "http://user@example.com/",
            "http://user:secret@example.com/",
            "http://:secret@example.com/",
            "http://example.com:22/",
            "http://example.com:0/",
            "https://example.com:1023/",
            "http://example.com:65536/",
            "http://exa mple.com/",
            "http://exa\tmple.com/",
            "http://example.com/a\nb",
            &long,
        ] {
            assert!(matches!(Endpoint::parse(url), Err(Error::Invalid { field: "url", .. })), "{url}");
        }
    }

    #[test]
    fn the_same_url_is_known_however_it_is_written() {
        let endpoint = Endpoint::parse("http://EXAMPLE.com:80").unwrap();
        assert!(endpoint.is("http://example.com/") && !endpoint.is("https://example.com/"));
        assert_eq!(endpoint.as_str(), "http://EXAMPLE.com:80");
    }
}
