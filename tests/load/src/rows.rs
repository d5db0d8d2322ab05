//! Rows that are written straight into the database, where requests would take too long: what is measured is reading them.

use std::pin::Pin;
use std::sync::Arc;

use models::database::{AfterCommit, Effects, Settings};
use models::{Clock, Database, Id, Network, Timestamp, Token, Transaction, credentials};

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
