//! Webhooks: who is told where, of what.

use diesel::prelude::*;
use models::error::Noun;
use models::json::Strings;
use models::schema::{accounts, webhooks};
use models::{Connection, Error, Id, Result, Timestamp, Transaction};
use web::vault::{Kind as Sealed, Vault};

use crate::endpoint::Endpoint;
use crate::signature::Secret;
use crate::subscription::{Kind, Subscription};

/// How many an agent may have.
const MOST: u32 = 5;

/// A webhook as its owner sees it.
#[derive(Clone, Debug, Queryable, Selectable)]
pub struct Webhook {
    /// Its id.
    pub id: Id,
    /// Where deliveries go, as it was registered.
    pub url: String,
    /// What it asks for.
    pub events: Strings,
    /// Whether deliveries go there at present.
    pub active: bool,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// What a registration leads to.
#[derive(Debug)]
pub struct Registered {
    /// The webhook.
    pub webhook: Webhook,
    /// Its secret, shown once; `None` where the URL was registered before.
    pub secret: Option<Secret>,
}

/// Registers `endpoint` for an account. Where it has that URL already, what it asks for is replaced, its secret stays, and it
/// is active again.
///
/// # Errors
/// [`Error::Full`] where the account has as many as it may.
pub fn register(
    tx: &mut Transaction<'_>,
    vault: &Vault,
    account_id: Id,
    (endpoint, subscription): (&Endpoint, &Subscription),
    now: Timestamp,
) -> Result<Registered> {
    lock_account(tx, account_id)?;
    let existing = list(tx.conn(), account_id)?;
    let known = existing.iter().find(|webhook| endpoint.is(&webhook.url));
    let events = Strings::from(subscription.clone());
    let wants_new_agents = subscription.includes(Kind::NewAgent);
    if let Some(known) = known {
        let webhook = diesel::update(webhooks::table.find(known.id))
            .set((
                webhooks::events.eq(events),
                webhooks::wants_new_agents.eq(wants_new_agents),
                webhooks::active.eq(true),
            ))
            .returning(Webhook::as_returning())
            .get_result(tx.conn())?;
        return Ok(Registered { webhook, secret: None });
    }
    if existing.len() >= usize::try_from(MOST).unwrap_or(usize::MAX) {
        return Err(Error::Full { maximum: MOST, things: "webhooks" });
    }
    let secret = Secret::generate()?;
    let webhook = diesel::insert_into(webhooks::table)
        .values((
            webhooks::id.eq(Id::at(now)),
            webhooks::account_id.eq(account_id),
            webhooks::url.eq(endpoint.as_str()),
            webhooks::host.eq(endpoint.host()),
            webhooks::events.eq(events),
            webhooks::sealed_secret.eq(vault.seal(Sealed::WebhookSecret, secret.expose().as_bytes())?),
            webhooks::active.eq(true),
            webhooks::wants_new_agents.eq(wants_new_agents),
            webhooks::created_at.eq(now),
        ))
        .returning(Webhook::as_returning())
        .get_result(tx.conn())?;
    Ok(Registered { webhook, secret: Some(secret) })
}

/// Lets the registrations of one account come one after another: writing a row, even what it holds already, locks it until
/// the transaction ends. So each counts those before it.
fn lock_account(tx: &mut Transaction<'_>, account_id: Id) -> Result<()> {
    let locked = diesel::update(accounts::table.find(account_id))
        .set(accounts::is_system.eq(accounts::is_system))
        .execute(tx.conn())?;
    if locked == 0 { Err(Error::NotFound(Noun::Agent)) } else { Ok(()) }
}

/// An account's webhooks, newest first.
pub fn list(conn: &mut Connection, account_id: Id) -> Result<Vec<Webhook>> {
    Ok(webhooks::table
        .filter(webhooks::account_id.eq(account_id))
        .order(webhooks::id.desc())
        .select(Webhook::as_select())
        .load(conn)?)
}

/// The account's webhook with this id.
///
/// # Errors
/// [`Error::NotFound`] where it has none.
pub fn owned_by(conn: &mut Connection, account_id: Id, id: Id) -> Result<Webhook> {
    webhooks::table
        .find(id)
        .filter(webhooks::account_id.eq(account_id))
        .select(Webhook::as_select())
        .first(conn)
        .optional()?
        .ok_or(Error::NotFound(Noun::Webhook))
}

/// Deletes the account's webhook with this id, and everything that waits to be delivered to it.
///
/// # Errors
/// [`Error::NotFound`] where it has none.
pub fn delete(tx: &mut Transaction<'_>, account_id: Id, id: Id) -> Result<()> {
    let deleted =
        diesel::delete(webhooks::table.find(id).filter(webhooks::account_id.eq(account_id))).execute(tx.conn())?;
    if deleted == 0 { Err(Error::NotFound(Noun::Webhook)) } else { Ok(()) }
}
