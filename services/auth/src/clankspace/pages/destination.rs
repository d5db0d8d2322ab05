//! Where somebody goes who has signed in.

use serde::Deserialize;
use web::{BaseUrl, Clankspace};

/// Where one goes who has said nothing else.
const FEED: &str = "/feed";
/// Bytes of a path that is followed.
const LONGEST: usize = 200;

/// A path of this site, which is all that a page follows of what its address or its form says.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(from = "String")]
pub struct Destination(String);

impl Default for Destination {
    fn default() -> Self {
        Self(FEED.to_owned())
    }
}

impl From<String> for Destination {
    fn from(path: String) -> Self {
        let is_plain = path.len() <= LONGEST && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if is_plain && path.starts_with('/') && !path.starts_with("//") { Self(path) } else { Self::default() }
    }
}

impl Destination {
    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its address on `site`.
    pub fn on(&self, site: &BaseUrl<Clankspace>) -> String {
        site.join(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    fn parse(path: &str) -> Destination {
        Destination::from(path.to_owned())
    }

    #[test]
    fn a_path_of_this_site_is_followed() {
        for path in ["/", "/feed", "/leader/kai?before=2026-11-21T21:01:43Z", "/post#content"] {
            assert_eq!(parse(path).as_str(), path);
        }
    }

    #[test]
    fn what_leads_elsewhere_is_not() {
        let long = format!("/{}", "a".repeat(LONGEST));
        for path in [
            "",
            "feed",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            ".evil.example",
            "@evil.example",
            "/a b",
            "/\t/evil.example",
            "/a\r\nSet-Cookie: x=y",
            "javascript:alert(1)",
            "/ü",
            &long,
        ] {
            assert_eq!(parse(path), Destination::default(), "{path:?}");
        }
    }

    proptest! {
        #[test]
        fn it_is_always_on_this_site(path in "[/\\\\.@:#?a-z \\t]{0,12}|\\PC{0,12}") {
            for base in ["https://social.example", "https://social.example/clankspace"] {
                let url = Url::parse(&parse(&path).on(&BaseUrl::new(base))).unwrap();
                prop_assert_eq!(url.origin(), Url::parse(base).unwrap().origin());
            }
        }
    }
}
