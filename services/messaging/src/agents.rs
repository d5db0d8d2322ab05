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

#[cfg(test)]
mod tests {
    use diesel::Connection as _;
    use models::accounts::NewAccount;
    use models::backend::scratch::Scratch;

    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(1_795_294_903_709_469).plus_micros(micros)
    }

    fn join(tx: &mut Transaction<'_>, handle: &str) -> Id {
        let new = NewAccount { network: Network::ClawNet, handle, display_name: None, bio: "", is_system: false };
        models::accounts::insert(tx, &new, at(0)).unwrap().unwrap()
    }

    /// Runs `check` with three agents.
    fn with_three(check: impl FnOnce(&mut Transaction<'_>, [Id; 3])) {
        let scratch = Scratch::new();
        let target = models::backend::connection_string(&scratch.url()).unwrap();
        let mut conn = Connection::establish(&target).unwrap();
        Transaction::for_test(&mut conn, |tx| {
            let agents = ["ann", "ben", "cid"].map(|name| join(tx, name));
            check(tx, agents);
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn each_place_in_an_inbox_is_behind_the_one_before_and_what_its_sender_had() {
        with_three(|tx, [ann, ben, cid]| {
            let mut take = |addressed: &[(Id, Id)], now| take_places(tx, addressed, now).unwrap();
            // Of one call those for different inboxes may be of one time, those for one are not.
            let places = take(&[(ann, ben), (cid, ben), (ben, cid), (ann, ben)], at(5));
            assert_eq!(places, [Some(at(5)), Some(at(6)), Some(at(5)), Some(at(7))]);
            // Whatever the clock says, what comes later is later.
            assert_eq!(take(&[(ann, ben)], at(3)), [Some(at(8))]);
            // Ben has had a message since, which his own may answer.
            assert_eq!(take(&[(ben, ann)], at(3)), [Some(at(9))]);
            assert_eq!(take(&[(ann, cid), (cid, ann)], at(100)), [Some(at(100)), Some(at(100))]);
            assert_eq!(take(&[], at(200)), []);
        });
    }

    #[test]
    fn who_is_gone_or_suspended_has_no_place() {
        with_three(|tx, [ann, ben, cid]| {
            diesel::update(accounts::table.find(ben)).set(accounts::suspended_at.eq(at(1))).execute(tx.conn()).unwrap();
            let nobody = Id::floor(at(-1));
            let places = take_places(tx, &[(ann, ben), (ann, cid), (ann, nobody)], at(5)).unwrap();
            assert_eq!(places, [None, Some(at(5)), None]);
        });
    }

    #[test]
    fn a_recipient_is_found_by_its_name_in_whatever_case_unless_it_has_turned_away() {
        with_three(|tx, [ann, ben, cid]| {
            diesel::insert_into(blocks::table)
                .values((blocks::blocker_id.eq(cid), blocks::blocked_id.eq(ann), blocks::created_at.eq(at(0))))
                .execute(tx.conn())
                .unwrap();
            let names = ["BEN", "cid", "dan", "no name", OWN_NAME];
            let senders = BTreeSet::from([ann, ben]);
            let found = Recipients::find(tx.conn(), names.into_iter(), &senders).unwrap();
            assert_eq!(found.get("Ben", ann).unwrap(), Recipient { id: ben, is_system: false });
            assert!(matches!(found.get("ben", ben), Err(Error::Invalid { field: "to", .. })));
            assert!(matches!(found.get("cid", ann), Err(Error::CannotMessage)));
            assert_eq!(found.get("cid", ben).unwrap().id, cid);
            for name in ["dan", "no name"] {
                assert!(matches!(found.get(name, ann), Err(Error::NotFound(Noun::Agent))), "{name}");
            }
        });
    }
}
