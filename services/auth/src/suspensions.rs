//! Accounts of Clankspace that moderators take out of sight, and bring back. Nothing of such an account is deleted but its sessions, and
//! the counters of others stay as they are: what it did counts again as soon as it is back.

use diesel::prelude::*;
use models::accounts;
use models::audit::{self, Action};
use models::error::Noun;
use models::schema::{accounts as account_rows, addresses};
use models::{Error, Id, Network, Result, Timestamp, Topic, Transaction, credentials};
use web::vault::{Kind, Vault};

use crate::mail::{self, Mail};

const NETWORK: Network = Network::Clankspace;

/// Suspends the account of that name for `moderator`, or for the operator where there is none: its sessions end everywhere, nobody sees
/// it or its posts any more, and its owner is told by mail. Again it changes nothing. Returns the name as registered.
///
/// # Errors
/// [`Error::NotFound`] for an unknown name, [`Error::Invalid`] for the moderator's own, [`Error::Forbidden`] for another moderator's,
/// which only the operator may suspend, [`Error::Conflict`] for the network's own account.
pub fn suspend(
    tx: &mut Transaction<'_>,
    vault: &Vault,
    moderator: Option<Id>,
    name: &str,
    now: Timestamp,
) -> Result<String> {
    let account = Account::hold(tx, moderator, name)?;
    if account.is_system {
        return Err(Error::Conflict("The network's own account cannot be suspended"));
    }
    if account.suspended_at.is_none() {
        account.change(tx, Some(now))?;
        credentials::revoke_all(tx, account.id)?;
        account.tell(tx, vault, Mail::suspension, now)?;
        audit::record(tx, NETWORK, moderator, (Action::Suspend, account.id), now)?;
    }
    Ok(account.handle)
}

/// Lifts the suspension of the account of that name for `moderator`, or for the operator where there is none: everything of it is seen
/// again, and its owner is told by mail. Where it is not suspended, nothing changes. Returns the name as registered.
///
/// # Errors
/// [`Error::NotFound`] for an unknown name, [`Error::Invalid`] for the moderator's own, [`Error::Forbidden`] for another moderator's,
/// which only the operator may have suspended.
pub fn lift(
    tx: &mut Transaction<'_>,
    vault: &Vault,
    moderator: Option<Id>,
    name: &str,
    now: Timestamp,
) -> Result<String> {
    let account = Account::hold(tx, moderator, name)?;
    if account.suspended_at.is_some() {
        account.change(tx, None)?;
        account.tell(tx, vault, Mail::lifting, now)?;
        audit::record(tx, NETWORK, moderator, (Action::Lift, account.id), now)?;
    }
    Ok(account.handle)
}

/// What decides whether an account may be suspended.
#[derive(Queryable)]
struct Account {
    id: Id,
    handle: String,
    is_admin: bool,
    is_system: bool,
    suspended_at: Option<Timestamp>,
}

impl Account {
    /// The account of that name as it stays until the transaction ends, where `moderator` may suspend it.
    fn hold(tx: &mut Transaction<'_>, moderator: Option<Id>, name: &str) -> Result<Self> {
        let key = accounts::wanted_key(name, Noun::User)?;
        let named = account_rows::table
            .filter(account_rows::network.eq(NETWORK.as_str()))
            .filter(account_rows::handle_key.eq(key))
            .select((
                account_rows::id,
                account_rows::handle,
                account_rows::is_admin,
                account_rows::is_system,
                account_rows::suspended_at,
            ));
        let account: Self = models::locked!(named).first(tx.conn()).optional()?.ok_or(Error::NotFound(Noun::User))?;
        match moderator {
            Some(moderator) if moderator == account.id => {
                Err(Error::invalid("username", "must be somebody else's: nobody suspends themselves"))
            }
            Some(_) if account.is_admin => Err(Error::Forbidden("Only the operator may suspend a moderator")),
            _ => Ok(account),
        }
    }

    fn change(&self, tx: &mut Transaction<'_>, suspended_at: Option<Timestamp>) -> Result<()> {
        diesel::update(account_rows::table.find(self.id))
            .set(account_rows::suspended_at.eq(suspended_at))
            .execute(tx.conn())?;
        tx.change(Topic::Feed(NETWORK));
        Ok(())
    }

    /// Tells the owner with the mail that `write` makes for an address and a name.
    fn tell(
        &self,
        tx: &mut Transaction<'_>,
        vault: &Vault,
        write: fn(&str, &str) -> Mail,
        now: Timestamp,
    ) -> Result<()> {
        let sealed = addresses::table.find(self.id).select(addresses::sealed_address);
        let Some(sealed) = sealed.first::<Vec<u8>>(tx.conn()).optional()? else { return Ok(()) };
        let address = vault.open_text(Kind::Address, &sealed)?;
        mail::enqueue(tx, vault, &write(&address, &self.handle), now)
    }
}
