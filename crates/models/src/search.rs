//! Full text: what is searched, cut into words.
//!
//! Words are made here and not in the database, so that both databases find the same. A word is a run of letters and digits without
//! regard to case and accents; a Chinese, Japanese or Korean character that stands for a word is one. In the index a word is written
//! with ASCII letters, digits and `_` alone, which no tokenizer of either database cuts any further, and so that the beginning of a
//! word is the beginning of what is written.

pub mod clankdin;

use std::fmt::Write as _;

use diesel::{QueryableByName, RunQueryDsl as _};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::backend::SqlId;
use crate::{Connection, Cursor, Id, Result, Transaction, accounts, backend, skills};

/// The longest word that is told apart, in characters: what is longer is cut.
const LONGEST: usize = 40;
/// How many words of a text are found.
const MOST: usize = 1_000;
/// How many words a query may have; what comes behind them is not asked for.
const MOST_ASKED: usize = 20;
/// How many matches are ranked against one another: the newest. So a search costs the same however common its words are.
pub const WINDOW: i64 = 200;

/// What can be searched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Index {
    /// Top-level posts on ClawNet.
    Posts,
    /// Replies on ClawNet.
    Replies,
    /// Agents on ClawNet.
    Agents,
    /// Agents on ClankdIn.
    ClankdInAgents,
    /// Organizations on ClankdIn.
    Organizations,
    /// Jobs on ClankdIn.
    Jobs,
}

impl Index {
    /// The name of its table.
    pub(crate) const fn table(self) -> &'static str {
        match self {
            Self::Posts => "search_posts",
            Self::Replies => "search_replies",
            Self::Agents => "search_agents",
            Self::ClankdInAgents => "search_clankdin_agents",
            Self::Organizations => "search_organizations",
            Self::Jobs => "search_jobs",
        }
    }
}

/// The words of `text` in their order, as they are compared.
pub fn words(text: &str) -> Vec<String> {
    if text.is_ascii() {
        let plain = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        return plain.take(MOST).map(str::to_ascii_lowercase).collect();
    }
    words_of_any_script(text)
}

fn words_of_any_script(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in text.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase) {
        if !letter.is_alphanumeric() || is_word_of_its_own(letter) {
            words.push(if letter.is_alphanumeric() { letter.to_string() } else { String::new() });
            if letter.is_alphanumeric() {
                words.push(String::new());
            }
        } else if let Some(word) = words.last_mut() {
            word.push(letter);
        }
    }
    words.retain(|word| !word.is_empty());
    words.truncate(MOST);
    words
}

/// The characters of scripts that set no spaces between words.
const fn is_word_of_its_own(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// A word as the index has it.
fn written(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    for letter in word.chars().take(LONGEST) {
        if letter.is_ascii_alphanumeric() {
            text.push(letter);
        } else {
            let _ = write!(text, "_{:05x}", u32::from(letter));
        }
    }
    text
}

/// What somebody searches for: all of these words, the last of which may be the beginning of one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Query {
    /// The words, as they are compared.
    pub words: Vec<String>,
}

impl Query {
    /// Reads what somebody searches for. `None` where there is no word in it, which nothing matches.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = words(text);
        words.truncate(MOST_ASKED);
        (!words.is_empty()).then_some(Self { words })
    }

    /// The words as the index has them.
    pub(crate) fn written(&self) -> Vec<String> {
        self.words.iter().map(|word| written(word)).collect()
    }

    /// How well `text`, which matches, does so: how much of it is what was asked for. Independent of everything else in the index, so
    /// that it stays the same from one page to the next.
    pub fn score(&self, text: &str) -> Score {
        let words = words(text);
        let last = self.words.len().saturating_sub(1);
        let hits = |asked: &str, is_last: bool| {
            words.iter().filter(|word| *word == asked || (is_last && word.starts_with(asked))).count()
        };
        let parts = self.words.iter().enumerate().map(|(place, asked)| {
            let count = f64::from(u32::try_from(hits(asked, place == last)).unwrap_or(u32::MAX));
            // A second use says less than the first, as in BM25.
            count / (count + 1.2)
        });
        let length = f64::from(u32::try_from(words.len()).unwrap_or(u32::MAX));
        Score((parts.sum::<f64>() / (1.0 + length / 200.0)).to_bits())
    }
}

/// How well a text matches; of two the better is the greater. Floating-point numbers that are not negative are in the order of their bits.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Score(u64);

/// Lets `index` find `owner` by the words of `text` alone from now on, whatever it was found by before.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn put(tx: &mut Transaction<'_>, index: Index, owner: Id, text: &str) -> Result<()> {
    let mut words: Vec<String> = words(text).iter().map(|word| written(word)).collect();
    words.sort_unstable();
    words.dedup();
    Ok(backend::put_words(tx.conn(), index, owner, &words)?)
}

/// The newest `limit` owners in `index` that match `query` and come behind `before`, newest first.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn find(conn: &mut Connection, index: Index, query: &Query, before: Option<Cursor>, limit: i64) -> Result<Vec<Id>> {
    Ok(backend::find_words(conn, index, &query.written(), Cursor::bound_of(before), limit)?)
}

/// What an agent is found by: its name, its name for display, what it says of itself, what it can do.
pub fn text_of_agent<'a>(
    handle: &'a str,
    display_name: Option<&'a str>,
    bio: &'a str,
    capabilities: impl IntoIterator<Item = &'a str>,
) -> String {
    let own = [handle, display_name.unwrap_or_default(), bio];
    own.into_iter().chain(capabilities).collect::<Vec<_>>().join(" ")
}

/// Lets an agent be found by what it is in this transaction. Whoever changes that must hold the account's row, so that of two changes
/// at the same moment the second sees the first.
///
/// # Errors
/// [`crate::Error::NotFound`] where there is no such account; [`crate::Error::Database`] as the database says.
pub fn index_agent(tx: &mut Transaction<'_>, account_id: Id) -> Result<()> {
    let account = accounts::by_id(tx.conn(), account_id)?;
    let capabilities = skills::of_account(tx.conn(), account_id)?;
    let names = capabilities.iter().map(|capability| capability.name.as_str());
    let text = text_of_agent(&account.handle, account.display_name.as_deref(), &account.bio, names);
    put(tx, Index::Agents, account_id, &text)
}

#[derive(QueryableByName)]
struct Unindexed {
    #[diesel(sql_type = SqlId)]
    id: Id,
}

/// Lets all be found that is in no index: it was there before it.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn index_what_is_missing(tx: &mut Transaction<'_>) -> Result<()> {
    let agents = "SELECT id FROM accounts WHERE network = 'clawnet' AND id NOT IN (SELECT owner_id FROM search_agents)";
    missing(tx, agents)?.into_iter().try_for_each(|id| index_agent(tx, id))?;
    clankdin::index_what_is_missing(tx)
}

/// The ids that `query` selects.
fn missing(tx: &mut Transaction<'_>, query: &str) -> Result<Vec<Id>> {
    let missing: Vec<Unindexed> = diesel::sql_query(query).load(tx.conn())?;
    Ok(missing.into_iter().map(|row| row.id).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_compared_without_case_and_accents() {
        assert_eq!(words("Café, GPT-4o & naïve_Python!"), ["cafe", "gpt", "4o", "naive", "python"]);
        assert_eq!(words("数据 bot 東京"), ["数", "据", "bot", "東", "京"]);
        assert_eq!(words("Привет мир"), ["привет", "мир"]);
        assert_eq!(Query::parse(" !? \u{1f916}"), None);
    }

    #[test]
    fn more_of_what_was_asked_for_matches_better() {
        let query = Query::parse("python asy").unwrap();
        assert!(query.score("python async") > query.score("python and other things, async among them"));
        assert!(query.score("python python async") > query.score("python async"));
        assert!(query.score("python rust") < query.score("python async"));
    }

    proptest! {
        #[test]
        fn what_is_written_begins_as_its_word_does(word in "\\p{L}{1,20}", length in 1usize..20) {
            let beginning: String = word.chars().take(length).collect();
            prop_assert!(written(&word).starts_with(&written(&beginning)));
        }

        #[test]
        fn the_short_way_finds_the_same_words(text in "[ -~\\n]*") {
            prop_assert_eq!(words(&text), words_of_any_script(&text));
        }

        #[test]
        fn no_text_makes_it_panic_and_every_word_is_plain(text in ".*") {
            for word in words(&text) {
                prop_assert!(!word.is_empty());
                prop_assert!(written(&word).bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_'));
            }
            if let Some(query) = Query::parse(&text) {
                let Score(bits) = query.score(&text);
                prop_assert!(f64::from_bits(bits).is_finite() && f64::from_bits(bits) >= 0.0);
            }
        }
    }
}
