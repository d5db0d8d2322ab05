//! Tweets, as Twitter's oEmbed endpoint shows them: whoever can make one appear there has an account on Twitter.
//!
//! Source: <https://oembed.com>, and Twitter's notes on its endpoint.

use std::sync::Arc;

use html5gum::{Token, Tokenizer};
use models::text::is_steering;
use models::{Error, Result, Text, WebAddress};
use outbound::Client;
use serde::Deserialize;
use tokio::sync::Semaphore;
use url::{Host, Url};
use web::State;

/// The name by which callers are told of it.
const TWITTER: &str = "Twitter";
/// How many tweets a process asks for at once, at most: each takes as long as Twitter likes.
const AT_ONCE: usize = 8;
/// The longest name of an author that is kept, in characters.
const LONGEST_NAME: usize = 100;
/// The hosts on which tweets have addresses, without what may stand before them.
const HOSTS: [&str; 2] = ["twitter.com", "x.com"];

/// The address of a tweet, in the one form that there is of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TweetUrl(String);

impl TweetUrl {
    /// Reads the value of the field `tweet_url`, in any of the forms that people copy.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no tweet's address.
    pub fn parse(raw: &str) -> Result<Self> {
        Self::read(raw).ok_or_else(|| {
            Error::invalid("tweet_url", "must be the address of a tweet, such as https://x.com/user/status/1234567890")
        })
    }

    fn read(raw: &str) -> Option<Self> {
        let url = Url::parse(raw.trim()).ok().filter(|url| url.scheme() == "https" && url.port().is_none())?;
        let Host::Domain(host) = url.host()? else { return None };
        let host = host.strip_prefix("www.").or_else(|| host.strip_prefix("mobile.")).unwrap_or(host);
        let path = url.path().strip_prefix('/')?;
        let [user, "status", id] = path.strip_suffix('/').unwrap_or(path).split('/').collect::<Vec<_>>()[..] else {
            return None;
        };
        let is_user = (1..=15).contains(&user.len())
            && user.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_');
        let is_id = (1..=20).contains(&id.len()) && id.bytes().all(|digit| digit.is_ascii_digit());
        let is_bare = url.username().is_empty() && url.password().is_none();
        let is_tweet = HOSTS.contains(&host) && is_user && is_id && is_bare;
        is_tweet.then(|| Self(format!("https://twitter.com/{user}/status/{id}")))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A tweet.
#[derive(Clone, Debug)]
pub struct Tweet {
    /// What it says.
    pub text: String,
    /// The name of whoever wrote it.
    pub author_name: Text,
    /// Where that person is found.
    pub author_url: WebAddress,
}

impl Tweet {
    /// Whether it says `code` as a word, whatever its case.
    pub fn says(&self, code: &str) -> bool {
        let (text, code) = (self.text.to_lowercase(), code.to_lowercase());
        let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
        text.match_indices(&code).any(|(at, _)| {
            let (before, from) = text.split_at(at);
            let behind = from.strip_prefix(&code).unwrap_or_default();
            !before.ends_with(is_part) && !behind.starts_with(is_part)
        })
    }
}

/// What the endpoint answers.
#[derive(Deserialize)]
struct OEmbed {
    html: String,
    author_name: String,
    author_url: String,
}

impl OEmbed {
    /// The tweet that it shows; `None` where it makes no sense.
    fn read(self) -> Option<Tweet> {
        let Self { html, author_name, author_url } = self;
        let name: String = author_name.chars().filter(|letter| !is_steering(*letter)).take(LONGEST_NAME).collect();
        Some(Tweet {
            text: text(&html),
            author_name: Text::parse("author_name", &name, 1..=LONGEST_NAME).ok()?,
            author_url: WebAddress::parse("author_url", &author_url).ok()?,
        })
    }
}

/// What a reader of this HTML reads. A tag ends a word.
fn text(html: &str) -> String {
    let mut text = String::new();
    for Ok(token) in Tokenizer::new(html) {
        match token {
            Token::String(part) => text.push_str(&String::from_utf8_lossy(&part)),
            Token::StartTag(_) | Token::EndTag(_) => text.push(' '),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    text
}

/// The tweets that there are.
#[derive(Debug)]
pub struct Tweets {
    client: Client,
    places: Semaphore,
}

impl Tweets {
    /// As this process asks for them.
    ///
    /// # Errors
    /// [`Error::UpstreamUnavailable`] where no endpoint is set; [`Error::Internal`] where its address cannot work.
    pub fn of(state: &State) -> Result<Arc<Self>> {
        state.shared.get_or_make(|| {
            let endpoint = state.settings.oembed.as_ref().ok_or(Error::UpstreamUnavailable(TWITTER))?;
            Ok(Self { client: Client::new(TWITTER, endpoint, None)?, places: Semaphore::new(AT_ONCE) })
        })
    }

    /// The tweet at this address.
    ///
    /// # Errors
    /// [`Error::Invalid`] where there is none; [`Error::UpstreamUnavailable`] where Twitter does not answer, or not sensibly;
    /// [`Error::Busy`] where as many as may be are asked for.
    pub async fn find(&self, url: &TweetUrl) -> Result<Tweet> {
        let _place = self.places.try_acquire().map_err(|_| Error::Busy)?;
        let query = [("url", url.as_str()), ("omit_script", "1"), ("dnt", "true")];
        let answer = self.client.ask::<OEmbed>(&query).await?;
        let answer =
            answer.ok_or_else(|| Error::invalid("tweet_url", "is the address of no tweet that can be seen"))?;
        answer.read().ok_or(Error::UpstreamUnavailable(TWITTER))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tweets_address_is_read_in_every_form_that_people_copy() {
        for raw in [
            "https://twitter.com/tom_7/status/123",
            "https://x.com/tom_7/status/123",
            " https://www.x.com/tom_7/status/123/?s=20#top ",
            "https://mobile.twitter.com/tom_7/status/123",
            "HTTPS://X.com/tom_7/status/123",
        ] {
            assert_eq!(TweetUrl::parse(raw).unwrap().as_str(), "https://twitter.com/tom_7/status/123", "{raw}");
        }
    }

    #[test]
    fn what_is_no_tweets_address_is_refused() {
        for raw in [
            "",
            "http://twitter.com/tom/status/123",
            "https://twitter.com/tom/status/",
            "https://twitter.com/tom/status/12a",
            "https://twitter.com/tom/status/123/photo/1",
            "https://twitter.com/tom/123",
            "https://twitter.com/status/123",
            "https://twitter.com/tom-7/status/123",
            "https://twitter.com/abcdefghijklmnop/status/123",
            "https://twitter.com:8443/tom/status/123",
            "https://tom:secret@twitter.com/tom/status/123",
            "https://twitter.com.example.org/tom/status/123",
            "https://example.org/twitter.com/tom/status/123",
            "https://nottwitter.com/tom/status/123",
            "https://127.0.0.1/tom/status/123",
            "https://twitter.com/tom/status/123456789012345678901",
        ] {
            assert!(matches!(TweetUrl::parse(raw), Err(Error::Invalid { field: "tweet_url", .. })), "{raw}");
        }
    }

    fn tweet(html: &str) -> Tweet {
        let of = |text: &str| text.to_owned();
        let answer = OEmbed { html: of(html), author_name: of("Tom"), author_url: of("https://twitter.com/tom") };
        answer.read().unwrap()
    }

    #[test]
    fn a_code_is_a_word_of_what_is_read() {
        for html in [
            "<blockquote><p>My agent: swift-A3B2</p>&mdash; Tom (@tom)</blockquote>",
            "<p>SWIFT-a3b2</p>",
            "<p>swift&#45;A3B2<br>and more</p>",
            "<p>(&quot;swift-A3B2&quot;)</p>",
            "<p>İ swift-A3B2.</p>",
            "<p>swift-A3B2x swift-A3B2</p>",
        ] {
            assert!(tweet(html).says("swift-A3B2"), "{html}");
        }
        for html in [
            "<p>swift-A3B</p>",
            "<p>swift-A3B22</p>",
            "<p>aswift-A3B2</p>",
            "<p>not-swift-A3B2</p>",
            "<p title=\"swift-A3B2\">hello</p>",
            "<!-- swift-A3B2 -->",
            "<p>swift- A3B2</p>",
            "",
        ] {
            assert!(!tweet(html).says("swift-A3B2"), "{html}");
        }
    }

    #[test]
    fn an_author_has_a_name_and_an_address() {
        let of = |name: &str, url: &str| {
            OEmbed { html: String::new(), author_name: name.to_owned(), author_url: url.to_owned() }.read()
        };
        let url = "https://twitter.com/tom";
        assert_eq!(of("Tom\u{202e} \u{e0067}", url).unwrap().author_name.as_str(), "Tom");
        assert_eq!(of(&"x".repeat(200), url).unwrap().author_name.as_str().len(), LONGEST_NAME);
        for (name, url) in [("\u{202e}", url), ("Tom", "javascript:alert(1)"), ("Tom", "")] {
            assert!(of(name, url).is_none(), "{name:?} {url:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read(html in "\\PC{0,60}", code in "[a-z]{1,5}-[A-Z2-9]{4}") {
            let _ = tweet(&html).says(&code);
            let around = format!("<p>{}</p> {code}\n{}", html.replace('<', ""), html.replace('<', ""));
            prop_assert!(tweet(&around).says(&code), "{}", around);
        }
    }
}
