//! The log of deliveries, as the owner of a webhook reads it, and sending one of them anew.

use std::collections::HashMap;

use diesel::prelude::*;
use models::error::Noun;
use models::schema::{deliveries, delivery_attempts, webhooks};
use models::{Connection, Cursor, Error, Id, Page, Queue, Result, Timestamp, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::paging::PageRequest;

use super::lane::Lane;
use crate::webhooks::owned_by;

/// Attempts after which a delivery cannot be sent anew. It bounds what one delivery adds to a page of the log.
const MOST_ATTEMPTS: u32 = 100;

/// How far a delivery is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// It waits for its next attempt, or one is under way.
    Pending,
    /// The receiver has it.
    Delivered,
    /// It was given up after the last attempt, or the receiver is gone.
    Failed,
    /// It was not sent, or not tried again, because its webhook was switched off.
    Skipped,
}

impl DeliveryStatus {
    const ALL: [Self; 4] = [Self::Pending, Self::Delivered, Self::Failed, Self::Skipped];

    /// The word on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

impl TryFrom<String> for DeliveryStatus {
    type Error = Error;

    fn try_from(word: String) -> Result<Self> {
        let unknown = || Error::internal(format!("a delivery cannot be {word:?}"));
        Self::ALL.into_iter().find(|status| status.as_str() == word).ok_or_else(unknown)
    }
}

/// A delivery.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = deliveries)]
pub struct Delivery {
    /// Its id.
    pub id: Id,
    /// The word for what it tells of.
    pub event: String,
    /// How far it is.
    #[diesel(deserialize_as = String)]
    pub status: DeliveryStatus,
    /// When what it tells of happened.
    pub created_at: Timestamp,
    /// When it is tried next; while an attempt is under way, when it would be tried should that one be lost.
    pub next_attempt_at: Option<Timestamp>,
    /// How many attempts it had when it was read.
    pub attempts: i32,
}

/// An attempt, without anything that the receiver has said.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = delivery_attempts)]
pub struct Attempt {
    /// When it began.
    pub created_at: Timestamp,
    /// The status code of the answer, where there was one.
    pub status_code: Option<i32>,
    /// Why there was none, in a word.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
}

/// A delivery with its attempts, the first one first.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The delivery.
    pub delivery: Delivery,
    /// Its attempts.
    pub attempts: Vec<Attempt>,
}

impl Entry {
    /// A delivery with those of its attempts that were over when it was read itself: more may have come before they were.
    fn new(mut attempts: Vec<Attempt>, delivery: Delivery) -> Self {
        attempts.truncate(usize::try_from(delivery.attempts).unwrap_or(0));
        Self { delivery, attempts }
    }
}

/// A page of the log of the account's webhook with this id, newest first: all of it, or what has this status. Three statements, however
/// many there are.
///
/// # Errors
/// [`Error::NotFound`] where the account has no such webhook.
pub fn page(
    conn: &mut Connection,
    account_id: Id,
    webhook_id: Id,
    status: Option<DeliveryStatus>,
    page: PageRequest,
) -> Result<Page<Entry>> {
    let webhook = owned_by(conn, account_id, webhook_id)?;
    let mut query = deliveries::table
        .filter(deliveries::webhook_id.eq(webhook.id))
        .filter(deliveries::id.lt(Cursor::bound_of(page.before)))
        .order(deliveries::id.desc())
        .limit(Page::<Delivery>::fetch(page.limit))
        .select(Delivery::as_select())
        .into_boxed();
    if let Some(status) = status {
        query = query.filter(deliveries::status.eq(status.as_str()));
    }
    let page = Page::from_rows(query.load(conn)?, page.limit, |delivery| delivery.id);
    let mut attempts = attempts(conn, page.items.iter().map(|delivery| delivery.id).collect())?;
    Ok(page.map(|delivery| Entry::new(attempts.remove(&delivery.id).unwrap_or_default(), delivery)))
}

/// The attempts at each of these deliveries.
fn attempts(conn: &mut Connection, ids: Vec<Id>) -> Result<HashMap<Id, Vec<Attempt>>> {
    let rows: Vec<(Id, Attempt)> = delivery_attempts::table
        .filter(delivery_attempts::delivery_id.eq_any(ids))
        .order((delivery_attempts::delivery_id, delivery_attempts::number))
        .select((delivery_attempts::delivery_id, Attempt::as_select()))
        .load(conn)?;
    let mut attempts: HashMap<Id, Vec<Attempt>> = HashMap::new();
    for (id, attempt) in rows {
        attempts.entry(id).or_default().push(attempt);
    }
    Ok(attempts)
}

/// What is asked of a delivery that is to be sent anew.
#[derive(Queryable, Selectable)]
#[diesel(table_name = deliveries)]
struct Wanted {
    event: String,
    attempts: i32,
    #[diesel(deserialize_as = String)]
    status: DeliveryStatus,
}

/// Sends a delivery to one of the account's webhooks anew: the same id, the same bytes, the schedule from its beginning. One that is
/// pending stays as it is.
///
/// # Errors
/// [`Error::NotFound`] for what is no delivery to one of its webhooks, [`Error::Conflict`] where the webhook is switched off,
/// [`Error::Full`] after as many attempts as there may be.
pub fn resend(tx: &mut Transaction<'_>, account_id: Id, id: Id, now: Timestamp) -> Result<Entry> {
    let (wanted, is_active, is_sluggish): (Wanted, bool, bool) = deliveries::table
        .inner_join(webhooks::table)
        .filter(deliveries::id.eq(id))
        .filter(webhooks::account_id.eq(account_id))
        .select((Wanted::as_select(), webhooks::active, webhooks::sluggish))
        .first(tx.conn())
        .optional()?
        .ok_or(Error::NotFound(Noun::Delivery))?;
    if !is_active {
        return Err(Error::Conflict("The webhook is not active"));
    }
    let Wanted { event, attempts: made, status } = wanted;
    if status != DeliveryStatus::Pending {
        if u32::try_from(made).unwrap_or(0) >= MOST_ATTEMPTS {
            return Err(Error::Full { maximum: MOST_ATTEMPTS, things: "attempts at a delivery" });
        }
        // Of two that ask at once, one finds that it is pending.
        diesel::update(deliveries::table.find(id).filter(deliveries::next_attempt_at.is_null()))
            .set((
                deliveries::status.eq(DeliveryStatus::Pending.as_str()),
                deliveries::attempts_before.eq(deliveries::attempts),
                deliveries::lane.eq(Lane::of(&event, is_sluggish).number()),
                deliveries::next_attempt_at.eq(now),
            ))
            .execute(tx.conn())?;
        tx.wake(Queue::Deliveries);
    }
    // The webhook may have been deleted since, and the delivery with it.
    let delivery = deliveries::table.find(id).select(Delivery::as_select()).first(tx.conn()).optional()?;
    let delivery = delivery.ok_or(Error::NotFound(Noun::Delivery))?;
    Ok(Entry::new(attempts(tx.conn(), vec![id])?.remove(&id).unwrap_or_default(), delivery))
}
