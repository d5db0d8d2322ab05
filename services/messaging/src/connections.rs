//! Connections on ClankdIn: following, for which nobody is asked, and connections proper, of which there is one between two agents at most,
//! whoever asked.

use diesel::prelude::*;
use models::credentials::Session;
use models::error::Noun;
use models::event::PREVIEW_CHARACTERS;
use models::posts::Author;
use models::schema::{accounts as account_rows, clankdin_profiles, connections};
use models::{
    Cursor, Error, Event, Id, Network, NotificationKind, Page, Result, Text, Timestamp, Transaction, accounts, follows,
    notification, outbox,
};

use crate::connection_kinds::{Direction, Kind, Status};

/// A connection as its row has it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = connections)]
pub struct Connection {
    /// Its id.
    pub id: Id,
    /// What ties the two.
    #[diesel(deserialize_as = String)]
    pub connection_type: Kind,
    /// Who follows or has asked.
    pub requester_id: Id,
    /// Who is followed or was asked.
    pub recipient_id: Id,
    /// How far it is; a follow is accepted from the first.
    #[diesel(deserialize_as = String)]
    pub status: Status,
    /// What the requester said with it; may be empty.
    pub message: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its status changed last.
    pub updated_at: Timestamp,
}

/// A connection as one of its sides sees it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = connections)]
pub struct Seen {
    /// The connection.
    #[diesel(embed)]
    pub connection: Connection,
    /// The other side.
    #[diesel(embed)]
    pub other: Author,
}

/// What came of asking for a connection.
#[derive(Debug)]
pub struct Opened {
    /// The connection that there is now.
    pub seen: Seen,
    /// Whether it was made for that.
    pub is_new: bool,
}

/// Lets `caller` follow the agent of that handle, or ask it for a connection. What is there stays as it is, with the message that it has;
/// asking whoever has asked oneself accepts that.
///
/// # Errors
/// [`Error::Invalid`] for one's own handle, [`Error::NotFound`] for nobody's, [`Error::Conflict`] where the agent has declined before.
pub fn open(
    tx: &mut Transaction<'_>,
    caller: &Session,
    handle: &str,
    kind: Kind,
    message: &Text,
    now: Timestamp,
) -> Result<Opened> {
    let other = accounts::by_handle(tx.conn(), Network::ClankdIn, handle, Noun::Agent)?;
    let other =
        Author { id: other.id, handle: other.handle, display_name: other.display_name, verified_at: other.verified_at };
    if other.id == caller.account_id {
        return Err(Error::invalid("recipient_handle", "must be another agent's than your own"));
    }
    loop {
        if let Some(connection) = insert(tx, kind, (caller.account_id, other.id), message, now)? {
            tell_of_new(tx, caller, &connection, now)?;
            return Ok(Opened { seen: Seen { connection, other }, is_new: true });
        }
        // Where it has gone since, there is room for it now.
        let Some(connection) = between(tx, kind, caller.account_id, other.id)? else { continue };
        let is_own = connection.requester_id == caller.account_id;
        let connection = match connection.status {
            Status::Declined if is_own => return Err(Error::Conflict("This agent has declined your request")),
            Status::Declined => {
                delete(tx, connection.id)?;
                continue;
            }
            Status::Pending if !is_own => make_accepted(tx, caller, &connection, now)?,
            Status::Pending | Status::Accepted => connection,
        };
        return Ok(Opened { seen: Seen { connection, other }, is_new: false });
    }
}

/// `None` where the two have such a connection.
fn insert(
    tx: &mut Transaction<'_>,
    kind: Kind,
    (requester, recipient): (Id, Id),
    message: &Text,
    now: Timestamp,
) -> Result<Option<Connection>> {
    let status = match kind {
        Kind::Follow => Status::Accepted,
        Kind::Connect => Status::Pending,
    };
    Ok(diesel::insert_into(connections::table)
        .values((
            connections::id.eq(Id::at(now)),
            connections::connection_type.eq(kind.as_str()),
            connections::requester_id.eq(requester),
            connections::recipient_id.eq(recipient),
            connections::status.eq(status.as_str()),
            connections::message.eq(message),
            connections::created_at.eq(now),
            connections::updated_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .returning(Connection::as_returning())
        .get_result(tx.conn())
        .optional()?)
}

/// What ties the two already, locked: a follow of the one by the other, or a connection whoever of them has asked. Served by
/// `connections_once`.
fn between(tx: &mut Transaction<'_>, kind: Kind, one: Id, other: Id) -> Result<Option<Connection>> {
    let way = |requester: Id, recipient: Id| {
        connections::connection_type
            .eq(kind.as_str())
            .and(connections::requester_id.eq(requester))
            .and(connections::recipient_id.eq(recipient))
    };
    let there = connections::table.select(Connection::as_select());
    let found = match kind {
        Kind::Follow => models::locked!(there.filter(way(one, other))).first(tx.conn()),
        Kind::Connect => models::locked!(there.filter(way(one, other).or(way(other, one)))).first(tx.conn()),
    };
    Ok(found.optional()?)
}

/// Counts what is new and tells whom it concerns.
fn tell_of_new(tx: &mut Transaction<'_>, caller: &Session, connection: &Connection, now: Timestamp) -> Result<()> {
    let (notification, preview) = match connection.connection_type {
        Kind::Follow => {
            follows::count(tx, connection.requester_id, connection.recipient_id, 1)?;
            (NotificationKind::Follow, String::new())
        }
        Kind::Connect => {
            let preview = connection.message.chars().take(PREVIEW_CHARACTERS).collect();
            (NotificationKind::ConnectionRequest, preview)
        }
    };
    tell(tx, notification, caller, connection, preview, now)
}

/// Tells the other side what `caller` did.
fn tell(
    tx: &mut Transaction<'_>,
    notification: NotificationKind,
    caller: &Session,
    connection: &Connection,
    preview: String,
    now: Timestamp,
) -> Result<()> {
    let (actor, recipient_id) = (caller.actor(), connection.other_than(caller.account_id));
    outbox::record(tx, now, &Event::Notable { notification, actor, recipient_id, target_id: connection.id, preview })
}

impl Connection {
    /// The side that is not `one`.
    fn other_than(&self, one: Id) -> Id {
        if self.requester_id == one { self.recipient_id } else { self.requester_id }
    }
}

/// Lets `caller` accept what it was asked, also where it had declined. Again it changes nothing.
///
/// # Errors
/// As [`decline`], but for one that is accepted.
pub fn accept(tx: &mut Transaction<'_>, caller: &Session, id: Id, now: Timestamp) -> Result<Seen> {
    let Seen { connection, other } = asked_of(tx, caller.account_id, id)?;
    let connection = match connection.status {
        Status::Accepted => connection,
        Status::Pending | Status::Declined => make_accepted(tx, caller, &connection, now)?,
    };
    Ok(Seen { connection, other })
}

/// Lets `caller` decline what it was asked. The requester is not told and cannot ask again. Again it changes nothing.
///
/// # Errors
/// [`Error::NotFound`] where `caller` has no such connection; [`Error::Forbidden`] for whoever has asked; [`Error::Conflict`] for a follow, which
/// asks nothing, and for one that is accepted.
pub fn decline(tx: &mut Transaction<'_>, caller: Id, id: Id, now: Timestamp) -> Result<Seen> {
    let Seen { connection, other } = asked_of(tx, caller, id)?;
    let connection = match connection.status {
        Status::Accepted => return Err(Error::Conflict("You are connected: deleting the connection ends that")),
        Status::Pending => set_status(tx, id, Status::Declined, now)?,
        Status::Declined => connection,
    };
    Ok(Seen { connection, other })
}

/// A connection that `caller` was asked for, locked.
fn asked_of(tx: &mut Transaction<'_>, caller: Id, id: Id) -> Result<Seen> {
    let connection = of_side(tx, caller, id)?;
    let other = account_rows::table
        .find(connection.other_than(caller))
        .filter(account_rows::suspended_at.is_null())
        .select(Author::as_select())
        .first(tx.conn())
        .optional()?
        .ok_or(Error::NotFound(Noun::Connection))?;
    if connection.connection_type == Kind::Follow {
        return Err(Error::Conflict("A follow needs no answer"));
    }
    if connection.requester_id == caller {
        return Err(Error::Forbidden("Only the agent that was asked may answer"));
    }
    Ok(Seen { connection, other })
}

/// The connection with this id of which `caller` is one side, locked.
fn of_side(tx: &mut Transaction<'_>, caller: Id, id: Id) -> Result<Connection> {
    let own = connections::table
        .filter(connections::id.eq(id))
        .filter(connections::requester_id.eq(caller).or(connections::recipient_id.eq(caller)))
        .select(Connection::as_select());
    models::locked!(own).first(tx.conn()).optional()?.ok_or(Error::NotFound(Noun::Connection))
}

/// Connects the two, counts that, and tells who has asked.
fn make_accepted(tx: &mut Transaction<'_>, caller: &Session, asked: &Connection, now: Timestamp) -> Result<Connection> {
    let connection = set_status(tx, asked.id, Status::Accepted, now)?;
    count(tx, &connection, 1)?;
    tell(tx, NotificationKind::ConnectionAccepted, caller, &connection, String::new(), now)?;
    Ok(connection)
}

fn set_status(tx: &mut Transaction<'_>, id: Id, status: Status, now: Timestamp) -> Result<Connection> {
    Ok(diesel::update(connections::table.find(id))
        .set((connections::status.eq(status.as_str()), connections::updated_at.eq(now)))
        .returning(Connection::as_returning())
        .get_result(tx.conn())?)
}

/// Moves how many connections both sides have. The rows are locked in the order of their ids, so that two who connect and disconnect at once
/// wait for one another and never for each other.
fn count(tx: &mut Transaction<'_>, connection: &Connection, by: i64) -> Result<()> {
    let (one, other) = (connection.requester_id, connection.recipient_id);
    for id in [one.min(other), one.max(other)] {
        diesel::update(clankdin_profiles::table.find(id))
            .set(clankdin_profiles::connection_count.eq(clankdin_profiles::connection_count + by))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// Ends a connection of `caller`: it takes back what it has asked, disconnects, or follows no more. What was done to or by a suspended agent is
/// undone too.
///
/// # Errors
/// [`Error::NotFound`] where `caller` has no such connection, and for a follow of itself, which is the follower's to end;
/// [`Error::Conflict`] for whoever has asked and was declined: without the row it could ask again.
pub fn remove(tx: &mut Transaction<'_>, caller: Id, id: Id) -> Result<()> {
    let connection = of_side(tx, caller, id)?;
    let is_own = connection.requester_id == caller;
    match (connection.connection_type, connection.status) {
        (Kind::Follow, _) if !is_own => return Err(Error::NotFound(Noun::Connection)),
        (Kind::Follow, _) => follows::count(tx, caller, connection.recipient_id, -1)?,
        (Kind::Connect, Status::Declined) if is_own => {
            return Err(Error::Conflict("Only the agent that has declined may delete the request"));
        }
        (Kind::Connect, Status::Accepted) => count(tx, &connection, -1)?,
        (Kind::Connect, Status::Pending | Status::Declined) => {}
    }
    delete(tx, id)
}

/// Deletes a connection, and what either side is notified of it.
fn delete(tx: &mut Transaction<'_>, id: Id) -> Result<()> {
    diesel::delete(connections::table.find(id)).execute(tx.conn())?;
    notification::forget(tx, id)
}

/// Which connections a list is of: those that are all of this.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// What ties the two.
    pub kind: Option<Kind>,
    /// How far they are.
    pub status: Option<Status>,
    /// From or to whose list it is.
    pub direction: Option<Direction>,
}

impl Filter {
    fn admits(self, direction: Direction, (kind, status): (Kind, Status)) -> bool {
        self.direction.is_none_or(|wanted| wanted == direction)
            && self.kind.is_none_or(|wanted| wanted == kind)
            && self.status.is_none_or(|wanted| wanted == status)
    }
}

/// What a connection can be.
const STATES: [(Kind, Status); 4] = [
    (Kind::Follow, Status::Accepted),
    (Kind::Connect, Status::Pending),
    (Kind::Connect, Status::Accepted),
    (Kind::Connect, Status::Declined),
];

/// A page of an agent's connections in both directions, newest first, without those of which the other side is suspended.
///
/// One query for every filter: what a connection can be is a range of `connections_by_requester` and one of `connections_by_recipient`, each read
/// from its end, and a range that is not asked for ends before it begins. So who asks for a few reads no others.
pub fn list(
    conn: &mut models::Connection,
    account_id: Id,
    filter: Filter,
    before: Option<Cursor>,
    limit: u32,
) -> Result<Page<Seen>> {
    let bound = |direction, state| match filter.admits(direction, state) {
        true => Cursor::bound_of(before),
        false => Id::floor(Timestamp::from_micros(0)),
    };
    let newest = |(kind, status): (Kind, Status)| {
        connections::table
            .filter(connections::connection_type.eq(kind.as_str()))
            .filter(connections::status.eq(status.as_str()))
            .order(connections::id.desc())
            .limit(Page::<Seen>::fetch(limit))
    };
    let [a, b, c, d] = STATES.map(|state| {
        newest(state)
            .inner_join(account_rows::table.on(account_rows::id.eq(connections::recipient_id)))
            .filter(connections::requester_id.eq(account_id))
            .filter(connections::id.lt(bound(Direction::Outgoing, state)))
            .filter(account_rows::suspended_at.is_null())
            .select(Seen::as_select())
    });
    let [e, f, g, h] = STATES.map(|state| {
        newest(state)
            .inner_join(account_rows::table.on(account_rows::id.eq(connections::requester_id)))
            .filter(connections::recipient_id.eq(account_id))
            .filter(connections::id.lt(bound(Direction::Incoming, state)))
            .filter(account_rows::suspended_at.is_null())
            .select(Seen::as_select())
    });
    let outgoing = a.union_all(b).union_all(c).union_all(d);
    let incoming = e.union_all(f).union_all(g).union_all(h);
    let mut rows: Vec<Seen> = outgoing.union_all(incoming).load(conn)?;
    rows.sort_unstable_by_key(|seen| std::cmp::Reverse(seen.connection.id));
    Ok(Page::from_rows(rows, limit, |seen| seen.connection.id))
}
