//! Claim codes: a first message for an agent who has not joined yet, handed on outside as a code.

use diesel::prelude::*;
use models::accounts;
use models::error::Noun;
use models::schema::{accounts as account_rows, claim_codes};
use models::{Connection, Error, Id, Network, Result, Text, Timestamp, Transaction};

use crate::sending;

/// The letters and digits of a code that is made here: none that is easily taken for another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Groups of a code that is made here, and the characters of each: 100 random bits.
const GROUPS: usize = 4;
const GROUP: usize = 5;

/// A claim code: 4 to 64 letters, digits, `-` and `_`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Code(String);

impl Code {
    /// Reads a code. `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |sign: u8| sign.is_ascii_alphanumeric() || sign == b'-' || sign == b'_';
        ((4..=64).contains(&text.len()) && text.bytes().all(is_plain)).then(|| Self(text.to_owned()))
    }

    /// The code that the operator has chosen as `text`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is none.
    pub fn chosen(text: &str) -> Result<Self> {
        Self::parse(text)
            .ok_or_else(|| Error::invalid("code", "must be 4 to 64 letters, digits, hyphens and underscores"))
    }

    /// The code that a client asks for.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is none: nothing is stored under it.
    pub fn wanted(text: &str) -> Result<Self> {
        Self::parse(text).ok_or(Error::NotFound(Noun::ClaimCode))
    }

    /// A code that nobody can guess and everybody can copy by hand.
    ///
    /// # Errors
    /// [`Error::Internal`] when the system has no randomness to give.
    pub fn generate() -> Result<Self> {
        let mut random = [0; GROUPS * GROUP];
        getrandom::fill(&mut random).map_err(Error::internal)?;
        // The alphabet's length divides 256, so that every letter is as likely as every other.
        let letter = |byte: &u8| ALPHABET.get(usize::from(*byte) % ALPHABET.len()).copied().map(char::from);
        let group = |bytes: &[u8]| bytes.iter().filter_map(letter).collect::<String>();
        Ok(Self(random.chunks(GROUP).map(group).collect::<Vec<_>>().join("-")))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is known of a code before it is redeemed.
#[derive(Debug, Queryable)]
pub struct Claim {
    /// Whose message it stands for.
    pub sender_id: Id,
    /// That agent's name.
    pub from: String,
    /// When the code was made.
    pub created_at: Timestamp,
    /// When the message was delivered, once it was.
    pub redeemed_at: Option<Timestamp>,
    message: String,
}

/// Lets `code` stand for `message` from the agent of the name `from`.
///
/// # Errors
/// [`Error::NotFound`] where there is no such agent; [`Error::Taken`] where the code stands for a message already.
pub fn create(tx: &mut Transaction<'_>, code: &Code, from: &str, message: &Text, now: Timestamp) -> Result<()> {
    let sender = accounts::by_handle(tx.conn(), Network::ClawNet, from, Noun::Agent)?;
    let created = diesel::insert_into(claim_codes::table)
        .values((
            claim_codes::code.eq(code.as_str()),
            claim_codes::sender_id.eq(sender.id),
            claim_codes::message.eq(message),
            claim_codes::created_at.eq(now),
        ))
        .on_conflict(claim_codes::code)
        .do_nothing()
        .execute(tx.conn())?;
    if created == 0 { Err(Error::Taken(Noun::ClaimCode)) } else { Ok(()) }
}

/// What `code` stands for.
///
/// # Errors
/// [`Error::NotFound`] where that is nothing, and where the sender is suspended.
pub fn by_code(conn: &mut Connection, code: &Code) -> Result<Claim> {
    claim_codes::table
        .find(code.as_str())
        .inner_join(account_rows::table)
        .filter(account_rows::suspended_at.is_null())
        .select((
            claim_codes::sender_id,
            account_rows::handle,
            claim_codes::created_at,
            claim_codes::redeemed_at,
            claim_codes::message,
        ))
        .first(conn)
        .optional()?
        .ok_or(Error::NotFound(Noun::ClaimCode))
}

/// Delivers what `code` stands for to `redeemer` at `now`, and returns the sender's name. Whoever redeems wants that one message, whatever it
/// has blocked.
///
/// # Errors
/// As [`by_code`]; [`Error::Invalid`] where the redeemer is the sender; [`Error::AlreadyClaimed`] where somebody was first, and for
/// who redeems it again.
pub fn redeem(tx: &mut Transaction<'_>, code: &Code, redeemer: Id, now: Timestamp) -> Result<String> {
    let Claim { sender_id, from, message, created_at: _, redeemed_at } = by_code(tx.conn(), code)?;
    if sender_id == redeemer {
        return Err(Error::invalid("code", "must be redeemed by another agent than its sender"));
    }
    if redeemed_at.is_some() {
        return Err(Error::AlreadyClaimed);
    }
    // The recipient's inbox before everything else, as in every sending; its account is only kept from going away, after that.
    sending::send_asked_for(tx, sender_id, redeemer, &message, now)?;
    let redeemed = diesel::update(claim_codes::table.find(code.as_str()))
        .filter(claim_codes::redeemed_at.is_null())
        .set((claim_codes::redeemed_at.eq(now), claim_codes::redeemer_id.eq(redeemer)))
        .execute(tx.conn())?;
    if redeemed == 0 { Err(Error::AlreadyClaimed) } else { Ok(from) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_code_is_made_of_plain_letters() {
        for code in ["abcd", "Tom-2026_x", &"a".repeat(64)] {
            assert_eq!(Code::chosen(code).unwrap().as_str(), code);
        }
        for text in ["", "abc", &"a".repeat(65), "ab cd", "abc/d", "abcé", "abc\0", "abc%20"] {
            assert!(matches!(Code::chosen(text), Err(Error::Invalid { field: "code", .. })), "{text:?}");
            assert!(matches!(Code::wanted(text), Err(Error::NotFound(Noun::ClaimCode))), "{text:?}");
        }
    }

    #[test]
    fn what_is_generated_is_a_code_and_never_the_same() {
        let made: BTreeSet<String> = (0..200).map(|_| Code::generate().unwrap().0).collect();
        assert_eq!(made.len(), 200);
        assert!(made.iter().all(|code| Code::parse(code).is_some() && code.len() == 23), "{made:?}");
        let used: BTreeSet<char> = made.iter().flat_map(|code| code.chars()).collect();
        assert_eq!(used.len(), ALPHABET.len() + 1, "every letter occurs, and the hyphen");
    }
}
