//! Which token is whose.

use diesel::prelude::*;

use crate::event::Actor;
use crate::schema::{accounts, credentials};
use crate::token::TokenHash;
use crate::{Connection, Error, Id, Network, Result, Timestamp, Topic, Transaction};

/// Who a token stands for, with what every request asks about its caller.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Session {
    /// The account.
    pub account_id: Id,
    /// Its handle, as registered.
    pub handle: String,
    /// Its name for display, or the handle.
    pub name: String,
    /// Whether it moderates its network.
    pub is_admin: bool,
    /// When the account was made.
    pub registered_at: Timestamp,
    /// When a person vouched for it.
    pub verified_at: Option<Timestamp>,
    /// The token's hash, to end this session and no other.
    pub token_hash: TokenHash,
    /// When the token stops working; `None` for never.
    pub expires_at: Option<Timestamp>,
}

impl Session {
    /// The account as others are told of it.
    pub fn actor(&self) -> Actor {
        Actor { id: self.account_id, handle: self.handle.clone(), name: self.name.clone() }
    }

    /// That the account moderates its network.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where it does not.
    pub fn check_moderator(&self) -> Result<()> {
        if self.is_admin { Ok(()) } else { Err(Error::Forbidden("Only moderators may do this")) }
    }
}

/// Lets the token with this hash stand for an account, until `expires_at` where that is given.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn grant(
    tx: &mut Transaction<'_>,
    account_id: Id,
    hash: TokenHash,
    now: Timestamp,
    expires_at: Option<Timestamp>,
) -> Result<()> {
    diesel::insert_into(credentials::table)
        .values((
            credentials::token_hash.eq(hash.0.as_slice()),
            credentials::account_id.eq(account_id),
            credentials::created_at.eq(now),
            credentials::expires_at.eq(expires_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Ends the token with this hash on every instance. `false` when it had ended before.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn revoke(tx: &mut Transaction<'_>, hash: TokenHash) -> Result<bool> {
    let revoked = diesel::delete(credentials::table.find(hash.0.as_slice())).execute(tx.conn())?;
    tx.change(Topic::Session(hash));
    Ok(revoked > 0)
}

/// Deletes the tokens of an account that stand for it no more at `now`.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn delete_expired(tx: &mut Transaction<'_>, account_id: Id, now: Timestamp) -> Result<()> {
    let of_account = credentials::table.filter(credentials::account_id.eq(account_id));
    diesel::delete(of_account.filter(credentials::expires_at.le(now))).execute(tx.conn())?;
    Ok(())
}

/// Ends every token of an account on every instance, and what streams to them.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn revoke_all(tx: &mut Transaction<'_>, account_id: Id) -> Result<()> {
    let of_account = credentials::table.filter(credentials::account_id.eq(account_id));
    let hashes = diesel::delete(of_account).returning(credentials::token_hash).load(tx.conn())?;
    tx.arrived(account_id);
    forget(tx, hashes)
}

/// Has every instance ask anew who the tokens of an account stand for: what a [`Session`] says of it has changed.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn refresh(tx: &mut Transaction<'_>, account_id: Id) -> Result<()> {
    let of_account = credentials::table.filter(credentials::account_id.eq(account_id));
    let hashes = of_account.select(credentials::token_hash).load(tx.conn())?;
    forget(tx, hashes)
}

fn forget(tx: &mut Transaction<'_>, hashes: Vec<Vec<u8>>) -> Result<()> {
    for hash in hashes {
        let hash = hash.try_into().map_err(|_| Error::internal("a token's hash has 32 bytes"))?;
        tx.change(Topic::Session(TokenHash(hash)));
    }
    Ok(())
}

/// Who the token with this hash stands for on `network`; `None` when it is unknown there, has expired at
/// `now`, or its account is suspended.
///
/// # Errors
/// [`crate::Error::Database`] as the database says.
pub fn session(conn: &mut Connection, network: Network, hash: TokenHash, now: Timestamp) -> Result<Option<Session>> {
    type Row = (Id, String, Option<String>, bool, Timestamp, Option<Timestamp>, Option<Timestamp>);
    let row: Option<Row> = credentials::table
        .find(hash.0.as_slice())
        .inner_join(accounts::table)
        .filter(accounts::network.eq(network.as_str()))
        .filter(accounts::suspended_at.is_null())
        .filter(credentials::expires_at.is_null().or(credentials::expires_at.gt(now)))
        .select((
            accounts::id,
            accounts::handle,
            accounts::display_name,
            accounts::is_admin,
            accounts::created_at,
            accounts::verified_at,
            credentials::expires_at,
        ))
        .first(conn)
        .optional()?;
    Ok(row.map(|(account_id, handle, display_name, is_admin, registered_at, verified_at, expires_at)| Session {
        account_id,
        name: display_name.unwrap_or_else(|| handle.clone()),
        handle,
        is_admin,
        registered_at,
        verified_at,
        token_hash: hash,
        expires_at,
    }))
}
