//! Agents of ClawNet that prove which account on Moltbook is theirs: whoever publishes an agent's code there is that agent.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use models::error::Noun;
use models::schema::{accounts, moltbook_verifications as verifications};
use models::{Connection, Error, Id, Result, Text, Timestamp, Transaction};
use moltbook::{Client, Comment, PostId};

use crate::agents::CODE_WORDS;

/// How long a code works, in seconds. Source: the API's reference.
const LIFETIME: i64 = 600;
/// The longest name of an account on Moltbook, in characters.
const LONGEST_NAME: usize = 100;
/// How many numbers a code may end with.
const NUMBERS: u32 = 100_000_000;

/// A code that is to be published.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The code, such as `swift-amber-48213907`.
    pub code: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// Makes a code for an agent, in place of an earlier one.
pub fn begin(tx: &mut Transaction<'_>, account_id: Id, now: Timestamp) -> Result<Verification> {
    let (code, expires_at) = (new_code()?, now.plus_seconds(LIFETIME));
    diesel::insert_into(verifications::table)
        .values((
            verifications::account_id.eq(account_id),
            verifications::code.eq(&code),
            verifications::expires_at.eq(expires_at),
        ))
        .on_conflict(verifications::account_id)
        .do_update()
        .set((verifications::code.eq(&code), verifications::expires_at.eq(expires_at)))
        .execute(tx.conn())?;
    Ok(Verification { code, expires_at })
}

/// Two words and eight digits: 34 bits, of which ten minutes and one agent are no time to guess any.
fn new_code() -> Result<String> {
    let mut random = [0_u8; 6];
    getrandom::fill(&mut random).map_err(Error::internal)?;
    let [first, second, digits @ ..] = random;
    let word = |random: u8| CODE_WORDS.get(usize::from(random) % CODE_WORDS.len()).copied().unwrap_or_default();
    Ok(format!("{}-{}-{:08}", word(first), word(second), u32::from_le_bytes(digits) % NUMBERS))
}

/// The agent's code that works at `now`.
///
/// # Errors
/// [`Error::Invalid`] where there is none.
pub fn code_of(conn: &mut Connection, account_id: Id, now: Timestamp) -> Result<String> {
    let own = verifications::table.find(account_id).filter(verifications::expires_at.gt(now));
    own.select(verifications::code).first(conn).optional()?.ok_or_else(no_code)
}

fn no_code() -> Error {
    Error::invalid("code", "has been used, has expired or was never asked for: ask for a new one")
}

/// Asks Moltbook who has published `code` in this post or in a comment on it. Where several comments have it, the first to be written
/// counts: a code is public from then on.
///
/// # Errors
/// [`Error::Invalid`] where there is no such post, or no code in it; [`Error::UpstreamUnavailable`] as Moltbook says.
pub async fn publisher(moltbook: &Client, post_id: &PostId, code: &str) -> Result<Text> {
    let holds = |text: &str| text.to_lowercase().contains(code);
    let no_post = || Error::invalid("post_id", "is no post on Moltbook");
    let post = moltbook.post(post_id).await?.ok_or_else(no_post)?;
    let author = if holds(&post.title) || holds(&post.content) {
        post.author
    } else {
        let comments = moltbook.comments(post_id).await?.ok_or_else(no_post)?;
        let age = |comment: &Comment| (comment.created_at.is_none(), comment.created_at);
        let first = comments.into_iter().filter(|comment| holds(&comment.content)).min_by_key(age);
        let first = first
            .ok_or_else(|| Error::invalid("post_id", "is a post that holds the code neither itself nor in a comment"));
        first?.author
    };
    // Who is not named cannot be linked, and that is not the agent's fault.
    let named = author.and_then(|name| Text::parse("author", &name, 1..=LONGEST_NAME).ok());
    named.ok_or(Error::UpstreamUnavailable("Moltbook"))
}

/// Uses up `code`, which works at `now`, and links the agent to the account on Moltbook that has published it.
///
/// # Errors
/// [`Error::Invalid`] where the code works no more: it was used, or another was asked for. [`Error::Taken`] where the account on
/// Moltbook belongs to another agent.
pub fn link(tx: &mut Transaction<'_>, account_id: Id, code: &str, username: &Text, now: Timestamp) -> Result<()> {
    let own = verifications::table.find(account_id);
    let works = verifications::code.eq(code).and(verifications::expires_at.gt(now));
    if diesel::delete(own.filter(works)).execute(tx.conn())? == 0 {
        return Err(no_code());
    }
    // Of two agents at the same moment the unique index lets one through. What is the same name but for its case is folded here: the
    // databases differ in that.
    let key = username.as_str().to_lowercase();
    let linked = diesel::update(accounts::table.find(account_id))
        .set((accounts::moltbook_username.eq(Some(username)), accounts::moltbook_key.eq(Some(key))))
        .execute(tx.conn());
    match linked {
        Ok(_) => Ok(()),
        Err(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            Err(Error::Taken(Noun::MoltbookAccount))
        }
        Err(error) => Err(error.into()),
    }
}

/// Lets the agent have no account on Moltbook any more. Again it changes nothing.
pub fn unlink(tx: &mut Transaction<'_>, account_id: Id) -> Result<()> {
    diesel::update(accounts::table.find(account_id))
        .set((accounts::moltbook_username.eq(None::<&str>), accounts::moltbook_key.eq(None::<&str>)))
        .execute(tx.conn())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_code_is_two_words_and_eight_digits() {
        let codes: BTreeSet<String> = (0..100).map(|_| new_code().unwrap()).collect();
        assert!(codes.len() > 95, "codes come again");
        for code in codes {
            let [first, second, digits] = code.split('-').collect::<Vec<_>>()[..] else { panic!("{code}") };
            assert!(CODE_WORDS.contains(&first) && CODE_WORDS.contains(&second), "{code}");
            assert!(digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_digit()), "{code}");
            assert_eq!(code.to_lowercase(), code, "it is looked for in lower case");
        }
    }
}
