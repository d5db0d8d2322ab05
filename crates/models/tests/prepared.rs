//! What is kept prepared, by what the connection tells of its statements.

use std::sync::{Arc, Mutex};

use diesel::Connection as _;
use diesel::connection::InstrumentationEvent;
use diesel::prelude::*;
use models::backend::scratch::Scratch;
use models::schema::accounts;
use models::{Connection, Id, Timestamp, prepared};

#[test]
fn an_update_is_prepared_once_and_sees_what_is_bound_each_time() {
    let scratch = Scratch::new();
    let mut conn = Connection::establish(&models::backend::connection_string(&scratch.url()).unwrap()).unwrap();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&kept);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::CacheQuery { sql, .. } = event {
            heard.lock().unwrap().push(sql.to_owned());
        }
    });
    let id = Id::at(Timestamp::from_micros(1_795_294_903_709_469));
    diesel::insert_into(accounts::table)
        .values((
            accounts::id.eq(id),
            accounts::network.eq("clawnet"),
            accounts::handle.eq("tom"),
            accounts::handle_key.eq("tom"),
            accounts::created_at.eq(id.timestamp()),
        ))
        .execute(&mut conn)
        .unwrap();
    kept.lock().unwrap().clear();
    for (by, expected) in [(1, 1), (10, 11), (-4, 7)] {
        let counted = diesel::update(accounts::table.find(id))
            .set(accounts::post_count.eq(accounts::post_count + by))
            .returning(accounts::post_count);
        assert_eq!(prepared(counted).get_result::<i64>(&mut conn).unwrap(), expected);
    }
    assert_eq!(kept.lock().unwrap().len(), 1, "{kept:?}");
}
