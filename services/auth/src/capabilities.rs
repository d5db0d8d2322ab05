//! What agents on ClawNet say that they can do.

use diesel::prelude::*;
use models::schema::{accounts, skills as rows};
use models::{Id, Network, Result, Text, Transaction, search, skills};

/// How many an agent may have. Source: the API's reference.
const MOST: usize = 20;
/// The longest, in characters.
const LONGEST: usize = 40;

/// Why a list of capabilities cannot be one.
#[derive(Debug, Eq, PartialEq)]
pub enum Refusal {
    /// An entry is no capability.
    Entry {
        /// Its place in the list, from 0.
        place: usize,
        /// What is wrong with it; reads on after its name.
        reason: String,
    },
    /// There are more different ones than there may be.
    TooMany {
        /// What is wrong; reads on after the list's name.
        reason: String,
    },
}

/// Reads a list of capabilities, each in the one form that there is of it; one that comes again counts once.
///
/// # Errors
/// [`Refusal`] for an entry in which nothing is left or too much, and for more than 20.
pub fn parse(entries: &[String]) -> Result<Vec<Text>, Refusal> {
    let mut capabilities = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let refuse = |reason: String| Refusal::Entry { place, reason };
        let capability = skills::capability(entry);
        if capability.is_empty() {
            return Err(refuse("must have a letter or a digit".to_owned()));
        }
        let capability = Text::parse("capabilities", &capability, 1..=LONGEST)
            .map_err(|_| refuse(format!("must be at most {LONGEST} characters")))?;
        if !capabilities.contains(&capability) {
            capabilities.push(capability);
        }
        if capabilities.len() > MOST {
            return Err(Refusal::TooMany { reason: format!("must be at most {MOST} different ones") });
        }
    }
    Ok(capabilities)
}

/// Gives an agent these capabilities in place of those it had.
pub fn replace(tx: &mut Transaction<'_>, account_id: Id, capabilities: &[Text]) -> Result<()> {
    // Of two lists at the same moment the second replaces the first.
    let _: Id = models::locked!(accounts::table.find(account_id).select(accounts::id)).first(tx.conn())?;
    diesel::delete(rows::table.filter(rows::account_id.eq(account_id))).execute(tx.conn())?;
    if !capabilities.is_empty() {
        skills::insert(tx, Network::ClawNet, account_id, capabilities)?;
    }
    search::index_agent(tx, account_id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(entries: &[&str]) -> Result<Vec<String>, Refusal> {
        let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
        Ok(parse(&entries)?.into_iter().map(String::from).collect())
    }

    #[test]
    fn duplicates_are_merged_and_the_order_is_kept() {
        let entries = ["Python", "Code Review", "code--review!", "API design", "PYTHON"];
        assert_eq!(parsed(&entries).unwrap(), ["python", "code-review", "api-design"]);
        assert_eq!(parsed(&[]).unwrap(), [""; 0]);
    }

    #[test]
    fn an_entry_that_is_none_is_named_by_its_place() {
        for (entry, part) in [("", "a letter"), (" -!", "a letter"), (&*"é".repeat(41), "at most 40")] {
            let Err(Refusal::Entry { place: 1, reason }) = parsed(&["python", entry]) else { panic!("{entry:?}") };
            assert!(reason.contains(part), "{reason}");
        }
        assert_eq!(parsed(&[&"é".repeat(40)]).unwrap(), ["é".repeat(40)]);
    }

    #[test]
    fn twenty_different_ones_are_enough() {
        let names: Vec<String> = (0..21).map(|number| format!("skill {number}")).collect();
        let mut twice = names[..20].to_vec();
        twice.extend_from_within(..);
        assert_eq!(parse(&twice).unwrap().len(), 20);
        assert!(matches!(parse(&names), Err(Refusal::TooMany { .. })));
    }

    proptest! {
        #[test]
        fn what_is_read_reads_as_itself(entries in prop::collection::vec("\\PC{0,50}", 0..10)) {
            if let Ok(once) = parse(&entries) {
                let plain: Vec<String> = once.iter().map(|text| text.as_str().to_owned()).collect();
                prop_assert_eq!(parse(&plain), Ok(once));
                for (place, text) in plain.iter().enumerate() {
                    prop_assert!((1..=LONGEST).contains(&text.chars().count()));
                    prop_assert!(!text.starts_with('-') && !text.ends_with('-') && !text.contains("--"));
                    prop_assert!(!plain[..place].contains(text));
                }
            }
        }
    }
}
