//! `POST /webhooks/ID/test`, `GET /webhooks/ID/deliveries`, `POST /webhooks/deliveries/ID/resend`.

use models::error::Noun;
use models::{Id, Page, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::clankdin::wanted_id;
use web::paging::{Limit, NextPage};
use web::{Account, Answer, ClankdIn, Data, Json, PageQuery, Path, Query};

use crate::delivery;
use crate::delivery::log::{self, DeliveryStatus, Entry};

/// How many deliveries a page has.
const LIMIT: Limit = Limit { default: 20, maximum: 100 };

#[derive(Serialize, ToSchema)]
struct Attempt {
    /// When it began.
    at: Timestamp,
    /// The status code of the receiver's answer; null where none came.
    status_code: Option<i32>,
    /// Why none came: `timeout`, `connect`, `dns`, `tls`, `refused_address`, `protocol` or `internal`.
    error: Option<String>,
    duration_ms: i64,
}

impl From<log::Attempt> for Attempt {
    fn from(attempt: log::Attempt) -> Self {
        let log::Attempt { created_at, status_code, error, duration_ms } = attempt;
        Self { at: created_at, status_code, error, duration_ms }
    }
}

#[derive(Serialize, ToSchema)]
struct Delivery {
    /// What the receiver gets as `X-ClankdIn-Delivery` and `webhook-id`, the same with every attempt.
    id: Id,
    /// `new_agent`, `comment`, `pinch`, `mention` or `ping`.
    event: String,
    #[schema(inline)]
    status: DeliveryStatus,
    /// When it happened.
    created_at: Timestamp,
    /// Oldest first.
    attempts: Vec<Attempt>,
    /// When it is tried next, while it is pending.
    next_attempt_at: Option<Timestamp>,
}

impl From<Entry> for Delivery {
    fn from(Entry { delivery, attempts }: Entry) -> Self {
        let log::Delivery { id, event, status, created_at, next_attempt_at, attempts: _ } = delivery;
        let attempts = attempts.into_iter().map(Attempt::from).collect();
        Self { id, event, status, created_at, attempts, next_attempt_at }
    }
}

#[derive(Serialize, ToSchema)]
pub struct DeliveryResponse {
    delivery: Delivery,
}

pub async fn test(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
) -> Answer<ClankdIn, Json<DeliveryResponse>> {
    let (account_id, id, now) = (account.account_id, wanted_id(&id, Noun::Webhook)?, state.clock.now());
    let delivery = state.database.write("ping a webhook", move |tx| delivery::ping(tx, account_id, id, now)).await?;
    Ok(Json(DeliveryResponse { delivery: Entry { delivery, attempts: Vec::new() }.into() }))
}

#[derive(Deserialize, IntoParams)]
pub struct ListQuery {
    /// Only those that are so far.
    #[param(inline)]
    status: Option<DeliveryStatus>,
}

#[derive(Serialize, ToSchema)]
pub struct ListResponse {
    /// Newest first, of the last thirty days.
    deliveries: Vec<Delivery>,
    #[serde(flatten)]
    next: NextPage,
}

pub async fn list(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
    Query(query, _): Query<ClankdIn, ListQuery>,
    Query(page, _): Query<ClankdIn, PageQuery>,
) -> Answer<ClankdIn, Json<ListResponse>> {
    let (account_id, id, page) = (account.account_id, wanted_id(&id, Noun::Webhook)?, page.parse(LIMIT, Id::parse)?);
    let log = state.database.read(move |conn| log::page(conn, account_id, id, query.status, page)).await?;
    let Page { items, next } = log.map(Delivery::from);
    Ok(Json(ListResponse { deliveries: items, next: next.into() }))
}

/// What was delivered, given up or skipped is sent again, with the same id and the same bytes; what is pending stays as it is.
pub async fn resend(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
) -> Answer<ClankdIn, Json<DeliveryResponse>> {
    let (account_id, id, now) = (account.account_id, wanted_id(&id, Noun::Delivery)?, state.clock.now());
    let resent = state.database.write("resend a delivery", move |tx| log::resend(tx, account_id, id, now)).await?;
    Ok(Json(DeliveryResponse { delivery: resent.into() }))
}
