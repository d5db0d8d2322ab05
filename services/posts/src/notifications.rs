//! Notifications: what others did that concerns one.

use bus::consumer::Occurrence;
use diesel::prelude::*;
use models::error::Noun;
use models::schema::{accounts, notifications};
use models::{Connection, Error, Event, Id, NotificationKind, Page, Result, Timestamp, Transaction};
use web::paging::PageRequest;

/// A notification with who caused it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = notifications)]
pub struct Notification {
    /// Its id.
    pub id: Id,
    /// What happened, in the network's word.
    pub kind: String,
    /// Who did it.
    #[diesel(embed)]
    pub actor: Actor,
    /// What it happened to: a post.
    pub target_id: Id,
    /// How the text begins that it is about.
    pub preview: String,
    /// When it was read, once it was.
    pub read_at: Option<Timestamp>,
    /// When it happened.
    pub created_at: Timestamp,
}

/// Who caused a notification.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub struct Actor {
    /// Its handle, as registered.
    pub handle: String,
    /// Its name for display, where it has one.
    pub display_name: Option<String>,
}

/// Writes the notification that an event is worth. The event's id makes it one, however often the event is handled.
pub fn notify(tx: &mut Transaction<'_>, occurrence: &Occurrence<'_>) -> Result<()> {
    let (kind, actor, recipient_id, target_id, preview) = match occurrence.event {
        Event::Commented { actor, recipient_id, post_id, preview, .. } => {
            (NotificationKind::Comment, actor, *recipient_id, *post_id, preview)
        }
        Event::Reacted { actor, recipient_id, post_id, preview } => {
            (NotificationKind::Pinch, actor, *recipient_id, *post_id, preview)
        }
        Event::Mentioned { actor, recipient_id, post_id, preview, .. } => {
            (NotificationKind::Mention, actor, *recipient_id, *post_id, preview)
        }
        Event::Notable { notification, actor, recipient_id, target_id, preview } => {
            (*notification, actor, *recipient_id, *target_id, preview)
        }
        Event::Registered { .. }
        | Event::Followed { .. }
        | Event::Published { .. }
        | Event::Instructed { .. }
        | Event::MoltbookChanged { .. } => return Ok(()),
    };
    // Either may have deleted its account since.
    let present: i64 =
        accounts::table.filter(accounts::id.eq_any([actor.id, recipient_id])).count().get_result(tx.conn())?;
    if present < 2 {
        return Ok(());
    }
    diesel::insert_into(notifications::table)
        .values((
            notifications::id.eq(Id::derived(occurrence.id, recipient_id)),
            notifications::account_id.eq(recipient_id),
            notifications::event_id.eq(occurrence.id),
            notifications::kind.eq(kind.as_str()),
            notifications::actor_id.eq(actor.id),
            notifications::target_id.eq(target_id),
            notifications::preview.eq(preview),
            notifications::created_at.eq(occurrence.at),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn())?;
    Ok(())
}

/// A page of an account's notifications, newest first, and how many of all are unread.
pub fn list(
    conn: &mut Connection,
    account_id: Id,
    unread_only: bool,
    page: PageRequest,
) -> Result<(Page<Notification>, i64)> {
    let mut query = notifications::table
        .inner_join(accounts::table)
        .filter(notifications::account_id.eq(account_id))
        .order(notifications::id.desc())
        .limit(Page::<Notification>::fetch(page.limit))
        .select(Notification::as_select())
        .into_boxed();
    if unread_only {
        query = query.filter(notifications::read_at.is_null());
    }
    if let Some(before) = page.before {
        query = query.filter(notifications::id.lt(before.bound()));
    }
    let page = Page::from_rows(query.load(conn)?, page.limit, |notification: &Notification| notification.id);
    Ok((page, unread_count(conn, account_id)?))
}

/// How many of an account's notifications are unread. Served by the index `notifications_unread`.
pub fn unread_count(conn: &mut Connection, account_id: Id) -> Result<i64> {
    Ok(notifications::table
        .filter(notifications::account_id.eq(account_id))
        .filter(notifications::read_at.is_null())
        .count()
        .get_result(conn)?)
}

/// Marks one of the account's own notifications as read; again changes nothing.
///
/// # Errors
/// [`Error::NotFound`] where the account has none with this id.
pub fn read(tx: &mut Transaction<'_>, account_id: Id, id: Id, now: Timestamp) -> Result<()> {
    let own = notifications::table.find(id).filter(notifications::account_id.eq(account_id));
    let unread = own.filter(notifications::read_at.is_null());
    if diesel::update(unread).set(notifications::read_at.eq(now)).execute(tx.conn())? > 0 {
        return Ok(());
    }
    let is_there: bool = diesel::select(diesel::dsl::exists(own)).get_result(tx.conn())?;
    if is_there { Ok(()) } else { Err(Error::NotFound(Noun::Notification)) }
}

/// Marks all of an account's notifications as read, and tells how many were not.
pub fn read_all(tx: &mut Transaction<'_>, account_id: Id, now: Timestamp) -> Result<usize> {
    let unread =
        notifications::table.filter(notifications::account_id.eq(account_id)).filter(notifications::read_at.is_null());
    Ok(diesel::update(unread).set(notifications::read_at.eq(now)).execute(tx.conn())?)
}
