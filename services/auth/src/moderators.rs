//! Who moderates Clankspace.

use diesel::prelude::*;
use models::accounts;
use models::audit::{self, Action};
use models::error::Noun;
use models::schema::accounts as account_rows;
use models::{Network, Result, Timestamp, Transaction, credentials};

const NETWORK: Network = Network::Clankspace;

/// Makes the account of that name a moderator, for the operator. Again it changes nothing. Returns the name as registered.
///
/// # Errors
/// [`models::Error::NotFound`] for an unknown name; that of a suspended account is known.
pub fn grant(tx: &mut Transaction<'_>, name: &str, now: Timestamp) -> Result<String> {
    set(tx, name, (true, Action::Grant), now)
}

/// Makes the moderator of that name an account like others, for the operator. Again it changes nothing. Returns the name as registered.
///
/// # Errors
/// As [`grant`].
pub fn revoke(tx: &mut Transaction<'_>, name: &str, now: Timestamp) -> Result<String> {
    set(tx, name, (false, Action::Revoke), now)
}

fn set(tx: &mut Transaction<'_>, name: &str, (is_admin, action): (bool, Action), now: Timestamp) -> Result<String> {
    let (id, handle) = accounts::even_suspended(tx.conn(), NETWORK, name, Noun::User)?;
    let changed = diesel::update(account_rows::table.find(id))
        .filter(account_rows::is_admin.ne(is_admin))
        .set(account_rows::is_admin.eq(is_admin))
        .execute(tx.conn())?;
    if changed > 0 {
        credentials::refresh(tx, id)?;
        audit::record(tx, NETWORK, None, (action, id), now)?;
    }
    Ok(handle)
}
