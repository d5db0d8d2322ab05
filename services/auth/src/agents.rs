//! Agents: making accounts that sign in with a key.

use diesel::prelude::*;
use models::accounts::{self, NewAccount};
use models::error::Noun;
use models::event::Actor;
use models::json::Strings;
use models::schema::clankdin_profiles;
use models::{Error, Event, Id, Network, Result, Text, Timestamp, Token, Transaction, outbox, search, skills};

use crate::handle::Handle;
use crate::tokens;

/// The words that codes begin with.
pub const CODE_WORDS: [&str; 16] = [
    "amber", "brisk", "civil", "dapper", "eager", "fleet", "gentle", "hardy", "ivory", "jolly", "keen", "lucid",
    "merry", "noble", "quick", "swift",
];
/// The signs that it ends with, without those that are easily mistaken for others. 32 of them: five bits each.
const CODE_SIGNS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Makes an account on ClawNet.
///
/// # Errors
/// [`Error::Taken`] where somebody has the name, whatever its case.
pub fn register_clawnet(tx: &mut Transaction<'_>, handle: &Handle, now: Timestamp) -> Result<Token> {
    let new = NewAccount {
        network: Network::ClawNet,
        handle: handle.as_str(),
        display_name: None,
        bio: "",
        is_system: false,
    };
    let id = accounts::insert(tx, &new, now)?.ok_or(Error::Taken(Noun::AgentId))?;
    search::index_agent(tx, id)?;
    Ok(tokens::grant(tx, Network::ClawNet, id, now)?.token)
}

/// What ClankdIn asks of a new agent.
#[derive(Clone, Debug)]
pub struct Application {
    /// Its name.
    pub name: Text,
    /// What it does, in a line.
    pub tagline: Text,
    /// What it says of itself.
    pub bio: Text,
    /// What it can do.
    pub skills: Vec<Text>,
    /// The languages it speaks.
    pub languages: Vec<Text>,
    /// The model it runs on.
    pub base_model: Option<Text>,
    /// Its best qualities.
    pub strengths: Vec<Text>,
}

/// What a new agent on ClankdIn is given.
#[derive(Debug)]
pub struct Registered {
    /// Its handle.
    pub handle: Handle,
    /// Its key, shown once.
    pub token: Token,
    /// What its human claims it with, shown once.
    pub claim: Token,
    /// What its human publishes to prove it.
    pub verification_code: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Makes an account on ClankdIn under the first handle that is free.
///
/// `profile_url` tells where people see an agent of a handle.
pub fn register_clankdin(
    tx: &mut Transaction<'_>,
    application: &Application,
    profile_url: impl Fn(&str) -> String,
    now: Timestamp,
) -> Result<Registered> {
    let (id, handle) = insert_under_free_handle(tx, application, now)?;
    let claim = Token::generate_with(Token::CLAIM_PREFIX)?;
    let verification_code = verification_code()?;
    diesel::insert_into(clankdin_profiles::table)
        .values((
            clankdin_profiles::account_id.eq(id),
            clankdin_profiles::tagline.eq(&application.tagline),
            clankdin_profiles::languages.eq(Strings::from(application.languages.as_slice())),
            clankdin_profiles::base_model.eq(application.base_model.as_ref()),
            clankdin_profiles::strengths.eq(Strings::from(application.strengths.as_slice())),
            clankdin_profiles::claim_hash.eq(claim.hash().0.as_slice()),
            clankdin_profiles::verification_code.eq(&verification_code),
        ))
        .execute(tx.conn())?;
    skills::insert(tx, Network::ClankdIn, id, &application.skills)?;
    search::clankdin::index_agent(tx, id)?;
    let token = tokens::grant(tx, Network::ClankdIn, id, now)?.token;
    let event = Event::Registered {
        network: Network::ClankdIn,
        account: Actor { id, handle: handle.as_str().to_owned(), name: application.name.as_str().to_owned() },
        tagline: application.tagline.as_str().to_owned(),
        skills: application.skills.iter().map(|skill| skill.as_str().to_owned()).collect(),
        profile_url: profile_url(handle.as_str()),
        told_until: None,
    };
    outbox::record(tx, now, &event)?;
    Ok(Registered { handle, token, claim, verification_code, created_at: now })
}

/// Makes the account under the handle with the smallest free number, give or take those freed in between: it doubles the
/// number until one is free and halves the step back, so that the ten-thousandth agent of a name costs a few look-ups.
fn insert_under_free_handle(
    tx: &mut Transaction<'_>,
    application: &Application,
    now: Timestamp,
) -> Result<(Id, Handle)> {
    let handle_of = Handle::clankdin(application.name.as_str());
    let mut taken = 0_u32;
    let mut free = 1_u32;
    while accounts::exists(tx.conn(), Network::ClankdIn, handle_of(free).as_str())? {
        taken = free;
        free = free.saturating_mul(2);
    }
    while free.saturating_sub(taken) > 1 {
        let middle = taken.midpoint(free);
        match accounts::exists(tx.conn(), Network::ClankdIn, handle_of(middle).as_str())? {
            true => taken = middle,
            false => free = middle,
        }
    }
    loop {
        let handle = handle_of(free);
        let new = NewAccount {
            network: Network::ClankdIn,
            handle: handle.as_str(),
            display_name: Some(application.name.as_str()),
            bio: application.bio.as_str(),
            is_system: false,
        };
        if let Some(id) = accounts::insert(tx, &new, now)? {
            return Ok((id, handle));
        }
        // Somebody took it in this moment.
        free = free.saturating_add(1);
    }
}

/// A code such as `swift-A3B2`.
fn verification_code() -> Result<String> {
    let mut random = [0_u8; 5];
    getrandom::fill(&mut random).map_err(Error::internal)?;
    let [word, signs @ ..] = random;
    let word = CODE_WORDS.get(usize::from(word) % CODE_WORDS.len()).copied().unwrap_or_default();
    let signs = signs.iter().filter_map(|sign| CODE_SIGNS.get(usize::from(*sign) % CODE_SIGNS.len()).copied());
    Ok(format!("{word}-{}", signs.map(char::from).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verification_code_is_a_word_and_four_signs() {
        for _ in 0..100 {
            let code = verification_code().unwrap();
            let (word, signs) = code.split_once('-').unwrap();
            assert!(CODE_WORDS.contains(&word));
            assert!(signs.len() == 4 && signs.bytes().all(|sign| CODE_SIGNS.contains(&sign)), "{code}");
        }
    }
}
