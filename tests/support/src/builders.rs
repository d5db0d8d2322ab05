//! Rows that a test of one service finds already there, written without any other service's help.

use diesel::prelude::*;
use models::accounts::{self, NewAccount};
use models::error::Noun;
use models::schema::{
    accounts as account_rows, blocks, clankdin_profiles, credentials as credential_rows, messages, outbox, posts,
};
use models::token::TokenHash;
use models::{Consumer, Error, Id, Network, Result, Timestamp, Token, Topic, Transaction, credentials, follows};

use crate::{ClankdIn, Clankspace, ClawNet, Networks as _, Service, Value};

/// An account that a builder has made.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its id.
    pub id: Id,
    /// Its handle.
    pub handle: String,
    /// Its token.
    pub token: String,
}

impl Service {
    /// Runs a transaction on the service's database.
    ///
    /// # Panics
    /// Where it fails.
    pub async fn write<T, F>(&self, work: F) -> T
    where
        T: Send + 'static,
        F: Fn(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    {
        self.state.database.write("build a test's rows", work).await.expect("the rows can be written")
    }

    /// Reads from the service's database.
    ///
    /// # Panics
    /// Where that fails.
    pub async fn read<T, F>(&self, work: F) -> T
    where
        T: Send + 'static,
        F: FnOnce(&mut models::Connection) -> Result<T> + Send + 'static,
    {
        self.state.database.read(work).await.expect("the rows can be read")
    }

    /// Makes an account of that handle on `network` at the present instant.
    pub async fn an_account(&self, network: Network, handle: &str) -> Made {
        let (now, handle) = (self.state.clock.now(), handle.to_owned());
        self.write(move |tx| insert_account(tx, network, &handle, now)).await
    }

    /// The id of the user of that name on Clankspace.
    pub async fn id_of(&self, username: &str) -> Id {
        let username = username.to_owned();
        self.read(move |conn| Ok(accounts::by_handle(conn, Network::Clankspace, &username, Noun::User)?.id)).await
    }

    /// Makes an agent on ClawNet, and its client.
    pub async fn a_clawnet_agent(&self, handle: &str) -> ClawNet {
        let made = self.an_account(Network::ClawNet, handle).await;
        self.clawnet().known(&made.handle, &made.token)
    }

    /// Makes a user on Clankspace, and its client.
    pub async fn a_clankspace_user(&self, handle: &str) -> Clankspace {
        let made = self.an_account(Network::Clankspace, handle).await;
        self.clankspace().known(&made.handle, &made.token)
    }

    /// Makes an agent on ClankdIn, and its client.
    pub async fn a_clankdin_agent(&self, handle: &str) -> ClankdIn {
        let made = self.an_account(Network::ClankdIn, handle).await;
        self.clankdin().known(&made.handle, &made.token)
    }

    /// Lets the account `follower` follow `count` accounts, which it makes.
    pub async fn follow_many(&self, follower: Id, network: Network, count: u32) {
        let now = self.state.clock.now();
        self.write(move |tx| {
            for number in 0..count {
                let followed = insert_account(tx, network, &format!("followed{number}"), now)?;
                follows::insert(tx, follower, followed.id, now)?;
            }
            Ok(())
        })
        .await;
    }

    /// Suspends an account, or lifts that: its row, and what must follow the commit.
    pub async fn set_suspended(&self, network: Network, id: Id, suspended: bool) {
        let at = suspended.then(|| self.state.clock.now());
        self.write(move |tx| {
            diesel::update(account_rows::table.find(id)).set(account_rows::suspended_at.eq(at)).execute(tx.conn())?;
            let tokens = credential_rows::table.filter(credential_rows::account_id.eq(id));
            let hashes: Vec<Vec<u8>> = tokens.select(credential_rows::token_hash).load(tx.conn())?;
            for hash in hashes {
                let hash = hash.try_into().map_err(|_| Error::internal("a hash has 32 bytes"))?;
                tx.change(Topic::Session(TokenHash(hash)));
            }
            tx.change(Topic::Feed(network));
            tx.change(Topic::Suggestions);
            Ok(())
        })
        .await;
    }

    /// Lets one account block another.
    pub async fn block(&self, blocker: Id, blocked: Id) {
        let now = self.state.clock.now();
        self.write(move |tx| {
            let row = (blocks::blocker_id.eq(blocker), blocks::blocked_id.eq(blocked), blocks::created_at.eq(now));
            diesel::insert_into(blocks::table).values(row).execute(tx.conn())?;
            Ok(())
        })
        .await;
    }

    /// The events that wait for `consumer`, the oldest first.
    ///
    /// # Panics
    /// For one that is not JSON.
    pub async fn events(&self, consumer: Consumer) -> Vec<Value> {
        let waiting = outbox::table.filter(outbox::consumer.eq(consumer.as_str())).order(outbox::event_id);
        let bodies: Vec<String> = self.read(move |conn| Ok(waiting.select(outbox::event).load(conn)?)).await;
        bodies.iter().map(|body| body.parse().expect("an event is JSON")).collect()
    }

    /// Publishes a root post of an account at `at`, without any of the policy's checks.
    pub async fn a_post(&self, network: Network, author: Id, content: &str, at: Timestamp) -> Id {
        let content = content.to_owned();
        self.write(move |tx| {
            let id = Id::at(at);
            diesel::insert_into(posts::table)
                .values((
                    posts::id.eq(id),
                    posts::network.eq(network.as_str()),
                    posts::account_id.eq(author),
                    posts::root_post_id.eq(id),
                    posts::content.eq(&content),
                    posts::created_at.eq(at),
                ))
                .execute(tx.conn())?;
            tx.change(Topic::Feed(network));
            Ok(id)
        })
        .await
    }

    /// Puts a message into an inbox at the present instant, without a conversation.
    pub async fn a_message(&self, sender: Id, recipient: Id, content: &str) -> Id {
        let (now, content) = (self.state.clock.now(), content.to_owned());
        self.write(move |tx| {
            let id = Id::at(now);
            diesel::insert_into(messages::table)
                .values((
                    messages::id.eq(id),
                    messages::sender_id.eq(sender),
                    messages::recipient_id.eq(recipient),
                    messages::content.eq(&content),
                    messages::created_at.eq(now),
                ))
                .execute(tx.conn())?;
            models::messages::inbox_changed(tx, recipient);
            Ok(id)
        })
        .await
    }
}

fn insert_account(tx: &mut Transaction<'_>, network: Network, handle: &str, now: Timestamp) -> Result<Made> {
    let new = NewAccount { network, handle, display_name: None, bio: "", is_system: false };
    let id = accounts::insert(tx, &new, now)?.ok_or_else(|| Error::internal("the handle is taken"))?;
    let token = Token::generate(network)?;
    credentials::grant(tx, id, token.hash(), now, None)?;
    if network == Network::ClankdIn {
        let claim = Token::generate_with("claim_")?;
        diesel::insert_into(clankdin_profiles::table)
            .values((
                clankdin_profiles::account_id.eq(id),
                clankdin_profiles::tagline.eq("A clankr that a test has built"),
                clankdin_profiles::languages.eq("[]"),
                clankdin_profiles::strengths.eq("[]"),
                clankdin_profiles::claim_hash.eq(claim.hash().0.as_slice()),
                clankdin_profiles::verification_code.eq("swift-A3B2"),
            ))
            .execute(tx.conn())?;
    }
    Ok(Made { id, handle: handle.to_owned(), token: token.expose().to_owned() })
}

/// An event in the form in which the outbox keeps it.
///
/// # Panics
/// Never: every event has a form in JSON.
pub fn event_body(event: &models::Event) -> String {
    serde_json::to_string(event).expect("an event has a form in JSON")
}
