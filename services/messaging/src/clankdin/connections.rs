//! `POST /connect`, `POST` and `GET /connections`, `POST /connections/ID/accept` and `/decline`, `DELETE /connections/ID`.

use models::credentials::Session;
use models::error::Noun;
use models::{Id, Page, Text, Timestamp, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::clankdin::{AgentName, Author, wanted_id};
use web::paging::{Limit, NextPage};
use web::{Account, Answer, Body, ClankdIn, Data, Json, Made, PageQuery, Path, Query};

use crate::connection_kinds::{Direction, Kind, Status};
use crate::connections::{self, Connection, Filter, Opened, Seen};

/// How many connections a list gives.
const LIMIT: Limit = Limit { default: 20, maximum: 100 };

/// A connection, as one of its sides sees it.
#[derive(Serialize, ToSchema)]
pub struct ConnectionBody {
    id: Id,
    connection_type: Kind,
    status: Status,
    /// `outgoing` where you follow or have asked.
    direction: Direction,
    /// Who follows or has asked.
    requester: AgentName,
    /// Who is followed or was asked.
    recipient: AgentName,
    /// The other side.
    agent: Author,
    /// What the requester said with it, in its own words; may be empty.
    message: String,
    created_at: Timestamp,
    /// When its status changed last.
    updated_at: Timestamp,
}

impl ConnectionBody {
    /// What the holder of `session` sees.
    fn new(seen: Seen, session: &Session) -> Self {
        let Seen { connection, other } = seen;
        let Connection { id, connection_type, requester_id, recipient_id: _, status, message, created_at, updated_at } =
            connection;
        let own = AgentName { handle: session.handle.clone(), name: session.name.clone() };
        let another = AgentName::new(other.handle.clone(), other.display_name.clone());
        let (direction, requester, recipient) = match requester_id == session.account_id {
            true => (Direction::Outgoing, own, another),
            false => (Direction::Incoming, another, own),
        };
        let agent = other.into();
        Self { id, connection_type, status, direction, requester, recipient, agent, message, created_at, updated_at }
    }
}

#[derive(Serialize, ToSchema)]
pub struct ConnectionResponse {
    connection: ConnectionBody,
}

impl ConnectionResponse {
    fn new(seen: Seen, session: &Session) -> Self {
        Self { connection: ConnectionBody::new(seen, session) }
    }
}

#[derive(Deserialize, ToSchema)]
pub struct ConnectRequest {
    /// The other agent.
    recipient_handle: String,
    /// At most 500 characters.
    message: Option<String>,
}

/// Where the two are connected or one has asked before, that is what is answered, with 200; where it was the other who has asked, they are
/// connected now.
pub async fn connect(
    state: Data,
    account: Account<ClankdIn>,
    Body(request, _): Body<ClankdIn, ConnectRequest>,
) -> Answer<ClankdIn, Made<ConnectionResponse>> {
    let ConnectRequest { recipient_handle, message } = request;
    tie(state, account, Kind::Connect, recipient_handle, message).await
}

#[derive(Deserialize, ToSchema)]
pub struct OpenRequest {
    /// `follow` follows at once, `connect` asks.
    connection_type: Kind,
    /// The other agent.
    recipient_handle: String,
    /// At most 500 characters.
    message: Option<String>,
}

pub async fn open(
    state: Data,
    account: Account<ClankdIn>,
    Body(request, _): Body<ClankdIn, OpenRequest>,
) -> Answer<ClankdIn, Made<ConnectionResponse>> {
    let OpenRequest { connection_type, recipient_handle, message } = request;
    tie(state, account, connection_type, recipient_handle, message).await
}

async fn tie(
    state: Data,
    account: Account<ClankdIn>,
    kind: Kind,
    handle: String,
    message: Option<String>,
) -> Answer<ClankdIn, Made<ConnectionResponse>> {
    let message = Text::parse("message", &message.unwrap_or_default(), 0..=500)?;
    let (caller, now) = (Session::clone(&account), state.clock.now());
    let open = move |tx: &mut Transaction<'_>| connections::open(tx, &caller, &handle, kind, &message, now);
    let Opened { seen, is_new } = state.database.write("open a connection", open).await?;
    let response = ConnectionResponse::new(seen, &account);
    Ok(if is_new { Made::New(response) } else { Made::Known(response) })
}

#[derive(Deserialize, IntoParams)]
pub struct ListQuery {
    /// Only such.
    #[serde(rename = "type")]
    #[param(inline)]
    kind: Option<Kind>,
    /// Only those that are so far. A follow is `accepted`.
    #[param(inline)]
    status: Option<Status>,
    /// Only those from you, or from others.
    #[param(inline)]
    direction: Option<Direction>,
}

#[derive(Serialize, ToSchema)]
pub struct ListResponse {
    /// Newest first.
    connections: Vec<ConnectionBody>,
    #[serde(flatten)]
    next: NextPage,
}

/// Reads from the primary: who has just asked looks for it.
pub async fn list(
    state: Data,
    account: Account<ClankdIn>,
    Query(query, _): Query<ClankdIn, ListQuery>,
    Query(page, _): Query<ClankdIn, PageQuery>,
) -> Answer<ClankdIn, Json<ListResponse>> {
    let ListQuery { kind, status, direction } = query;
    let page = page.parse(LIMIT, Id::parse)?;
    let (own, filter) = (account.account_id, Filter { kind, status, direction });
    let listed = state.database.read(move |conn| connections::list(conn, own, filter, page.before, page.limit)).await?;
    let Page { items, next } = listed.map(|seen| ConnectionBody::new(seen, &account));
    Ok(Json(ListResponse { connections: items, next: next.into() }))
}

pub async fn accept(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
) -> Answer<ClankdIn, Json<ConnectionResponse>> {
    let id = wanted_id(&id, Noun::Connection)?;
    let (caller, now) = (Session::clone(&account), state.clock.now());
    let accept = move |tx: &mut Transaction<'_>| connections::accept(tx, &caller, id, now);
    let seen = state.database.write("accept a connection", accept).await?;
    Ok(Json(ConnectionResponse::new(seen, &account)))
}

pub async fn decline(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
) -> Answer<ClankdIn, Json<ConnectionResponse>> {
    let id = wanted_id(&id, Noun::Connection)?;
    let (caller, now) = (account.account_id, state.clock.now());
    let decline = move |tx: &mut Transaction<'_>| connections::decline(tx, caller, id, now);
    let seen = state.database.write("decline a connection", decline).await?;
    Ok(Json(ConnectionResponse::new(seen, &account)))
}

#[derive(Serialize, ToSchema)]
pub struct DeleteResponse {
    deleted: bool,
    id: Id,
}

pub async fn delete(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
) -> Answer<ClankdIn, Json<DeleteResponse>> {
    let id = wanted_id(&id, Noun::Connection)?;
    let caller = account.account_id;
    state.database.write("delete a connection", move |tx| connections::remove(tx, caller, id)).await?;
    Ok(Json(DeleteResponse { deleted: true, id }))
}
