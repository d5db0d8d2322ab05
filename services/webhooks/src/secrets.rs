//! The secrets of webhooks: kept sealed, changed, and for a day used beside the one that comes after.

use diesel::prelude::*;
use models::error::Noun;
use models::schema::webhooks;
use models::{Error, Id, Result, Timestamp, Transaction};
use web::vault::{Kind, Vault};

use crate::signature::{Secret, Signer};
use crate::webhooks::lock_all;

/// For how many seconds a secret that was changed is signed with beside its successor. Source: the contract.
const OVERLAP: i64 = 24 * 3_600;

/// The secrets of a webhook as they are kept.
#[derive(Clone, Debug, Default, Eq, PartialEq, Queryable, Selectable)]
#[diesel(table_name = webhooks)]
pub struct Sealed {
    sealed_secret: Vec<u8>,
    previous_sealed_secret: Option<Vec<u8>>,
    rotated_at: Option<Timestamp>,
}

impl Sealed {
    /// What signs an attempt at `now`.
    ///
    /// # Errors
    /// [`Error::Internal`] for what was sealed under another key.
    pub fn open(&self, vault: &Vault, now: Timestamp) -> Result<Signer> {
        let open = |sealed: &[u8]| Secret::parse(vault.open_text(Kind::WebhookSecret, sealed)?);
        let is_recent = self.rotated_at.is_some_and(|at| now < at.plus_seconds(OVERLAP));
        let previous = self.previous_sealed_secret.as_deref().filter(|_| is_recent);
        Ok(Signer::new(open(&self.sealed_secret)?, previous.map(open).transpose()?))
    }
}

/// `secret` as it is kept.
///
/// # Errors
/// [`Error::Internal`] when the system has no randomness to give.
pub fn seal(vault: &Vault, secret: &Secret) -> Result<Vec<u8>> {
    vault.seal(Kind::WebhookSecret, secret.expose().as_bytes())
}

/// Gives the account's webhook with this id a new secret, or all of its webhooks the same new one. What they had until now is the one
/// before; what was before that counts no more.
///
/// # Errors
/// [`Error::NotFound`] where the account has no such webhook, or none at all.
pub fn rotate(
    tx: &mut Transaction<'_>,
    vault: &Vault,
    account_id: Id,
    webhook_id: Option<Id>,
    now: Timestamp,
) -> Result<Secret> {
    let own = lock_all(tx, account_id)?.into_iter().map(|webhook| webhook.id);
    let named: Vec<Id> = own.filter(|&id| webhook_id.is_none_or(|wanted| wanted == id)).collect();
    if named.is_empty() {
        return Err(Error::NotFound(Noun::Webhook));
    }
    let secret = Secret::generate()?;
    diesel::update(webhooks::table.filter(webhooks::id.eq_any(named)))
        .set((
            webhooks::previous_sealed_secret.eq(webhooks::sealed_secret.nullable()),
            webhooks::sealed_secret.eq(seal(vault, &secret)?),
            webhooks::rotated_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(secret)
}
