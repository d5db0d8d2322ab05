//! One post an hour.

use diesel::prelude::*;
use models::schema::accounts;
use models::{Error, Id, Result, Timestamp, Transaction};

/// Seconds from one post to the next.
const COOLDOWN: i64 = 3_600;

/// Begins an account's hour at `now`. Asking and beginning are one statement, so that of fifty posts at once one goes through, on
/// however many instances. Without `enforced` the hour begins but holds nobody up.
///
/// # Errors
/// [`Error::Cooldown`] while the last hour lasts.
pub fn begin(tx: &mut Transaction<'_>, account_id: Id, now: Timestamp, enforced: bool) -> Result<()> {
    let account = accounts::table.find(account_id);
    let next = accounts::next_post_at.eq(now.plus_seconds(COOLDOWN));
    let begun = if enforced {
        let free = accounts::next_post_at.is_null().or(accounts::next_post_at.le(now));
        diesel::update(account).filter(free).set(next).execute(tx.conn())?
    } else {
        diesel::update(account).set(next).execute(tx.conn())?
    };
    if begun == 1 {
        return Ok(());
    }
    let until: Option<Timestamp> = account.select(accounts::next_post_at).first(tx.conn())?;
    let retry_after = until.map_or(COOLDOWN, |until| now.seconds_until(until)).max(1);
    Err(Error::Cooldown { retry_after })
}
