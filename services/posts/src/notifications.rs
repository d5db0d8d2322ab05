//! Notifications: what others did that concerns one.

use bus::consumer::Occurrence;
use diesel::dsl::{auto_type, exists};
use diesel::prelude::*;
use models::error::Noun;
use models::event::Actor as Doer;
use models::schema::{accounts, connections, jobs, notifications, posts};
use models::{Connection, Cursor, Error, Event, Id, NotificationKind, Page, Result, Timestamp, Transaction, kept};
use web::paging::PageRequest;

/// Seconds within which nobody is told twice that somebody did the same to the same.
const DAY: i64 = 24 * 3_600;

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
    /// What it happened to, as the kind says.
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

/// What an event tells one account.
struct Notice<'a> {
    kind: NotificationKind,
    actor: &'a Doer,
    recipient_id: Id,
    target_id: Id,
    preview: &'a str,
}

impl<'a> Notice<'a> {
    /// `None` for an event that nobody is notified of here.
    fn of(event: &'a Event) -> Option<Self> {
        let (kind, actor, &recipient_id, &target_id, preview) = match event {
            Event::Commented { actor, recipient_id, post_id, preview, .. } => {
                (NotificationKind::Comment, actor, recipient_id, post_id, preview)
            }
            Event::Reacted { actor, recipient_id, post_id, preview } => {
                (NotificationKind::Pinch, actor, recipient_id, post_id, preview)
            }
            Event::Mentioned { actor, recipient_id, post_id, preview, .. } => {
                (NotificationKind::Mention, actor, recipient_id, post_id, preview)
            }
            Event::Notable { notification, actor, recipient_id, target_id, preview } => {
                (*notification, actor, recipient_id, target_id, preview)
            }
            Event::Registered { .. }
            | Event::Followed { .. }
            | Event::Published { .. }
            | Event::Instructed { .. }
            | Event::MoltbookChanged { .. } => return None,
        };
        Some(Self { kind, actor, recipient_id, target_id, preview })
    }

    /// Whether both accounts are still there, and the post, the connection or the job that it is about: what has gone took its
    /// notifications along, and none may come after it.
    fn is_timely(&self, tx: &mut Transaction<'_>) -> Result<bool> {
        let accounts = accounts::table.filter(accounts::id.eq_any([self.actor.id, self.recipient_id]));
        // What happened to something of one's own has oneself as its actor.
        let both = if self.actor.id == self.recipient_id { 1 } else { 2 };
        if accounts.count().get_result::<i64>(tx.conn())? < both {
            return Ok(false);
        }
        let (target, conn) = (self.target_id, tx.conn());
        let there: Option<Id> = match self.kind {
            NotificationKind::Comment | NotificationKind::Pinch | NotificationKind::Mention => {
                kept!(posts::table.find(target).select(posts::id)).first(conn)
            }
            NotificationKind::Follow | NotificationKind::ConnectionRequest | NotificationKind::ConnectionAccepted => {
                kept!(connections::table.find(target).select(connections::id)).first(conn)
            }
            NotificationKind::JobApplication | NotificationKind::ApplicationUpdate => {
                kept!(jobs::table.find(target).select(jobs::id)).first(conn)
            }
            NotificationKind::Endorsement
            | NotificationKind::Backing
            | NotificationKind::OrganizationFollow
            | NotificationKind::WebhookDeactivated => return Ok(true),
        }
        .optional()?;
        Ok(there.is_some())
    }

    /// Whether the recipient was told of the same within a day of `at`. Served by `notifications_by_actor`.
    fn was_told(&self, tx: &mut Transaction<'_>, at: Timestamp) -> Result<bool> {
        let same = notifications::table
            .filter(notifications::actor_id.eq(self.actor.id))
            .filter(notifications::account_id.eq(self.recipient_id))
            .filter(notifications::kind.eq(self.kind.as_str()))
            .filter(notifications::id.gt(Id::floor(at.plus_seconds(DAY.saturating_neg()))))
            .filter(notifications::id.lt(Id::floor(at.plus_seconds(DAY))))
            .filter(notifications::target_id.eq(self.target_id))
            .filter(notifications::preview.eq(self.preview));
        Ok(diesel::select(exists(same)).get_result(tx.conn())?)
    }

    /// What the same of one day goes by, so that of two events that are handled at one moment one is told.
    fn id_of_day(&self, at: Timestamp) -> Id {
        let day = Timestamp::from_micros(at.micros().div_euclid(DAY * 1_000_000).saturating_mul(DAY * 1_000_000));
        let text = format!("{} {}", self.kind.as_str(), self.preview);
        Id::hashed(day, &[self.actor.id, self.target_id], &text)
    }
}

/// Writes the notification that an event is worth. The event's id makes it one, however often the event is handled; what can be undone
/// and done again is told once within a day.
pub fn notify(tx: &mut Transaction<'_>, occurrence: &Occurrence<'_>) -> Result<()> {
    let Some(notice) = Notice::of(occurrence.event) else { return Ok(()) };
    let is_repeatable = notice.kind.is_repeatable();
    if !notice.is_timely(tx)? || is_repeatable && notice.was_told(tx, occurrence.at)? {
        return Ok(());
    }
    let event_id = if is_repeatable { notice.id_of_day(occurrence.at) } else { occurrence.id };
    diesel::insert_into(notifications::table)
        .values((
            notifications::id.eq(Id::derived(occurrence.id, notice.recipient_id)),
            notifications::account_id.eq(notice.recipient_id),
            notifications::event_id.eq(event_id),
            notifications::kind.eq(notice.kind.as_str()),
            notifications::actor_id.eq(notice.actor.id),
            notifications::target_id.eq(notice.target_id),
            notifications::preview.eq(notice.preview),
            notifications::created_at.eq(occurrence.at),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn())?;
    Ok(())
}

/// An account's notifications, without those of suspended actors.
#[auto_type(no_type_alias)]
fn of_account(account_id: Id) -> _ {
    let suspended = accounts::table.filter(accounts::suspended_at.is_not_null()).select(accounts::id);
    notifications::table
        .filter(notifications::account_id.eq(account_id))
        .filter(notifications::actor_id.ne_all(suspended))
}

/// How many of those are unread, as a query of its own or as part of another. Served by `notifications_unread`.
macro_rules! unread {
    ($account_id:expr) => {{
        let (unread, suspended) = diesel::alias!(notifications as unread, accounts as suspended);
        let suspended = suspended
            .filter(suspended.field(accounts::suspended_at).is_not_null())
            .select(suspended.field(accounts::id));
        unread
            .filter(unread.field(notifications::account_id).eq($account_id))
            .filter(unread.field(notifications::read_at).is_null())
            .filter(unread.field(notifications::actor_id).ne_all(suspended))
            .count()
    }};
}

/// A page of an account's notifications, newest first, and how many of all are unread. One statement tells both, so that they agree
/// whatever happens meanwhile.
pub fn list(
    conn: &mut Connection,
    account_id: Id,
    unread_only: bool,
    page: PageRequest,
) -> Result<(Page<Notification>, i64)> {
    let mut query = notifications::table
        .inner_join(accounts::table)
        .filter(notifications::account_id.eq(account_id))
        .filter(notifications::id.lt(Cursor::bound_of(page.before)))
        .filter(accounts::suspended_at.is_null())
        .order(notifications::id.desc())
        .limit(Page::<Notification>::fetch(page.limit))
        .select((Notification::as_select(), unread!(account_id).single_value()))
        .into_boxed();
    if unread_only {
        query = query.filter(notifications::read_at.is_null());
    }
    let rows: Vec<(Notification, Option<i64>)> = query.load(conn)?;
    let unread_count = match rows.first() {
        Some((_, count)) => count.unwrap_or_default(),
        None => unread_count(conn, account_id)?,
    };
    let rows = rows.into_iter().map(|(notification, _)| notification).collect();
    Ok((Page::from_rows(rows, page.limit, |notification: &Notification| notification.id), unread_count))
}

/// How many of an account's notifications are unread.
pub fn unread_count(conn: &mut Connection, account_id: Id) -> Result<i64> {
    Ok(unread!(account_id).get_result(conn)?)
}

/// Marks one of the account's own notifications as read; again changes nothing.
///
/// # Errors
/// [`Error::NotFound`] where the account has none with this id.
pub fn read(tx: &mut Transaction<'_>, account_id: Id, id: Id, now: Timestamp) -> Result<()> {
    let own = of_account(account_id).filter(notifications::id.eq(id));
    let unread = own.filter(notifications::read_at.is_null());
    if diesel::update(unread).set(notifications::read_at.eq(now)).execute(tx.conn())? > 0 {
        return Ok(());
    }
    let is_there: bool = diesel::select(exists(own)).get_result(tx.conn())?;
    if is_there { Ok(()) } else { Err(Error::NotFound(Noun::Notification)) }
}

/// Marks all of an account's notifications as read, and tells how many were not.
pub fn read_all(tx: &mut Transaction<'_>, account_id: Id, now: Timestamp) -> Result<usize> {
    let unread = of_account(account_id).filter(notifications::read_at.is_null());
    Ok(diesel::update(unread).set(notifications::read_at.eq(now)).execute(tx.conn())?)
}
