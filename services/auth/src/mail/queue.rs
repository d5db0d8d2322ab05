//! Mail that waits to be sent. A mail is sealed, since it names an address.

use std::time::Duration;

use bus::worker::Progress;
use diesel::prelude::*;
use models::schema::mails;
use models::{Error, Id, Queue, Result, Timestamp, Transaction};
use web::State;
use web::vault::{Kind, Vault};

use super::{Mail, Mailer};

/// How long sending one mail may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// For how many seconds a mail belongs to the instance that took it; longer than sending it may take.
const LEASE: i64 = 30;
/// Seconds until the next try, by how many have failed. A code is worth nothing after ten minutes, so that there is no more.
const DELAYS: [i64; 5] = [5, 15, 60, 180, 300];

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

struct Leased {
    id: Id,
    sealed_mail: Vec<u8>,
    attempts: i32,
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
    diesel::update(mails::table.find(id)).set(mails::lease_until.eq(now.plus_seconds(LEASE))).execute(tx.conn())?;
    Ok(Some(Leased { id, sealed_mail, attempts }))
}

/// Sends the mail that is due, if one is.
///
/// # Errors
/// As the database says; a mail that cannot be sent is put back and no error.
pub async fn send_due(state: &State, mailer: &Mailer) -> Result<Progress> {
    let now = state.clock.now();
    let Some(leased) = state.database.write("lease a mail", move |tx| lease(tx, now)).await? else {
        return Ok(Progress::Idle);
    };
    let Leased { id, sealed_mail, attempts } = leased;
    let sent = match state.vault.open(Kind::Mail, &sealed_mail) {
        Ok(plain) => match tokio::time::timeout(PATIENCE, send(mailer, &plain)).await {
            Ok(sent) => sent,
            Err(_) => Err(format!("it took longer than {} seconds", PATIENCE.as_secs())),
        },
        Err(error) => Err(error.to_string()),
    };
    let now = state.clock.now();
    let delay = usize::try_from(attempts).ok().and_then(|attempts| DELAYS.get(attempts).copied());
    match (&sent, delay) {
        (Ok(()), _) => tracing::info!(mail = %id, "mail sent"),
        (Err(error), Some(delay)) => {
            tracing::warn!(mail = %id, attempts, delay, error, "mail not sent, will try again")
        }
        (Err(error), None) => tracing::error!(mail = %id, attempts, error, "mail given up"),
    }
    let retry_in = delay.filter(|_| sent.is_err());
    state.database.write("settle a mail", move |tx| settle(tx, id, retry_in, now)).await?;
    Ok(Progress::More)
}

async fn send(mailer: &Mailer, plain: &[u8]) -> Result<(), String> {
    let mail = serde_json::from_slice(plain).map_err(|error| error.to_string())?;
    mailer.send(mail).await
}

/// Removes a mail, or puts it back for `retry_in` seconds.
fn settle(tx: &mut Transaction<'_>, id: Id, retry_in: Option<i64>, now: Timestamp) -> Result<()> {
    match retry_in {
        None => diesel::delete(mails::table.find(id)).execute(tx.conn())?,
        Some(delay) => diesel::update(mails::table.find(id))
            .set((
                mails::attempts.eq(mails::attempts + 1),
                mails::next_attempt_at.eq(now.plus_seconds(delay)),
                mails::lease_until.eq(None::<Timestamp>),
            ))
            .execute(tx.conn())?,
    };
    Ok(())
}
