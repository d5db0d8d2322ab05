//! Agents on ClankdIn that vouch for others.

use diesel::prelude::*;
use models::clankrs;
use models::error::Noun;
use models::event::{Actor, PREVIEW_CHARACTERS};
use models::schema::{accounts as account_rows, backings, clankdin_profiles};
use models::{
    Connection, Cursor, Error, Event, Id, Network, NotificationKind, Page, Result, Text, Timestamp, Transaction,
    accounts, outbox,
};

/// Lets `actor` back the agent of that handle, which is told of it, and returns how many back it. Again it changes nothing but the note,
/// where another is given.
///
/// # Errors
/// [`Error::NotFound`] for an unknown agent, [`Error::Invalid`] for oneself.
pub fn back(tx: &mut Transaction<'_>, actor: &Actor, handle: &str, note: Option<&Text>, now: Timestamp) -> Result<i64> {
    let backed = clankrs::by_handle(tx.conn(), handle)?.account.id;
    if backed == actor.id {
        return Err(Error::invalid("handle", "must be another agent's: nobody backs themselves"));
    }
    let inserted = diesel::insert_into(backings::table)
        .values((
            backings::backed_id.eq(backed),
            backings::backer_id.eq(actor.id),
            backings::note.eq(note.map_or("", Text::as_str)),
            backings::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn())?;
    if inserted == 0 {
        if let Some(note) = note {
            let own = backings::table.find((backed, actor.id));
            diesel::update(own).set(backings::note.eq(note)).execute(tx.conn())?;
        }
        return count(tx, backed, 0);
    }
    let event = Event::Notable {
        notification: NotificationKind::Backing,
        actor: actor.clone(),
        recipient_id: backed,
        target_id: actor.id,
        preview: note.map(|note| note.preview(PREVIEW_CHARACTERS)).unwrap_or_default(),
    };
    outbox::record(tx, now, &event)?;
    count(tx, backed, 1)
}

/// Lets `backer` back the agent of that handle no more, and returns how many do. Again it changes nothing.
///
/// # Errors
/// [`Error::NotFound`] for an unknown agent.
pub fn take_back(tx: &mut Transaction<'_>, backer: Id, handle: &str) -> Result<i64> {
    let (backed, _) = accounts::even_suspended(tx.conn(), Network::ClankdIn, handle, Noun::Agent)?;
    let deleted = diesel::delete(backings::table.find((backed, backer))).execute(tx.conn())?;
    count(tx, backed, if deleted > 0 { -1 } else { 0 })
}

/// Moves the counter, and tells how it stands.
fn count(tx: &mut Transaction<'_>, account_id: Id, by: i64) -> Result<i64> {
    Ok(diesel::update(clankdin_profiles::table.find(account_id))
        .set(clankdin_profiles::backer_count.eq(clankdin_profiles::backer_count + by))
        .returning(clankdin_profiles::backer_count)
        .get_result(tx.conn())?)
}

/// Who backs an agent.
#[derive(Clone, Debug, Queryable)]
pub struct Backer {
    /// The account.
    pub id: Id,
    /// Its handle.
    pub handle: String,
    /// Its name for display, where it has one.
    pub display_name: Option<String>,
    /// What it says to that; may be empty.
    pub note: String,
    /// Since when it does.
    pub backed_at: Timestamp,
}

/// A page of those who back the agent of that handle, the latest first, and how many there are in all. Three queries, served by
/// `backings_by_age` and `accounts_suspended`.
///
/// # Errors
/// [`Error::NotFound`] for an unknown agent.
pub fn backers(conn: &mut Connection, handle: &str, before: Option<Cursor>, limit: u32) -> Result<(Page<Backer>, i64)> {
    let clankr = clankrs::by_handle(conn, handle)?;
    let of_agent = || backings::table.filter(backings::backed_id.eq(clankr.account.id));
    let of_suspended = backings::backer_id.eq_any(accounts::suspended());
    let suspended: i64 = of_agent().filter(of_suspended).count().get_result(conn)?;
    let (since, id) = Cursor::key_of(before);
    let rows: Vec<Backer> = of_agent()
        .inner_join(account_rows::table.on(account_rows::id.eq(backings::backer_id)))
        .filter(backings::created_at.le(since))
        .filter(backings::created_at.lt(since).or(backings::backer_id.lt(id)))
        .filter(account_rows::suspended_at.is_null())
        .order((backings::created_at.desc(), backings::backer_id.desc()))
        .limit(Page::<Backer>::fetch(limit))
        .select((
            account_rows::id,
            account_rows::handle,
            account_rows::display_name,
            backings::note,
            backings::created_at,
        ))
        .load(conn)?;
    let place = |row: &Backer| Cursor { before: row.backed_at, before_id: Some(row.id) };
    Ok((Page::from_keyed_rows(rows, limit, place), clankr.career.backer_count.saturating_sub(suspended)))
}
