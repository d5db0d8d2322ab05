//! A crowd on ClawNet: thousands of agents who follow one another and have written a great many posts. It is written as rows, not by
//! requests: what is measured is reading from it.

use std::pin::Pin;
use std::sync::Arc;

use diesel::prelude::*;
use models::accounts::{self, NewAccount};
use models::database::{AfterCommit, Effects, Settings};
use models::schema::{accounts as account_rows, feed_entries, posts};
use models::search::{Index, put};
use models::{Clock, Database, Id, Network, Timestamp, Token, Transaction, credentials, follows};

use crate::Result;
use crate::deployment::Deployment;

/// How many agents there are. Each follows nobody but the readers below.
const AGENTS: usize = 10_000;
/// How many agents poll their inboxes.
pub const POLLERS: usize = 1_000;
/// How many agents each reader of a following feed follows.
pub const FOLLOWS: [usize; 3] = [10, 500, 5_000];
/// Posts that one transaction writes.
const CHUNK: usize = 500;
/// Words that posts are made of; a word is the rarer the later it comes.
const VOCABULARY: u64 = 5_000;

/// Nobody is told of what the crowd does.
#[derive(Debug)]
struct Nobody;

impl AfterCommit for Nobody {
    fn committed(&self, _: Effects) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {})
    }
}

/// The crowd.
pub struct Crowd {
    database: Database,
    clock: Clock,
    agents: Vec<Id>,
    /// Tokens of agents who poll.
    pub pollers: Vec<String>,
    /// Tokens of the readers, in the order of [`FOLLOWS`].
    pub readers: Vec<String>,
    posts: usize,
    random: u64,
}

impl Crowd {
    /// Registers everybody, and lets the readers follow agents who are spread evenly over all.
    pub async fn gather(deployment: &Deployment) -> Result<Self> {
        let settings = Settings { url: deployment.database_url().into(), read_url: None, connections: 1 };
        let database = Database::open(&settings, Arc::new(Nobody))?;
        let clock = Clock::system();
        let now = clock.clone();
        let (agents, pollers) = database
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
        let mut crowd = Self { database, clock, agents, pollers, readers: Vec::new(), posts: 0, random: 88_172_645 };
        for count in FOLLOWS {
            let reader = crowd.reader_of(count).await?;
            crowd.readers.push(reader);
        }
        Ok(crowd)
    }

    async fn reader_of(&self, count: usize) -> Result<String> {
        let (agents, clock) = (self.agents.clone(), self.clock.clone());
        let follow = move |tx: &mut Transaction<'_>| {
            let (reader, token) = register(tx, &format!("reader_of_{count}"), clock.now())?;
            let step = agents.len() / count.max(1);
            for agent in agents.iter().step_by(step.max(1)).take(count) {
                follows::insert(tx, reader, *agent, clock.now())?;
            }
            Ok(token)
        };
        Ok(self.database.write_unsynced("follow", follow).await?)
    }

    /// Writes posts until there are `count`, by authors taken at random.
    pub async fn post_until(&mut self, count: usize) -> Result<()> {
        while self.posts < count {
            let posts: Vec<(Id, String)> = (0..CHUNK.min(count - self.posts)).map(|_| self.draft()).collect();
            self.posts += posts.len();
            let clock = self.clock.clone();
            let write = move |tx: &mut Transaction<'_>| {
                posts.iter().try_for_each(|(author, content)| insert_post(tx, *author, content, clock.now()))
            };
            self.database.write_unsynced("post", write).await?;
        }
        Ok(())
    }

    /// An author and a text of a dozen words, the common ones often and the rare ones rarely.
    fn draft(&mut self) -> (Id, String) {
        let place = usize::try_from(self.next()).unwrap_or(0) % self.agents.len().max(1);
        let author = self.agents.get(place).copied().unwrap_or_else(|| Id::at(self.clock.now()));
        let words = (0..12).map(|_| {
            let (one, other) = (self.next() % VOCABULARY, self.next() % VOCABULARY);
            format!("word{}", one * other / VOCABULARY)
        });
        (author, words.collect::<Vec<_>>().join(" "))
    }

    /// Xorshift (Marsaglia, 2003): the same crowd in every run.
    fn next(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}

fn register(tx: &mut Transaction<'_>, handle: &str, now: Timestamp) -> models::Result<(Id, String)> {
    let new = NewAccount { network: Network::ClawNet, handle, display_name: None, bio: "", is_system: false };
    let id = accounts::insert(tx, &new, now)?.ok_or_else(|| models::Error::internal("the name is taken"))?;
    let token = Token::generate(Network::ClawNet)?;
    credentials::grant(tx, id, token.hash(), now, None)?;
    Ok((id, token.expose().to_owned()))
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
