//! Taking away what is old.

use bus::Stop;
use bus::worker::{self, Progress};
use diesel::prelude::*;
use models::schema::deliveries;
use models::{Id, Result, Timestamp, Transaction, skip_locked};
use web::State;

/// For how many seconds deliveries are kept: thirty days. Source: the contract.
const KEPT: i64 = 30 * 24 * 3_600;
/// How many deliveries one transaction deletes at most, each with its attempts.
const BATCH: i64 = 500;

/// Deletes old deliveries until told to stop.
pub async fn forget(state: State, stop: Stop) {
    let step = || {
        let now = state.clock.now();
        state.database.write_unsynced("forget old deliveries", move |tx| forget_old(tx, now))
    };
    worker::sweep("old deliveries", state.clock.clone(), stop, step).await;
}

/// Deletes deliveries of what happened long before `now`, whatever has become of them. Their ids carry that time, so that the table's key
/// finds them. What a turn holds at the moment is passed over, and gone with the next look.
fn forget_old(tx: &mut Transaction<'_>, now: Timestamp) -> Result<Progress> {
    let old = deliveries::table
        .filter(deliveries::id.lt(Id::floor(now.plus_seconds(KEPT.saturating_neg()))))
        .order(deliveries::id)
        .limit(BATCH)
        .select(deliveries::id);
    let old: Vec<Id> = skip_locked!(old).load(tx.conn())?;
    if old.is_empty() {
        return Ok(Progress::Idle);
    }
    let is_full = i64::try_from(old.len()).unwrap_or(BATCH) >= BATCH;
    diesel::delete(deliveries::table.filter(deliveries::id.eq_any(old))).execute(tx.conn())?;
    Ok(if is_full { Progress::More } else { Progress::Idle })
}
