//! Hashtags: finding them in a text, counting their uses, which of them are used most at present.

use std::collections::{BTreeMap, BTreeSet};

use bus::worker::Progress;
use diesel::prelude::*;
use models::schema::{hashtags, post_hashtags};
use models::{Connection, Error, Id, Result, Timestamp, Transaction};

use crate::prose::without_addresses;

/// How many hashtags of one post count.
const MOST: usize = 20;
/// Characters of a hashtag; a longer word is none.
const LONGEST: usize = 50;
/// How long a use counts as recent, in seconds: a week.
const RECENT: i64 = 7 * 24 * 3_600;
/// How many uses one transaction makes old at most.
const BATCH: i64 = 500;

/// The hashtags in `text`, case-folded, each once, the first twenty: a `#` that stands free and in no address, a letter, then letters,
/// digits or `_`.
pub fn in_text(text: &str) -> Vec<String> {
    let text = without_addresses(text);
    let mut seen = BTreeSet::new();
    let mut tags = Vec::new();
    let mut before = ' ';
    for (at, letter) in text.char_indices() {
        if letter == '#' && !is_part(before) && before != '#' && before != '&' {
            let rest = text.get(at.saturating_add(1)..).unwrap_or_default();
            let word: String = rest.chars().take_while(|&letter| is_part(letter)).collect();
            let tag = fold(&word);
            if is_hashtag(&tag) && seen.insert(tag.clone()) {
                tags.push(tag);
            }
        }
        before = letter;
    }
    tags.truncate(MOST);
    tags
}

fn is_part(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn is_hashtag(tag: &str) -> bool {
    tag.chars().next().is_some_and(char::is_alphabetic) && tag.chars().count() <= LONGEST
}

/// A hashtag as it is compared, whatever its case and with or without its `#`. What lower case adds beside letters (`İ` becomes an `i` and
/// a dot) is left out, so that what is folded stays as it is.
pub fn fold(tag: &str) -> String {
    let tag = tag.strip_prefix('#').unwrap_or(tag);
    tag.chars()
        .filter(|&letter| is_part(letter))
        .flat_map(char::to_lowercase)
        .filter(|&letter| is_part(letter))
        .collect()
}

/// Reads the hashtag that somebody asks for, whatever its case and with or without its `#`.
///
/// # Errors
/// [`Error::Invalid`] for what no post can have.
pub fn wanted(text: &str) -> Result<String> {
    let word = text.strip_prefix('#').unwrap_or(text);
    let tag = fold(word);
    if word.chars().all(is_part) && is_hashtag(&tag) {
        return Ok(tag);
    }
    Err(Error::invalid("hashtag", format!("must be a letter and then letters, digits or _, {LONGEST} in all at most")))
}

/// Counts the hashtags of a post just published by `author`. Rows are locked in the order of their tags, so that two posts cannot deadlock.
pub fn count(tx: &mut Transaction<'_>, (post_id, author): (Id, Id), is_reply: bool, tags: &[String]) -> Result<()> {
    let sorted: BTreeSet<&String> = tags.iter().collect();
    for tag in sorted {
        diesel::insert_into(hashtags::table)
            .values((hashtags::tag.eq(tag), hashtags::use_count.eq(1), hashtags::recent_count.eq(1)))
            .on_conflict(hashtags::tag)
            .do_update()
            .set((
                hashtags::use_count.eq(hashtags::use_count + 1),
                hashtags::recent_count.eq(hashtags::recent_count + 1),
            ))
            .execute(tx.conn())?;
        diesel::insert_into(post_hashtags::table)
            .values((
                post_hashtags::tag.eq(tag),
                post_hashtags::post_id.eq(post_id),
                post_hashtags::account_id.eq(author),
                post_hashtags::is_reply.eq(is_reply),
                post_hashtags::is_recent.eq(true),
            ))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// A hashtag and how much it is used.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = hashtags)]
pub struct Hashtag {
    /// Case-folded, without its `#`.
    pub tag: String,
    /// Uses of all time.
    pub use_count: i64,
    /// Uses of the last seven days.
    pub recent_count: i64,
}

/// The hashtags that are used most: within the last seven days, then ever. Served by the index `hashtags_trending`.
pub fn trending(conn: &mut Connection, limit: u32) -> Result<Vec<Hashtag>> {
    Ok(hashtags::table
        .order((hashtags::recent_count.desc(), hashtags::use_count.desc(), hashtags::tag))
        .limit(limit.into())
        .select(Hashtag::as_select())
        .load(conn)?)
}

/// Takes uses that are older than a week at `now` out of what counts as recent, a bounded number at a time. Each is taken out once,
/// whatever instance does it: its row says whether it still counts.
pub fn forget_old_uses(tx: &mut Transaction<'_>, now: Timestamp) -> Result<Progress> {
    let until = Id::floor(now.plus_seconds(RECENT.saturating_neg()));
    let query = post_hashtags::table
        .filter(post_hashtags::is_recent)
        .filter(post_hashtags::post_id.lt(until))
        .order((post_hashtags::post_id, post_hashtags::tag))
        .limit(BATCH)
        .select((post_hashtags::tag, post_hashtags::post_id));
    let old: Vec<(String, Id)> = models::skip_locked!(query).load(tx.conn())?;
    let mut uses: BTreeMap<&str, i64> = BTreeMap::new();
    for (tag, post_id) in &old {
        diesel::update(post_hashtags::table.find((tag, post_id)))
            .set(post_hashtags::is_recent.eq(false))
            .execute(tx.conn())?;
        let count = uses.entry(tag).or_default();
        *count = count.saturating_add(1);
    }
    for (tag, count) in uses {
        diesel::update(hashtags::table.find(tag))
            .set(hashtags::recent_count.eq(hashtags::recent_count - count))
            .execute(tx.conn())?;
    }
    let is_full = i64::try_from(old.len()).unwrap_or(i64::MAX) >= BATCH;
    Ok(if is_full { Progress::More } else { Progress::Idle })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_hashtag_begins_with_a_letter_and_stands_free() {
        assert_eq!(in_text("#Python and (#rust_2), #Python again"), ["python", "rust_2"]);
        assert_eq!(in_text("https://example.com/#intro http://localhost:3000/#frag #real"), ["real"]);
        assert_eq!(in_text("#1st a#b ##c &#39; #_d #Ünder #日本"), ["ünder", "日本"]);
        assert_eq!(in_text(&format!("#{} #{}", "a".repeat(51), "b".repeat(50))), ["b".repeat(50)]);
        let many: String = (0..30).map(|number| format!("#a{number} ")).collect();
        assert_eq!(in_text(&many).len(), MOST);
    }

    #[test]
    fn a_hashtag_is_asked_for_in_whatever_form_it_was_written() {
        for (text, expected) in [("#İstanbul", "istanbul"), ("STRASSE", "strasse"), ("i̇stanbul", "")] {
            assert_eq!(wanted(text).unwrap_or_default(), expected, "{text}");
        }
        assert_eq!(in_text("#İstanbul"), ["istanbul"]);
        for text in ["", "#", "a b", "1a", "a\0", "a-b", &"a".repeat(51)] {
            assert!(wanted(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            for tag in in_text(&text) {
                prop_assert_eq!(wanted(&tag).unwrap(), fold(&tag));
                prop_assert_eq!(fold(&tag), tag);
            }
        }
    }
}
