//! SQLite: embedded, one writer, several readers.

use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::deserialize::{self, FromSql};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, Text};
use diesel::{QueryableByName, RunQueryDsl as _};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use uuid::Uuid;

use crate::database::Role;
use crate::search::Index;
use crate::{Error, Id, Result, Timestamp};

mod lists;

pub use lists::*;

/// What this build calls its database.
pub const NAME: &str = "sqlite";
/// Whether this process alone can hold the database, so that whatever is leased at its start was leased by the dead.
pub const SOLE_PROCESS: bool = true;
/// The steps that make the schema.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// A connection.
pub type Connection = diesel::SqliteConnection;
/// What diesel knows of this database.
pub type Backend = diesel::sqlite::Sqlite;
/// The column type of an [`Id`]: 16 bytes, whose order is the order of time.
pub type SqlId = Binary;
/// The column type of a [`Timestamp`]: microseconds since 1970.
pub type SqlTimestamp = BigInt;

/// What to connect to for this URL.
///
/// # Errors
/// [`Error::Invalid`] for a URL of another database, naming the build that it needs.
pub fn connection_string(url: &str) -> Result<String> {
    let path = url.strip_prefix("sqlite:").ok_or_else(|| {
        let need =
            if url.starts_with("postgres") { "; this one is for a build with the feature `postgres`" } else { "" };
        Error::invalid("DATABASE_URL", format!("must be sqlite:PATH for this build{need}"))
    })?;
    Ok(path.strip_prefix("//").unwrap_or(path).to_owned())
}

/// The folder that the database lives in, which must exist before it is opened.
pub fn folder(url: &str) -> Option<std::path::PathBuf> {
    let path = connection_string(url).ok()?;
    Path::new(&path).parent().filter(|parent| !parent.as_os_str().is_empty()).map(Path::to_owned)
}

/// The file that whoever uses the database at `url` holds a lock on.
pub fn lock_file(url: &str) -> Option<std::path::PathBuf> {
    connection_string(url).ok().map(|path| format!("{path}.lock").into())
}

/// How many connections a pool of this role has by default.
pub fn pool_size(role: Role, configured: usize) -> usize {
    match role {
        Role::Write => 1,
        Role::Read => configured,
    }
}

/// How often switching to WAL is tried in all, and how long after one try comes the next.
const SWITCHES: u32 = 1_000;
const SWITCH_PAUSE: Duration = Duration::from_millis(10);

/// Prepares a new connection. The busy time-out comes first: switching to WAL takes a lock.
///
/// # Errors
/// As the database says.
pub fn set_up(conn: &mut Connection, role: Role) -> diesel::QueryResult<()> {
    conn.batch_execute("PRAGMA busy_timeout = 10000;")?;
    use_write_ahead_log(conn)?;
    conn.batch_execute(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864; \
         PRAGMA temp_store = MEMORY;",
    )?;
    match role {
        Role::Write => Ok(()),
        Role::Read => conn.batch_execute("PRAGMA query_only = ON;"),
    }
}

/// Switches to WAL. Of two who switch a new database at once SQLite refuses one without regard to the busy time-out, since it
/// holds a lock that the other needs; so that one tries again.
fn use_write_ahead_log(conn: &mut Connection) -> diesel::QueryResult<()> {
    for _ in 1..SWITCHES {
        match conn.batch_execute("PRAGMA journal_mode = WAL;") {
            Err(error) if is_retryable(&error) => std::thread::sleep(SWITCH_PAUSE),
            switched => return switched,
        }
    }
    conn.batch_execute("PRAGMA journal_mode = WAL;")
}

/// Runs `work` in a transaction that holds the writer's lock from its start, so that it cannot fail in its middle
/// because somebody else wrote.
///
/// # Errors
/// As `work` or the database says.
pub fn transaction<T>(conn: &mut Connection, work: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
    conn.immediate_transaction(work)
}

/// Runs `work` like [`transaction`], but returns before the commit is on disk: it survives the end of the process, and is lost
/// only with the machine's power. The next commit that waits takes it to disk as well.
///
/// # Errors
/// As `work` or the database says.
pub fn unsynced_transaction<T>(conn: &mut Connection, work: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
    conn.batch_execute("PRAGMA synchronous = NORMAL;")?;
    let done = transaction(conn, work);
    conn.batch_execute("PRAGMA synchronous = FULL;")?;
    done
}

/// Whether the same transaction may succeed when it is run again.
pub fn is_retryable(error: &DieselError) -> bool {
    matches!(error, DieselError::DatabaseError(DatabaseErrorKind::Unknown, information)
        if information.message().contains("database is locked"))
}

/// Whether the connection is gone, and with it all others to the same server.
pub const fn is_closed(_error: &DieselError) -> bool {
    false
}

/// Runs `work`, which migrates, while nobody else does: in one transaction, for which others wait.
///
/// # Errors
/// As `work` or the database says.
pub fn migrate_alone<T>(conn: &mut Connection, work: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
    transaction(conn, work)
}

/// Puts an owned string where the driver reads it.
///
/// # Errors
/// Never here; the other backend's may.
pub fn set_text(out: &mut Output<'_, '_, Backend>, text: String) -> serialize::Result {
    out.set_value(text);
    Ok(IsNull::No)
}

/// Lets `index` find `owner` by these words alone. The text's own words are not kept, so that what was found before is replaced by its
/// number.
///
/// # Errors
/// As the database says.
pub fn put_words(conn: &mut Connection, index: Index, owner: Id, words: &[String]) -> diesel::QueryResult<()> {
    let table = index.table();
    diesel::sql_query(format!("INSERT INTO {table} (owner_id) VALUES (?) ON CONFLICT DO NOTHING"))
        .bind::<SqlId, _>(owner)
        .execute(conn)?;
    diesel::sql_query(format!(
        "INSERT OR REPLACE INTO {table}_words (rowid, words) SELECT number, ? FROM {table} WHERE owner_id = ?"
    ))
    .bind::<Text, _>(words.join(" "))
    .bind::<SqlId, _>(owner)
    .execute(conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlId)]
    owner_id: Id,
}

/// The newest `limit` owners whose ids are smaller than `bound` and whom `index` finds by all of these words, the last of which may be
/// the beginning of one.
///
/// The virtual table knows no ids, but it tells its rows in the order of their numbers without looking at the others: the order in
/// which they were written, which is that of their ids, give or take those of one instant.
///
/// # Errors
/// As the database says.
pub fn find_words(
    conn: &mut Connection,
    index: Index,
    words: &[String],
    bound: Id,
    limit: i64,
) -> diesel::QueryResult<Vec<Id>> {
    let table = index.table();
    let mut asked: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    if let Some(last) = asked.last_mut() {
        last.push('*');
    }
    let found: Vec<Found> = diesel::sql_query(format!(
        "SELECT {table}.owner_id FROM {table}_words JOIN {table} ON {table}.number = {table}_words.rowid \
         WHERE {table}_words MATCH ? AND {table}_words.rowid < COALESCE( \
             (SELECT number FROM {table} WHERE owner_id = ?), \
             (SELECT MAX(number) + 1 FROM ( \
                 SELECT number FROM {table} WHERE owner_id < ? ORDER BY owner_id DESC LIMIT 100)), 0) \
         ORDER BY {table}_words.rowid DESC LIMIT ?"
    ))
    .bind::<Text, _>(asked.join(" "))
    .bind::<SqlId, _>(bound)
    .bind::<SqlId, _>(bound)
    .bind::<BigInt, _>(limit)
    .load(conn)?;
    Ok(found.into_iter().map(|found| found.owner_id).collect())
}

impl ToSql<SqlId, Backend> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Backend>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

impl FromSql<SqlId, Backend> for Id {
    fn from_sql(bytes: <Backend as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Backend>>::from_sql(bytes)?;
        Ok(Self(Uuid::from_slice(&bytes)?))
    }
}

impl ToSql<SqlTimestamp, Backend> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Backend>) -> serialize::Result {
        out.set_value(self.micros());
        Ok(IsNull::No)
    }
}

impl FromSql<SqlTimestamp, Backend> for Timestamp {
    fn from_sql(bytes: <Backend as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::from_micros(<i64 as FromSql<BigInt, Backend>>::from_sql(bytes)?))
    }
}

/// Gives every test a database of its own.
#[cfg(feature = "testing")]
pub mod scratch;

#[cfg(test)]
mod tests {
    use diesel::connection::Connection as _;
    use diesel::sql_types::Integer;

    use super::*;

    #[derive(QueryableByName)]
    struct Synchronous {
        #[diesel(sql_type = Integer)]
        synchronous: i32,
    }

    /// 1 is NORMAL, 2 is FULL.
    fn synchronous(conn: &mut Connection) -> i32 {
        diesel::sql_query("PRAGMA synchronous").get_result::<Synchronous>(conn).unwrap().synchronous
    }

    #[test]
    fn only_an_unsynced_transaction_does_not_wait_for_the_disk() {
        let mut conn = Connection::establish(":memory:").unwrap();
        set_up(&mut conn, Role::Write).unwrap();
        assert_eq!(transaction(&mut conn, |conn| Ok(synchronous(conn))).unwrap(), 2);
        assert_eq!(unsynced_transaction(&mut conn, |conn| Ok(synchronous(conn))).unwrap(), 1);
        assert_eq!(synchronous(&mut conn), 2);
        let failed: Result<()> = unsynced_transaction(&mut conn, |_| Err(Error::Busy));
        assert!(failed.is_err());
        assert_eq!(synchronous(&mut conn), 2);
    }
}
