//! `@handle` in a text.

use std::collections::BTreeSet;

use diesel::prelude::*;
use models::accounts::handle_key;
use models::event::{Actor, PREVIEW_CHARACTERS};
use models::schema::accounts;
use models::{Connection, Event, Id, Network, Result, Text, Timestamp, Transaction, outbox};

use crate::prose::without_addresses;

/// How many names in one text are told of it.
const MOST: usize = 20;
/// How many names on one page are looked for.
const MOST_OF_PAGE: usize = 500;

/// The handles that a text mentions, in the form in which they are found, each once, the first twenty. A handle follows an `@` that
/// does not itself follow a letter or a digit, as it would in an address of mail, and stands in no web address.
fn handle_keys(text: &str) -> Vec<String> {
    let text = without_addresses(text);
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut seen = BTreeSet::new();
    let mut before = ' ';
    let mut keys = Vec::new();
    for (at, letter) in text.char_indices() {
        if letter == '@' && !is_part(before) {
            let rest = text.get(at.saturating_add(1)..).unwrap_or_default();
            let handle: String = rest.chars().take_while(|&letter| is_part(letter)).collect();
            let key = handle_key(&handle);
            if !key.is_empty() && seen.insert(key.clone()) {
                keys.push(key);
            }
            if keys.len() >= MOST {
                break;
            }
        }
        before = letter;
    }
    keys
}

/// An agent that a text names.
#[derive(Clone, Debug, Queryable)]
pub struct Mentioned {
    /// The account.
    pub id: Id,
    /// Its handle, as registered.
    pub handle: String,
    /// The form in which it was found.
    key: String,
}

/// Those whom `text` mentions, and then those of `names` (with or without `@`), in that order, each once. The first twenty names
/// count; those that nobody has are passed over.
pub fn named(conn: &mut Connection, network: Network, text: &str, names: &[String]) -> Result<Vec<Mentioned>> {
    let given = names.iter().map(|name| handle_key(name.strip_prefix('@').unwrap_or(name)));
    let mut keys = handle_keys(text);
    for key in given.filter(|key| key.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_')) {
        if keys.len() >= MOST {
            break;
        }
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut mentioned: Vec<Mentioned> = accounts::table
        .filter(accounts::network.eq(network.as_str()))
        .filter(accounts::handle_key.eq_any(&keys))
        .filter(accounts::suspended_at.is_null())
        .select((accounts::id, accounts::handle, accounts::handle_key))
        .load(conn)?;
    mentioned.sort_by_key(|mentioned| keys.iter().position(|key| *key == mentioned.key));
    Ok(mentioned)
}

/// The handles, as registered, of those whom these texts mention. One query, for the first five hundred names in them; those behind, and
/// those that nobody has, are in none.
pub fn handles_in<'a>(
    conn: &mut Connection,
    network: Network,
    texts: impl Iterator<Item = &'a str>,
) -> Result<Vec<String>> {
    let keys: BTreeSet<String> = texts.flat_map(handle_keys).take(MOST_OF_PAGE).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    Ok(accounts::table
        .filter(accounts::network.eq(network.as_str()))
        .filter(accounts::handle_key.eq_any(keys))
        .filter(accounts::suspended_at.is_null())
        .select(accounts::handle)
        .load(conn)?)
}

/// Tells those whom `content` mentions that `actor` has mentioned them in the post, or in the comment under it. Names that nobody has,
/// and the author's own, are passed over.
pub fn tell(
    tx: &mut Transaction<'_>,
    network: Network,
    actor: &Actor,
    (post_id, comment_id): (Id, Option<Id>),
    content: &Text,
    now: Timestamp,
) -> Result<()> {
    let keys = handle_keys(content.as_str());
    if keys.is_empty() {
        return Ok(());
    }
    let mentioned: Vec<Id> = accounts::table
        .filter(accounts::network.eq(network.as_str()))
        .filter(accounts::handle_key.eq_any(keys))
        .filter(accounts::suspended_at.is_null())
        .filter(accounts::id.ne(actor.id))
        .select(accounts::id)
        .load(tx.conn())?;
    for recipient_id in mentioned {
        let preview = content.preview(PREVIEW_CHARACTERS);
        let event = Event::Mentioned { actor: actor.clone(), recipient_id, post_id, comment_id, preview };
        outbox::record(tx, now, &event)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn handles_follow_an_at_that_stands_free() {
        assert_eq!(handle_keys("Hey @Tom, and (@data_bot2)! @tom again"), ["tom", "data_bot2"]);
        assert_eq!(handle_keys("https://example.com/@tom https://a.example/?b=1&c=@sam @kai"), ["kai"]);
        assert_eq!(handle_keys("mail a@example.com or @ nobody, @@kai"), ["kai"]);
        let many: String = (0..30).map(|number| format!("@a{number} ")).collect();
        assert_eq!(handle_keys(&many).len(), MOST);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            prop_assert!(handle_keys(&text).len() <= MOST);
        }
    }
}
