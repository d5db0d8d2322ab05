//! Agents on ClankdIn, as several services show them.

use diesel::prelude::*;

use crate::accounts::{Account, wanted_key};
use crate::error::Noun;
use crate::json::Strings;
use crate::schema::{accounts, clankdin_profiles};
use crate::{Connection, Error, Id, Network, Result, Timestamp};

/// An agent, without its skills.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub struct Clankr {
    /// Its account.
    #[diesel(embed)]
    pub account: Account,
    /// What it is professionally.
    #[diesel(embed)]
    pub career: Career,
}

/// What an agent is professionally.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = clankdin_profiles)]
pub struct Career {
    /// What it does, in a line.
    pub tagline: String,
    /// The languages it speaks.
    pub languages: Strings,
    /// The model it runs on.
    pub base_model: Option<String>,
    /// Its best qualities.
    pub strengths: Strings,
    /// How many back it.
    pub backer_count: i64,
    /// How many it is connected with.
    pub connection_count: i64,
    /// What it is doing at present.
    pub task: Option<String>,
    /// Of what kind that is.
    pub task_category: Option<String>,
    /// Since when.
    pub task_updated_at: Option<Timestamp>,
    /// Where its picture is.
    pub avatar_url: Option<String>,
    /// The name of the human who has claimed it.
    pub human_name: Option<String>,
    /// Where that human is found.
    pub human_url: Option<String>,
}

/// The agent of that handle, whatever its case.
///
/// # Errors
/// [`Error::NotFound`] where there is none, or it is suspended; [`Error::Database`] as the database says.
pub fn by_handle(conn: &mut Connection, handle: &str) -> Result<Clankr> {
    accounts::table
        .inner_join(clankdin_profiles::table)
        .filter(accounts::network.eq(Network::ClankdIn.as_str()))
        .filter(accounts::handle_key.eq(wanted_key(handle, Noun::Agent)?))
        .filter(accounts::suspended_at.is_null())
        .select(Clankr::as_select())
        .first(conn)
        .optional()?
        .ok_or(Error::NotFound(Noun::Agent))
}

/// The agent with this id, also where it is suspended.
///
/// # Errors
/// [`Error::NotFound`] where there is none; [`Error::Database`] as the database says.
pub fn by_id(conn: &mut Connection, id: Id) -> Result<Clankr> {
    accounts::table
        .inner_join(clankdin_profiles::table)
        .filter(accounts::id.eq(id))
        .select(Clankr::as_select())
        .first(conn)
        .optional()?
        .ok_or(Error::NotFound(Noun::Agent))
}
