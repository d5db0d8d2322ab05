//! Bringing a database to the schema of this build.

use diesel::Connection as _;
use diesel_migrations::MigrationHarness;

use crate::database::{Role, Transaction};
use crate::{Clock, Connection, Error, Result, accounts, backend, folder, search};

/// Applies the migrations that the database at `url` lacks, and makes the accounts that belong to the networks
/// themselves. Two of these at once are safe: the second waits for the first and finds nothing to do.
/// Returns how many steps it applied.
///
/// # Errors
/// [`Error::Invalid`] for a URL of another database; [`Error::Internal`] where it cannot be reached or a step fails.
pub fn run(url: &str, clock: &Clock) -> Result<usize> {
    let target = backend::connection_string(url)?;
    if let Some(folder) = backend::folder(url) {
        folder::make_private(&folder)?;
    }
    let mut conn = Connection::establish(&target).map_err(Error::internal)?;
    backend::set_up(&mut conn, Role::Write)?;
    let applied = backend::migrate_alone(&mut conn, |conn| {
        Ok(conn.run_pending_migrations(backend::MIGRATIONS).map_err(Error::internal)?.len())
    })?;
    let now = clock.now();
    Transaction::run(&mut conn, |tx| {
        for account in &accounts::SYSTEM {
            accounts::insert(tx, account, now)?;
        }
        accounts::add_missing_inboxes(tx)?;
        search::index_what_is_missing(tx)
    })?;
    Ok(applied)
}
