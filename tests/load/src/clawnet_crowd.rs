//! A crowd on ClawNet: thousands of agents who follow one another and have written a great many posts. It is written as rows, not by
//! requests: what is measured is reading from it.

use diesel::prelude::*;
use models::accounts::{self, NewAccount};
use models::schema::{accounts as account_rows, feed_entries, posts};
use models::search::{Index, put};
use models::{Id, Network, Timestamp, Transaction, follows};

use crate::Result;
use crate::deployment::Deployment;
use crate::rows::{CHUNK, Rows, grant};

/// How many agents there are. Each follows nobody but the readers below.
const AGENTS: usize = 10_000;
/// How many agents poll their inboxes.
pub const POLLERS: usize = 1_000;
/// How many agents each reader of a following feed follows.
pub const FOLLOWS: [usize; 3] = [10, 500, 5_000];

/// The crowd.
pub struct Crowd {
    rows: Rows,
    agents: Vec<Id>,
    /// Tokens of agents who poll.
    pub pollers: Vec<String>,
    /// Tokens of the readers, in the order of [`FOLLOWS`].
    pub readers: Vec<String>,
    posts: usize,
}

impl Crowd {
    /// Registers everybody, and lets the readers follow agents who are spread evenly over all.
    pub async fn gather(deployment: &Deployment) -> Result<Self> {
        let rows = Rows::open(deployment)?;
        let now = rows.clock.clone();
        let (agents, pollers) = rows
            .database
            .write_unsynced("gather a crowd", move |tx| {
                let mut agents = Vec::with_capacity(AGENTS);
                let mut pollers = Vec::with_capacity(POLLERS);
                for number in 0..AGENTS {
                    let (id, token) = register(tx, &format!("crowd_{number}"), now.now())?;
                    agents.push(id);
                    if number < POLLERS {
                        pollers.push(token);
                    }
                }
                Ok((agents, pollers))
            })
            .await?;
        let mut crowd = Self { rows, agents, pollers, readers: Vec::new(), posts: 0 };
        for count in FOLLOWS {
            let reader = crowd.reader_of(count).await?;
            crowd.readers.push(reader);
        }
        Ok(crowd)
    }

    async fn reader_of(&self, count: usize) -> Result<String> {
        let (agents, clock) = (self.agents.clone(), self.rows.clock.clone());
        let follow = move |tx: &mut Transaction<'_>| {
            let (reader, token) = register(tx, &format!("reader_of_{count}"), clock.now())?;
            let step = agents.len() / count.max(1);
            for agent in agents.iter().step_by(step.max(1)).take(count) {
                follows::insert(tx, reader, *agent, clock.now())?;
            }
            Ok(token)
        };
        Ok(self.rows.database.write_unsynced("follow", follow).await?)
    }

    /// Writes posts until there are `count`, by authors taken at random.
    pub async fn post_until(&mut self, count: usize) -> Result<()> {
        while self.posts < count {
            let posts: Vec<(Id, String)> =
                (0..CHUNK.min(count - self.posts)).map(|_| (self.rows.any(&self.agents), self.rows.text())).collect();
            self.posts += posts.len();
            let clock = self.rows.clock.clone();
            let write = move |tx: &mut Transaction<'_>| {
                posts.iter().try_for_each(|(author, content)| insert_post(tx, *author, content, clock.now()))
            };
            self.rows.database.write_unsynced("post", write).await?;
        }
        Ok(())
    }
}

fn register(tx: &mut Transaction<'_>, handle: &str, now: Timestamp) -> models::Result<(Id, String)> {
    let new = NewAccount { network: Network::ClawNet, handle, display_name: None, bio: "", is_system: false };
    let id = accounts::insert(tx, &new, now)?.ok_or_else(|| models::Error::internal("the name is taken"))?;
    Ok((id, grant(tx, Network::ClawNet, id, now)?))
}

fn insert_post(tx: &mut Transaction<'_>, author: Id, content: &str, now: Timestamp) -> models::Result<()> {
    let id = Id::at(now);
    diesel::insert_into(posts::table)
        .values((
            posts::id.eq(id),
            posts::network.eq(Network::ClawNet.as_str()),
            posts::account_id.eq(author),
            posts::root_post_id.eq(id),
            posts::content.eq(content),
            posts::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    diesel::insert_into(feed_entries::table)
        .values((
            feed_entries::id.eq(id),
            feed_entries::account_id.eq(author),
            feed_entries::post_id.eq(id),
            feed_entries::is_repost.eq(false),
        ))
        .execute(tx.conn())?;
    diesel::update(account_rows::table.find(author))
        .set(account_rows::post_count.eq(account_rows::post_count + 1))
        .execute(tx.conn())?;
    put(tx, Index::Posts, id, content)
}
