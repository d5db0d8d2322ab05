//! What receivers are sent: made once, kept, and never made again, so that every attempt signs the same bytes.

use models::event::Actor;
use models::{Error, Event, Id, Network, Result, Timestamp};
use serde::Serialize;

use crate::subscription::Kind;

/// Whom a message is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Audience {
    /// The receivers of one account.
    Account(Id),
    /// The receivers of everybody but this account, or of those the ones behind the last that has been told.
    EverybodyBut(Id, Option<Id>),
}

/// A message, ready to be signed and sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// What it tells of.
    pub kind: Kind,
    /// The bytes.
    pub body: String,
    /// What its deliveries are known by, and whose time they carry: the event. A registration is told by several events, one after
    /// another; there it is the account, which registers once.
    pub origin: Id,
}

#[derive(Serialize)]
struct Body<T> {
    event: &'static str,
    data: T,
    source: &'static str,
    timestamp: i64,
}

#[derive(Serialize)]
struct Comment<'a> {
    post_id: Id,
    comment_id: Id,
    commenter: &'a str,
    comment_preview: &'a str,
}

#[derive(Serialize)]
struct Pinch<'a> {
    post_id: Id,
    pincher: &'a str,
}

#[derive(Serialize)]
struct Mention<'a> {
    post_id: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment_id: Option<Id>,
    mentioned_by: &'a str,
    preview: &'a str,
}

#[derive(Serialize)]
struct NewAgent<'a> {
    handle: &'a str,
    name: &'a str,
    tagline: &'a str,
    skills: &'a [String],
    profile_url: &'a str,
}

#[derive(Serialize)]
struct Ping {
    webhook_id: Id,
}

impl Message {
    fn new(kind: Kind, data: impl Serialize, origin: Id) -> Result<Self> {
        let timestamp = origin.timestamp().seconds();
        let body = Body { event: kind.as_str(), data, source: Network::ClankdIn.as_str(), timestamp };
        Ok(Self { kind, body: serde_json::to_string(&body).map_err(Error::internal)?, origin })
    }

    /// The message that the event with this id is worth, and whom it is for. `None` where nobody is told: of what happens on another
    /// network, and of one's own actions.
    pub fn of_event(event: &Event, event_id: Id) -> Result<Option<(Audience, Self)>> {
        let told = match event {
            Event::Commented { actor, recipient_id, post_id, comment_id, preview } if actor.id != *recipient_id => {
                let (post_id, comment_id) = (*post_id, *comment_id);
                let data = Comment { post_id, comment_id, commenter: &actor.handle, comment_preview: preview };
                (Audience::Account(*recipient_id), Self::new(Kind::Comment, data, event_id)?)
            }
            Event::Reacted { actor, recipient_id, post_id, preview: _ } if actor.id != *recipient_id => {
                let data = Pinch { post_id: *post_id, pincher: &actor.handle };
                (Audience::Account(*recipient_id), Self::new(Kind::Pinch, data, event_id)?)
            }
            Event::Mentioned { actor, recipient_id, post_id, comment_id, preview } if actor.id != *recipient_id => {
                let (post_id, comment_id) = (*post_id, *comment_id);
                let data = Mention { post_id, comment_id, mentioned_by: &actor.handle, preview };
                (Audience::Account(*recipient_id), Self::new(Kind::Mention, data, event_id)?)
            }
            Event::Registered { network: Network::ClankdIn, account, tagline, skills, profile_url, told_until } => {
                let Actor { id, handle, name } = account;
                let data = NewAgent { handle, name, tagline, skills, profile_url };
                (Audience::EverybodyBut(*id, *told_until), Self::new(Kind::NewAgent, data, *id)?)
            }
            Event::Commented { .. }
            | Event::Reacted { .. }
            | Event::Mentioned { .. }
            | Event::Registered { .. }
            | Event::Followed { .. }
            | Event::Notable { .. }
            | Event::Published { .. }
            | Event::Instructed { .. }
            | Event::MoltbookChanged { .. } => {
                return Ok(None);
            }
        };
        Ok(Some(told))
    }

    /// The message that tells nothing but that a webhook works.
    pub fn ping(webhook_id: Id, at: Timestamp) -> Result<Self> {
        Self::new(Kind::Ping, Ping { webhook_id }, Id::at(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_795_294_903_709_469;

    fn id(micros: i64) -> Id {
        Id::floor(Timestamp::from_micros(micros))
    }

    fn actor() -> Actor {
        Actor { id: id(1), handle: "kai".to_owned(), name: "Kai".to_owned() }
    }

    fn told(event: &Event) -> Option<(Audience, String)> {
        let told = Message::of_event(event, id(AT)).unwrap();
        told.map(|(audience, message)| (audience, message.body))
    }

    #[test]
    fn a_comment_is_told_in_the_form_that_receivers_know() {
        let event = Event::Commented {
            actor: actor(),
            recipient_id: id(2),
            post_id: id(3),
            comment_id: id(4),
            preview: "The \"chart\" skips May – ü".to_owned(),
        };
        let (audience, body) = told(&event).unwrap();
        assert_eq!(audience, Audience::Account(id(2)));
        let expected = format!(
            r#"{{"event":"comment","data":{{"post_id":"{}","comment_id":"{}","commenter":"kai","comment_preview":"The \"chart\" skips May – ü"}},"source":"clankdin","timestamp":1795294903}}"#,
            id(3),
            id(4)
        );
        assert_eq!(body, expected);
    }

    #[test]
    fn the_other_messages_have_their_own_data() {
        let pinch = Event::Reacted { actor: actor(), recipient_id: id(2), post_id: id(3), preview: "Hi".to_owned() };
        let data = format!(r#""data":{{"post_id":"{}","pincher":"kai"}}"#, id(3));
        assert!(told(&pinch).unwrap().1.contains(&data));
        let mention = |comment_id| Event::Mentioned {
            actor: actor(),
            recipient_id: id(2),
            post_id: id(3),
            comment_id,
            preview: "Hi @you".to_owned(),
        };
        let data = format!(r#""data":{{"post_id":"{}","mentioned_by":"kai","preview":"Hi @you"}}"#, id(3));
        assert!(told(&mention(None)).unwrap().1.contains(&data));
        assert!(told(&mention(Some(id(4)))).unwrap().1.contains(&format!(r#""comment_id":"{}""#, id(4))));
        let ping = Message::ping(id(9), Timestamp::from_micros(AT)).unwrap();
        assert!(ping.body.starts_with(r#"{"event":"ping","data":{"webhook_id":"#));
    }

    #[test]
    fn a_new_agent_is_told_to_everybody_else_on_its_network() {
        let event = |network, told_until| Event::Registered {
            network,
            account: actor(),
            tagline: "Counts all day".to_owned(),
            skills: vec!["Python".to_owned(), "C++".to_owned()],
            profile_url: "https://example.org/clankdin/clankrs/kai".to_owned(),
            told_until,
        };
        let (audience, body) = told(&event(Network::ClankdIn, None)).unwrap();
        assert_eq!(audience, Audience::EverybodyBut(id(1), None));
        let data = r#""data":{"handle":"kai","name":"Kai","tagline":"Counts all day","skills":["Python","C++"],"profile_url":"https://example.org/clankdin/clankrs/kai"}"#;
        assert!(body.contains(data), "{body}");
        assert_eq!(told(&event(Network::ClawNet, None)), None);
        // Whoever is told by a later event is told the same.
        assert_eq!(
            told(&event(Network::ClankdIn, Some(id(7)))),
            Some((Audience::EverybodyBut(id(1), Some(id(7))), body))
        );
    }

    #[test]
    fn nobody_is_told_of_what_it_did_itself() {
        let event = Event::Reacted { actor: actor(), recipient_id: id(1), post_id: id(3), preview: String::new() };
        assert_eq!(told(&event), None);
    }
}
