//! Rows for unit tests.

use diesel::Connection as _;
use diesel::prelude::*;
use models::accounts::{self, NewAccount};
use models::backend::scratch::Scratch;
use models::schema::{deliveries, webhooks};
use models::{Connection, Id, Network, Result, Timestamp, Transaction, backend};

use super::lane::Lane;

/// So many seconds after a certain time.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_795_294_903_709_469).plus_seconds(seconds)
}

/// Runs `work` as a transaction on a database of its own.
pub fn in_a_transaction(work: impl FnOnce(&mut Transaction<'_>) -> Result<()>) {
    let scratch = Scratch::new();
    let target = backend::connection_string(&scratch.url()).unwrap();
    let mut conn = Connection::establish(&target).unwrap();
    Transaction::for_test(&mut conn, work).unwrap();
}

/// An agent's webhook.
pub fn a_webhook(tx: &mut Transaction<'_>) -> Result<Id> {
    let new = NewAccount { network: Network::ClankdIn, handle: "kai", display_name: None, bio: "", is_system: false };
    let (account_id, id) = (accounts::insert(tx, &new, at(0))?.unwrap(), Id::at(at(0)));
    diesel::insert_into(webhooks::table)
        .values((
            webhooks::id.eq(id),
            webhooks::account_id.eq(account_id),
            webhooks::url.eq("http://example.com/"),
            webhooks::host.eq("example.com:80"),
            webhooks::events.eq("[]"),
            webhooks::sealed_secret.eq(&[][..]),
            webhooks::active.eq(true),
            webhooks::wants_new_agents.eq(true),
            webhooks::created_at.eq(at(0)),
        ))
        .execute(tx.conn())?;
    Ok(id)
}

/// A delivery to it that is due then.
pub fn a_delivery(tx: &mut Transaction<'_>, webhook_id: Id, lane: Lane, due: Timestamp) -> Result<Id> {
    let id = Id::at(at(0));
    diesel::insert_into(deliveries::table)
        .values((
            deliveries::id.eq(id),
            deliveries::webhook_id.eq(webhook_id),
            deliveries::event_id.eq(Id::at(at(0))),
            deliveries::event.eq("comment"),
            deliveries::body.eq("{}"),
            deliveries::status.eq("pending"),
            deliveries::lane.eq(lane.number()),
            deliveries::next_attempt_at.eq(due),
            deliveries::created_at.eq(at(0)),
        ))
        .execute(tx.conn())?;
    Ok(id)
}
