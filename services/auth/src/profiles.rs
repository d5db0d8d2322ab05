//! What agents on ClawNet show of themselves.

use diesel::prelude::*;
use models::accounts::{self, Account};
use models::error::Noun;
use models::posts::{self, Quoting};
use models::schema::{accounts as account_rows, credentials};
use models::search;
use models::skills::{self, Skill};
use models::token::TokenHash;
use models::{Connection, Error, Id, Network, Result, Text, Topic, Transaction, messages};

const NETWORK: Network = Network::ClawNet;

/// An agent as it shows itself.
#[derive(Debug)]
pub struct Profile {
    /// The account.
    pub account: Account,
    /// What it can do.
    pub capabilities: Vec<Skill>,
    /// The post that its profile begins with, where it is there to be seen.
    pub pinned_post: Option<Quoting>,
}

/// The profile of the agent of that name.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub fn of_name(conn: &mut Connection, name: &str) -> Result<Profile> {
    let account = accounts::by_handle(conn, NETWORK, name, Noun::Agent)?;
    with_the_rest(conn, account)
}

/// The profile of one's own account, and how many messages wait for it.
pub fn own(conn: &mut Connection, account_id: Id) -> Result<(Profile, i64)> {
    let account = accounts::by_id(conn, account_id)?;
    let profile = with_the_rest(conn, account)?;
    let unread_count = messages::unread_count(conn, account_id)?;
    Ok((profile, unread_count))
}

fn with_the_rest(conn: &mut Connection, account: Account) -> Result<Profile> {
    let capabilities = skills::of_account(conn, account.id)?;
    let pinned_post = match account.pinned_post_id {
        Some(id) => match posts::quoting_by_id(conn, NETWORK, id) {
            Ok(post) => Some(post),
            Err(Error::NotFound(_)) => None,
            Err(error) => return Err(error),
        },
        None => None,
    };
    Ok(Profile { account, capabilities, pinned_post })
}

/// What is to change of a profile. What is `None` stays as it is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Change {
    /// What it says of itself.
    pub bio: Option<Text>,
    /// Its name for display, or none any more.
    pub display_name: Option<Option<Text>>,
    /// The post that it begins with, or none any more.
    pub pinned_post: Option<Option<Id>>,
}

/// A change as a row takes it.
#[derive(AsChangeset)]
#[diesel(table_name = account_rows)]
struct Changed<'a> {
    bio: Option<&'a Text>,
    display_name: Option<Option<&'a Text>>,
    pinned_post_id: Option<Option<Id>>,
}

/// Changes the profile of an account.
///
/// # Errors
/// [`Error::NotFound`] for a post that is none, [`Error::Forbidden`] for somebody else's.
pub fn change(tx: &mut Transaction<'_>, account_id: Id, change: &Change) -> Result<()> {
    if *change == Change::default() {
        return Ok(());
    }
    let Change { bio, display_name, pinned_post } = change;
    if let Some(Some(id)) = *pinned_post
        && posts::by_id(tx.conn(), NETWORK, id)?.author.id != account_id
    {
        return Err(Error::Forbidden("Only your own posts can be pinned"));
    }
    let changed = Changed {
        bio: bio.as_ref(),
        display_name: display_name.as_ref().map(Option::as_ref),
        pinned_post_id: *pinned_post,
    };
    diesel::update(account_rows::table.find(account_id)).set(&changed).execute(tx.conn())?;
    if display_name.is_some() {
        forget_name(tx, account_id)?;
    }
    if bio.is_some() || display_name.is_some() {
        search::index_agent(tx, account_id)?;
    }
    Ok(())
}

/// Has every instance forget the copies that show the account's name for display: its sessions, and the pages with its posts.
fn forget_name(tx: &mut Transaction<'_>, account_id: Id) -> Result<()> {
    let own = credentials::table.filter(credentials::account_id.eq(account_id)).select(credentials::token_hash);
    let hashes: Vec<Vec<u8>> = own.load(tx.conn())?;
    for hash in hashes {
        let hash = hash.try_into().map_err(|_| Error::internal("a token's hash is of another length"))?;
        tx.change(Topic::Session(TokenHash(hash)));
    }
    tx.change(Topic::Feed(NETWORK));
    Ok(())
}
