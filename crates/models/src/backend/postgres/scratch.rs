//! A database for each test, on the server that `CLANKWORK_TEST_POSTGRES` names.
//!
//! Migrating takes a second, cloning a migrated database a few hundredths of one. So the first test of all makes a template
//! and the others clone it. The template's name carries a checksum of the migrations: who changes them gets another.

use diesel::Connection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::backend::Connection;
use crate::{Clock, Id, accounts, migrations};

/// The advisory lock that the template is made under: any number that nothing else uses.
const TEMPLATE_LOCK: i64 = 0x7465_6d70_6c61_7465;

/// A database that is there as long as this value.
#[derive(Debug)]
pub struct Scratch {
    server: String,
    name: String,
}

impl Scratch {
    /// Makes one with the schema of this build and the networks' own accounts.
    ///
    /// # Panics
    /// Where no server is there to make it on.
    pub fn new() -> Self {
        let mut server = Server::connect();
        let template = server.template();
        server.create(&format!("TEMPLATE {template}"))
    }

    /// Makes one without anything in it.
    ///
    /// # Panics
    /// Where no server is there to make it on.
    pub fn empty() -> Self {
        Server::connect().create("")
    }

    /// Where it is.
    pub fn url(&self) -> String {
        url_of(&self.server, &self.name)
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Ok(mut conn) = Connection::establish(&self.server) {
            let _ = diesel::sql_query(format!("DROP DATABASE {} WITH (FORCE)", self.name)).execute(&mut conn);
        }
    }
}

/// The server that the tests may make databases on.
struct Server {
    url: String,
    conn: Connection,
}

impl Server {
    #[expect(clippy::expect_used, reason = "a test without its database must stop")]
    fn connect() -> Self {
        let url = std::env::var("CLANKWORK_TEST_POSTGRES")
            .expect("CLANKWORK_TEST_POSTGRES must name a Postgres server on which the tests may make databases");
        let conn = Connection::establish(&url).expect("the test server answers");
        Self { url, conn }
    }

    fn create(mut self, options: &str) -> Scratch {
        let name = format!("scratch_{}", Id::at(Clock::system().now()).0.simple());
        self.execute(&format!("CREATE DATABASE {name} {options}"));
        Scratch { server: self.url, name }
    }

    /// The name of the migrated template, which is made if it is not there. Those who ask meanwhile wait.
    #[expect(clippy::expect_used, reason = "a test without its database must stop")]
    fn template(&mut self) -> String {
        let name = format!("clankwork_template_{:08x}", checksum());
        diesel::sql_query("SELECT pg_advisory_lock($1)")
            .bind::<BigInt, _>(TEMPLATE_LOCK)
            .execute(&mut self.conn)
            .expect("the template's lock");
        let named = diesel::sql_query("SELECT 1 FROM pg_database WHERE datname = $1").bind::<Text, _>(&name);
        if named.execute(&mut self.conn).expect("the list of databases") == 0 {
            // It gets its name when it is finished: what a test that was killed left behind is no template.
            let unfinished = format!("{name}_unfinished");
            self.execute(&format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)"));
            self.execute(&format!("CREATE DATABASE {unfinished}"));
            migrations::run(&url_of(&self.url, &unfinished), &Clock::system()).expect("the migrations apply");
            // Nobody connects to a template: a database that somebody is connected to cannot be cloned.
            self.execute(&format!("ALTER DATABASE {unfinished} WITH ALLOW_CONNECTIONS false"));
            self.execute(&format!("ALTER DATABASE {unfinished} RENAME TO {name}"));
        }
        diesel::sql_query("SELECT pg_advisory_unlock($1)")
            .bind::<BigInt, _>(TEMPLATE_LOCK)
            .execute(&mut self.conn)
            .expect("the template's lock");
        name
    }

    #[expect(clippy::panic, reason = "a test without its database must stop")]
    fn execute(&mut self, statement: &str) {
        if let Err(error) = diesel::sql_query(statement).execute(&mut self.conn) {
            panic!("{statement}: {error}");
        }
    }
}

/// The URL of the database `name` on the server where `url` names another one. Its query may name a socket:
/// `postgres://clankwork@/postgres?host=/tmp/server`.
fn url_of(url: &str, name: &str) -> String {
    let (address, query) = url.split_at(url.find('?').unwrap_or(url.len()));
    let (server, _) = address.rsplit_once('/').unwrap_or((address, ""));
    format!("{server}/{name}{query}")
}

/// A checksum of all that makes a template what it is.
#[expect(clippy::expect_used, reason = "a test without its database must stop")]
fn checksum() -> u32 {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
    let entries = std::fs::read_dir(folder).expect("the folder of migrations");
    let mut steps: Vec<_> = entries.map(|entry| entry.expect("a migration").path().join("up.sql")).collect();
    steps.sort();
    let mut all = format!("{:?}", accounts::SYSTEM);
    for step in steps {
        all.push_str(&std::fs::read_to_string(step).expect("a migration's file"));
    }
    crc32fast::hash(all.as_bytes())
}
