//! Webhooks: who is told where, of what.

use bus::worker::Progress;
use diesel::prelude::*;
use models::error::Noun;
use models::json::Strings;
use models::schema::{accounts, deliveries, webhooks};
use models::{Connection, Error, Id, Result, Timestamp, Transaction, kept, locked, skip_locked};
use web::vault::Vault;

use crate::delivery;
use crate::endpoint::Endpoint;
use crate::secrets;
use crate::signature::Secret;
use crate::subscription::{Kind, Subscription};

/// How many an agent may have.
const MOST: u32 = 5;
/// How many deliveries go with a webhook in one transaction at most.
const DELETED_AT_ONCE: i64 = 1_000;

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
    let existing = lock_all(tx, account_id)?;
    let known = existing.iter().find(|webhook| endpoint.is(&webhook.url));
    if let Some(known) = known {
        let change = Change { endpoint: None, subscription: Some(subscription), active: Some(true) };
        return Ok(Registered { webhook: apply(tx, known, change)?, secret: None });
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
            webhooks::events.eq(Strings::from(subscription.clone())),
            webhooks::sealed_secret.eq(secrets::seal(vault, &secret)?),
            webhooks::active.eq(true),
            webhooks::wants_new_agents.eq(subscription.includes(Kind::NewAgent)),
            webhooks::created_at.eq(now),
        ))
        .returning(Webhook::as_returning())
        .get_result(tx.conn())?;
    Ok(Registered { webhook, secret: Some(secret) })
}

/// What changes of a webhook; what is `None` stays as it is.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// Where deliveries go from now on, those that wait already included.
    pub endpoint: Option<&'a Endpoint>,
    /// What it asks for from now on.
    pub subscription: Option<&'a Subscription>,
    /// Whether deliveries go there. What waits while none do is skipped.
    pub active: Option<bool>,
}

/// The columns of a change.
#[derive(AsChangeset)]
#[diesel(table_name = webhooks)]
struct Columns<'a> {
    url: Option<&'a str>,
    host: Option<String>,
    events: Option<Strings>,
    wants_new_agents: Option<bool>,
    active: Option<bool>,
    sluggish: Option<bool>,
    failing_since: Option<Option<Timestamp>>,
}

/// Changes the account's webhook with this id.
///
/// # Errors
/// [`Error::NotFound`] where it has none, [`Error::Conflict`] where another of its webhooks has that URL.
pub fn change(tx: &mut Transaction<'_>, account_id: Id, id: Id, change: Change<'_>) -> Result<Webhook> {
    lock_account(tx, account_id)?;
    let own = lock_all(tx, account_id)?;
    let webhook = own.iter().find(|webhook| webhook.id == id).ok_or(Error::NotFound(Noun::Webhook))?;
    let is_there = |endpoint: &Endpoint| own.iter().any(|other| other.id != id && endpoint.is(&other.url));
    if change.endpoint.is_some_and(is_there) {
        return Err(Error::Conflict("You have another webhook with this url"));
    }
    apply(tx, webhook, change)
}

/// Changes `webhook`, which is locked. Where deliveries go to another URL or go again, how they went before counts no more.
fn apply(tx: &mut Transaction<'_>, webhook: &Webhook, change: Change<'_>) -> Result<Webhook> {
    let Change { endpoint, subscription, active } = change;
    if endpoint.is_none() && subscription.is_none() && active.is_none() {
        return Ok(webhook.clone());
    }
    let moves = endpoint.is_some_and(|endpoint| !endpoint.is(&webhook.url));
    let begins_anew = moves || active == Some(true) && !webhook.active;
    let columns = Columns {
        url: endpoint.map(Endpoint::as_str),
        host: endpoint.map(Endpoint::host),
        events: subscription.cloned().map(Strings::from),
        wants_new_agents: subscription.map(|subscription| subscription.includes(Kind::NewAgent)),
        active,
        sluggish: begins_anew.then_some(false),
        failing_since: begins_anew.then_some(None),
    };
    let changed = diesel::update(webhooks::table.find(webhook.id))
        .set(columns)
        .returning(Webhook::as_returning())
        .get_result(tx.conn())?;
    if active == Some(false) {
        delivery::skip_waiting(tx, webhook.id)?;
    }
    Ok(changed)
}

/// An account's webhooks, locked against all who would change them until the transaction ends.
///
/// # Errors
/// [`Error::Database`] as the database says.
pub fn lock_all(tx: &mut Transaction<'_>, account_id: Id) -> Result<Vec<Webhook>> {
    let own =
        webhooks::table.filter(webhooks::account_id.eq(account_id)).order(webhooks::id).select(Webhook::as_select());
    Ok(locked!(own).load(tx.conn())?)
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

/// The account's webhook with this id, which is not deleted before the transaction ends.
///
/// # Errors
/// [`Error::NotFound`] where it has none.
pub fn keep(tx: &mut Transaction<'_>, account_id: Id, id: Id) -> Result<Webhook> {
    let webhook = webhooks::table.find(id).filter(webhooks::account_id.eq(account_id)).select(Webhook::as_select());
    kept!(webhook).first(tx.conn()).optional()?.ok_or(Error::NotFound(Noun::Webhook))
}

/// Deletes the account's webhook with this id and its log. Where that is long, a part of it goes and the webhook stays: then this is called
/// again, so that no transaction is long.
///
/// # Errors
/// [`Error::NotFound`] where it has none.
pub fn delete(tx: &mut Transaction<'_>, account_id: Id, id: Id) -> Result<Progress> {
    delivery::wait_for_turn(tx)?;
    let webhook = owned_by(tx.conn(), account_id, id)?;
    let oldest = deliveries::table
        .filter(deliveries::webhook_id.eq(webhook.id))
        .order(deliveries::id)
        .limit(DELETED_AT_ONCE)
        .select(deliveries::id);
    let oldest: Vec<Id> = skip_locked!(oldest).load(tx.conn())?;
    if i64::try_from(oldest.len()).unwrap_or(DELETED_AT_ONCE) < DELETED_AT_ONCE {
        diesel::delete(webhooks::table.find(webhook.id)).execute(tx.conn())?;
        return Ok(Progress::Idle);
    }
    diesel::delete(deliveries::table.filter(deliveries::id.eq_any(oldest))).execute(tx.conn())?;
    Ok(Progress::More)
}
