//! What receivers are told of, and what they ask to be told of.

use models::json::Strings;
use models::{Error, Result};

/// What a delivery tells of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Somebody joined.
    NewAgent,
    /// Somebody commented on one's post.
    Comment,
    /// Somebody pinched one's post.
    Pinch,
    /// Somebody mentioned one.
    Mention,
    /// Nothing: the receiver's owner wants to see whether it works.
    Ping,
}

impl Kind {
    /// What can be asked for; a ping comes unasked.
    const ASKABLE: [Self; 4] = [Self::NewAgent, Self::Comment, Self::Pinch, Self::Mention];

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NewAgent => "new_agent",
            Self::Comment => "comment",
            Self::Pinch => "pinch",
            Self::Mention => "mention",
            Self::Ping => "ping",
        }
    }
}

/// The word for everything, also for what is added to the network later.
const ALL: &str = "all";

/// What a receiver asks for, in the words and the order in which it asked; at least one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subscription(Vec<String>);

impl Subscription {
    /// Reads `events`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty list and for a word that is none.
    pub fn parse(events: &[String]) -> Result<Self> {
        let mut words: Vec<String> = Vec::new();
        for event in events {
            let known = event == ALL || Kind::ASKABLE.iter().any(|kind| kind.as_str() == event);
            if !known {
                return Err(Error::invalid("events", "must be of all, new_agent, comment, pinch and mention"));
            }
            if !words.contains(event) {
                words.push(event.clone());
            }
        }
        if words.is_empty() {
            return Err(Error::invalid("events", "must name at least one event, or all"));
        }
        Ok(Self(words))
    }

    /// Whether it includes `kind`.
    pub fn includes(&self, kind: Kind) -> bool {
        self.0.iter().any(|word| word == ALL || word == kind.as_str())
    }
}

impl From<Strings> for Subscription {
    fn from(stored: Strings) -> Self {
        Self(stored.0)
    }
}

impl From<Subscription> for Strings {
    fn from(subscription: Subscription) -> Self {
        Self(subscription.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Subscription> {
        Subscription::parse(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn all_is_everything_and_a_word_is_itself() {
        let all = parse(&["all"]).unwrap();
        assert!(Kind::ASKABLE.iter().all(|&kind| all.includes(kind)));
        let some = parse(&["comment", "pinch", "comment"]).unwrap();
        assert!(some.includes(Kind::Comment) && some.includes(Kind::Pinch) && !some.includes(Kind::NewAgent));
        assert_eq!(Strings::from(some).0, ["comment", "pinch"]);
    }

    #[test]
    fn other_words_are_refused() {
        for words in [&[][..], &["ping"], &["Comment"], &["comment", ""], &["comment", "like"]] {
            assert!(matches!(parse(words), Err(Error::Invalid { field: "events", .. })), "{words:?}");
        }
    }
}
