//! The plans of the queries for webhooks and deliveries.

use diesel::prelude::*;
use models::accounts::suspended;
use models::schema::*;
use models::{Connection, Id, Timestamp, kept, skip_locked};

use crate::{Hot, constraint, plan};

/// The queries, each with the index that serves it.
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

    hot!("deliveries due" by "deliveries_due" => deliveries::table
        .filter(deliveries::lane.eq(1))
        .filter(deliveries::next_attempt_at.le(now))
        .order((deliveries::next_attempt_at, deliveries::id))
        .limit(64)
        .select((deliveries::id, deliveries::event)));
    hot!("deliveries under way" by "deliveries_leased" => deliveries::table
        .filter(deliveries::lease_until.gt(now))
        .order(deliveries::lease_until)
        .limit(4_096)
        .select((deliveries::id, deliveries::webhook_id)));
    hot!("deliveries put aside" by "deliveries_parked" => deliveries::table
        .filter(deliveries::webhook_id.eq(id))
        .filter(deliveries::parked_at.is_not_null())
        .filter(deliveries::next_attempt_at.gt(now))
        .order((deliveries::parked_at, deliveries::id))
        .limit(2)
        .select(deliveries::id));
    let parked = deliveries::table
        .filter(deliveries::webhook_id.eq(webhooks::id))
        .filter(deliveries::parked_at.is_not_null())
        .filter(deliveries::next_attempt_at.is_not_null())
        .order((deliveries::parked_at, deliveries::id))
        .limit(1)
        .select(deliveries::parked_at);
    hot!("webhooks with deliveries put aside" by "deliveries_parked" => webhooks::table
        .filter(webhooks::id.eq(id))
        .order(webhooks::id)
        .select((webhooks::sluggish, parked.single_value().is_not_null())));
    hot!("webhooks for new agents" by "webhooks_for_new_agents" => webhooks::table
        .filter(webhooks::wants_new_agents)
        .filter(webhooks::id.gt(id))
        .filter(webhooks::account_id.ne(other))
        .filter(webhooks::account_id.ne_all(suspended()))
        .order(webhooks::id)
        .limit(500)
        .select(webhooks::url));
    let by_owner = constraint("webhooks_account_id_url_key", "sqlite_autoindex_webhooks_2");
    hot!("webhooks of an account" by by_owner => webhooks::table
        .filter(webhooks::account_id.eq(id))
        .select(webhooks::id));
    hot!("webhooks of accounts that are told" by by_owner => kept!(webhooks::table
        .filter(webhooks::account_id.eq_any([id, other]))
        .filter(webhooks::account_id.ne_all(suspended()))
        .select(webhooks::id)));
    hot!("what waits in a lane" by "deliveries_due" => deliveries::table
        .filter(deliveries::lane.eq(1))
        .filter(deliveries::next_attempt_at.is_not_null())
        .limit(10_000)
        .select(deliveries::next_attempt_at));
    hot!("what waits in a lane the longest" by "deliveries_due" => deliveries::table
        .filter(deliveries::lane.eq(1))
        .filter(deliveries::next_attempt_at.is_not_null())
        .order((deliveries::next_attempt_at, deliveries::id))
        .limit(1)
        .select(deliveries::next_attempt_at));
    hot!("what waits for a webhook" by "deliveries_by_status" => skip_locked!(deliveries::table
        .filter(deliveries::webhook_id.eq(id))
        .filter(deliveries::status.eq("pending"))
        .filter(deliveries::lease_until.is_null())
        .order(deliveries::id)
        .limit(1_000)
        .select(deliveries::id)));
    let log = deliveries::table
        .filter(deliveries::webhook_id.eq(id))
        .filter(deliveries::id.lt(other))
        .order(deliveries::id.desc())
        .limit(21)
        .select((deliveries::id, deliveries::event, deliveries::status));
    hot!("log of a webhook" by "deliveries_by_webhook" => log);
    hot!("log of a webhook by status" by "deliveries_by_status" => log.filter(deliveries::status.eq("failed")));
    let by_id = constraint("deliveries_pkey", "sqlite_autoindex_deliveries_1");
    hot!("old deliveries" by by_id => skip_locked!(deliveries::table
        .filter(deliveries::id.lt(id))
        .order(deliveries::id)
        .limit(500)
        .select(deliveries::id)));
    hot
}
