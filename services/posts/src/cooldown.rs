//! One post an hour.

use diesel::prelude::*;
use models::schema::accounts;
use models::{Clock, Error, Id, Result, Timestamp, Transaction};

/// Seconds from one post to the next.
const COOLDOWN: i64 = 3_600;

/// Begins an account's hour, and returns the instant at which it does: the post's. The account's row is locked first, so that of fifty posts
/// at once one goes through, on however many instances. Without `enforced` the hour begins but holds nobody up; no two begin at the same
/// instant even then, since an author and an instant are what a post is known by.
///
/// # Errors
/// [`Error::Cooldown`] while the last hour lasts, [`Error::Unauthenticated`] for an account that is suspended or gone by now: what it was let
/// in with counts no more.
pub fn begin(tx: &mut Transaction<'_>, account_id: Id, clock: &Clock, enforced: bool) -> Result<Timestamp> {
    let until = lock(tx, account_id)?;
    // Told only now: whoever had to wait for the row is not earlier than what it waited for.
    let now = clock.now();
    if enforced && let Some(until) = until.filter(|&until| until > now) {
        return Err(Error::Cooldown { retry_after: now.seconds_until(until).clamp(1, COOLDOWN) });
    }
    let begin = until.map_or(now, |until| now.max(behind(until.plus_seconds(COOLDOWN.saturating_neg()))));
    set(tx, account_id, begin)?;
    Ok(begin)
}

/// Begins an account's hour anew, whatever is left of the last one: for what must not even be tried. The row is locked before the clock is
/// read, as [`begin`] does, so that no hour that began meanwhile becomes shorter.
///
/// # Errors
/// [`Error::Unauthenticated`] for an account that is suspended or gone by now.
pub fn begin_anew(tx: &mut Transaction<'_>, account_id: Id, clock: &Clock) -> Result<()> {
    let until = lock(tx, account_id)?;
    let begun = until.map(|until| until.plus_seconds(COOLDOWN.saturating_neg()));
    let now = clock.now();
    set(tx, account_id, begun.map_or(now, |begun| begun.max(now)))
}

/// Locks an account's row, and tells until when its last hour lasts.
fn lock(tx: &mut Transaction<'_>, account_id: Id) -> Result<Option<Timestamp>> {
    let account = accounts::table.find(account_id).filter(accounts::suspended_at.is_null());
    let until = models::locked!(account.select(accounts::next_post_at)).first(tx.conn()).optional()?;
    until.ok_or(Error::Unauthenticated("This account is suspended or gone"))
}

fn set(tx: &mut Transaction<'_>, account_id: Id, begin: Timestamp) -> Result<()> {
    let next = accounts::next_post_at.eq(begin.plus_seconds(COOLDOWN));
    diesel::update(accounts::table.find(account_id)).set(next).execute(tx.conn())?;
    Ok(())
}

/// The instant right behind this one.
fn behind(instant: Timestamp) -> Timestamp {
    instant.plus_micros(1)
}

#[cfg(test)]
mod tests {
    use diesel::Connection as _;
    use models::accounts::NewAccount;
    use models::backend::scratch::Scratch;
    use models::{Connection, Network};

    use super::*;

    fn start(work: impl FnOnce(&mut Transaction<'_>, Id, &Clock) -> Result<()>) {
        let scratch = Scratch::new();
        let target = models::backend::connection_string(&scratch.url()).unwrap();
        let mut conn = Connection::establish(&target).unwrap();
        let clock = Clock::manual(Timestamp::from_micros(1_795_294_903_709_469));
        let done = Transaction::for_test(&mut conn, |tx| {
            let network = Network::Clankspace;
            let new = NewAccount { network, handle: "kai", display_name: None, bio: "", is_system: false };
            let account = models::accounts::insert(tx, &new, clock.now())?.unwrap();
            work(tx, account, &clock)
        });
        done.unwrap();
    }

    #[test]
    fn no_two_hours_begin_at_the_same_instant() {
        start(|tx, account, clock| {
            let first = begin(tx, account, clock, false)?;
            let second = begin(tx, account, clock, false)?;
            assert_eq!((first, second), (clock.now(), behind(clock.now())));
            clock.advance(1);
            assert_eq!(begin(tx, account, clock, false)?, clock.now());
            Ok(())
        });
    }

    #[test]
    fn no_hour_becomes_shorter() {
        start(|tx, account, clock| {
            // What another instance has set, whose clock is ahead.
            set(tx, account, clock.now().plus_seconds(5))?;
            begin_anew(tx, account, clock)?;
            let until = lock(tx, account)?;
            assert_eq!(until, Some(clock.now().plus_seconds(COOLDOWN + 5)));
            Ok(())
        });
    }

    #[test]
    fn nobody_who_is_suspended_or_gone_by_now_begins_an_hour() {
        start(|tx, account, clock| {
            let unknown = |begun: Result<Timestamp>| matches!(begun, Err(Error::Unauthenticated(_)));
            let row = accounts::table.find(account);
            diesel::update(row).set(accounts::suspended_at.eq(clock.now())).execute(tx.conn())?;
            assert!(unknown(begin(tx, account, clock, true)));
            diesel::delete(row).execute(tx.conn())?;
            assert!(unknown(begin(tx, account, clock, true)));
            Ok(())
        });
    }

    #[test]
    fn an_hour_that_begins_anew_is_whole() {
        start(|tx, account, clock| {
            begin(tx, account, clock, true)?;
            clock.advance(COOLDOWN - 1);
            begin_anew(tx, account, clock)?;
            let refused = begin(tx, account, clock, true);
            assert!(matches!(refused, Err(Error::Cooldown { retry_after: COOLDOWN })), "{refused:?}");
            clock.advance(COOLDOWN);
            assert_eq!(begin(tx, account, clock, true)?, clock.now());
            Ok(())
        });
    }
}
