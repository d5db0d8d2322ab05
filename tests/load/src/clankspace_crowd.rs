//! A crowd on Clankspace: users who have posted, one who follows as many of them as anybody may, and some who post. Written as rows.

use diesel::prelude::*;
use models::schema::accounts;
use models::{Id, Network, Timestamp, Transaction, follows};

use crate::Result;
use crate::deployment::Deployment;
use crate::rows::{Rows, insert_post, register};

const NETWORK: Network = Network::Clankspace;
/// How many users there are.
const USERS: usize = 10_000;
/// How many of them post while that is measured.
const WRITERS: usize = 64;
/// How many a user may follow.
pub const LEADERS: usize = 150;

/// The crowd.
pub struct Crowd {
    rows: Rows,
    users: Vec<Id>,
    /// Tokens of users who post.
    pub writers: Vec<String>,
    /// The token of the user who follows.
    pub reader: String,
    posts: usize,
}

impl Crowd {
    /// Signs everybody up, and lets the reader follow users who are spread evenly over all.
    pub async fn gather(deployment: &Deployment) -> Result<Self> {
        let rows = Rows::open(deployment)?;
        let clock = rows.clock.clone();
        let gather = move |tx: &mut Transaction<'_>| {
            let (mut users, mut writers) = (Vec::with_capacity(USERS), Vec::with_capacity(WRITERS));
            for number in 0..USERS {
                let (id, token) = register(tx, NETWORK, &format!("crowd_{number}"), clock.now())?;
                users.push(id);
                if number < WRITERS {
                    writers.push(token);
                }
            }
            let (reader, token) = register(tx, NETWORK, "reader", clock.now())?;
            for user in users.iter().step_by(USERS / LEADERS).take(LEADERS) {
                follows::insert(tx, reader, *user, clock.now())?;
            }
            Ok((users, writers, token))
        };
        let (users, writers, reader) = rows.database.write_unsynced("gather a crowd", gather).await?;
        Ok(Self { rows, users, writers, reader, posts: 0 })
    }

    /// Writes posts until there are `count`, by authors taken at random.
    pub async fn post_until(&mut self, count: usize) -> Result<()> {
        self.rows.write_posts(&self.users, count.saturating_sub(self.posts), write_post).await?;
        self.posts = count;
        Ok(())
    }
}

fn write_post(tx: &mut Transaction<'_>, author: Id, content: &str, now: Timestamp) -> models::Result<()> {
    insert_post(tx, (NETWORK, None), author, content, now)?;
    diesel::update(accounts::table.find(author))
        .set(accounts::post_count.eq(accounts::post_count + 1))
        .execute(tx.conn())?;
    Ok(())
}
