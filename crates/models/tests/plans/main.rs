//! The plans of the hot queries: each is served by the index that was made for it, from the right end, on both databases.
//!
//! The queries are the services' own, written down a second time, since this crate knows no service. Their shapes must stay the
//! same: where one of them changes there, it changes here.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod clankdin;
mod clankspace;
mod clawnet;
mod prompts;
mod webhooks;
mod work;

use diesel::Connection as _;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Text, Untyped};
use models::backend::connection_string;
use models::backend::scratch::Scratch;
use models::schema::*;
use models::{Backend, Connection, Id, Timestamp, skip_locked};

/// A query whose plan is asked for instead of its rows.
struct Explain<Q>(Q);

impl<Q> QueryId for Explain<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> Query for Explain<Q> {
    type SqlType = Untyped;
}

impl<Q> RunQueryDsl<Connection> for Explain<Q> {}

impl<Q: QueryFragment<Backend>> QueryFragment<Backend> for Explain<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql(if cfg!(feature = "postgres") { "EXPLAIN (COSTS OFF) " } else { "EXPLAIN QUERY PLAN " });
        self.0.walk_ast(out)
    }
}

#[derive(QueryableByName)]
struct Line {
    #[cfg_attr(feature = "postgres", diesel(column_name = "QUERY PLAN"))]
    #[diesel(sql_type = Text)]
    detail: String,
}

fn connect(scratch: &Scratch) -> Connection {
    let mut conn = Connection::establish(&connection_string(&scratch.url()).unwrap()).unwrap();
    if cfg!(feature = "postgres") {
        // Small tables are scanned and sorted whatever indexes there are. This asks whether an index could serve, and with many rows, which of several
        // would.
        for fill in [
            "INSERT INTO accounts (id, network, handle, handle_key, created_at)
                SELECT gen_random_uuid(), 'clankdin', 'agent' || n, 'agent' || n, now() FROM generate_series(1, 5000) n",
            "INSERT INTO posts (id, network, account_id, root_post_id, content, created_at)
                SELECT id, network, id, id, '', now() FROM accounts",
            "INSERT INTO hashtags (tag, use_count, recent_count) VALUES ('python', 0, 0)",
            "INSERT INTO post_hashtags (tag, post_id, account_id, is_reply, is_recent)
                SELECT 'python', id, account_id, random() < 0.5, random() < 0.5 FROM posts",
            "INSERT INTO connections (id, connection_type, requester_id, recipient_id, status, created_at, updated_at)
                SELECT gen_random_uuid(), 'follow', one.id, other.id, 'accepted', now(), now()
                FROM (SELECT id FROM accounts LIMIT 150) one CROSS JOIN (SELECT id FROM accounts LIMIT 150) other",
            "ANALYZE accounts, post_hashtags, connections",
        ] {
            diesel::sql_query(fill).execute(&mut conn).unwrap();
        }
        for way in ["seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin", "hashagg", "material"] {
            diesel::sql_query(format!("SET enable_{way} = off")).execute(&mut conn).unwrap();
        }
    }
    conn
}

fn plan<Q: QueryFragment<Backend>>(conn: &mut Connection, query: Q) -> Vec<String> {
    let lines: Vec<Line> = diesel::RunQueryDsl::load(Explain(query), conn).unwrap();
    lines.into_iter().map(|line| line.detail).collect()
}

/// The index that may be read from end to end: those that are suspended are few.
const FEW: &str = "accounts_suspended";

/// What is wrong with a plan, if anything is.
#[cfg(not(feature = "postgres"))]
fn problem(plan: &[String]) -> Option<String> {
    // What is scanned in a union are its own halves, which are looked at below.
    let scan =
        |line: &&String| line.starts_with("SCAN ") && !line.starts_with("SCAN CONSTANT ROW") && !line.contains(FEW);
    let sort = |line: &&String| line.contains("USE TEMP B-TREE");
    plan.iter().find(scan).or_else(|| plan.iter().find(sort)).cloned()
}

/// What is wrong with a plan, if anything is: a table or an index that is read from end to end, or rows that are sorted.
#[cfg(feature = "postgres")]
fn problem(plan: &[String]) -> Option<String> {
    let is_node = |line: &str| line.contains("->  ") || !line.starts_with(' ');
    for (place, line) in plan.iter().enumerate().filter(|(_, line)| is_node(line)) {
        let mut details = plan.iter().skip(place + 1).take_while(|line| !is_node(line));
        let is_whole =
            line.contains("Scan using") && !line.contains(FEW) && !details.any(|line| line.contains("Index Cond:"));
        if is_whole || line.contains("Seq Scan") || line.contains("Sort") {
            return Some(line.clone());
        }
    }
    None
}

/// A query by its name, the index that serves it, and its plan.
struct Hot {
    name: &'static str,
    index: &'static str,
    plan: Vec<String>,
}

/// The index behind a constraint, which each database names in its own way.
fn constraint(postgres: &'static str, sqlite: &'static str) -> &'static str {
    if cfg!(feature = "postgres") { postgres } else { sqlite }
}

fn hot(conn: &mut Connection) -> Vec<Hot> {
    let now = Timestamp::from_micros(1_795_294_903_709_469);
    let id = Id::at(now);
    let other = Id::at(now);
    let hash = [7_u8; 32];
    let network = "clankdin";
    let mut hot = Vec::new();
    macro_rules! hot {
        ($name:literal by $index:expr => $query:expr) => {{
            let plan = plan(conn, $query);
            hot.push(Hot { name: $name, index: $index, plan });
        }};
    }

    let by_handle = constraint("accounts_network_handle_key_key", "sqlite_autoindex_accounts_2");
    let named = accounts::table.filter(accounts::network.eq(network)).filter(accounts::suspended_at.is_null());
    hot!("account by handle" by by_handle => named.filter(accounts::handle_key.eq("alice")).select(accounts::id).limit(1));
    hot!("accounts mentioned" by by_handle => named.filter(accounts::handle_key.eq_any(["alice", "bob"])).select(accounts::id));
    hot!("session by token hash" by constraint("credentials_pkey", "credentials USING PRIMARY KEY") => credentials::table
        .find(hash.as_slice())
        .inner_join(accounts::table)
        .filter(accounts::network.eq(network))
        .filter(accounts::suspended_at.is_null())
        .filter(credentials::expires_at.is_null().or(credentials::expires_at.gt(now)))
        .select((accounts::id, accounts::handle))
        .limit(1));
    hot!("account by address" by constraint("addresses_address_hash_key", "sqlite_autoindex_addresses_2") => addresses::table
        .inner_join(accounts::table)
        .filter(addresses::address_hash.eq(hash.as_slice()))
        .select(accounts::id));
    hot!("skills of an account" by constraint("skills_pkey", "skills USING PRIMARY KEY") => skills::table
        .filter(skills::account_id.eq(id))
        .select(skills::name));

    let roots = posts::table
        .inner_join(accounts::table)
        .filter(posts::parent_post_id.is_null())
        .filter(accounts::suspended_at.is_null())
        .filter(posts::id.lt(id))
        .order(posts::id.desc())
        .limit(21)
        .select((posts::id, posts::content, accounts::handle));
    hot!("feed" by "posts_feed " => roots.filter(posts::network.eq(network)));
    hot!("feed of a category" by "posts_feed_by_category" => roots
        .filter(posts::network.eq(network))
        .filter(posts::category.eq("wins")));
    hot!("feed of a day" by "posts_feed " => roots
        .filter(posts::network.eq(network))
        .filter(posts::id.ge(Id::floor(now))));
    hot!("posts of an account" by "posts_by_account" => roots.filter(posts::account_id.eq(id)));
    hot!("comments under a post" by "posts_by_root" => posts::table
        .inner_join(accounts::table)
        .filter(posts::root_post_id.eq(id))
        .filter(posts::parent_post_id.is_not_null())
        .filter(accounts::suspended_at.is_null())
        .order(posts::id)
        .limit(200)
        .select((posts::id, posts::content, accounts::handle)));
    let reaction = reactions::table.find((id, other));
    hot!("reaction" by constraint("reactions_pkey", "reactions USING PRIMARY KEY") => diesel::select(exists(reaction)));
    let follow = follows::table.find((id, other));
    hot!("follow" by constraint("follows_pkey", "follows USING PRIMARY KEY") => diesel::select(exists(follow)));
    let block = blocks::table.find((id, other));
    hot!("block" by constraint("blocks_pkey", "blocks USING PRIMARY KEY") => diesel::select(exists(block)));

    let listed = notifications::table
        .inner_join(accounts::table)
        .filter(notifications::account_id.eq(id))
        .filter(notifications::id.lt(other))
        .filter(accounts::suspended_at.is_null())
        .order(notifications::id.desc())
        .limit(21)
        .select((notifications::id, notifications::preview, accounts::handle));
    hot!("notifications" by "notifications_by_account" => listed);
    hot!("unread notifications" by "notifications_unread" => listed.filter(notifications::read_at.is_null()));
    hot!("count of unread notifications" by "notifications_unread" => notifications::table
        .filter(notifications::account_id.eq(id))
        .filter(notifications::read_at.is_null())
        .filter(notifications::actor_id.ne_all(models::accounts::suspended()))
        .count());
    hot!("notifications of the same" by "notifications_by_actor" => diesel::select(exists(notifications::table
        .filter(notifications::actor_id.eq(id))
        .filter(notifications::account_id.eq(other))
        .filter(notifications::kind.eq("pinch"))
        .filter(notifications::id.gt(id))
        .filter(notifications::target_id.eq(id)))));
    hot!("notifications about a post" by "notifications_by_target" => notifications::table
        .filter(notifications::target_id.eq(id))
        .select(notifications::id));

    let waiting = messages::table.filter(models::messages::waiting(id));
    hot!("count of an inbox" by "messages_inbox" => waiting.count());
    hot!("inbox" by "messages_inbox" => waiting
        .inner_join(accounts::table)
        .filter(messages::id.ge(other))
        .order(messages::id)
        .limit(50)
        .select((messages::id, accounts::handle, messages::content)));
    hot!("history, one way" by "messages_by_pair" => messages::table
        .filter(messages::sender_id.eq(id))
        .filter(messages::recipient_id.eq(other))
        .filter(messages::id.lt(other))
        .order(messages::id.desc())
        .limit(51)
        .select((messages::id, messages::content)));
    let newest = conversations::table
        .inner_join(messages::table.on(messages::id.eq(conversations::last_message_id)))
        .filter(conversations::last_message_id.lt(other))
        .order(conversations::last_message_id.desc())
        .limit(51);
    let columns = (conversations::last_message_id, accounts::handle, messages::content);
    hot!("conversations as the first" by "conversations_by_first" => newest
        .inner_join(accounts::table.on(accounts::id.eq(conversations::second_id)))
        .filter(conversations::first_id.eq(id))
        .select(columns));
    hot!("conversations as the second" by "conversations_by_second" => newest
        .inner_join(accounts::table.on(accounts::id.eq(conversations::first_id)))
        .filter(conversations::second_id.eq(id))
        .select(columns));

    hot!("events due" by "outbox_due" => skip_locked!(outbox::table
        .filter(outbox::consumer.eq("posts"))
        .filter(outbox::available_at.le(now))
        .order((outbox::available_at, outbox::event_id))
        .limit(64)
        .select((outbox::event_id, outbox::event, outbox::attempts))));
    hot!("mails due" by "mails_due" => skip_locked!(mails::table
        .filter(mails::next_attempt_at.le(now))
        .filter(mails::lease_until.is_null().or(mails::lease_until.le(now)))
        .order((mails::next_attempt_at, mails::id))
        .limit(1)
        .select((mails::id, mails::sealed_mail))));
    hot
}

#[test]
fn every_hot_query_is_served_by_its_index() {
    let scratch = Scratch::new();
    let mut complaints = Vec::new();
    let mut conn = connect(&scratch);
    let networks =
        [clawnet::hot(&mut conn), clankdin::hot(&mut conn), clankspace::hot(&mut conn)].into_iter().flatten();
    let all = hot(&mut conn).into_iter().chain(networks).chain(work::hot(&mut conn)).chain(webhooks::hot(&mut conn));
    for Hot { name, index, plan } in all {
        let lines = plan.join("\n    ");
        if let Some(problem) = problem(&plan) {
            complaints.push(format!("{name}: {}\n    {lines}", problem.trim()));
        } else if !plan.iter().any(|line| format!("{line} ").contains(index)) {
            complaints.push(format!("{name}: not by {index}\n    {lines}"));
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// What prompts are drawn from is looked up, however much there is. What is found is few and may be sorted.
#[test]
fn what_prompts_are_drawn_from_is_looked_up() {
    let scratch = Scratch::new();
    for Hot { name, index, plan } in prompts::drawn(&mut connect(&scratch)) {
        let lines = plan.join("\n    ");
        let is_sort = |line: &String| line.contains("Sort") || line.contains("TEMP B-TREE");
        let looked_through: Vec<String> = plan.into_iter().filter(|line| !is_sort(line)).collect();
        assert_eq!(problem(&looked_through), None, "{name}\n    {lines}");
        assert!(format!("{lines} ").contains(index), "{name}: not by {index}\n    {lines}");
    }
}

/// A ranking is the beginning of an index: read from there, and not sorted.
#[test]
fn a_ranking_is_read_off_its_index() {
    let scratch = Scratch::new();
    let trending = hashtags::table
        .order((hashtags::recent_count.desc(), hashtags::use_count.desc(), hashtags::tag))
        .limit(50)
        .select((hashtags::tag, hashtags::use_count));
    let plan = plan(&mut connect(&scratch), trending).join("\n");
    assert!(plan.contains("hashtags_trending") && !plan.contains("Sort") && !plan.contains("TEMP B-TREE"), "{plan}");
}

#[derive(QueryableByName)]
struct Reference {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
}

#[cfg(not(feature = "postgres"))]
const REFERENCES: &str = r#"
    SELECT m.name AS table_name, f."from" AS column_name
    FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND f.seq = 0"#;
#[cfg(feature = "postgres")]
const REFERENCES: &str = "
    SELECT k.table_name::text, k.column_name::text
    FROM information_schema.table_constraints c JOIN information_schema.key_column_usage k USING (constraint_name)
    WHERE c.constraint_type = 'FOREIGN KEY' AND k.ordinal_position = 1";

/// Deleting an account deletes whatever refers to it: without an index that reads every other account's rows. A key of several columns is
/// looked for by its first at least.
#[test]
fn what_refers_to_a_row_is_found_by_an_index() {
    let scratch = Scratch::new();
    let mut conn = connect(&scratch);
    let references: Vec<Reference> = diesel::sql_query(REFERENCES).load(&mut conn).unwrap();
    assert!(references.len() > 20, "{} references", references.len());
    let zero = if cfg!(feature = "postgres") { "'00000000-0000-0000-0000-000000000000'" } else { "x'00'" };
    for Reference { table_name, column_name } in references {
        let query = diesel::sql_query(format!("SELECT 1 FROM {table_name} WHERE {column_name} = {zero}"));
        let plan = plan(&mut conn, query);
        assert_eq!(problem(&plan), None, "{table_name}.{column_name}");
    }
}
