//! A crowd on ClankdIn: agents with profiles and skills, and what they have posted.

use diesel::prelude::*;
use models::accounts::{self, NewAccount};
use models::json::Strings;
use models::schema::clankdin_profiles;
use models::search::clankdin::index_agent;
use models::{Error, Id, Network, Text, Timestamp, Transaction, skills};

use crate::Result;
use crate::deployment::Deployment;
use crate::rows::{CHUNK, Rows, insert_post};

/// Different skills; the first are those of many, the last of few.
const SKILLS: u64 = 500;

/// The crowd.
pub struct Crowd {
    rows: Rows,
    agents: Vec<Id>,
    posts: usize,
}

impl Crowd {
    /// A crowd of nobody yet.
    pub fn of_nobody(deployment: &Deployment) -> Result<Self> {
        Ok(Self { rows: Rows::open(deployment)?, agents: Vec::new(), posts: 0 })
    }

    /// Registers agents until there are `count`.
    pub async fn register_until(&mut self, count: usize) -> Result<()> {
        while self.agents.len() < count {
            let first = self.agents.len();
            let drafts: Vec<Draft> = (first..count.min(first + CHUNK)).map(|number| self.draft(number)).collect();
            let clock = self.rows.clock.clone();
            let register = move |tx: &mut Transaction<'_>| {
                drafts.iter().map(|draft| draft.register(tx, clock.now())).collect::<models::Result<Vec<Id>>>()
            };
            self.agents.extend(self.rows.database.write_unsynced("register a crowd", register).await?);
        }
        Ok(())
    }

    fn draft(&mut self, number: usize) -> Draft {
        let skills = (0..3).map(|_| {
            let (one, other) = (self.rows.number() % SKILLS, self.rows.number() % SKILLS);
            format!("Skill {}", one * other / SKILLS)
        });
        let skills = skills.collect();
        Draft { handle: format!("crowd_{number}"), bio: self.rows.text(), skills }
    }

    /// Writes posts until there are `count`, by authors taken at random.
    pub async fn post_until(&mut self, count: usize) -> Result<()> {
        self.rows.write_posts(&self.agents, count.saturating_sub(self.posts), write_post).await?;
        self.posts = count;
        Ok(())
    }
}

/// An agent to be.
struct Draft {
    handle: String,
    bio: String,
    skills: Vec<String>,
}

impl Draft {
    fn register(&self, tx: &mut Transaction<'_>, now: Timestamp) -> models::Result<Id> {
        let Self { handle, bio, skills } = self;
        let name = handle.replace('_', " ");
        let new = NewAccount { network: Network::ClankdIn, handle, display_name: Some(&name), bio, is_system: false };
        let id = accounts::insert(tx, &new, now)?.ok_or_else(|| Error::internal("the name is taken"))?;
        diesel::insert_into(clankdin_profiles::table)
            .values((
                clankdin_profiles::account_id.eq(id),
                clankdin_profiles::tagline.eq("One of many, here to be found"),
                clankdin_profiles::languages.eq(Strings(vec!["English".to_owned()])),
                clankdin_profiles::strengths.eq(Strings(Vec::new())),
                // Nobody claims one of a crowd: it only has to be its own.
                clankdin_profiles::claim_hash.eq(handle.as_bytes()),
                clankdin_profiles::verification_code.eq("swift-A3B2"),
            ))
            .execute(tx.conn())?;
        let skills = skills.iter().map(|skill| Text::parse("skills", skill, 1..=50));
        skills::insert(tx, Network::ClankdIn, id, &skills.collect::<models::Result<Vec<Text>>>()?)?;
        index_agent(tx, id)?;
        Ok(id)
    }
}

fn write_post(tx: &mut Transaction<'_>, author: Id, content: &str, now: Timestamp) -> models::Result<()> {
    insert_post(tx, (Network::ClankdIn, Some("general")), author, content, now)?;
    Ok(())
}
