//! The migrations: equal for both databases, reversible, safe to run at once, and what `schema.rs` says of them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Barrier;

use diesel::Connection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, SmallInt, Text};
use diesel_migrations::MigrationHarness as _;
use models::backend::scratch::Scratch;
use models::backend::{self, connection_string};
use models::schema::*;
use models::{Clock, Connection, Error, Id, Timestamp, accounts as account_functions, migrations};

fn connect(scratch: &Scratch) -> Connection {
    Connection::establish(&connection_string(&scratch.url()).unwrap()).unwrap()
}

fn migrate(scratch: &Scratch) -> usize {
    migrations::run(&scratch.url(), &Clock::system()).unwrap()
}

#[test]
fn both_databases_have_the_same_steps() {
    let folder = |backend: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(backend);
    let steps = |backend: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(folder(backend)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(steps("postgres"), steps("sqlite"));
    for backend in ["postgres", "sqlite"] {
        for step in steps(backend) {
            for direction in ["up.sql", "down.sql"] {
                let file: PathBuf = folder(backend).join(&step).join(direction);
                let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                assert!(!text.trim().is_empty(), "{} is empty", file.display());
            }
        }
    }
}

#[test]
fn what_goes_up_comes_down_and_goes_up_again() {
    let scratch = Scratch::empty();
    let steps = migrate(&scratch);
    let mut conn = connect(&scratch);
    let before = columns_in_database(&mut conn);
    conn.revert_all_migrations(backend::MIGRATIONS).unwrap();
    assert_eq!(columns_in_database(&mut conn), BTreeMap::new());
    drop(conn);
    assert_eq!(migrate(&scratch), steps);
    assert_eq!(columns_in_database(&mut connect(&scratch)), before);
    assert_eq!(migrate(&scratch), 0);
}

/// Accounts as they are without inboxes.
mod before_inboxes {
    diesel::table! {
        use diesel::sql_types::*;
        use models::backend::{SqlId, SqlTimestamp};

        accounts (id) {
            id -> SqlId,
            network -> Text,
            last_message_at -> SqlTimestamp,
        }
    }
}

#[test]
fn the_time_of_the_newest_message_moves_with_its_account() {
    use before_inboxes::accounts as account;

    let scratch = Scratch::empty();
    migrate(&scratch);
    let mut conn = connect(&scratch);
    let inboxes_of = |conn: &mut Connection| inboxes::table.load::<(Id, Timestamp)>(conn).unwrap();
    let time = Timestamp::from_micros(1_795_294_903_709_469);
    diesel::update(inboxes::table).set(inboxes::last_message_at.eq(time)).execute(&mut conn).unwrap();
    let expected = inboxes_of(&mut conn);
    assert_eq!(expected.len(), 1, "the account of ClawNet itself has an inbox, that of Clankspace has none");
    while conn.revert_last_migration(backend::MIGRATIONS).unwrap().to_string() != "0014" {}
    let times = account::table.filter(account::network.eq("clawnet")).select((account::id, account::last_message_at));
    assert_eq!(times.load::<(Id, Timestamp)>(&mut conn).unwrap(), expected);
    drop(conn);
    migrate(&scratch);
    let mut conn = connect(&scratch);
    assert_eq!(inboxes_of(&mut conn), expected);
    // What an older process has registered meanwhile gets one at the next start.
    diesel::delete(inboxes::table).execute(&mut conn).unwrap();
    migrate(&scratch);
    assert_eq!(inboxes_of(&mut conn).len(), 1);
}

#[test]
fn two_at_once_both_succeed() {
    for _ in 0..8 {
        let scratch = Scratch::empty();
        let begin = Barrier::new(2);
        let applied: usize = std::thread::scope(|scope| {
            let run = || {
                begin.wait();
                migrate(&scratch)
            };
            let both = [scope.spawn(run), scope.spawn(run)];
            both.into_iter().map(|one| one.join().unwrap()).sum()
        });
        assert_eq!(applied, migrate(&Scratch::empty()), "one of the two applied every step");
        let of_networks: Vec<(String, String)> = accounts::table
            .filter(accounts::is_system)
            .select((accounts::network, accounts::handle))
            .order(accounts::network)
            .load(&mut connect(&scratch))
            .unwrap();
        let expected = account_functions::SYSTEM.map(|new| (new.network.as_str().to_owned(), new.handle.to_owned()));
        assert_eq!(of_networks.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(expected));
    }
}

#[test]
fn the_url_of_another_database_names_the_build_that_it_needs() {
    let (other, need) = if cfg!(feature = "postgres") {
        ("sqlite:/tmp/clankwork.db", "without the feature `postgres`")
    } else {
        ("postgres://localhost/clankwork", "with the feature `postgres`")
    };
    match migrations::run(other, &Clock::system()) {
        Err(Error::Invalid { field: "DATABASE_URL", reason }) => assert!(reason.contains(need), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(migrations::run("mysql://localhost", &Clock::system()), Err(Error::Invalid { .. })));
}

#[test]
fn the_schema_says_what_the_database_has() {
    let scratch = Scratch::new();
    let mut conn = connect(&scratch);
    assert_eq!(columns_in_schema(), columns_in_database(&mut conn));
    load_nothing(&mut conn);
}

/// The columns of every table by the tables' names, each as one line: its name, its type, whether it may be NULL.
type Columns = BTreeMap<String, BTreeSet<String>>;

fn line(name: &str, kind: &str, nullable: bool) -> String {
    format!("{name}: {}{}", kind.to_lowercase(), if nullable { " or null" } else { "" })
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    data_type: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

/// The tables of the full-text search are each database's own, and `models::search` alone knows them.
///
/// A column of the primary key cannot be NULL in a strict table of SQLite, although its catalogue does not say so.
#[cfg(not(feature = "postgres"))]
const CATALOGUE: &str = r#"
    SELECT m.name AS table_name, c.name AS column_name, c.type AS data_type, c."notnull" = 0 AND c.pk = 0 AS nullable
    FROM sqlite_master m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> '__diesel_schema_migrations'
        AND m.name NOT LIKE 'search_%'"#;
#[cfg(feature = "postgres")]
const CATALOGUE: &str = "
    SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'YES' AS nullable
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations' AND table_name NOT LIKE 'search_%'";

fn columns_in_database(conn: &mut Connection) -> Columns {
    let mut columns = Columns::new();
    for column in diesel::sql_query(CATALOGUE).load::<Column>(conn).unwrap() {
        let Column { table_name, column_name, data_type, nullable } = column;
        columns.entry(table_name).or_default().insert(line(&column_name, &data_type, nullable));
    }
    columns
}

/// What the database calls a type of `schema.rs`.
trait Declared {
    const NAME: &str;
    const NULLABLE: bool = false;
}

macro_rules! declared {
    ($($kind:ty: $sqlite:literal $postgres:literal),* $(,)?) => {
        $(impl Declared for $kind {
            const NAME: &str = if cfg!(feature = "postgres") { $postgres } else { $sqlite };
        })*
    };
}

declared!(
    Text: "text" "text",
    SmallInt: "integer" "smallint",
    Integer: "integer" "integer",
    BigInt: "integer" "bigint",
    Bool: "integer" "boolean",
    Binary: "blob" "bytea",
);
#[cfg(feature = "postgres")]
declared!(diesel::sql_types::Uuid: "" "uuid", diesel::sql_types::Timestamptz: "" "timestamp with time zone");

impl<T: Declared + diesel::sql_types::SqlType<IsNull = diesel::sql_types::is_nullable::NotNull>> Declared
    for Nullable<T>
{
    const NAME: &str = T::NAME;
    const NULLABLE: bool = true;
}

/// All columns of a table.
trait AllColumns {
    fn lines(self) -> BTreeSet<String>;
}

macro_rules! all_columns {
    () => {};
    ($first:ident $($rest:ident)*) => {
        impl<$first: diesel::Column, $($rest: diesel::Column),*> AllColumns for ($first, $($rest,)*)
        where
            $first::SqlType: Declared,
            $($rest::SqlType: Declared,)*
        {
            fn lines(self) -> BTreeSet<String> {
                BTreeSet::from([
                    line($first::NAME, $first::SqlType::NAME, $first::SqlType::NULLABLE),
                    $(line($rest::NAME, $rest::SqlType::NAME, $rest::SqlType::NULLABLE),)*
                ])
            }
        }
        all_columns!($($rest)*);
    };
}

all_columns!(A B C D E F G H I J K L M N O P Q R S);

macro_rules! tables {
    ($($table:ident),* $(,)?) => {
        fn columns_in_schema() -> Columns {
            Columns::from([$((stringify!($table).to_owned(), $table::all_columns.lines())),*])
        }

        /// Reads every column of every table, as far as one can without a row.
        fn load_nothing(conn: &mut Connection) {
            $($table::table.select($table::all_columns).limit(0).execute(conn).unwrap();)*
        }
    };
}

// A table that is missing here is one too many in the database, and the test says so.
tables!(
    accounts,
    credentials,
    clankdin_profiles,
    skills,
    addresses,
    sign_in_codes,
    signup_tickets,
    mails,
    posts,
    reactions,
    follows,
    blocks,
    notifications,
    messages,
    conversations,
    inboxes,
    organizations,
    organization_members,
    jobs,
    job_skills,
    outbox,
    webhooks,
    deliveries,
    delivery_attempts,
    delivery_turns,
    feed_entries,
    post_mentions,
    hashtags,
    post_hashtags,
    thread_follows,
    notification_groups,
    notification_actors,
    idempotency_keys,
    moltbook_verifications,
    moltbook_posts,
    moltbook_follows,
    moltbook_comments,
    claim_codes,
    follow_notices,
    endorsements,
    backings,
    connections,
    gigs,
    gig_skills,
    organization_follows,
    applications,
    prompt_dismissals,
    suggestions,
    autoposters,
    reports,
    audit_entries,
);
