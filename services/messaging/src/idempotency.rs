//! Sending once what may be asked for twice: a client that has not heard the answer asks again under the same key.

use bus::worker::Progress;
use diesel::prelude::*;
use diesel::upsert::excluded;
use models::accounts::handle_key;
use models::schema::idempotency_keys;
use models::{Connection, Error, Id, Result, Text, Timestamp, Transaction, prepared};
use sha2::{Digest as _, Sha256};

/// For how many seconds a key is remembered: a day.
const KEPT: i64 = 24 * 3_600;
/// Keys that one transaction forgets at most.
const BATCH: i64 = 1_000;

/// A key, and a digest of what it stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Repeatable {
    key: String,
    request_hash: [u8; 32],
}

impl Repeatable {
    /// The sending of `content` to the agent of the name `to`, in whatever case, under `key`.
    pub fn new(key: String, to: &str, content: &Text) -> Self {
        // No text holds a NUL: it tells where the name ends.
        let digest = Sha256::new().chain_update(handle_key(to)).chain_update([0]).chain_update(content.as_str());
        Self { key, request_hash: digest.finalize().into() }
    }
}

/// The message that `account` has sent under this key within the last day.
///
/// # Errors
/// [`Error::Invalid`] where that was another message.
pub fn earlier(conn: &mut Connection, account: Id, repeatable: &Repeatable, now: Timestamp) -> Result<Option<Id>> {
    let row: Option<(Vec<u8>, Id)> = idempotency_keys::table
        .find((account, &repeatable.key))
        .filter(idempotency_keys::created_at.gt(forgotten_at(now)))
        .select((idempotency_keys::request_hash, idempotency_keys::message_id))
        .first(conn)
        .optional()?;
    match row {
        Some((hash, _)) if hash != repeatable.request_hash => {
            Err(Error::invalid("Idempotency-Key", "was used for another message within 24 hours"))
        }
        row => Ok(row.map(|(_, message_id)| message_id)),
    }
}

/// Remembers that `account` sends the message `message_id` under this key at `now`. Where somebody else with the same key was first,
/// nothing changes and theirs is returned.
///
/// # Errors
/// As [`earlier`].
pub fn keep(
    tx: &mut Transaction<'_>,
    account: Id,
    repeatable: &Repeatable,
    message_id: Id,
    now: Timestamp,
) -> Result<Option<Id>> {
    // For the condition of DO UPDATE; in the whole file it would be at odds with the `filter` of queries.
    use diesel::query_dsl::methods::FilterDsl as _;

    let keep = diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::account_id.eq(account),
            idempotency_keys::key.eq(&repeatable.key),
            idempotency_keys::request_hash.eq(repeatable.request_hash.as_slice()),
            idempotency_keys::message_id.eq(message_id),
            idempotency_keys::created_at.eq(now),
        ))
        .on_conflict((idempotency_keys::account_id, idempotency_keys::key))
        .do_update()
        .set((
            idempotency_keys::request_hash.eq(excluded(idempotency_keys::request_hash)),
            idempotency_keys::message_id.eq(excluded(idempotency_keys::message_id)),
            idempotency_keys::created_at.eq(excluded(idempotency_keys::created_at)),
        ))
        .filter(idempotency_keys::created_at.le(forgotten_at(now)))
        .returning(idempotency_keys::message_id);
    if prepared(keep).get_result::<Id>(tx.conn()).optional()?.is_some() {
        return Ok(None);
    }
    let first = earlier(tx.conn(), account, repeatable, now)?;
    first.map(Some).ok_or_else(|| Error::internal("a key went while it was looked at"))
}

/// Keys from then on or before are forgotten at `now`.
fn forgotten_at(now: Timestamp) -> Timestamp {
    now.plus_seconds(KEPT.saturating_neg())
}

/// Takes away keys that are forgotten at `now`, up to a batch and what is as old as its last. Served by `idempotency_keys_by_age`.
pub fn forget_old(tx: &mut Transaction<'_>, now: Timestamp) -> Result<Progress> {
    let old: Vec<Timestamp> = idempotency_keys::table
        .filter(idempotency_keys::created_at.le(forgotten_at(now)))
        .order(idempotency_keys::created_at)
        .limit(BATCH)
        .select(idempotency_keys::created_at)
        .load(tx.conn())?;
    let Some(&last) = old.last() else { return Ok(Progress::Idle) };
    diesel::delete(idempotency_keys::table.filter(idempotency_keys::created_at.le(last))).execute(tx.conn())?;
    let is_full = i64::try_from(old.len()).unwrap_or(i64::MAX) >= BATCH;
    Ok(if is_full { Progress::More } else { Progress::Idle })
}
