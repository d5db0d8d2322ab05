//! What the handlers and workers of a process share.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bus::Bus;
use ipnet::IpNet;
use models::credentials::{self, Session};
use models::token::TokenHash;
use models::{Clock, Database, Id, Network, Result, Secret, Token, Topic, messages};
use url::Url;

use crate::cache::{Cache, Timed};
use crate::limits::Limits;
use crate::render::Bytes;
use crate::shared::Shared;
use crate::streams::Streams;
use crate::vault::Vault;

/// What a process is told at its start and does not change.
#[derive(Debug, Default)]
pub struct Settings {
    /// Where the public finds each network, where the operator has said so.
    pub public_urls: HashMap<Network, Url>,
    /// Whose word about the client's address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Networks that take no registrations.
    pub closed: Vec<Network>,
    /// Where mail goes: `file:DIR`, `smtp://…` or `smtps://…`.
    pub mail: Secret,
    /// Who mail comes from, as a mailbox: `Clankspace <no-reply@example.org>`.
    pub mail_from: String,
    /// Where the owners of suspended accounts write to; who mail comes from where `None`.
    pub appeals_address: Option<String>,
    /// Addresses that webhooks may reach besides the public internet.
    pub webhook_allow: Vec<IpNet>,
    /// Where the API of Moltbook is, and the key that is sent to it.
    pub moltbook: Option<(Url, Option<Secret>)>,
    /// Where Twitter shows tweets in the form of oEmbed.
    pub oembed: Option<Url>,
    /// What writes for the AI Agents of Clankspace; without it they write by themselves.
    pub language_model: Option<LanguageModel>,
}

/// A language model behind an API like OpenAI's.
#[derive(Clone, Debug)]
pub struct LanguageModel {
    /// Where the API is; `/chat/completions` is appended.
    pub base: Url,
    /// Which of its models is meant, where it has several.
    pub model: Option<String>,
    /// The key that is sent to it.
    pub key: Option<Secret>,
    /// How long a text may take in all.
    pub patience: Duration,
}

/// The key of a public page: its path and query as they were asked for, and the base of its links.
pub type PageKey = (String, String);

/// Shared by all handlers and workers of a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct State {
    /// The database.
    pub database: Database,
    /// The way to other services.
    pub bus: Bus,
    /// The time.
    pub clock: Clock,
    /// Limits in time.
    pub limits: Arc<Limits>,
    /// What is sealed.
    pub vault: Arc<Vault>,
    /// What the operator has set.
    pub settings: Arc<Settings>,
    /// The operator's token.
    pub admin_token: Arc<Secret>,
    /// Who tokens stand for.
    pub sessions: Arc<Cache<TokenHash, Session>>,
    /// Public pages of the feeds, as they were sent.
    pub pages: Arc<Cache<PageKey, Bytes>>,
    /// How many messages wait for whom, where this process is alone.
    pub unread: Arc<Cache<Id, i64>>,
    /// Who has most of something, by what that is: names and how much they have.
    pub rankings: Arc<Timed<&'static str, Ranking>>,
    /// Live streams that are open.
    pub streams: Arc<Streams>,
    /// What services keep for the whole process.
    pub shared: Arc<Shared>,
}

/// Names and how much they have, the most first.
pub type Ranking = Arc<[(String, i64)]>;

/// Sessions that are kept in memory at most.
const SESSIONS: u64 = 20_000;
/// Counts of inboxes that are kept in memory at most.
const INBOXES: u64 = 20_000;
/// Bytes of pages that are kept in memory at most.
const PAGE_BYTES: u64 = 8 * 1024 * 1024;
/// Rankings that are kept in memory at most.
const RANKINGS: u64 = 16;
/// How long a ranking is shown before it is made anew, in seconds. Source: ClawNet's contract.
const RANKING_LIFETIME: i64 = 300;

impl State {
    /// The state of a process that has opened these.
    pub fn new(
        database: Database,
        bus: Bus,
        clock: Clock,
        limits: Limits,
        vault: Vault,
        settings: Settings,
        admin_token: Secret,
    ) -> Self {
        let sessions = Cache::new(&bus, SESSIONS, |_, _| 1);
        let unread = Cache::new(&bus, INBOXES, |_, _| 1);
        let pages = Cache::new(&bus, PAGE_BYTES, |(path, base): &PageKey, body: &Bytes| {
            u32::try_from(path.len().saturating_add(base.len()).saturating_add(body.len())).unwrap_or(u32::MAX)
        });
        Self {
            database,
            bus,
            clock,
            limits: Arc::new(limits),
            vault: Arc::new(vault),
            settings: Arc::new(settings),
            admin_token: Arc::new(admin_token),
            sessions: Arc::new(sessions),
            pages: Arc::new(pages),
            unread: Arc::new(unread),
            rankings: Arc::new(Timed::new(RANKINGS, RANKING_LIFETIME)),
            streams: Arc::default(),
            shared: Arc::default(),
        }
    }

    /// Who `token` stands for on `network` at this moment.
    ///
    /// # Errors
    /// As the database says.
    pub async fn session(&self, network: Network, token: &Token) -> Result<Option<Session>> {
        let (hash, now) = (token.hash(), self.clock.now());
        let load = self.database.read(move |conn| credentials::session(conn, network, hash, now));
        let session = self.sessions.get_or_load(&Topic::Session(hash), hash, load).await?;
        Ok(session.filter(|session| session.expires_at.is_none_or(|expires_at| expires_at > now)))
    }

    /// How many messages wait for an account. Agents ask for that far more often than it changes: a process that is alone keeps a copy
    /// until it does. Where there are others, each would have to hear of every message before its sender has an answer; there the
    /// database is asked.
    ///
    /// # Errors
    /// As the database says.
    pub async fn unread_count(&self, account: Id) -> Result<i64> {
        let load = self.database.read(move |conn| messages::unread_count(conn, account));
        if !(models::backend::SOLE_PROCESS && self.bus.is_alone()) {
            return load.await;
        }
        let load = async { load.await.map(Some) };
        Ok(self.unread.get_or_load(&Topic::Inbox(account), account, load).await?.unwrap_or_default())
    }

    /// A public page of `network`'s feed: the copy of it, or what `load` makes.
    ///
    /// # Errors
    /// As `load` says.
    pub async fn page(
        &self,
        network: Network,
        key: PageKey,
        load: impl Future<Output = Result<Bytes>>,
    ) -> Result<Bytes> {
        self.copy(&Topic::Feed(network), key, load).await
    }

    /// An answer that everybody is given alike and that depends on `topic`: the copy of it, or what `load` makes.
    ///
    /// # Errors
    /// As `load` says.
    pub async fn copy(&self, topic: &Topic, key: PageKey, load: impl Future<Output = Result<Bytes>>) -> Result<Bytes> {
        let load = async { load.await.map(Some) };
        Ok(self.pages.get_or_load(topic, key, load).await?.unwrap_or_default())
    }
}
