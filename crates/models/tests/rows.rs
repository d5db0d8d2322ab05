//! Bulk inserts: what is written, and that the text is one.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use diesel::Connection as _;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::upsert::excluded;
use models::backend::scratch::Scratch;
use models::schema::moltbook_posts as posts;
use models::{Connection, Timestamp, prepared_for_lists, rows};

/// The number of a row, and its title.
type Row = (i64, Option<String>);

fn time() -> Timestamp {
    Timestamp::from_micros(1_795_294_903_709_469)
}

fn connect(scratch: &Scratch) -> Connection {
    Connection::establish(&models::backend::connection_string(&scratch.url()).unwrap()).unwrap()
}

/// Rows with these numbers, of which the even ones have a title.
fn numbered(numbers: std::ops::Range<i64>) -> Vec<Row> {
    numbers.map(|number| (number, (number % 2 == 0).then(|| format!("title {number}")))).collect()
}

fn insert(conn: &mut Connection, new: &[Row]) -> usize {
    let rows = rows!(new, |row| (
        posts::post_id = row.0.to_string(),
        posts::title = row.1.as_deref(),
        posts::next_look_at = time().plus_micros(row.0),
        posts::first_looked_at = time(),
        posts::created_at = time(),
    ));
    diesel::insert_into(posts::table).values(rows).on_conflict_do_nothing().execute(conn).unwrap()
}

/// Writes the titles, and returns those that are there then, in the order of `new`.
fn update(conn: &mut Connection, new: &[Row]) -> Vec<Option<String>> {
    let rows = rows!(new, |row| (
        posts::post_id = row.0.to_string(),
        posts::title = &row.1,
        posts::next_look_at = time(),
        posts::created_at = time(),
    ));
    let insert = diesel::insert_into(posts::table).values(rows).on_conflict(posts::post_id);
    let update = insert.do_update().set(posts::title.eq(excluded(posts::title))).returning(posts::title);
    prepared_for_lists(update).load(conn).unwrap()
}

/// How many inserts the connection keeps prepared, where the database tells.
fn kept(conn: &mut Connection) -> Option<i64> {
    #[derive(QueryableByName)]
    struct Kept {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let count = "SELECT count(*) AS count FROM pg_prepared_statements WHERE statement LIKE 'INSERT %'";
    let count = || diesel::sql_query(count).get_result::<Kept>(conn).unwrap().count;
    cfg!(feature = "postgres").then(count)
}

#[test]
fn each_row_has_its_own_values() {
    let scratch = Scratch::new();
    let mut conn = connect(&scratch);
    assert_eq!(insert(&mut conn, &numbered(0..3)), 3);
    assert_eq!(insert(&mut conn, &numbered(2..5)), 2, "one was there");
    let all = posts::table.order(posts::next_look_at);
    let titles: Vec<(String, Option<String>)> = all.select((posts::post_id, posts::title)).load(&mut conn).unwrap();
    let looks = all.select((posts::next_look_at, posts::first_looked_at));
    let looks: Vec<(Timestamp, Option<Timestamp>)> = looks.load(&mut conn).unwrap();
    let expected = numbered(0..5).into_iter().map(|(number, title)| (number.to_string(), title));
    assert_eq!(titles, expected.collect::<Vec<_>>());
    let expected = (0..5).map(|number| (time().plus_micros(number), Some(time())));
    assert_eq!(looks, expected.collect::<Vec<_>>());
}

#[test]
fn of_nothing_nothing_is_written() {
    let scratch = Scratch::new();
    let mut conn = connect(&scratch);
    assert_eq!(insert(&mut conn, &[]), 0);
    assert_eq!(insert(&mut conn, &numbered(0..1)), 1, "the text is the same as before");
}

#[test]
fn an_insert_is_prepared_once_however_many_rows_it_has() {
    let scratch = Scratch::new();
    let mut conn = connect(&scratch);
    for (from, to) in [(0, 1), (1, 4), (4, 14)] {
        assert_eq!(insert(&mut conn, &numbered(from..to)), usize::try_from(to - from).unwrap());
    }
    assert!(kept(&mut conn).is_none_or(|kept| kept == 1));
    for (from, to) in [(13, 14), (5, 8), (10, 20)] {
        let new: Vec<Row> = (from..to).map(|number| (number, Some(format!("again {number}")))).collect();
        let titles: Vec<Option<String>> = new.iter().map(|(_, title)| title.clone()).collect();
        assert_eq!(update(&mut conn, &new), titles);
    }
    assert!(kept(&mut conn).is_none_or(|kept| kept == 2));
}
