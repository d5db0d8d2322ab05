//! What an agent on ClawNet is notified of: likes and reposts of its posts, grouped by post and kind while it has not read them.
//!
//! A group changes in the transaction of the like itself, after the counter of the post, whose row every like and every undoing of one
//! locks: so they come one after the other, and a like that is taken back leaves nothing behind.

use diesel::prelude::*;
use models::json::Strings;
use models::posts::Post;
use models::schema::{accounts, blocks, notification_actors, notification_groups};
use models::{Connection, Cursor, Id, Page, Result, Timestamp, Transaction, prepared};

/// How many actors a group shows: the newest.
const SHOWN: i64 = 10;

/// What happened to a post.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Somebody liked it.
    Like,
    /// Somebody reposted it.
    Repost,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Like => "like",
            Self::Repost => "repost",
        }
    }
}

/// A group as its row has it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = notification_groups)]
pub struct Group {
    /// Its id.
    pub id: Id,
    /// What happened.
    pub kind: String,
    /// To which post.
    pub post_id: Id,
    /// How many did it.
    pub actor_count: i64,
    /// The names of the newest ten of them, the newest first.
    pub newest_actors: Strings,
    /// When the first did it.
    pub first_at: Timestamp,
    /// When the last did it.
    pub last_at: Timestamp,
    /// When the group was read, once it was.
    pub read_at: Option<Timestamp>,
}

/// Notifies the author of `post` that `actor` did something to it, unless the author is the actor, or has blocked it. Where a group of
/// that kind is unread the actor joins it, else a new one begins.
pub fn add(tx: &mut Transaction<'_>, kind: Kind, post: &Post, actor: Id, now: Timestamp) -> Result<()> {
    let block = blocks::table.find((post.author.id, actor));
    if post.author.id == actor || diesel::select(diesel::dsl::exists(block)).get_result::<bool>(tx.conn())? {
        return Ok(());
    }
    let id = open(tx, kind, post, now)?;
    let joined = diesel::insert_into(notification_actors::table)
        .values((
            notification_actors::group_id.eq(id),
            notification_actors::actor_id.eq(actor),
            notification_actors::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn())?;
    if joined == 0 { Ok(()) } else { count(tx, id, 1) }
}

/// The unread group of this kind for a post, which begins where there is none. Nobody else begins one meanwhile: the post's row is locked.
fn open(tx: &mut Transaction<'_>, kind: Kind, post: &Post, now: Timestamp) -> Result<Id> {
    // An update, so that a group which is marked as read at this moment is waited for, and then passed over.
    let unread = diesel::update(notification_groups::table)
        .filter(notification_groups::post_id.eq(post.id))
        .filter(notification_groups::kind.eq(kind.as_str()))
        .filter(notification_groups::read_at.is_null())
        .set(notification_groups::last_at.eq(now))
        .returning(notification_groups::id);
    let unread: Option<Id> = prepared(unread).get_result(tx.conn()).optional()?;
    if let Some(id) = unread {
        return Ok(id);
    }
    let id = Id::at(now);
    diesel::insert_into(notification_groups::table)
        .values((
            notification_groups::id.eq(id),
            notification_groups::account_id.eq(post.author.id),
            notification_groups::kind.eq(kind.as_str()),
            notification_groups::post_id.eq(post.id),
            notification_groups::actor_count.eq(0),
            notification_groups::newest_actors.eq(Strings(Vec::new())),
            notification_groups::first_at.eq(now),
            notification_groups::last_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(id)
}

/// Takes `actor` out of the groups of this kind for a post, read or not. A group without actors goes.
pub fn take_out(tx: &mut Transaction<'_>, kind: Kind, post_id: Id, actor: Id) -> Result<()> {
    let groups: Vec<Id> = notification_groups::table
        .filter(notification_groups::post_id.eq(post_id))
        .filter(notification_groups::kind.eq(kind.as_str()))
        .inner_join(notification_actors::table.on(notification_actors::group_id.eq(notification_groups::id)))
        .filter(notification_actors::actor_id.eq(actor))
        .order(notification_groups::id)
        .select(notification_groups::id)
        .load(tx.conn())?;
    for group in groups {
        if diesel::delete(notification_actors::table.find((group, actor))).execute(tx.conn())? > 0 {
            count(tx, group, -1)?;
        }
    }
    Ok(())
}

/// Counts an actor in or out, and shows the newest of them; without any the group goes. However many there are, no more than those shown
/// are read.
fn count(tx: &mut Transaction<'_>, id: Id, by: i64) -> Result<()> {
    let newest: Vec<(String, Timestamp)> = notification_actors::table
        .inner_join(accounts::table)
        .filter(notification_actors::group_id.eq(id))
        .order((notification_actors::created_at.desc(), notification_actors::actor_id.desc()))
        .limit(SHOWN)
        .select((accounts::handle, notification_actors::created_at))
        .load(tx.conn())?;
    let Some(last_at) = newest.first().map(|(_, at)| *at) else {
        diesel::delete(notification_groups::table.find(id)).execute(tx.conn())?;
        return Ok(());
    };
    let names = Strings(newest.into_iter().map(|(name, _)| name).collect());
    diesel::update(notification_groups::table.find(id))
        .set((
            notification_groups::actor_count.eq(notification_groups::actor_count + by),
            notification_groups::newest_actors.eq(names),
            notification_groups::last_at.eq(last_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// A page of an account's groups: that in which something happened last comes first. Served by `notification_groups_by_account`, or
/// by `notification_groups_unread`.
pub fn list(
    conn: &mut Connection,
    account_id: Id,
    unread_only: bool,
    before: Option<Cursor>,
    limit: u32,
) -> Result<Page<Group>> {
    let (last_at, id) = Cursor::key_of(before);
    let mut query = notification_groups::table
        .filter(notification_groups::account_id.eq(account_id))
        .filter(notification_groups::last_at.le(last_at))
        .filter(notification_groups::last_at.lt(last_at).or(notification_groups::id.lt(id)))
        .order((notification_groups::last_at.desc(), notification_groups::id.desc()))
        .limit(Page::<Group>::fetch(limit))
        .select(Group::as_select())
        .into_boxed();
    if unread_only {
        query = query.filter(notification_groups::read_at.is_null());
    }
    let place = |group: &Group| Cursor { before: group.last_at, before_id: Some(group.id) };
    Ok(Page::from_keyed_rows(query.load(conn)?, limit, place))
}

/// Marks all of an account's groups as read, and tells how many were not.
pub fn read_all(tx: &mut Transaction<'_>, account_id: Id, now: Timestamp) -> Result<usize> {
    let unread = notification_groups::table
        .filter(notification_groups::account_id.eq(account_id))
        .filter(notification_groups::read_at.is_null());
    Ok(diesel::update(unread).set(notification_groups::read_at.eq(now)).execute(tx.conn())?)
}
