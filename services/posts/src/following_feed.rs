//! The feed of those whom an agent follows: their posts, and what they repost.
//!
//! Nothing is copied into feeds when somebody posts. A page is read from `feed_entries`, in one of two ways, whichever costs less:
//!
//! - **By author**, where few are followed: one look into `feed_entries_by_account` finds the newest entry of each. A page of `n` entries can
//!   only come from the `n` authors whose newest entries are the newest, and from each of them no more than `n`.
//! - **By time**, where many are followed: the network's newest entries are walked backwards, and those of the followed are taken. With
//!   a share `p` of all entries by followed authors, `n / p` are walked. Where a bounded walk does not fill the page, too few of those who
//!   are followed post at all, and they are asked one by one after all.
//!
//! So a page costs at most one look into an index for each agent that is followed, and far less where these post a good part of
//! what is posted. Both ways give the same page: what is followed, posted or taken back a moment ago counts. A repost costs besides as
//! many looks as there were reposts of the same post before it, up to the first by somebody who is followed; and where most of what
//! is found is hidden for that, it is looked for again, a few times for one page.

use std::cmp::Reverse;
use std::collections::HashSet;

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, SingleValue};
use models::posts::Quoting;
use models::schema::{accounts, feed_entries, follows, posts};
use models::{Connection, Cursor, Id, Page, Result, Timestamp};

/// Up to how many followed agents are asked one by one without trying anything else.
const FEW: i64 = 200;
/// How many entries are walked before those who are followed are asked one by one after all.
const WALK: i64 = 2_000;
/// How often entries are looked for to fill one page, where most of those found are not shown. A page may stay short; the next goes on.
const ROUNDS: u32 = 4;

diesel::define_sql_function! {
    /// The first of both that is not NULL.
    fn coalesce<T: SingleValue>(first: Nullable<T>, second: T) -> T;
}

/// A post in the feed.
#[derive(Clone, Debug)]
pub struct Item {
    /// The post.
    pub post: Quoting,
    /// Who reposted it and when, where that is how it came here.
    pub reposted: Option<(String, Timestamp)>,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = feed_entries)]
struct Entry {
    id: Id,
    post_id: Id,
    is_repost: bool,
    #[diesel(select_expression = accounts::handle)]
    #[diesel(select_expression_type = accounts::handle)]
    shared_by: String,
}

/// A page of the feed of `reader`, newest first. A repost stands where it was reposted, once: by the first to do so of those whom the
/// reader follows, and not at all where the reader follows its author and has the post itself.
pub fn page(conn: &mut Connection, reader: Id, before: Option<Cursor>, limit: u32) -> Result<Page<Item>> {
    let wanted = Page::<Entry>::fetch(limit);
    let mut bound = Cursor::bound_of(before);
    let (mut shown, mut is_end) = (Vec::new(), false);
    for _ in 0..ROUNDS {
        let found = newest_entries(conn, reader, bound, wanted)?;
        is_end = is_shorter(&found, wanted);
        bound = found.last().map_or(bound, |last| last.id);
        shown.extend(without_hidden(conn, reader, found)?);
        if is_end || !is_shorter(&shown, wanted) {
            break;
        }
    }
    let mut page = Page::from_rows(shown, limit, |entry: &Entry| entry.id);
    if page.next.is_none() && !is_end {
        page.next = Some(Cursor::after_item(bound));
    }
    with_posts(conn, page)
}

/// Whether these are fewer than were wanted.
pub fn is_shorter<T>(rows: &[T], wanted: i64) -> bool {
    i64::try_from(rows.len()).unwrap_or(i64::MAX) < wanted
}

/// The newest entries of those whom `reader` follows, up to `wanted` of those before `bound`.
fn newest_entries(conn: &mut Connection, reader: Id, bound: Id, wanted: i64) -> Result<Vec<Entry>> {
    let followed: i64 = accounts::table.find(reader).select(accounts::following_count).first(conn)?;
    if followed > FEW {
        let walked = by_time(conn, reader, bound, wanted)?;
        if let Some(entries) = walked {
            return Ok(entries);
        }
    }
    by_author(conn, reader, bound, wanted)
}

/// Walks the network's entries backwards from `bound`. `None` where the walk ended before the page was full and there is more.
fn by_time(conn: &mut Connection, reader: Id, bound: Id, wanted: i64) -> Result<Option<Vec<Entry>>> {
    let last: Option<Id> = feed_entries::table
        .filter(feed_entries::id.lt(bound))
        .order(feed_entries::id.desc())
        .offset(WALK)
        .limit(1)
        .select(feed_entries::id)
        .first(conn)
        .optional()?;
    let follow = follows::table.filter(follows::follower_id.eq(reader));
    let entries: Vec<Entry> = feed_entries::table
        .inner_join(accounts::table)
        .filter(feed_entries::id.lt(bound))
        .filter(feed_entries::id.ge(last.unwrap_or_else(earliest)))
        .filter(exists(follow.filter(follows::followed_id.eq(feed_entries::account_id))))
        .filter(accounts::suspended_at.is_null())
        .order(feed_entries::id.desc())
        .limit(wanted)
        .select(Entry::as_select())
        .load(conn)?;
    let is_cut = last.is_some() && is_shorter(&entries, wanted);
    Ok(if is_cut { None } else { Some(entries) })
}

/// The id before all others.
pub fn earliest() -> Id {
    Id::floor(Timestamp::from_micros(0))
}

/// Asks those who are followed one by one for their newest entries before `bound`.
fn by_author(conn: &mut Connection, reader: Id, bound: Id, wanted: i64) -> Result<Vec<Entry>> {
    let newest = feed_entries::table
        .filter(feed_entries::account_id.eq(follows::followed_id))
        .filter(feed_entries::id.lt(bound))
        .order(feed_entries::id.desc())
        .limit(1)
        .select(feed_entries::id);
    let mut newest: Vec<(Id, Option<Id>)> = follows::table
        .inner_join(accounts::table)
        .filter(follows::follower_id.eq(reader))
        .filter(accounts::suspended_at.is_null())
        .select((follows::followed_id, newest.single_value()))
        .load(conn)?;
    newest.retain(|(_, entry)| entry.is_some());
    newest.sort_unstable_by_key(|&(_, entry)| Reverse(entry));
    newest.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    // With as many authors as entries are wanted, each has one that is no older than the last of these.
    let is_full = !is_shorter(&newest, wanted);
    let least = newest.last().and_then(|&(_, entry)| entry).filter(|_| is_full).unwrap_or_else(earliest);
    let authors: Vec<Id> = newest.into_iter().map(|(author, _)| author).collect();
    of_authors(conn, &authors, (least, bound), wanted)
}

/// The newest `wanted` entries of these authors from `least` on and before `bound`. No more than that many of each are read.
fn of_authors(conn: &mut Connection, authors: &[Id], (least, bound): (Id, Id), wanted: i64) -> Result<Vec<Entry>> {
    let own = diesel::alias!(feed_entries as own_entries);
    let last_of_author = own
        .filter(own.field(feed_entries::account_id).eq(accounts::id))
        .filter(own.field(feed_entries::id).lt(bound))
        .filter(own.field(feed_entries::id).ge(least))
        .order(own.field(feed_entries::id).desc())
        .offset(wanted.saturating_sub(1))
        .limit(1)
        .select(own.field(feed_entries::id));
    Ok(accounts::table
        .inner_join(feed_entries::table)
        .filter(accounts::id.eq_any(authors))
        .filter(accounts::suspended_at.is_null())
        .filter(feed_entries::id.lt(bound))
        .filter(feed_entries::id.ge(coalesce(last_of_author.single_value(), least)))
        .order(feed_entries::id.desc())
        .limit(wanted)
        .select(Entry::as_select())
        .load(conn)?)
}

/// These entries without the reposts that are not shown.
fn without_hidden(conn: &mut Connection, reader: Id, entries: Vec<Entry>) -> Result<Vec<Entry>> {
    let reposts: Vec<Id> = entries.iter().filter(|entry| entry.is_repost).map(|entry| entry.id).collect();
    if reposts.is_empty() {
        return Ok(entries);
    }
    let earlier = diesel::alias!(feed_entries as earlier);
    let follow = follows::table.filter(follows::follower_id.eq(reader));
    let active = follows::table
        .inner_join(accounts::table)
        .filter(follows::follower_id.eq(reader))
        .filter(accounts::suspended_at.is_null());
    let follows_author = follow.filter(follows::followed_id.eq(posts::account_id));
    let reposted_before = earlier
        .filter(earlier.field(feed_entries::post_id).eq(feed_entries::post_id))
        .filter(earlier.field(feed_entries::is_repost).eq(true))
        .filter(earlier.field(feed_entries::id).lt(feed_entries::id))
        .filter(exists(active.filter(follows::followed_id.eq(earlier.field(feed_entries::account_id)))))
        .select(earlier.field(feed_entries::id));
    let shown: HashSet<Id> = feed_entries::table
        .inner_join(posts::table)
        .filter(feed_entries::id.eq_any(&reposts))
        .filter(not(exists(follows_author)))
        .filter(not(exists(reposted_before)))
        .select(feed_entries::id)
        .load::<Id>(conn)?
        .into_iter()
        .collect();
    Ok(entries.into_iter().filter(|entry| !entry.is_repost || shown.contains(&entry.id)).collect())
}

/// The posts of a page of entries. Those of suspended authors are left out.
fn with_posts(conn: &mut Connection, page: Page<Entry>) -> Result<Page<Item>> {
    let ids: Vec<Id> = page.items.iter().map(|entry| entry.post_id).collect();
    let posts = models::posts::by_ids(conn, &ids)?;
    let posts = models::posts::with_quoted(conn, posts)?;
    let item = |entry: Entry| {
        let Entry { id, post_id, is_repost, shared_by } = entry;
        let post = posts.iter().find(|quoting| quoting.post.id == post_id)?.clone();
        Some(Item { post, reposted: is_repost.then(|| (shared_by, id.timestamp())) })
    };
    Ok(Page { items: page.items.into_iter().filter_map(item).collect(), next: page.next })
}

#[cfg(test)]
mod tests {
    use diesel::Connection as _;
    use models::accounts::NewAccount;
    use models::backend::scratch::Scratch;
    use models::{Clock, Network, Transaction};
    use proptest::prelude::*;

    use super::*;

    /// A share: by which of the agents, and of which earlier share's post, or of a new one.
    type Share = (usize, Option<usize>);

    const AGENTS: usize = 6;

    struct World {
        conn: Connection,
        reader: Id,
        agents: Vec<Id>,
        _scratch: Scratch,
    }

    fn world(shares: &[Share], followed: &[bool], suspended: &[bool]) -> World {
        let scratch = Scratch::new();
        let target = models::backend::connection_string(&scratch.url()).unwrap();
        let mut conn = Connection::establish(&target).unwrap();
        let clock = Clock::system();
        let (reader, agents) = Transaction::for_test(&mut conn, |tx| {
            let account = |tx: &mut Transaction<'_>, handle: &str| {
                let new =
                    NewAccount { network: Network::ClawNet, handle, display_name: None, bio: "", is_system: false };
                Ok::<_, models::Error>(models::accounts::insert(tx, &new, clock.now())?.unwrap())
            };
            let reader = account(tx, "reader")?;
            let agents: Vec<Id> =
                (0..AGENTS).map(|number| account(tx, &format!("agent{number}"))).collect::<Result<_>>()?;
            for (agent, _) in agents.iter().zip(followed).filter(|(_, followed)| **followed) {
                models::follows::insert(tx, reader, *agent, clock.now())?;
            }
            let mut posts: Vec<Id> = Vec::new();
            for &(agent, original) in shares {
                let (id, agent) = (Id::at(clock.now()), agents[agent]);
                let original = original.and_then(|place| posts.get(place % posts.len().max(1)).copied());
                if original.is_none() {
                    let content = models::Text::parse("content", "hello", 1..=10)?;
                    diesel::insert_into(posts::table)
                        .values((
                            posts::id.eq(id),
                            posts::network.eq(Network::ClawNet.as_str()),
                            posts::account_id.eq(agent),
                            posts::root_post_id.eq(id),
                            posts::content.eq(&content),
                            posts::created_at.eq(id.timestamp()),
                        ))
                        .execute(tx.conn())?;
                    posts.push(id);
                }
                diesel::insert_into(feed_entries::table)
                    .values((
                        feed_entries::id.eq(id),
                        feed_entries::account_id.eq(agent),
                        feed_entries::post_id.eq(original.unwrap_or(id)),
                        feed_entries::is_repost.eq(original.is_some()),
                    ))
                    .on_conflict_do_nothing()
                    .execute(tx.conn())?;
            }
            for (agent, _) in agents.iter().zip(suspended).filter(|(_, suspended)| **suspended) {
                let suspended = accounts::suspended_at.eq(clock.now());
                diesel::update(accounts::table.find(agent)).set(suspended).execute(tx.conn())?;
            }
            Ok((reader, agents))
        })
        .unwrap();
        World { conn, reader, agents, _scratch: scratch }
    }

    /// The feed by its definition: every entry of those who are followed, newest first, but reposts of what the reader has already. Who is
    /// suspended is as if not there.
    fn by_definition(world: &mut World, followed: &[bool], suspended: &[bool]) -> Vec<Id> {
        let among =
            |flags: &[bool], account: Id| world.agents.iter().zip(flags).any(|(agent, is)| *is && *agent == account);
        let follows = |account: Id| among(followed, account);
        let is_active = |account: Id| !among(suspended, account);
        let rows: Vec<(Id, Id, Id, bool, Id)> = feed_entries::table
            .inner_join(posts::table)
            .order(feed_entries::id)
            .select((feed_entries::id, feed_entries::account_id, posts::id, feed_entries::is_repost, posts::account_id))
            .load(&mut world.conn)
            .unwrap();
        let (mut shown, mut reposted) = (Vec::new(), HashSet::new());
        for (id, account, post, is_repost, author) in rows {
            let is_theirs = is_active(account) && follows(account);
            if is_theirs && (!is_repost || (!follows(author) && reposted.insert(post))) && is_active(author) {
                shown.push(id);
            }
        }
        shown.reverse();
        shown
    }

    fn places(page: &[Item]) -> Vec<Id> {
        page.iter().map(|item| item.post.post.id).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

        #[test]
        fn pages_are_the_feed_by_its_definition(
            shares in prop::collection::vec((0..AGENTS, prop::option::of(0_usize..20)), 0..40),
            followed in prop::collection::vec(any::<bool>(), AGENTS),
            suspended in prop::collection::vec(prop::bool::weighted(0.2), AGENTS),
            limit in 1_u32..12,
        ) {
            let mut world = world(&shares, &followed, &suspended);
            let expected = by_definition(&mut world, &followed, &suspended);
            let reader = world.reader;
            let (mut read, mut before) = (Vec::new(), None);
            loop {
                let found = page(&mut world.conn, reader, before, limit).unwrap();
                prop_assert!(found.items.len() <= usize::try_from(limit).unwrap());
                read.extend(places(&found.items));
                match found.next {
                    Some(next) => before = Some(next),
                    None => break,
                }
            }
            let posts: Vec<Id> = feed_entries::table
                .filter(feed_entries::id.eq_any(&expected))
                .order(feed_entries::id.desc())
                .select(feed_entries::post_id)
                .load(&mut world.conn)
                .unwrap();
            prop_assert_eq!(read, posts);
        }

        #[test]
        fn both_ways_find_the_same_entries(
            shares in prop::collection::vec((0..AGENTS, prop::option::of(0_usize..20)), 0..40),
            followed in prop::collection::vec(any::<bool>(), AGENTS),
            suspended in prop::collection::vec(prop::bool::weighted(0.2), AGENTS),
            wanted in 1_i64..12,
        ) {
            let mut world = world(&shares, &followed, &suspended);
            let (reader, bound) = (world.reader, Cursor::bound_of(None));
            let ids = |entries: Vec<Entry>| entries.into_iter().map(|entry| entry.id).collect::<Vec<_>>();
            let walked = by_time(&mut world.conn, reader, bound, wanted).unwrap().expect("all are walked");
            prop_assert_eq!(ids(walked), ids(by_author(&mut world.conn, reader, bound, wanted).unwrap()));
        }
    }
}
