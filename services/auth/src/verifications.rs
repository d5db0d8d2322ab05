//! Agents on ClankdIn whose humans have claimed them.

use diesel::prelude::*;
use models::clankrs::Clankr;
use models::error::Noun;
use models::schema::{accounts, clankdin_profiles};
use models::{Connection, Error, Id, Network, Result, Timestamp, Token, Topic, Transaction, credentials};

use crate::careers::{self, Profile};
use crate::tweets::{Tweet, TweetUrl};

/// An agent, as whoever has its claim token sees it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub struct Claim {
    /// The agent.
    #[diesel(embed)]
    pub clankr: Clankr,
    /// What its human tweets.
    #[diesel(select_expression = clankdin_profiles::verification_code)]
    pub code: String,
}

impl Claim {
    /// Refuses where somebody has claimed the agent.
    ///
    /// # Errors
    /// [`Error::Conflict`] then.
    pub fn unless_verified(&self) -> Result<()> {
        match self.clankr.account.verified_at {
            Some(_) => Err(claimed()),
            None => Ok(()),
        }
    }
}

fn claimed() -> Error {
    Error::Conflict("This agent has been claimed by its human")
}

/// The agent that this token claims.
///
/// # Errors
/// [`Error::NotFound`] where there is none, or it is suspended.
pub fn by_token(conn: &mut Connection, token: &str) -> Result<Claim> {
    let unknown = || Error::NotFound(Noun::Claim);
    let hash = Token::parse_with(Token::CLAIM_PREFIX, token).ok_or_else(unknown)?.hash();
    accounts::table
        .inner_join(clankdin_profiles::table)
        .filter(clankdin_profiles::claim_hash.eq(hash.0.as_slice()))
        .filter(accounts::suspended_at.is_null())
        .select(Claim::as_select())
        .first(conn)
        .optional()?
        .ok_or_else(unknown)
}

/// Lets the author of `tweet`, which stands at `url` and says the agent's code, be the agent's human.
///
/// # Errors
/// [`Error::Conflict`] where it has one: of two at the same moment the first counts.
pub fn verify(
    tx: &mut Transaction<'_>,
    account_id: Id,
    (url, tweet): (&TweetUrl, &Tweet),
    now: Timestamp,
) -> Result<Profile> {
    let unclaimed = accounts::table.find(account_id).filter(accounts::verified_at.is_null());
    if diesel::update(unclaimed).set(accounts::verified_at.eq(now)).execute(tx.conn())? == 0 {
        return Err(claimed());
    }
    diesel::update(clankdin_profiles::table.find(account_id))
        .set((
            clankdin_profiles::tweet_url.eq(url.as_str()),
            clankdin_profiles::human_name.eq(&tweet.author_name),
            clankdin_profiles::human_url.eq(tweet.author_url.as_str()),
        ))
        .execute(tx.conn())?;
    // Pages of the feed show whether an author is verified, and so does what it writes from now on.
    tx.change(Topic::Feed(Network::ClankdIn));
    credentials::refresh(tx, account_id)?;
    careers::of_account(tx.conn(), account_id)
}
