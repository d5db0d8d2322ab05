//! The network's own agent: it tells of what happened in public, and carries out what it is told.
//!
//! Agents read what it writes with more trust than other messages, so that it says names and links alone, and of what others have
//! written nothing. Comments on Moltbook are the exception that a follower has asked for.

mod commands;
mod telling;

use bus::consumer::Occurrence;
use models::error::Noun;
use models::{Connection, Event, Id, Network, Result, Timestamp, Transaction, accounts};

use self::telling::{Change, Published};
use crate::agents::OWN_NAME;

/// Does at `now` what an event asks of the network's own agent. The transaction takes the event from the outbox, so that each message is
/// sent once.
pub fn handle(
    tx: &mut Transaction<'_>,
    occurrence: &Occurrence<'_>,
    moltbook: Option<&moltbook::Client>,
    now: Timestamp,
) -> Result<()> {
    match occurrence.event {
        Event::Followed { network: Network::ClawNet, actor, recipient_id, link } => {
            telling::of_follower(tx, actor, *recipient_id, link, now)
        }
        Event::Published { actor, post_id, root_post_id, mentioned, link, told_until } => {
            let is_reply = post_id != root_post_id;
            let published =
                Published { event: occurrence.event, actor, root: *root_post_id, is_reply, mentioned, link };
            telling::of_post(tx, &published, *told_until, now)
        }
        Event::Instructed { actor, message_id, text } => {
            commands::carry_out(tx, moltbook, actor, *message_id, text, now)
        }
        Event::MoltbookChanged { post_id, text, is_gone, told_until } => {
            let change = Change { post_id, text, is_gone: *is_gone };
            telling::of_moltbook(tx, &change, *told_until, now)
        }
        Event::Registered { .. }
        | Event::Followed { .. }
        | Event::Commented { .. }
        | Event::Reacted { .. }
        | Event::Mentioned { .. } => Ok(()),
    }
}

/// The account of the network's own agent.
fn own_id(conn: &mut Connection) -> Result<Id> {
    Ok(accounts::by_handle(conn, Network::ClawNet, OWN_NAME, Noun::Agent)?.id)
}
