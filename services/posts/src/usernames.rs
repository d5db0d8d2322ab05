//! The names of all of Clankspace's users, in the order in which they came, in parts of a bounded size.

use std::sync::Arc;

use diesel::prelude::*;
use models::schema::accounts;
use models::{Connection, Id, Network, Result, Timestamp};

const NETWORK: Network = Network::Clankspace;

/// Everybody, where one part holds them all, or else where the parts are.
#[derive(Clone, Debug)]
pub enum Everybody {
    /// The names of all.
    Names(Arc<[String]>),
    /// The places where the parts begin, the first included.
    Parts(Arc<[Id]>),
}

/// Everybody, in parts of `size`. Names are read only where one part holds them all.
///
/// # Errors
/// As the database says.
pub fn everybody(conn: &mut Connection, size: u32) -> Result<Everybody> {
    let bounds = bounds(conn, size)?;
    if bounds.is_empty() {
        return Ok(Everybody::Names(behind(conn, beginning(), size)?.into()));
    }
    Ok(Everybody::Parts(std::iter::once(beginning()).chain(bounds).collect()))
}

/// The place before everybody.
pub fn beginning() -> Id {
    Id::floor(Timestamp::from_micros(0))
}

/// The names of the first `limit` users who came behind `place`, without those who are suspended. Served by `accounts_by_age`.
pub fn behind(conn: &mut Connection, place: Id, limit: u32) -> Result<Vec<String>> {
    Ok(accounts::table
        .filter(accounts::network.eq(NETWORK.as_str()))
        .filter(accounts::suspended_at.is_null())
        .filter(accounts::id.gt(place))
        .order(accounts::id)
        .limit(i64::from(limit))
        .select(accounts::handle)
        .load(conn)?)
}

/// The places where parts of `size` users begin, but the first of them: none where one part holds them all. A query for each part.
fn bounds(conn: &mut Connection, size: u32) -> Result<Vec<Id>> {
    let (mut bounds, mut place) = (Vec::new(), beginning());
    loop {
        // The last of this part, and the first of the next where there is one.
        let turn: Vec<Id> = accounts::table
            .filter(accounts::network.eq(NETWORK.as_str()))
            .filter(accounts::suspended_at.is_null())
            .filter(accounts::id.gt(place))
            .order(accounts::id)
            .offset(i64::from(size).saturating_sub(1))
            .limit(2)
            .select(accounts::id)
            .load(conn)?;
        let [last, _] = turn[..] else { return Ok(bounds) };
        bounds.push(last);
        place = last;
    }
}
