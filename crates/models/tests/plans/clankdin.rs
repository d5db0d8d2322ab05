//! The plans of ClankdIn's queries.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use models::schema::*;
use models::{Connection, Id, Timestamp};

use crate::{Hot, constraint, plan};

/// The queries of ClankdIn, each with the index that serves it.
pub fn hot(conn: &mut Connection) -> Vec<Hot> {
    let now = Timestamp::from_micros(1_795_294_903_709_469);
    let (id, other) = (Id::at(now), Id::at(now));
    let mut hot = Vec::new();
    macro_rules! hot {
        ($name:literal by $index:expr => $query:expr) => {{
            let plan = plan(conn, $query);
            hot.push(Hot { name: $name, index: $index, plan });
        }};
    }

    let newest = connections::table
        .filter(connections::connection_type.eq("connect"))
        .filter(connections::status.eq("pending"))
        .filter(connections::id.lt(other))
        .order(connections::id.desc())
        .limit(21);
    let columns = (connections::id, connections::message, accounts::handle);
    hot!("connections of one state from an agent" by "connections_by_requester" => newest
        .inner_join(accounts::table.on(accounts::id.eq(connections::recipient_id)))
        .filter(connections::requester_id.eq(id))
        .filter(accounts::suspended_at.is_null())
        .select(columns));
    hot!("connections of one state to an agent" by "connections_by_recipient" => newest
        .inner_join(accounts::table.on(accounts::id.eq(connections::requester_id)))
        .filter(connections::recipient_id.eq(id))
        .filter(accounts::suspended_at.is_null())
        .select(columns));
    hot!("a connection of two agents" by "connections_once" => connections::table
        .filter(connections::connection_type.eq("follow"))
        .filter(connections::requester_id.eq(id))
        .filter(connections::recipient_id.eq(other))
        .select(connections::id));

    let suggested = suggestions::table
        .filter(suggestions::kind.eq("agent"))
        .filter(suggestions::key.ge("pyt"))
        .filter(suggestions::key.lt("pyu"))
        .order(suggestions::key)
        .limit(20)
        .select((suggestions::text, suggestions::handle));
    let suspended =
        accounts::table.filter(accounts::id.eq(suggestions::owner_id)).filter(accounts::suspended_at.is_not_null());
    let by_key = constraint("suggestions_pkey", "suggestions USING PRIMARY KEY");
    hot!("what begins so" by by_key => suggested.filter(not(exists(suspended))));
    hot
}
