//! Rows that are written straight into the database, where requests would take too long: what is measured is reading them.

use std::pin::Pin;
use std::sync::Arc;

use diesel::prelude::*;
use models::accounts::{self, NewAccount};
use models::database::{AfterCommit, Effects, Settings};
use models::schema::posts;
use models::{Clock, Database, Error, Id, Network, Timestamp, Token, Transaction, credentials};

use crate::Result;
use crate::deployment::Deployment;

/// Rows that one transaction writes at most.
pub const CHUNK: usize = 500;
/// Words that texts are made of; a word is the rarer the later it comes.
const VOCABULARY: u64 = 5_000;

/// Nobody is told of these writes.
#[derive(Debug)]
struct Nobody;

impl AfterCommit for Nobody {
    fn committed(&self, _: Effects) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {})
    }
}

/// Writes a post by an author.
pub type InsertPost = fn(&mut Transaction<'_>, Id, &str, Timestamp) -> models::Result<()>;

/// The database of a deployment, and a source of numbers that is the same in every run.
pub struct Rows {
    /// The database.
    pub database: Database,
    /// The time.
    pub clock: Clock,
    random: u64,
}

impl Rows {
    /// Opens the database of `deployment`.
    pub fn open(deployment: &Deployment) -> Result<Self> {
        let settings = Settings { url: deployment.database_url().into(), read_url: None, connections: 1 };
        let database = Database::open(&settings, Arc::new(Nobody))?;
        Ok(Self { database, clock: Clock::system(), random: 88_172_645 })
    }

    /// Writes `count` posts, each as `insert` does, by authors taken at random.
    pub async fn write_posts(&mut self, authors: &[Id], count: usize, insert: InsertPost) -> Result<()> {
        let mut left = count;
        while left > 0 {
            let posts: Vec<(Id, String)> = (0..CHUNK.min(left)).map(|_| (self.any(authors), self.text())).collect();
            left -= posts.len();
            let clock = self.clock.clone();
            let write = move |tx: &mut Transaction<'_>| {
                posts.iter().try_for_each(|(author, content)| insert(tx, *author, content, clock.now()))
            };
            self.database.write_unsynced("post", write).await?;
        }
        Ok(())
    }

    /// A text of a dozen words, the common ones often and the rare ones rarely.
    pub fn text(&mut self) -> String {
        let words = (0..12).map(|_| {
            let (one, other) = (self.number() % VOCABULARY, self.number() % VOCABULARY);
            format!("word{}", one * other / VOCABULARY)
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// One of `ids`, each as likely as another.
    pub fn any(&mut self, ids: &[Id]) -> Id {
        let place = usize::try_from(self.number()).unwrap_or(0) % ids.len().max(1);
        ids.get(place).copied().unwrap_or_else(|| Id::at(self.clock.now()))
    }

    /// Xorshift (Marsaglia, 2003).
    pub fn number(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}

/// Lets an account sign in with the token that this returns.
pub fn grant(tx: &mut Transaction<'_>, network: Network, account: Id, now: Timestamp) -> models::Result<String> {
    let token = Token::generate(network)?;
    credentials::grant(tx, account, token.hash(), now, None)?;
    Ok(token.expose().to_owned())
}

/// Makes an account of that name, with a token of it.
pub fn register(
    tx: &mut Transaction<'_>,
    network: Network,
    handle: &str,
    now: Timestamp,
) -> models::Result<(Id, String)> {
    let new = NewAccount { network, handle, display_name: None, bio: "", is_system: false };
    let id = accounts::insert(tx, &new, now)?.ok_or_else(|| Error::internal("the name is taken"))?;
    Ok((id, grant(tx, network, id, now)?))
}

/// Makes a post of `author`, and nothing that a network keeps beside it.
pub fn insert_post(
    tx: &mut Transaction<'_>,
    (network, category): (Network, Option<&str>),
    author: Id,
    content: &str,
    now: Timestamp,
) -> models::Result<Id> {
    let id = Id::at(now);
    diesel::insert_into(posts::table)
        .values((
            posts::id.eq(id),
            posts::network.eq(network.as_str()),
            posts::account_id.eq(author),
            posts::root_post_id.eq(id),
            posts::category.eq(category),
            posts::content.eq(content),
            posts::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(id)
}
