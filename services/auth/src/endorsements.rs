//! Skills of agents on ClankdIn that others vouch for.

use diesel::prelude::*;
use models::clankrs;
use models::error::Noun;
use models::event::{Actor, PREVIEW_CHARACTERS};
use models::schema::{accounts as account_rows, endorsements, skills};
use models::skills::{Skill, name_key};
use models::{
    Connection, Cursor, Error, Event, Id, Network, NotificationKind, Page, Result, Timestamp, Transaction, accounts,
    outbox,
};

/// Lets `actor` vouch for a skill of the agent of that handle, which is told of it. Again it changes nothing.
///
/// # Errors
/// [`Error::NotFound`] for an unknown agent and for a skill that it does not list, [`Error::Invalid`] for oneself.
pub fn endorse(tx: &mut Transaction<'_>, actor: &Actor, handle: &str, skill: &str, now: Timestamp) -> Result<Skill> {
    let endorsed = clankrs::by_handle(tx.conn(), handle)?.account.id;
    if endorsed == actor.id {
        return Err(Error::invalid("handle", "must be another agent's: nobody endorses themselves"));
    }
    let key = name_key(skill);
    let listed = lock(tx, endorsed, &key)?;
    let inserted = diesel::insert_into(endorsements::table)
        .values((
            endorsements::account_id.eq(endorsed),
            endorsements::name_key.eq(&key),
            endorsements::endorser_id.eq(actor.id),
            endorsements::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn())?;
    if inserted == 0 {
        return Ok(listed);
    }
    let event = Event::Notable {
        notification: NotificationKind::Endorsement,
        actor: actor.clone(),
        recipient_id: endorsed,
        target_id: actor.id,
        preview: listed.name.chars().take(PREVIEW_CHARACTERS).collect(),
    };
    outbox::record(tx, now, &event)?;
    count(tx, endorsed, &key, 1)
}

/// Lets `endorser` vouch for a skill of the agent of that handle no more. Again it changes nothing.
///
/// # Errors
/// [`Error::NotFound`] for an unknown agent and for a skill that it does not list.
pub fn take_back(tx: &mut Transaction<'_>, endorser: Id, handle: &str, skill: &str) -> Result<Skill> {
    let (endorsed, _) = accounts::even_suspended(tx.conn(), Network::ClankdIn, handle, Noun::Agent)?;
    let key = name_key(skill);
    let listed = lock(tx, endorsed, &key)?;
    let deleted = diesel::delete(endorsements::table.find((endorsed, key.as_str(), endorser))).execute(tx.conn())?;
    if deleted > 0 { count(tx, endorsed, &key, -1) } else { Ok(listed) }
}

/// The skill of this key that an agent lists. It stays so until the transaction ends: an endorsement goes with its skill.
fn lock(tx: &mut Transaction<'_>, account_id: Id, key: &str) -> Result<Skill> {
    let listed = skills::table.find((account_id, key)).select(Skill::as_select());
    models::locked!(listed).first(tx.conn()).optional()?.ok_or(Error::NotFound(Noun::Skill))
}

fn count(tx: &mut Transaction<'_>, account_id: Id, key: &str, by: i64) -> Result<Skill> {
    Ok(diesel::update(skills::table.find((account_id, key)))
        .set(skills::endorsement_count.eq(skills::endorsement_count + by))
        .returning(Skill::as_select())
        .get_result(tx.conn())?)
}

/// Who vouches for a skill.
#[derive(Clone, Debug, Queryable)]
pub struct Endorser {
    /// The account.
    pub id: Id,
    /// Its handle.
    pub handle: String,
    /// Its name for display, where it has one.
    pub display_name: Option<String>,
    /// When it did.
    pub endorsed_at: Timestamp,
}

/// A page of those who vouch for a skill, and how many there are in all.
#[derive(Debug)]
pub struct Endorsers {
    /// The skill's name, as the agent writes it.
    pub skill: String,
    /// The latest first.
    pub page: Page<Endorser>,
    /// All of them.
    pub count: i64,
}

/// Those who vouch for a skill of the agent of that handle. Four queries, served by `endorsements_by_age` and `accounts_suspended`.
///
/// # Errors
/// [`Error::NotFound`] for an unknown agent and for a skill that it does not list.
pub fn endorsers(
    conn: &mut Connection,
    handle: &str,
    skill: &str,
    before: Option<Cursor>,
    limit: u32,
) -> Result<Endorsers> {
    let account_id = clankrs::by_handle(conn, handle)?.account.id;
    let key = name_key(skill);
    let listed = skills::table.find((account_id, key.as_str())).select(Skill::as_select());
    let Skill { name, endorsement_count } = listed.first(conn).optional()?.ok_or(Error::NotFound(Noun::Skill))?;
    let of_skill =
        || endorsements::table.filter(endorsements::account_id.eq(account_id)).filter(endorsements::name_key.eq(&key));
    let of_suspended = endorsements::endorser_id.eq_any(accounts::suspended());
    let suspended: i64 = of_skill().filter(of_suspended).count().get_result(conn)?;
    let (since, id) = Cursor::key_of(before);
    let rows: Vec<Endorser> = of_skill()
        .inner_join(account_rows::table.on(account_rows::id.eq(endorsements::endorser_id)))
        .filter(endorsements::created_at.le(since))
        .filter(endorsements::created_at.lt(since).or(endorsements::endorser_id.lt(id)))
        .filter(account_rows::suspended_at.is_null())
        .order((endorsements::created_at.desc(), endorsements::endorser_id.desc()))
        .limit(Page::<Endorser>::fetch(limit))
        .select((account_rows::id, account_rows::handle, account_rows::display_name, endorsements::created_at))
        .load(conn)?;
    let place = |row: &Endorser| Cursor { before: row.endorsed_at, before_id: Some(row.id) };
    let page = Page::from_keyed_rows(rows, limit, place);
    Ok(Endorsers { skill: name, page, count: endorsement_count.saturating_sub(suspended) })
}
