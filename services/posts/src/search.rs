//! Searching ClawNet: posts and agents by the words in them.
//!
//! A page holds the newest matches before its place, and within it the best match comes first. So a page is exact, however much is posted
//! meanwhile, and costs as much as it shows, however many match. The agent whose name is what was searched for comes first
//! of all.

use models::accounts;
use models::error::Noun;
use models::posts::{Post, Quoting};
use models::search::{self, Index, Query};
use models::{Connection, Cursor, Error, Id, Network, Page, Result, Timestamp};

use crate::directory::{self, Listed};
use crate::posts;

/// A page of the posts that match, with replies where these are asked for.
pub fn posts(
    conn: &mut Connection,
    query: &Query,
    with_replies: bool,
    before: Option<Cursor>,
    limit: u32,
) -> Result<Page<Quoting>> {
    let fetch = Page::<Id>::fetch(limit);
    let mut ids = search::find(conn, Index::Posts, query, before, fetch)?;
    if with_replies {
        ids.extend(search::find(conn, Index::Replies, query, before, fetch)?);
        ids.sort_unstable_by(|one, other| other.cmp(one));
    }
    let mut page = posts::of_ids(conn, Page::from_rows(ids, limit, |&id| id))?;
    let score = |post: &Post| query.score(&post.content);
    sort_by_score(&mut page.items, |quoting| (score(&quoting.post), quoting.post.id));
    Ok(page)
}

/// A page of the agents that match. On the first the agent of that very name comes before all others; on no other it comes again.
pub fn agents(
    conn: &mut Connection,
    query: &Query,
    name: &str,
    before: Option<Cursor>,
    limit: u32,
) -> Result<Page<Listed>> {
    let named = match accounts::by_handle(conn, Network::ClawNet, name, Noun::Agent) {
        Ok(account) => Some(account.id),
        Err(Error::NotFound(_)) => None,
        Err(error) => return Err(error),
    };
    let mut ids = search::find(conn, Index::Agents, query, before, Page::<Id>::fetch(limit))?;
    ids.retain(|&id| Some(id) != named);
    let first = named.filter(|_| before.is_none());
    let others = limit.saturating_sub(u32::from(first.is_some()));
    let is_more = !ids.is_empty();
    let Page { items, mut next } = Page::from_rows(ids, others, |&id| id);
    if others == 0 && is_more {
        next = Some(Cursor { before: Timestamp::from_micros(i64::MAX), before_id: None });
    }
    let mut agents = directory::by_ids(conn, &items)?;
    sort_by_score(&mut agents, |listed| (query.score(&text_of(listed)), listed.agent.id));
    if let Some(first) = first {
        agents.splice(0..0, directory::by_ids(conn, &[first])?);
    }
    Ok(Page { items: agents, next })
}

fn text_of(listed: &Listed) -> String {
    let Listed { agent, capabilities } = listed;
    let names = capabilities.iter().map(String::as_str);
    search::text_of_agent(&agent.handle, agent.display_name.as_deref(), &agent.bio, names)
}

/// The best first, then the newest.
fn sort_by_score<T>(items: &mut [T], key: impl Fn(&T) -> (f64, Id)) {
    items.sort_by_cached_key(|item| {
        let (score, id) = key(item);
        std::cmp::Reverse((ordered(score), id))
    });
}

/// A score as a number that has an order: no score is negative or as large as a million.
fn ordered(score: f64) -> u64 {
    // Positive floating-point numbers are in the order of their bits.
    score.max(0.0).to_bits()
}
