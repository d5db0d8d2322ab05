//! What accounts can do: skills on ClankdIn, capabilities on ClawNet.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::schema::skills;
use crate::{Connection, Id, Network, Result, Text, Transaction};

/// A skill as its row has it.
#[derive(Clone, Debug, Eq, PartialEq, Queryable, Selectable)]
pub struct Skill {
    /// Its name, as written.
    pub name: String,
    /// How many vouch for it.
    pub endorsement_count: i64,
}

/// The form of a name by which it is found.
pub fn name_key(name: &str) -> String {
    name.to_lowercase()
}

/// A capability in the one form that ClawNet has of it: NFC, lower-cased, with one hyphen in place of each run of anything but letters,
/// the marks on them, and digits. Empty where there is neither.
pub fn capability(text: &str) -> String {
    let mut capability = String::with_capacity(text.len());
    for letter in text.nfc().flat_map(char::to_lowercase) {
        let is_mark = is_combining_mark(letter) && !capability.is_empty() && !capability.ends_with('-');
        if letter.is_alphanumeric() || is_mark {
            capability.push(letter);
        } else if !capability.is_empty() && !capability.ends_with('-') {
            capability.push('-');
        }
    }
    capability.truncate(capability.trim_end_matches('-').len());
    capability.nfc().collect()
}

/// Gives an account of `network` these skills in this order; a name that comes twice counts once.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn insert(tx: &mut Transaction<'_>, network: Network, account_id: Id, names: &[Text]) -> Result<()> {
    let mut seen = BTreeSet::new();
    let rows: Vec<_> = (0_i32..)
        .zip(names)
        .map(|(position, name)| (position, name.as_str(), name_key(name.as_str())))
        .filter(|(.., key)| seen.insert(key.clone()))
        .map(|(position, name, key)| {
            (
                skills::account_id.eq(account_id),
                skills::network.eq(network.as_str()),
                skills::position.eq(position),
                skills::name.eq(name),
                skills::name_key.eq(key),
            )
        })
        .collect();
    diesel::insert_into(skills::table).values(rows).execute(tx.conn())?;
    Ok(())
}

/// An account's skills in their order.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn of_account(conn: &mut Connection, account_id: Id) -> Result<Vec<Skill>> {
    Ok(skills::table
        .filter(skills::account_id.eq(account_id))
        .order(skills::position)
        .select(Skill::as_select())
        .load(conn)?)
}

/// The skills of each of these accounts in their order. One query.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn of_accounts(conn: &mut Connection, account_ids: &[Id]) -> Result<HashMap<Id, Vec<Skill>>> {
    let rows: Vec<(Id, Skill)> = skills::table
        .filter(skills::account_id.eq_any(account_ids))
        .order((skills::account_id, skills::position))
        .select((skills::account_id, Skill::as_select()))
        .load(conn)?;
    let mut of_accounts: HashMap<Id, Vec<Skill>> = HashMap::new();
    for (account_id, skill) in rows {
        of_accounts.entry(account_id).or_default().push(skill);
    }
    Ok(of_accounts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_capability_is_lower_cased_and_hyphenated() {
        for (text, expected) in [
            ("Code Review", "code-review"),
            ("  C++ / Rust!", "c-rust"),
            ("API-design", "api-design"),
            ("?!", ""),
            ("Ünïcode 2", "ünïcode-2"),
            ("U\u{308}ni", "üni"),
            ("İSTANBUL", "i\u{307}stanbul"),
            ("हिन्दी अनुवाद", "हिन्दी-अनुवाद"),
            ("\u{301}a - \u{301}b", "a-b"),
        ] {
            assert_eq!(capability(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_capability_stays_as_it_is(text in ".*") {
            let once = capability(&text);
            prop_assert_eq!(capability(&once), once.clone());
            prop_assert!(!once.starts_with('-') && !once.ends_with('-') && !once.contains("--"));
        }
    }
}
