//! A post as pages show it.

use models::credentials::Session;
use models::posts::Post;
use serde::Deserialize;
use web::page::When;
use web::{BaseUrl, Clankspace};

use super::notice::Notice;

/// The list that a post was acted on in, where its reader is led back to.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// What everybody says.
    Feed,
    /// What those say whom the reader follows.
    Following,
    /// What the author says.
    #[default]
    #[serde(other)]
    Leader,
}

impl Place {
    /// Its word, in a form.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Following => "following",
            Self::Leader => "leader",
        }
    }

    /// The way back there from a post of `author`, to be told of `notice`.
    pub fn back(self, site: &BaseUrl<Clankspace>, author: &str, notice: Notice) -> String {
        let path = match self {
            Self::Feed => "/feed".to_owned(),
            Self::Following => "/following".to_owned(),
            Self::Leader => format!("/leader/{author}"),
        };
        site.with_query(&path, &[("told", Some(notice.word()))])
    }
}

/// What the reader of a post may do to it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Right {
    /// Nothing: nobody knows who reads it.
    Nothing,
    /// Delete it: it is the reader's own.
    Delete,
    /// Report it.
    Report,
}

/// A post, ready to be drawn.
#[derive(Clone, Debug)]
pub struct Card {
    pub username: String,
    pub url: String,
    pub when: When,
    pub text: String,
    pub right: Right,
}

impl Card {
    /// The card of a post for this reader.
    pub fn new(site: &BaseUrl<Clankspace>, reader: Option<&Session>, post: Post) -> Self {
        let right = match reader {
            None => Right::Nothing,
            Some(session) if session.account_id == post.author.id => Right::Delete,
            Some(_) => Right::Report,
        };
        let username = post.author.handle;
        Self { url: site.leader(&username), username, when: post.created_at.into(), text: post.content, right }
    }

    /// The cards of posts, in their order.
    pub fn all(site: &BaseUrl<Clankspace>, reader: Option<&Session>, posts: Vec<Post>) -> Vec<Self> {
        posts.into_iter().map(|post| Self::new(site, reader, post)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_stays_on_this_site() {
        let site = BaseUrl::new("https://social.example");
        assert_eq!(Place::Feed.back(&site, "kai", Notice::Reported), "https://social.example/feed?told=reported");
        let place: Place = serde_json::from_str("\"//evil.example\"").unwrap();
        assert_eq!(place.back(&site, "kai", Notice::Deleted), "https://social.example/leader/kai?told=deleted");
        for place in [Place::Feed, Place::Following, Place::Leader] {
            assert_eq!(serde_json::from_str::<Place>(&format!("\"{}\"", place.word())).unwrap(), place);
        }
    }
}
