//! Mail that waits to be sent. A mail is sealed, since it names an address.
//!
//! Whoever sends a mail holds a lease of it, so that of several instances one does. Should that one be killed before it has noted that the
//! server took the mail, another sends it again, under the same `Message-ID`.

use bus::worker::Progress;
use diesel::prelude::*;
use models::schema::mails;
use models::{Error, Id, Queue, Result, Timestamp, Transaction};
use web::State;
use web::vault::{Kind, Vault};

use super::transport::Unsent;
use super::{Mail, Mailer};

/// For how many seconds a mail belongs to the instance that took it; longer than a mailer's patience.
const LEASE: i64 = 30;
const HOUR: i64 = 3_600;
/// Seconds until the next try, by how many have failed: five within ten minutes, then fewer, for three days in all.
const DELAYS: [i64; 11] = [5, 15, 60, 180, 300, 900, HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR];

/// Puts `mail` into the queue at `now`.
pub fn enqueue(tx: &mut Transaction<'_>, vault: &Vault, mail: &Mail, now: Timestamp) -> Result<()> {
    let plain = serde_json::to_vec(mail).map_err(Error::internal)?;
    diesel::insert_into(mails::table)
        .values((
            mails::id.eq(Id::at(now)),
            mails::sealed_mail.eq(vault.seal(Kind::Mail, &plain)?),
            mails::next_attempt_at.eq(now),
            mails::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    tx.wake(Queue::Mail);
    Ok(())
}

/// Takes whatever waits for `address` out of the queue. Nothing but the mails themselves tells whose they are, so that all are opened: those
/// of ten minutes, and the few notices that no server has taken for longer.
pub fn forget(tx: &mut Transaction<'_>, vault: &Vault, address: &str) -> Result<()> {
    let waiting: Vec<(Id, Vec<u8>)> = mails::table.select((mails::id, mails::sealed_mail)).load(tx.conn())?;
    let is_for_address = |sealed: &[u8]| open(vault, sealed).is_ok_and(|mail| mail.to == address);
    let own = waiting.into_iter().filter_map(|(id, sealed)| is_for_address(&sealed).then_some(id));
    diesel::delete(mails::table.filter(mails::id.eq_any(own))).execute(tx.conn())?;
    Ok(())
}

fn open(vault: &Vault, sealed: &[u8]) -> Result<Mail> {
    serde_json::from_slice(&vault.open(Kind::Mail, sealed)?).map_err(Error::internal)
}

/// A mail that this instance sends.
struct Leased {
    id: Id,
    sealed_mail: Vec<u8>,
    attempts: i32,
    lease_until: Timestamp,
}

/// Takes the mail that is due for longest.
fn lease(tx: &mut Transaction<'_>, now: Timestamp) -> Result<Option<Leased>> {
    let due = mails::table
        .filter(mails::next_attempt_at.le(now))
        .filter(mails::lease_until.is_null().or(mails::lease_until.le(now)))
        .order((mails::next_attempt_at, mails::id))
        .limit(1)
        .select((mails::id, mails::sealed_mail, mails::attempts));
    let row: Option<(Id, Vec<u8>, i32)> = models::skip_locked!(due).first(tx.conn()).optional()?;
    let Some((id, sealed_mail, attempts)) = row else { return Ok(None) };
    let lease_until = now.plus_seconds(LEASE);
    diesel::update(mails::table.find(id)).set(mails::lease_until.eq(lease_until)).execute(tx.conn())?;
    Ok(Some(Leased { id, sealed_mail, attempts, lease_until }))
}

/// Sends the mail that is due, if one is.
///
/// # Errors
/// As the database says; a mail that cannot be sent is put back and no error.
pub async fn send_due(state: &State, mailer: &Mailer) -> Result<Progress> {
    let now = state.clock.now();
    let leased = state.database.write_unsynced("lease a mail", move |tx| lease(tx, now)).await?;
    let Some(leased) = leased else { return Ok(Progress::Idle) };
    let outcome = attempt(state, mailer, &leased).await;
    let Leased { id, lease_until, .. } = leased;
    state.database.write_unsynced("settle a mail", move |tx| settle(tx, id, lease_until, &outcome)).await?;
    Ok(Progress::More)
}

/// What becomes of a mail.
enum Outcome {
    /// It is done with.
    Gone,
    /// It is tried again then.
    Again(Timestamp),
}

async fn attempt(state: &State, mailer: &Mailer, leased: &Leased) -> Outcome {
    let Leased { id, attempts, .. } = leased;
    let mail = match open(&state.vault, &leased.sealed_mail) {
        Ok(mail) => mail,
        Err(error) => {
            tracing::error!(mail = %id, %error, "mail given up");
            return Outcome::Gone;
        }
    };
    let expires_at = mail.expires_at;
    if expires_at.is_some_and(|expires_at| expires_at <= state.clock.now()) {
        tracing::warn!(mail = %id, attempts, "mail given up: what it tells has expired");
        return Outcome::Gone;
    }
    let Err(Unsent { reason, is_final }) = mailer.send(*id, mail).await else {
        tracing::info!(mail = %id, "mail sent");
        return Outcome::Gone;
    };
    let delay = usize::try_from(*attempts).ok().and_then(|attempts| DELAYS.get(attempts).copied());
    let next = delay.filter(|_| !is_final).map(|delay| state.clock.now().plus_seconds(delay));
    match next.filter(|&next| expires_at.is_none_or(|expires_at| expires_at > next)) {
        Some(next) => {
            tracing::warn!(mail = %id, attempts, reason, %next, "mail not sent, will try again");
            Outcome::Again(next)
        }
        None => {
            tracing::error!(mail = %id, attempts, reason, "mail given up");
            Outcome::Gone
        }
    }
}

/// Removes a mail, or puts it back. One that somebody else has leased meanwhile is theirs.
fn settle(tx: &mut Transaction<'_>, id: Id, lease_until: Timestamp, outcome: &Outcome) -> Result<()> {
    let own = mails::table.filter(mails::id.eq(id)).filter(mails::lease_until.eq(lease_until));
    match outcome {
        Outcome::Gone => diesel::delete(own).execute(tx.conn())?,
        Outcome::Again(next) => diesel::update(own)
            .set((
                mails::attempts.eq(mails::attempts + 1),
                mails::next_attempt_at.eq(next),
                mails::lease_until.eq(None::<Timestamp>),
            ))
            .execute(tx.conn())?,
    };
    Ok(())
}
