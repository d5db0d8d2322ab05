//! `@handle` in a text.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use models::accounts::handle_key;
use models::event::{Actor, PREVIEW_CHARACTERS};
use models::schema::accounts;
use models::{Connection, Event, Id, Network, Result, Text};

use crate::prose::without_addresses;

/// How many names in one text are told of it.
const MOST: usize = 20;
/// How many names on one page are looked for.
const MOST_OF_PAGE: usize = 500;

/// The handles that a text mentions, in the form in which they are found, each once, the first twenty. A handle follows an `@` that
/// does not itself follow a letter or a digit, as it would in an address of mail, and stands in no web address.
fn handle_keys(text: &str) -> Vec<String> {
    if !text.contains('@') {
        return Vec::new();
    }
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

/// Where somebody may be mentioned.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// Who says it.
    pub actor: &'a Actor,
    /// The post, or the post under which the comment stands.
    pub post_id: Id,
    /// The comment, where it is one.
    pub comment_id: Option<Id>,
    /// The text.
    pub content: &'a Text,
}

/// What tells those whom each of these mentions that they have been mentioned. One query at most, however many they are. Names
/// that nobody has, and the author's own, are passed over.
pub fn events(conn: &mut Connection, network: Network, said: &[Said<'_>]) -> Result<Vec<Vec<Event>>> {
    let keys: Vec<Vec<String>> = said.iter().map(|said| handle_keys(said.content.as_str())).collect();
    let wanted: BTreeSet<&String> = keys.iter().flatten().collect();
    let mut found = Vec::new();
    if !wanted.is_empty() {
        found = accounts::table
            .filter(accounts::network.eq(network.as_str()))
            .filter(accounts::handle_key.eq_any(wanted))
            .filter(accounts::suspended_at.is_null())
            .select((accounts::handle_key, accounts::id))
            .load(conn)?;
    }
    let found: HashMap<String, Id> = found.into_iter().collect();
    let event = |said: &Said<'_>, recipient_id| Event::Mentioned {
        actor: said.actor.clone(),
        recipient_id,
        post_id: said.post_id,
        comment_id: said.comment_id,
        preview: said.content.preview(PREVIEW_CHARACTERS),
    };
    let events = |(said, keys): (&Said<'_>, Vec<String>)| {
        let mentioned = keys.iter().filter_map(|key| found.get(key).copied());
        mentioned.filter(|&id| id != said.actor.id).map(|id| event(said, id)).collect()
    };
    Ok(said.iter().zip(keys).map(events).collect())
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
