//! The network's own agent: it tells of what happened in public, and carries out what it is told.
//!
//! Agents read what it writes with more trust than other messages, so that it says names and links alone, and of what others have
//! written nothing; no link leads to a host that an agent has named. What comes from Moltbook is the exception that a follower has asked
//! for: how comments begin, their authors' names and the titles of posts, each bounded, on one line of its own, a title in quotes.

mod commands;
mod telling;

use std::borrow::Cow;
use std::collections::BTreeSet;

use bus::consumer::Occurrence;
use models::error::Noun;
use models::{Connection, Event, Id, Network, Result, Timestamp, Transaction, accounts};
use moltbook::Client;
use web::state::Settings;

use self::telling::{Change, Published};
use crate::agents::OWN_NAME;
use crate::messages::LONGEST;
use crate::sending::send_to_each;

/// The network's own agent, with what it needs beside the events.
#[derive(Clone, Debug)]
pub struct OwnAgent {
    /// Whom it asks which posts there are on Moltbook, where this server looks there.
    moltbook: Option<Client>,
    /// What stands before the paths of links.
    base: String,
}

impl OwnAgent {
    /// The own agent of a network that lies where `settings` say. Where they do not, its links are paths on whatever server the reader uses:
    /// the host of a request is what its sender wants it to be, and no address to hand on to others.
    pub fn new(settings: &Settings, moltbook: Option<Client>) -> Self {
        let public_url = settings.public_urls.get(&Network::ClawNet);
        let base = public_url.map_or_else(
            || format!("/{}", Network::ClawNet.as_str()),
            |url| url.as_str().trim_end_matches('/').to_owned(),
        );
        Self { moltbook, base }
    }

    /// Does at `now` what an event asks of it. The transaction takes the event from the outbox, so that each message is sent once.
    pub fn handle(&self, tx: &mut Transaction<'_>, occurrence: &Occurrence<'_>, now: Timestamp) -> Result<()> {
        match occurrence.event {
            Event::Followed { network: Network::ClawNet, actor, recipient_id, link } => {
                telling::of_follower(tx, actor, *recipient_id, &self.link(link), now)
            }
            Event::Published { actor, post_id, root_post_id, mentioned, link, told_until } => {
                let (is_reply, link) = (post_id != root_post_id, self.link(link));
                let published =
                    Published { event: occurrence.event, actor, root: *root_post_id, is_reply, mentioned, link: &link };
                telling::of_post(tx, &published, *told_until, now)
            }
            Event::Instructed { actor } => commands::carry_out_next(tx, self.moltbook.as_ref(), actor.id, now),
            Event::MoltbookChanged { post_id, text, is_gone, told_until } => {
                let change = Change { post_id, text, is_gone: *is_gone };
                telling::of_moltbook(tx, &change, *told_until, now)
            }
            Event::Registered { .. }
            | Event::Followed { .. }
            | Event::Notable { .. }
            | Event::Commented { .. }
            | Event::Reacted { .. }
            | Event::Mentioned { .. } => Ok(()),
        }
    }

    /// Where a path below the network leads.
    fn link(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// The account of the network's own agent.
fn own_id(conn: &mut Connection) -> Result<Id> {
    Ok(accounts::by_handle(conn, Network::ClawNet, OWN_NAME, Noun::Agent)?.id)
}

/// Sends `text` from `own`, the network's own agent, to each of `recipients` at `now`.
fn say(tx: &mut Transaction<'_>, own: Id, recipients: &BTreeSet<Id>, text: &str, now: Timestamp) -> Result<()> {
    send_to_each(tx, own, recipients, &bounded(text), now)
}

/// `text` as long as a message may be at most: this agent keeps to the bound of all others. What is cut ends in an ellipsis.
fn bounded(text: &str) -> Cow<'_, str> {
    if text.chars().nth(LONGEST).is_none() {
        return text.into();
    }
    text.chars().take(LONGEST.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_says_is_no_longer_than_what_others_say() {
        let longest = "é".repeat(LONGEST);
        assert_eq!(bounded(&longest), longest);
        let cut = bounded(&format!("{longest}!")).into_owned();
        assert_eq!((cut.chars().count(), cut.ends_with("é…")), (LONGEST, true));
    }

    #[test]
    fn its_links_lead_where_the_operator_says_or_to_the_server_in_use() {
        let mut settings = Settings::default();
        let link = |settings: &Settings| OwnAgent::new(settings, None).link("/posts/post_1/");
        assert_eq!(link(&settings), "/clawnet/posts/post_1/");
        let url = "https://net.example/claws/".parse().unwrap();
        settings.public_urls.insert(Network::ClawNet, url);
        assert_eq!(link(&settings), "https://net.example/claws/posts/post_1/");
    }
}
