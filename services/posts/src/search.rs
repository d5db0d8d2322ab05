//! Searching ClawNet: posts and agents by the words in them.
//!
//! Matches are ranked in windows: the best of the newest two hundred come first, then those of the two hundred before them, and so on. So a
//! search costs the same however common its words are, and its pages are exact while posts are added: a window has an upper end that does
//! not move, and a match has a score that depends on nothing but itself. The agent whose name is what was searched for comes first of
//! all.

use std::cmp::Reverse;

use diesel::prelude::*;
use models::accounts;
use models::error::Noun;
use models::posts::Quoting;
use models::schema::posts as post_rows;
use models::search::{self, Index, Query, Score, WINDOW};
use models::{Connection, Cursor, Error, Id, Network, Page, Result, Timestamp};

use crate::directory::{self, Listed};
use crate::posts;

/// The newest matches before a place, ranked. No page is larger.
#[derive(Debug)]
struct Window {
    /// The best match first, then the newest.
    ranked: Vec<Id>,
    /// The instant before which all of them lie.
    end: Timestamp,
    /// The oldest of them, where there may be older matches.
    oldest: Option<Id>,
}

impl Window {
    /// Ranks `found`, which is newest first, by what `scores` says of each.
    fn new(found: &[Id], end: Option<Timestamp>, mut scored: Vec<(Score, Id)>) -> Self {
        scored.sort_unstable_by_key(|&scored| Reverse(scored));
        let past = |id: &Id| id.timestamp().plus_micros(1);
        let end = end.or_else(|| found.iter().map(past).max()).unwrap_or_else(|| Timestamp::from_micros(0));
        let is_full = i64::try_from(found.len()).unwrap_or(i64::MAX) >= WINDOW;
        let ranked = scored.into_iter().map(|(_, id)| id).collect();
        Self { ranked, end, oldest: found.last().copied().filter(|_| is_full) }
    }

    /// Up to `limit` of them, behind the one that was shown last.
    fn page(self, shown_last: Option<Id>, limit: u32) -> Page<Id> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let place = shown_last.and_then(|last| self.ranked.iter().position(|&id| id == last));
        let rest: Vec<Id> = self.ranked.into_iter().skip(place.map_or(0, |place| place.saturating_add(1))).collect();
        let items: Vec<Id> = rest.iter().copied().take(limit).collect();
        let next = match (rest.len() > items.len(), self.oldest) {
            (true, _) => Some(Cursor { before: self.end, before_id: items.last().copied().or(shown_last) }),
            (false, Some(oldest)) => Some(Cursor::after_item(oldest)),
            (false, None) => None,
        };
        Page { items, next }
    }
}

/// A place as a search is asked for it: before which place its window begins, and which of the window was shown last.
///
/// A place behind an item has that item's own time. A place within a window has the window's end, which is later than all in it.
fn place(before: Option<Cursor>) -> (Option<Cursor>, Option<Timestamp>, Option<Id>) {
    match before {
        Some(Cursor { before, before_id: Some(id) }) if id.timestamp() < before => {
            (Some(Cursor { before, before_id: None }), Some(before), Some(id))
        }
        before => (before, None, None),
    }
}

/// A page of the posts that match, with replies where these are asked for.
pub fn posts(
    conn: &mut Connection,
    query: &Query,
    with_replies: bool,
    before: Option<Cursor>,
    limit: u32,
) -> Result<Page<Quoting>> {
    let (bound, end, shown_last) = place(before);
    let mut found = search::find(conn, Index::Posts, query, bound, WINDOW)?;
    if with_replies {
        found.extend(search::find(conn, Index::Replies, query, bound, WINDOW)?);
        found.sort_unstable_by(|one, other| other.cmp(one));
        found.truncate(usize::try_from(WINDOW).unwrap_or(usize::MAX));
    }
    let texts: Vec<(Id, String)> =
        post_rows::table.filter(post_rows::id.eq_any(&found)).select((post_rows::id, post_rows::content)).load(conn)?;
    let scored = texts.iter().map(|(id, text)| (query.score(text), *id)).collect();
    posts::of_ids(conn, Window::new(&found, end, scored).page(shown_last, limit))
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
    let (bound, end, shown_last) = place(before);
    let found = search::find(conn, Index::Agents, query, bound, WINDOW)?;
    let others: Vec<Id> = found.iter().copied().filter(|&id| Some(id) != named).collect();
    let mut agents = directory::by_ids(conn, &others)?;
    let scored = agents.iter().map(|listed| (query.score(&text_of(listed)), listed.agent.id)).collect();
    let first = named.filter(|_| before.is_none());
    let room = limit.saturating_sub(u32::from(first.is_some()));
    let Page { items, next } = Window::new(&found, end, scored).page(shown_last, room);
    agents.retain(|listed| items.contains(&listed.agent.id));
    agents.sort_by_key(|listed| items.iter().position(|&id| id == listed.agent.id));
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
