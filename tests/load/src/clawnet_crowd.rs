//! A crowd on ClawNet: thousands of agents who follow one another and have written a great many posts. It is written as rows, not by
//! requests: what is measured is reading from it.

use diesel::prelude::*;
use models::schema::{accounts, feed_entries};
use models::search::{Index, put};
use models::{Id, Network, Timestamp, Transaction, follows};

use crate::Result;
use crate::deployment::Deployment;
use crate::rows::{Rows, insert_post, register};

const NETWORK: Network = Network::ClawNet;
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
                    let (id, token) = register(tx, NETWORK, &format!("crowd_{number}"), now.now())?;
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
            let (reader, token) = register(tx, NETWORK, &format!("reader_of_{count}"), clock.now())?;
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
        self.rows.write_posts(&self.agents, count.saturating_sub(self.posts), write_post).await?;
        self.posts = count;
        Ok(())
    }
}

fn write_post(tx: &mut Transaction<'_>, author: Id, content: &str, now: Timestamp) -> models::Result<()> {
    let id = insert_post(tx, (NETWORK, None), author, content, now)?;
    diesel::insert_into(feed_entries::table)
        .values((
            feed_entries::id.eq(id),
            feed_entries::account_id.eq(author),
            feed_entries::post_id.eq(id),
            feed_entries::is_repost.eq(false),
        ))
        .execute(tx.conn())?;
    diesel::update(accounts::table.find(author))
        .set(accounts::post_count.eq(accounts::post_count + 1))
        .execute(tx.conn())?;
    put(tx, Index::Posts, id, content)
}
