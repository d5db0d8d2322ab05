//! What somebody may be typing: skills, handles, names and titles on ClankdIn, found by how they begin.
//!
//! One table keeps them all, so that completing what somebody types is a few short walks along one index, however many there are. Whoever
//! changes what is suggested, or suspends an agent, declares [`Topic::Suggestions`] changed: answers are kept until then.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::schema::{accounts, job_skills, jobs, skills, suggestions};
use crate::skills::name_key;
use crate::{Connection, Id, Network, Result, Timestamp, Topic, Transaction};

/// What kind of thing is suggested.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// A skill, which is its own.
    Skill,
    /// An agent, by its handle or its name.
    Agent,
    /// An organization, by its handle or its name.
    Organization,
    /// An open job, by its title.
    Job,
}

impl Kind {
    /// All of them, in the order in which they are suggested.
    pub const ALL: [Self; 4] = [Self::Skill, Self::Agent, Self::Organization, Self::Job];

    /// The word, on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Skill => "skill",
            Self::Agent => "agent",
            Self::Organization => "organization",
            Self::Job => "job",
        }
    }
}

/// Something that begins with what somebody types.
#[derive(Clone, Debug, Eq, PartialEq, Queryable, Selectable)]
#[diesel(table_name = suggestions)]
pub struct Suggestion {
    /// Of what kind it is, in its word.
    pub kind: String,
    /// The form of it that was compared.
    pub key: String,
    /// Whose it is; of two of the same owner and kind one is the handle and one the name.
    pub owner_id: Id,
    /// The text to show.
    pub text: String,
    /// The handle that leads there, where it has one.
    pub handle: Option<String>,
}

/// The longest form that is compared, in characters.
const LONGEST: usize = 120;

/// The form in which texts are compared: without regard to case, accents and the amount of white space. Signs stay, so that `c++` is
/// something else than `c#`.
pub fn key(text: &str) -> String {
    let letters = text.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase);
    // A sigma that ends a word has a form of its own in lower case alone.
    let folded: String = letters.map(|letter| if letter == 'ς' { 'σ' } else { letter }).collect();
    let joined = folded.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.chars().take(LONGEST).collect()
}

/// These skills as rows have them, by the form in which they are compared, the owner and the name. A skill owns itself: two that merely
/// compare alike, such as `Resume` and `Résumé`, come and go apart, as they are listed. In one order, so that two who bring or drop the same
/// ones do not wait for each other.
fn rows_of_skills<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<(String, Id, &'a str)> {
    let row = |name: &'a str| {
        let name_key = name_key(name);
        (key(&name_key), Id::hashed(Timestamp::from_micros(0), &[], &name_key), name)
    };
    let mut rows: Vec<_> = names.into_iter().map(row).collect();
    rows.sort_unstable();
    rows
}

/// Lets `owner` be suggested by each of `texts` from now on, and by nothing else; `handle` leads there.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn put(tx: &mut Transaction<'_>, kind: Kind, owner: Id, texts: &[&str], handle: Option<&str>) -> Result<()> {
    remove(tx, owner)?;
    let Some(shown) = texts.last() else { return Ok(()) };
    for text in texts {
        insert(tx, kind, owner, &key(text), shown, handle)?;
    }
    Ok(())
}

/// Suggests `owner` no more.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn remove(tx: &mut Transaction<'_>, owner: Id) -> Result<()> {
    diesel::delete(suggestions::table.filter(suggestions::owner_id.eq(owner))).execute(tx.conn())?;
    tx.change(Topic::Suggestions);
    Ok(())
}

/// Lets these skills be suggested, as whoever was first has written them.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn put_skills<'a>(tx: &mut Transaction<'_>, names: impl IntoIterator<Item = &'a str>) -> Result<()> {
    for (key, owner, name) in rows_of_skills(names) {
        insert(tx, Kind::Skill, owner, &key, name, None)?;
    }
    tx.change(Topic::Suggestions);
    Ok(())
}

/// Suggests those of these skills no more that nobody lists and no job asks for.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn forget_unused_skills<'a>(tx: &mut Transaction<'_>, names: impl IntoIterator<Item = &'a str>) -> Result<()> {
    for (key, owner, name) in rows_of_skills(names) {
        let suggested = suggestions::table.find((Kind::Skill.as_str(), key, owner));
        // Whoever lists it at this moment holds its row. Only a statement that begins when that is over sees the skill listed.
        let row: Option<Id> =
            crate::locked!(suggested.clone().select(suggestions::owner_id)).first(tx.conn()).optional()?;
        if row.is_none() {
            continue;
        }
        let listed = skills::table
            .filter(skills::network.eq(Network::ClankdIn.as_str()))
            .filter(skills::name_key.eq(name_key(name)));
        let asked_for = job_skills::table.filter(job_skills::name_key.eq(name_key(name)));
        diesel::delete(suggested.filter(not(exists(listed).or(exists(asked_for))))).execute(tx.conn())?;
    }
    tx.change(Topic::Suggestions);
    Ok(())
}

/// Lets `owner` be suggested by `key`. What is there stays as it is, but its row is held until the transaction ends, so that nobody
/// takes it away meanwhile.
fn insert(tx: &mut Transaction<'_>, kind: Kind, owner: Id, key: &str, text: &str, handle: Option<&str>) -> Result<()> {
    if key.is_empty() {
        return Ok(());
    }
    diesel::insert_into(suggestions::table)
        .values((
            suggestions::kind.eq(kind.as_str()),
            suggestions::key.eq(key),
            suggestions::owner_id.eq(owner),
            suggestions::text.eq(text),
            suggestions::handle.eq(handle),
        ))
        .on_conflict((suggestions::kind, suggestions::key, suggestions::owner_id))
        .do_update()
        .set(suggestions::text.eq(suggestions::text))
        .execute(tx.conn())?;
    Ok(())
}

/// Up to `limit` suggestions of each kind whose compared form begins with that of `prefix`, each kind in the order of that form; none for a
/// prefix of nothing. Who is suspended, and the jobs of whoever is, are left out. One statement, served by the table's primary key: each kind
/// has a limit of its own, or the many of one kind would leave no room for another's.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn begin_with(conn: &mut Connection, prefix: &str, limit: u32) -> Result<Vec<Suggestion>> {
    let from = key(prefix);
    if from.is_empty() {
        return Ok(Vec::new());
    }
    // Behind all that begins with it: no character is larger, and both databases compare bytes.
    let until = format!("{from}\u{10ffff}");
    let of = |kind: Kind| {
        suggestions::table
            .filter(suggestions::kind.eq(kind.as_str()))
            .filter(suggestions::key.ge(&from))
            .filter(suggestions::key.lt(&until))
            .order(suggestions::key)
            .limit(i64::from(limit))
            .select(Suggestion::as_select())
    };
    let suspended =
        accounts::table.filter(accounts::id.eq(suggestions::owner_id)).filter(accounts::suspended_at.is_not_null());
    let of_suspended = jobs::table
        .inner_join(accounts::table)
        .filter(jobs::id.eq(suggestions::owner_id))
        .filter(jobs::organization_id.is_null())
        .filter(accounts::suspended_at.is_not_null());
    Ok(of(Kind::Skill)
        .union_all(of(Kind::Agent).filter(not(exists(suspended))))
        .union_all(of(Kind::Organization))
        .union_all(of(Kind::Job).filter(not(exists(of_suspended))))
        .load(conn)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_compared_without_case_accents_and_white_space() {
        assert_eq!(key("  Café \n au   LAIT "), "cafe au lait");
        assert_eq!(key("C++"), "c++");
        assert_ne!(key("C#"), key("C++"));
        assert_eq!(key("ΟΔΟΣ"), key("οδος"));
        assert_eq!(key(&"a".repeat(500)).len(), LONGEST);
    }

    proptest! {
        #[test]
        fn a_skill_is_found_however_its_case_is_written(name in ".*") {
            prop_assert_eq!(key(&name_key(&name)), key(&name));
        }

        #[test]
        fn a_form_stays_as_it_is(text in ".*") {
            let once = key(&text);
            prop_assert!(once.chars().count() <= LONGEST);
            if once.chars().count() < LONGEST {
                prop_assert_eq!(key(&once), once);
            }
        }
    }
}
