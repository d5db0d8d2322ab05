//! Notifications: what others did that concerns one.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use bus::consumer::Occurrence;
use diesel::dsl::{auto_type, exists};
use diesel::prelude::*;
use models::error::Noun;
use models::event::Actor as Doer;
use models::schema::{accounts, connections, jobs, notifications, posts};
use models::{
    Connection, Cursor, Error, Event, Id, NotificationKind, Page, Result, Timestamp, Transaction, kept, rows,
};
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

/// A table whose rows notifications refer to, in the order in which whoever deletes an account locks them.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
enum Table {
    Posts,
    Connections,
    Jobs,
    Accounts,
}

impl Table {
    /// Those of these rows that are there, which are kept from being deleted.
    fn keep(self, tx: &mut Transaction<'_>, ids: BTreeSet<Id>) -> Result<Vec<Id>> {
        macro_rules! keep {
            ($table:ident) => {
                kept!($table::table.filter($table::id.eq_any(ids)).order($table::id).select($table::id)).load(tx.conn())
            };
        }
        Ok(match self {
            Self::Posts => keep!(posts),
            Self::Connections => keep!(connections),
            Self::Jobs => keep!(jobs),
            Self::Accounts => keep!(accounts),
        }?)
    }
}

/// What an event tells one account.
struct Notice<'a> {
    event_id: Id,
    at: Timestamp,
    kind: NotificationKind,
    actor: &'a Doer,
    recipient_id: Id,
    target_id: Id,
    preview: &'a str,
}

impl<'a> Notice<'a> {
    /// `None` for an event that nobody is notified of here.
    fn of(occurrence: &Occurrence<'a>) -> Option<Self> {
        let (kind, actor, &recipient_id, &target_id, preview) = match occurrence.event {
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
        Some(Self { event_id: occurrence.id, at: occurrence.at, kind, actor, recipient_id, target_id, preview })
    }

    /// The rows that it refers to: both accounts, and the post, the connection or the job that it is about. What has gone took its
    /// notifications along, and none may come after it.
    fn refers_to(&self) -> impl Iterator<Item = (Table, Id)> + use<> {
        let about = match self.kind {
            NotificationKind::Comment | NotificationKind::Pinch | NotificationKind::Mention => Some(Table::Posts),
            NotificationKind::Follow | NotificationKind::ConnectionRequest | NotificationKind::ConnectionAccepted => {
                Some(Table::Connections)
            }
            NotificationKind::JobApplication | NotificationKind::ApplicationUpdate => Some(Table::Jobs),
            NotificationKind::Endorsement
            | NotificationKind::Backing
            | NotificationKind::OrganizationFollow
            | NotificationKind::WebhookDeactivated => None,
        };
        let target = about.map(|table| (table, self.target_id));
        [(Table::Accounts, self.actor.id), (Table::Accounts, self.recipient_id)].into_iter().chain(target)
    }

    /// Whether it repeats another, told within a day of it. What cannot be repeated never does.
    fn repeats(&self, told: &Self) -> bool {
        let what = |notice: &Self| (notice.kind, notice.actor.id, notice.recipient_id, notice.target_id);
        self.kind.is_repeatable()
            && what(self) == what(told)
            && self.preview == told.preview
            && self.at.micros().abs_diff(told.at.micros()) < DAY.unsigned_abs().saturating_mul(1_000_000)
    }

    /// Whether it repeats what its recipient was told by an earlier transaction. Served by `notifications_by_actor`.
    fn was_told(&self, tx: &mut Transaction<'_>) -> Result<bool> {
        if !self.kind.is_repeatable() {
            return Ok(false);
        }
        let same = notifications::table
            .filter(notifications::actor_id.eq(self.actor.id))
            .filter(notifications::account_id.eq(self.recipient_id))
            .filter(notifications::kind.eq(self.kind.as_str()))
            .filter(notifications::id.gt(Id::floor(self.at.plus_seconds(DAY.saturating_neg()))))
            .filter(notifications::id.lt(Id::floor(self.at.plus_seconds(DAY))))
            .filter(notifications::target_id.eq(self.target_id))
            .filter(notifications::preview.eq(self.preview));
        Ok(diesel::select(exists(same)).get_result(tx.conn())?)
    }

    /// What makes it one, however often it is handled: the event; of what can be repeated, the same for all of one day, so that of two
    /// events that are handled at one moment one is told.
    fn origin(&self) -> Id {
        if !self.kind.is_repeatable() {
            return self.event_id;
        }
        let day = DAY * 1_000_000;
        let day = Timestamp::from_micros(self.at.micros().div_euclid(day).saturating_mul(day));
        let text = format!("{} {}", self.kind.as_str(), self.preview);
        Id::hashed(day, &[self.actor.id, self.target_id], &text)
    }
}

/// Writes the notifications that events are worth, in a few statements however many there are. What can be undone and done again is told
/// once within a day, and is looked up one by one.
pub fn notify(tx: &mut Transaction<'_>, occurrences: &[Occurrence<'_>]) -> Result<()> {
    let mut notices: Vec<Notice<'_>> = Vec::new();
    for notice in timely(tx, occurrences.iter().filter_map(Notice::of).collect())? {
        if !notices.iter().any(|told| notice.repeats(told)) && !notice.was_told(tx)? {
            notices.push(notice);
        }
    }
    if notices.is_empty() {
        return Ok(());
    }
    let rows = rows!(&notices, |notice| (
        notifications::id = Id::derived(notice.event_id, notice.recipient_id),
        notifications::account_id = notice.recipient_id,
        notifications::event_id = notice.origin(),
        notifications::kind = notice.kind.as_str(),
        notifications::actor_id = notice.actor.id,
        notifications::target_id = notice.target_id,
        notifications::preview = notice.preview,
        notifications::created_at = notice.at,
    ));
    diesel::insert_into(notifications::table).values(rows).on_conflict_do_nothing().execute(tx.conn())?;
    Ok(())
}

/// Those of `notices` of which everything is still there that they refer to. It is kept until they are written.
fn timely<'a>(tx: &mut Transaction<'_>, mut notices: Vec<Notice<'a>>) -> Result<Vec<Notice<'a>>> {
    let mut rows: BTreeMap<Table, BTreeSet<Id>> = BTreeMap::new();
    for (table, id) in notices.iter().flat_map(Notice::refers_to) {
        rows.entry(table).or_default().insert(id);
    }
    let mut there = HashSet::new();
    for (table, ids) in rows {
        there.extend(table.keep(tx, ids)?.into_iter().map(|id| (table, id)));
    }
    notices.retain(|notice| notice.refers_to().all(|row| there.contains(&row)));
    Ok(notices)
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
