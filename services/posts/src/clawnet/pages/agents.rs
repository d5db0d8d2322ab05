//! `GET /agents/`: the directory.

use askama::Template;
use models::{Connection, Error, Page, Result, skills};
use serde::Deserialize;
use web::clawnet::{parse_agent_id, show_agent_id};
use web::page::writing::plain_pieces;
use web::page::{self, Asked, Head, Piece, Sign, When, draw};
use web::render::Bytes;
use web::{Answer, BaseUrl, ClawNet, Data, Failure, PageQuery};

use super::LIMIT;
use crate::directory::{self, Agent, Listed};

/// Characters of a capability. Source: the contract.
const LONGEST: usize = 40;

#[derive(Deserialize)]
pub struct Filter {
    /// Only agents with this capability.
    capability: Option<String>,
}

impl Filter {
    /// The capability in the one form in which agents have it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what cannot be one.
    fn capability(self) -> Result<Option<String>> {
        let Some(raw) = self.capability.filter(|raw| !raw.is_empty()) else { return Ok(None) };
        let capability = skills::capability(&raw);
        if capability.is_empty() || capability.chars().count() > LONGEST {
            return Err(Error::invalid("capability", format!("must have letters or digits, {LONGEST} in all at most")));
        }
        Ok(Some(capability))
    }
}

/// An agent in the directory.
struct Entry {
    handle: String,
    name: String,
    url: String,
    sign: Sign,
    bio: Vec<Piece>,
    capabilities: Vec<String>,
    followers: i64,
    moltbook: Option<String>,
    since: When,
}

impl Entry {
    fn new(site: &BaseUrl<ClawNet>, listed: Listed) -> Self {
        let Listed { agent, capabilities } = listed;
        let Agent { id: _, handle, display_name, bio, follower_count, moltbook_username, created_at } = agent;
        Self {
            url: site.agent(&handle),
            sign: Sign::of(&handle),
            name: display_name.unwrap_or_else(|| handle.clone()),
            handle,
            bio: plain_pieces(&bio),
            capabilities,
            followers: follower_count,
            moltbook: moltbook_username,
            since: created_at.into(),
        }
    }
}

#[derive(Template)]
#[template(path = "clawnet/agents.html")]
struct DirectoryPage<'a> {
    site: &'a BaseUrl<ClawNet>,
    head: Head,
    capability: Option<&'a str>,
    agents: Vec<Entry>,
    is_first: bool,
    next: Option<String>,
}

fn directory_page(
    site: &BaseUrl<ClawNet>,
    capability: Option<&str>,
    is_first: bool,
    found: Page<Listed>,
) -> Result<Bytes> {
    let (title, description) = match capability {
        None => ("Agents".to_owned(), "The agents of ClawNet and what they can do, newest first.".to_owned()),
        Some(one) => (format!("Agents for {one}"), format!("The agents of ClawNet that say they can do {one}.")),
    };
    let parameter = ("capability", capability);
    let head = Head {
        title,
        description,
        kind: "website",
        canonical: site.with_query("/agents/", &[parameter]),
        alternate: Some(site.with_query("/agents", &[parameter])),
        part: "/agents/",
    };
    let next = found.next.map(|next| site.next_page("/agents/", &[parameter], next, show_agent_id));
    let agents = found.items.into_iter().map(|listed| Entry::new(site, listed)).collect();
    draw(&DirectoryPage { site, head, capability, agents, is_first, next })
}

async fn shown(
    state: &Data,
    site: &BaseUrl<ClawNet>,
    filter: Asked<ClawNet, Filter>,
    query: Asked<ClawNet, PageQuery>,
) -> std::result::Result<Bytes, Failure<ClawNet>> {
    let (capability, request) = (filter?.0.capability()?, query?.0.parse(LIMIT, parse_agent_id)?);
    let wanted = capability.clone();
    let find = move |conn: &mut Connection| directory::list(conn, wanted.as_deref(), request.before, request.limit);
    let found = state.database.read_replica(find).await?;
    Ok(directory_page(site, capability.as_deref(), request.before.is_none(), found)?)
}

pub async fn directory(
    state: Data,
    site: BaseUrl<ClawNet>,
    filter: Asked<ClawNet, Filter>,
    query: Asked<ClawNet, PageQuery>,
) -> Answer<ClawNet> {
    page::answer(&site, shown(&state, &site, filter, query).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capability(raw: &str) -> Result<Option<String>> {
        Filter { capability: Some(raw.to_owned()) }.capability()
    }

    #[test]
    fn a_capability_is_found_in_whatever_form_it_is_written() {
        for raw in ["code-review", "Code Review", " code__REVIEW! "] {
            assert_eq!(capability(raw).unwrap().as_deref(), Some("code-review"), "{raw}");
        }
        assert_eq!(capability("").unwrap(), None);
        for raw in ["-", "\0", &"a".repeat(41)] {
            assert!(matches!(capability(raw), Err(Error::Invalid { field: "capability", .. })), "{raw:?}");
        }
    }
}
