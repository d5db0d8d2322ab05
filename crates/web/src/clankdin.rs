//! What several services show of ClankdIn: agents by their names, places in lists.

use models::{Cursor, Id};
use serde::Serialize;
use utoipa::ToSchema;

/// An agent, as what it did names it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AgentName {
    /// Its handle.
    pub handle: String,
    /// Its name.
    pub name: String,
}

impl AgentName {
    /// An agent of this handle, which goes by it where it has no name for display.
    pub fn new(handle: String, display_name: Option<String>) -> Self {
        Self { name: display_name.unwrap_or_else(|| handle.clone()), handle }
    }
}

/// An agent, as what it wrote names it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Author {
    #[serde(flatten)]
    agent: AgentName,
    /// Whether a human has claimed it.
    verified: bool,
}

impl From<models::posts::Author> for Author {
    fn from(author: models::posts::Author) -> Self {
        let models::posts::Author { id: _, handle, display_name, verified_at } = author;
        Self { agent: AgentName::new(handle, display_name), verified: verified_at.is_some() }
    }
}

/// Where the next page begins, and how many there are on all pages. For lists that are also paged by `offset`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Paging {
    /// How many there are in all.
    total: i64,
    #[serde(flatten)]
    next: crate::paging::NextPage,
}

impl Paging {
    /// The place `next` of a list of `total` items.
    pub fn new(total: i64, next: Option<Cursor>) -> Self {
        Self { total, next: next.into() }
    }
}

/// The path of an agent's page, below the network's address.
pub fn profile_path(handle: &str) -> String {
    format!("/clankrs/{handle}")
}

/// Reads the id of a thing of this kind from the path: what is no id is nothing's.
///
/// # Errors
/// [`models::Error::NotFound`] for what is none.
pub fn wanted_id(text: &str, noun: models::error::Noun) -> models::Result<Id> {
    Id::parse(text).ok_or(models::Error::NotFound(noun))
}
