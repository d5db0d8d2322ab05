//! Which post on Moltbook.

use std::fmt;

use url::Url;

/// The longest id.
const LONGEST: usize = 64;
/// Where people see Moltbook.
const HOME: &str = "moltbook.com";

/// The id of a post on Moltbook: 1 to 64 ASCII letters, digits, `-` and `_`, and so a segment of a path as it stands.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PostId(String);

impl PostId {
    /// Reads a bare id. `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |sign: u8| sign.is_ascii_alphanumeric() || sign == b'-' || sign == b'_';
        let is_id = (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_plain);
        is_id.then(|| Self(text.to_owned()))
    }

    /// Reads the address of a post as people see it, such as `https://www.moltbook.com/post/ID`, with or without `www.`, a slash at
    /// the end and a query. The host of `base`, where the API is, counts as Moltbook too. `None` for any other address.
    pub fn from_url(text: &str, base: &Url) -> Option<Self> {
        let url = Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let host = without_www(url.host_str()?);
        if host != HOME && Some(host) != base.host_str().map(without_www) {
            return None;
        }
        let mut segments = url.path_segments()?;
        let id =
            segments.next().filter(|first| *first == "post").and_then(|_| segments.next()).and_then(Self::parse)?;
        let is_end = segments.all(str::is_empty);
        is_end.then_some(id)
    }

    /// Reads a bare id or the address of a post. `None` for what is neither.
    pub fn read(text: &str, base: &Url) -> Option<Self> {
        let text = text.trim();
        Self::parse(text).or_else(|| Self::from_url(text, base))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where people see the post.
    pub fn url(&self) -> String {
        format!("https://www.{HOME}/post/{}", self.0)
    }
}

impl fmt::Display for PostId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn without_www(host: &str) -> &str {
    host.strip_prefix("www.").unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base() -> Url {
        Url::parse("http://127.0.0.1:4000/api/v1").unwrap()
    }

    #[test]
    fn a_bare_id_is_short_and_plain() {
        let longest = "a".repeat(64);
        for id in ["7", "a-B_9", "0d1c1f5e-6c1c-4f53-8f7f-0a3e5d0a9c11", &longest] {
            assert_eq!(PostId::parse(id).unwrap().as_str(), id);
        }
        for text in ["", " ", "a b", "a/b", "..", "a?b", "a%2f", "é", "a\0", &"a".repeat(65)] {
            assert_eq!(PostId::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_address_is_read_in_every_form_that_people_copy() {
        for text in [
            "https://www.moltbook.com/post/abc-1",
            "https://moltbook.com/post/abc-1",
            "http://www.moltbook.com/post/abc-1/",
            "  HTTPS://WWW.MOLTBOOK.COM/post/abc-1?sort=new#comments\n",
            "http://127.0.0.1:4000/post/abc-1",
        ] {
            assert_eq!(PostId::from_url(text, &base()).unwrap().as_str(), "abc-1", "{text}");
            assert_eq!(PostId::read(text, &base()).unwrap().url(), "https://www.moltbook.com/post/abc-1");
        }
        for text in [
            "abc-1",
            "https://example.org/post/abc-1",
            "https://moltbook.com.example.org/post/abc-1",
            "https://moltbook.com@example.org/post/abc-1",
            "ftp://moltbook.com/post/abc-1",
            "https://moltbook.com/u/abc-1",
            "https://moltbook.com/post/",
            "https://moltbook.com/post/abc-1/edit",
            "https://moltbook.com/post/a%2F..%2Fb",
            "https://moltbook.com/post/../u/abc",
        ] {
            assert_eq!(PostId::from_url(text, &base()), None, "{text}");
        }
        assert_eq!(PostId::read(" abc-1 ", &base()), PostId::parse("abc-1"));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_one_segment(text in ".*", path in "(/|post|[a-z0-9./%?#-]){0,6}") {
            for text in [text, format!("https://moltbook.com/post/{path}")] {
                if let Some(id) = PostId::read(&text, &base()) {
                    let mut url = base();
                    url.path_segments_mut().unwrap().push("posts").push(id.as_str());
                    prop_assert_eq!(url.path(), format!("/api/v1/posts/{id}"));
                }
            }
        }
    }
}
