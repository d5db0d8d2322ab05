//! Postgres: many writers, many machines.

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager as _};
use diesel::deserialize::{self, FromSql};
use diesel::pg::data_types::PgTimestamp;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Array, BigInt, Text};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use uuid::Uuid;

use crate::database::Role;
use crate::search::Index;
use crate::{Error, Id, Result, Timestamp};

mod lists;

pub use lists::*;

/// What this build calls its database.
pub const NAME: &str = "postgres";
/// Whether this process alone can hold the database, so that whatever is leased at its start was leased by the dead.
pub const SOLE_PROCESS: bool = false;
/// The steps that make the schema.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// A connection.
pub type Connection = diesel::PgConnection;
/// What diesel knows of this database.
pub type Backend = diesel::pg::Pg;
/// The column type of an [`Id`], whose order is the order of time.
pub type SqlId = diesel::sql_types::Uuid;
/// The column type of a [`Timestamp`].
pub type SqlTimestamp = diesel::sql_types::Timestamptz;

/// Microseconds from 1970, where our time begins, to 2000, where Postgres' does.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
/// The advisory lock that migrations run under: any number that nothing else uses.
const MIGRATION_LOCK: i64 = 0x636c_616e_6b77_726b;

/// What to connect to for this URL.
///
/// # Errors
/// [`Error::Invalid`] for a URL of another database, naming the build that it needs.
pub fn connection_string(url: &str) -> Result<String> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(url.to_owned());
    }
    let need = if url.starts_with("sqlite:") { "; this one is for a build without the feature `postgres`" } else { "" };
    Err(Error::invalid("DATABASE_URL", format!("must be postgres://… for this build{need}")))
}

/// The folder that the database lives in: none of ours.
pub fn folder(_url: &str) -> Option<std::path::PathBuf> {
    None
}

/// The file that whoever uses the database holds a lock on: none, since many may.
pub fn lock_file(_url: &str) -> Option<std::path::PathBuf> {
    None
}

/// How many connections a pool of this role has.
pub fn pool_size(_role: Role, configured: usize) -> usize {
    configured
}

/// How whoever writes plans: once for each statement. What a transaction reads and locks are few rows by their ids, or the first of a queue; there the
/// planner would plan anew whenever a list of ids is bound, for longer than it then runs, since it thinks a plan for one list better than one
/// for all. A plan is kept for long, so that none may be to read a whole table, as it would for one that is small at the moment; and none is
/// worth being compiled.
const WRITERS_PLANS: &str = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off;";
/// How an unsynced transaction begins, in one round trip: most of them find nothing to do, and that is all they cost. They work on queues, along
/// whose indexes the first rows are found at once; where few rows wait the planner would read all that there is by a bitmap, with the dead rows of the last
/// minutes.
const BEGIN_UNSYNCED: &str = "BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL enable_bitmapscan = off";

/// Prepares a new connection: no statement may hold its locks for ever.
///
/// # Errors
/// As the database says.
pub fn set_up(conn: &mut Connection, role: Role) -> diesel::QueryResult<()> {
    conn.batch_execute(
        "SET statement_timeout = '10s'; SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '15s';",
    )?;
    match role {
        Role::Write => conn.batch_execute(WRITERS_PLANS),
        Role::Read => conn.batch_execute("SET default_transaction_read_only = on;"),
    }
}

/// Runs `work` in a transaction.
///
/// # Errors
/// As `work` or the database says.
#[expect(clippy::disallowed_methods, reason = "this is where transactions begin")]
pub fn transaction<T>(conn: &mut Connection, work: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
    diesel::Connection::transaction(conn, work)
}

/// Runs `work` like [`transaction`], but returns before the commit is on disk: it survives the end of this process, and is lost
/// only when the server crashes in that moment. The next commit that waits takes it to disk as well.
///
/// # Errors
/// As `work` or the database says.
pub fn unsynced_transaction<T>(conn: &mut Connection, work: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
    AnsiTransactionManager::begin_transaction_sql(conn, BEGIN_UNSYNCED)?;
    match work(conn) {
        Ok(value) => {
            AnsiTransactionManager::commit_transaction(conn)?;
            Ok(value)
        }
        Err(error) => match AnsiTransactionManager::rollback_transaction(conn) {
            Ok(()) | Err(DieselError::BrokenTransactionManager) => Err(error),
            Err(rollback) => Err(rollback.into()),
        },
    }
}

/// Whether the same transaction may succeed when it is run again: it lost against another, or in a deadlock.
pub fn is_retryable(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, information) => {
            information.message().contains("deadlock detected")
        }
        _ => false,
    }
}

/// Whether the connection is gone, and with it all others to the same server.
pub const fn is_closed(error: &DieselError) -> bool {
    matches!(error, DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection, _))
}

/// Runs `work`, which migrates, while no other process does: the others wait, as long as this connection lives.
///
/// # Errors
/// As `work` or the database says.
pub fn migrate_alone<T>(conn: &mut Connection, work: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
    conn.batch_execute("SET lock_timeout = 0; SET statement_timeout = 0;")?;
    diesel::sql_query("SELECT pg_advisory_lock($1)")
        .bind::<diesel::sql_types::BigInt, _>(MIGRATION_LOCK)
        .execute(conn)?;
    work(conn)
}

/// Puts an owned string where the driver reads it.
///
/// # Errors
/// When the buffer cannot grow.
pub fn set_text(out: &mut Output<'_, '_, Backend>, text: String) -> serialize::Result {
    std::io::Write::write_all(out, text.as_bytes())?;
    Ok(IsNull::No)
}

/// Lets `index` find `owner` by these words alone.
///
/// # Errors
/// As the database says.
pub fn put_words(conn: &mut Connection, index: Index, owner: Id, words: &[String]) -> diesel::QueryResult<()> {
    let table = index.table();
    diesel::sql_query(format!(
        "INSERT INTO {table} (owner_id, words) VALUES ($1, array_to_tsvector($2)) \
         ON CONFLICT (owner_id) DO UPDATE SET words = excluded.words"
    ))
    .bind::<SqlId, _>(owner)
    .bind::<Array<Text>, _>(words)
    .execute(conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlId)]
    owner_id: Id,
}

/// The newest `limit` owners whose ids are smaller than `bound` and whom `index` finds by all of these words, the last of which may be
/// the beginning of one. Postgres chooses between the words' index and the ids' by how common the words are.
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
    let asked = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" & ");
    let found: Vec<Found> = diesel::sql_query(format!(
        "SELECT owner_id FROM {table} WHERE words @@ $1::tsquery AND owner_id < $2 ORDER BY owner_id DESC LIMIT $3"
    ))
    .bind::<Text, _>(format!("{asked}:*"))
    .bind::<SqlId, _>(bound)
    .bind::<BigInt, _>(limit)
    .load(conn)?;
    Ok(found.into_iter().map(|found| found.owner_id).collect())
}

impl ToSql<SqlId, Backend> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Backend>) -> serialize::Result {
        <Uuid as ToSql<SqlId, Backend>>::to_sql(&self.0, out)
    }
}

impl FromSql<SqlId, Backend> for Id {
    fn from_sql(bytes: <Backend as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <Uuid as FromSql<SqlId, Backend>>::from_sql(bytes).map(Self)
    }
}

impl ToSql<SqlTimestamp, Backend> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Backend>) -> serialize::Result {
        let value = PgTimestamp(self.micros().saturating_sub(EPOCH_MICROS));
        <PgTimestamp as ToSql<SqlTimestamp, Backend>>::to_sql(&value, &mut out.reborrow())
    }
}

impl FromSql<SqlTimestamp, Backend> for Timestamp {
    fn from_sql(bytes: <Backend as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let PgTimestamp(micros) = <PgTimestamp as FromSql<SqlTimestamp, Backend>>::from_sql(bytes)?;
        Ok(Self::from_micros(micros.saturating_add(EPOCH_MICROS)))
    }
}

/// Gives every test a database of its own, on the server that `CLANKWORK_TEST_POSTGRES` names.
#[cfg(feature = "testing")]
pub mod scratch;
