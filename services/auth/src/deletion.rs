//! The end of an account on Clankspace, and of all that is its own.
//!
//! Whatever an account has goes a few hundred rows at a time, each time in a transaction of its own, so that the database is held for
//! milliseconds however much that is. Of an account that has less, all goes at once. In between it is an account with less than before:
//! whoever is cut off there may delete it again. Its name, its sessions and its address go last, together.

use std::sync::Arc;

use diesel::dsl::exists;
use diesel::prelude::*;
use models::schema::{accounts, addresses, blocks, follows, posts, reports, sign_in_codes, signup_tickets};
use models::{Error, Id, Network, Result, Topic, Transaction, credentials};
use web::State;
use web::vault::{Kind, Vault};

use crate::mail;

/// How many rows of a kind go in one transaction.
const BATCH: i64 = 200;

/// Deletes an account with its posts, follows, blocks, reports, settings, sessions and address, and the mail that waits for it. The counters
/// of others follow. Its name is free then. It goes on when the caller goes away.
///
/// # Errors
/// [`Error::Forbidden`] for the network's own account, [`Error::Unauthenticated`] for one that is gone or suspended by now.
pub async fn delete(state: &State, account_id: Id) -> Result<()> {
    let (database, vault) = (state.database.clone(), Arc::clone(&state.vault));
    let deletion = tokio::spawn(async move {
        loop {
            let vault = Arc::clone(&vault);
            let step = database.write("delete an account", move |tx| delete_some(tx, &vault, account_id));
            if step.await? == Progress::Done {
                return Ok(());
            }
        }
    });
    deletion.await.map_err(Error::internal)?
}

/// How far a deletion has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Progress {
    /// There is more to delete.
    More,
    /// The account is gone.
    Done,
}

/// Deletes a part of what an account has, and the account itself where no more is left.
fn delete_some(tx: &mut Transaction<'_>, vault: &Vault, account_id: Id) -> Result<Progress> {
    // What others lock before an account's row comes before it here too. What comes to the account in between goes in the next part.
    let address = forget_codes(tx, account_id)?;
    let posts = delete_posts_and_reports(tx, account_id)?;
    delete_follows(tx, account_id)?;
    check(tx, account_id)?;
    count_posts(tx, account_id, posts)?;
    delete_blocks(tx, account_id)?;
    tx.change(Topic::Feed(Network::Clankspace));
    if has_more(tx, account_id)? {
        return Ok(Progress::More);
    }
    credentials::revoke_all(tx, account_id)?;
    if let Some(sealed) = address {
        mail::forget(tx, vault, &vault.open_text(Kind::Address, &sealed)?)?;
    }
    diesel::delete(accounts::table.find(account_id)).execute(tx.conn())?;
    Ok(Progress::Done)
}

/// Refuses to delete an account that must stay. Its row is locked.
fn check(tx: &mut Transaction<'_>, account_id: Id) -> Result<()> {
    let account = accounts::table.find(account_id).filter(accounts::suspended_at.is_null());
    match account.select(accounts::is_system).first(tx.conn()).optional()? {
        None => Err(Error::Unauthenticated("Invalid token")),
        Some(true) => Err(Error::Forbidden("The network's own account cannot be deleted")),
        Some(false) => Ok(()),
    }
}

/// Deletes the codes and tickets of an account's address, which it returns sealed.
fn forget_codes(tx: &mut Transaction<'_>, account_id: Id) -> Result<Option<Vec<u8>>> {
    let address: Option<(Vec<u8>, Vec<u8>)> = addresses::table
        .find(account_id)
        .select((addresses::address_hash, addresses::sealed_address))
        .first(tx.conn())
        .optional()?;
    let Some((hash, sealed)) = address else { return Ok(None) };
    diesel::delete(sign_in_codes::table.find(&hash)).execute(tx.conn())?;
    // Few are there at a time, so that there is no index: they are of the last half-hour.
    diesel::delete(signup_tickets::table.filter(signup_tickets::address_hash.eq(&hash))).execute(tx.conn())?;
    Ok(Some(sealed))
}

/// Deletes posts, with what was reported of them, and what the account has reported. Returns how many posts.
fn delete_posts_and_reports(tx: &mut Transaction<'_>, account_id: Id) -> Result<usize> {
    let written = posts::table.filter(posts::account_id.eq(account_id)).order(posts::id).limit(BATCH);
    let written: Vec<Id> = models::locked!(written.select(posts::id)).load(tx.conn())?;
    let own = reports::table.filter(reports::reporter_id.eq(account_id));
    let reported = own.order(reports::post_id).limit(BATCH).select(reports::post_id);
    let reported: Vec<Id> = reported.load(tx.conn())?;
    // Two who have reported each other may go at once: both lock the same reports, in the same order.
    let made = reports::reporter_id.eq(account_id).and(reports::post_id.eq_any(&reported));
    let all = reports::table.filter(reports::post_id.eq_any(&written).or(made)).select(reports::post_id);
    let _: Vec<Id> = models::locked!(all.order((reports::post_id, reports::reporter_id))).load(tx.conn())?;
    diesel::delete(own.filter(reports::post_id.eq_any(reported))).execute(tx.conn())?;
    Ok(diesel::delete(posts::table.filter(posts::id.eq_any(written))).execute(tx.conn())?)
}

/// Ends follows of the account and follows of others that follow it, and moves the counters of all. All of their rows are locked until the
/// transaction ends.
fn delete_follows(tx: &mut Transaction<'_>, account_id: Id) -> Result<()> {
    let own = follows::table.filter(follows::follower_id.eq(account_id));
    let of_others = follows::table.filter(follows::followed_id.eq(account_id));
    let followed: Vec<Id> = own.select(follows::followed_id).limit(BATCH).load(tx.conn())?;
    let followers: Vec<Id> = of_others.select(follows::follower_id).limit(BATCH).load(tx.conn())?;
    models::accounts::lock(tx, &[followed.as_slice(), &followers, &[account_id]].concat())?;
    // Those that have ended while this waited for the rows are counted by whoever ended them.
    let unfollowed: Vec<Id> = diesel::delete(own.filter(follows::followed_id.eq_any(&followed)))
        .returning(follows::followed_id)
        .get_results(tx.conn())?;
    let lost: Vec<Id> = diesel::delete(of_others.filter(follows::follower_id.eq_any(&followers)))
        .returning(follows::follower_id)
        .get_results(tx.conn())?;
    diesel::update(accounts::table.filter(accounts::id.eq_any(&unfollowed)))
        .set(accounts::follower_count.eq(accounts::follower_count - 1))
        .execute(tx.conn())?;
    diesel::update(accounts::table.filter(accounts::id.eq_any(&lost)))
        .set(accounts::following_count.eq(accounts::following_count - 1))
        .execute(tx.conn())?;
    diesel::update(accounts::table.find(account_id))
        .set((
            accounts::following_count.eq(accounts::following_count - length(unfollowed.len())?),
            accounts::follower_count.eq(accounts::follower_count - length(lost.len())?),
        ))
        .execute(tx.conn())?;
    Ok(())
}

fn length(count: usize) -> Result<i64> {
    i64::try_from(count).map_err(Error::internal)
}

fn count_posts(tx: &mut Transaction<'_>, account_id: Id, deleted: usize) -> Result<()> {
    diesel::update(accounts::table.find(account_id))
        .set(accounts::post_count.eq(accounts::post_count - length(deleted)?))
        .execute(tx.conn())?;
    Ok(())
}

/// Deletes whom the account has blocked, and who has blocked it.
fn delete_blocks(tx: &mut Transaction<'_>, account_id: Id) -> Result<()> {
    let own = blocks::table.filter(blocks::blocker_id.eq(account_id));
    let of_others = blocks::table.filter(blocks::blocked_id.eq(account_id));
    let blocked: Vec<Id> = own.limit(BATCH).select(blocks::blocked_id).load(tx.conn())?;
    let blockers: Vec<Id> = of_others.limit(BATCH).select(blocks::blocker_id).load(tx.conn())?;
    diesel::delete(own.filter(blocks::blocked_id.eq_any(blocked))).execute(tx.conn())?;
    diesel::delete(of_others.filter(blocks::blocker_id.eq_any(blockers))).execute(tx.conn())?;
    Ok(())
}

/// Whether the account still has any of what goes in parts. Its row is locked: nothing comes to it any more.
fn has_more(tx: &mut Transaction<'_>, account_id: Id) -> Result<bool> {
    let posts = posts::table.filter(posts::account_id.eq(account_id));
    let follows = follows::table.filter(follows::follower_id.eq(account_id).or(follows::followed_id.eq(account_id)));
    let blocks = blocks::table.filter(blocks::blocker_id.eq(account_id).or(blocks::blocked_id.eq(account_id)));
    let reports = reports::table.filter(reports::reporter_id.eq(account_id));
    let any = exists(posts).or(exists(follows)).or(exists(blocks)).or(exists(reports));
    Ok(diesel::select(any).get_result(tx.conn())?)
}
