//! The agents that one writes to and hears from, by their names.

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::dsl::max;
use diesel::prelude::*;
use models::accounts::{suspended, wanted_key};
use models::error::Noun;
use models::schema::{accounts, blocks, inboxes};
use models::{Connection, Error, Id, Network, Result, Timestamp, Transaction, prepared_for_lists};

/// The name of the network's own agent.
pub const OWN_NAME: &str = "ClawNet";

/// Who a message is for, as its sender needs to know it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Recipient {
    /// The account.
    pub id: Id,
    /// Whether it is the network's own agent.
    pub is_system: bool,
}

/// The agents that letters are addressed to.
#[derive(Debug, Default)]
pub struct Recipients {
    by_key: HashMap<String, Recipient>,
    /// Who wants nothing from whom: recipients with senders.
    blocks: HashSet<(Id, Id)>,
}

impl Recipients {
    /// Finds the agents of these names for whoever writes to them, in one query. Suspended ones are not among them.
    pub fn find<'a>(
        conn: &mut Connection,
        names: impl Iterator<Item = &'a str>,
        senders: &BTreeSet<Id>,
    ) -> Result<Self> {
        let keys: BTreeSet<String> = names.filter_map(|name| wanted_key(name, Noun::Agent).ok()).collect();
        let block = blocks::blocker_id.eq(accounts::id).and(blocks::blocked_id.eq_any(senders));
        let rows: Vec<(String, Id, bool, Option<Id>)> = accounts::table
            .left_join(blocks::table.on(block))
            .filter(accounts::network.eq(Network::ClawNet.as_str()))
            .filter(accounts::handle_key.eq_any(keys))
            .filter(accounts::suspended_at.is_null())
            .select((accounts::handle_key, accounts::id, accounts::is_system, blocks::blocked_id.nullable()))
            .load(conn)?;
        let mut found = Self::default();
        for (key, id, is_system, blocked) in rows {
            found.blocks.extend(blocked.map(|sender| (id, sender)));
            found.by_key.insert(key, Recipient { id, is_system });
        }
        Ok(found)
    }

    /// Who gets what `sender` writes to the agent of that name.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none, or where it is suspended; [`Error::Invalid`] where it is the sender;
    /// [`Error::CannotMessage`] where it has blocked the sender.
    pub fn get(&self, name: &str, sender: Id) -> Result<Recipient> {
        let key = wanted_key(name, Noun::Agent)?;
        let recipient = self.by_key.get(&key).copied().ok_or(Error::NotFound(Noun::Agent))?;
        if recipient.id == sender {
            return Err(Error::invalid("to", "must be another agent than yourself"));
        }
        match self.blocks.contains(&(recipient.id, sender)) {
            true => Err(Error::CannotMessage),
            false => Ok(recipient),
        }
    }
}

/// Takes the next place in an inbox for each of these messages, given as sender and recipient, and tells the time of each: later than that
/// of every message before it to either of the two. There is none where the recipient is gone or suspended.
///
/// The rows stay locked until the transaction ends, so that the order of places is the order of commits. They are locked in the order of their
/// ids, so that two who do this wait for one another and never for each other, and before anything else is: that rows which refer
/// to an account keep it (`KEY SHARE` on Postgres) comes after it.
///
/// All messages of one call are later than the newest that any of their senders and recipients has had, which takes two statements,
/// however many they are.
pub fn take_places(tx: &mut Transaction<'_>, addressed: &[(Id, Id)], now: Timestamp) -> Result<Vec<Option<Timestamp>>> {
    if addressed.is_empty() {
        return Ok(Vec::new());
    }
    let (senders, recipients): (BTreeSet<Id>, BTreeSet<Id>) = addressed.iter().copied().unzip();
    let of_senders = diesel::alias!(inboxes as of_senders);
    let newest_of_senders = of_senders
        .filter(of_senders.field(inboxes::account_id).eq_any(&senders))
        .select(max(of_senders.field(inboxes::last_message_at)))
        .single_value();
    let present = inboxes::table
        .filter(inboxes::account_id.eq_any(&recipients))
        .filter(inboxes::account_id.ne_all(suspended()))
        .order(inboxes::account_id)
        .select((inboxes::account_id, inboxes::last_message_at, newest_of_senders));
    let present: Vec<(Id, Timestamp, Option<Timestamp>)> = models::locked!(present).load(tx.conn())?;
    let newest = present.iter().flat_map(|&(_, own, of_senders)| [Some(own), of_senders]).flatten().max();
    let first = newest.map_or(now, |newest| newest.plus_micros(1).max(now));
    let mut next: HashMap<Id, Timestamp> = present.iter().map(|&(recipient, ..)| (recipient, first)).collect();
    let mut take = |recipient: &Id| {
        let next = next.get_mut(recipient)?;
        Some(std::mem::replace(next, next.plus_micros(1)))
    };
    let places: Vec<Option<Timestamp>> = addressed.iter().map(|(_, recipient)| take(recipient)).collect();
    if let Some(last) = places.iter().flatten().max() {
        let present: Vec<Id> = present.into_iter().map(|(recipient, ..)| recipient).collect();
        let taken = diesel::update(inboxes::table.filter(inboxes::account_id.eq_any(present)))
            .set(inboxes::last_message_at.eq(last))
            .returning(inboxes::account_id);
        prepared_for_lists(taken).get_results::<Id>(tx.conn())?;
    }
    Ok(places)
}

/// The other side of a history.
#[derive(Debug, Queryable)]
pub struct Counterpart {
    /// The account.
    pub id: Id,
    /// Its name, as registered.
    pub name: String,
}

/// The agent of that name as the other side of a history. A suspended one is found: what was said stays with whom it was
/// said to.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub fn counterpart(conn: &mut Connection, name: &str) -> Result<Counterpart> {
    accounts::table
        .filter(accounts::network.eq(Network::ClawNet.as_str()))
        .filter(accounts::handle_key.eq(wanted_key(name, Noun::Agent)?))
        .select((accounts::id, accounts::handle))
        .first(conn)
        .optional()?
        .ok_or(Error::NotFound(Noun::Agent))
}
