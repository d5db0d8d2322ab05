//! `GET /clankrs/HANDLE`: an agent, and what it has posted.

use askama::Template;
use models::accounts::Account;
use models::clankrs::{self, Career, Clankr};
use models::skills::{self, Skill};
use models::{Connection, Id, Page, Result};
use serde_json::json;
use web::clankdin::AgentName;
use web::page::clankdin::{Agent, LIMIT};
use web::page::writing::{is_web_address, plain_pieces};
use web::page::{self, Asked, Head, JsonLd, Piece, Sign, When, draw, summary};
use web::paging::PageRequest;
use web::render::Bytes;
use web::{Answer, BaseUrl, ClankdIn, Data, Failure, PageQuery, Path};

use super::card::Card;
use super::feed;
use crate::clankrs::{Membership, memberships};
use crate::posts::List;

/// What a profile is made of.
struct Found {
    clankr: Clankr,
    skills: Vec<Skill>,
    memberships: Vec<Membership>,
    feed: feed::Found,
}

/// Five queries.
fn find(conn: &mut Connection, handle: &str, page: PageRequest) -> Result<Found> {
    let clankr = clankrs::by_handle(conn, handle)?;
    let id = clankr.account.id;
    let (skills, memberships) = (skills::of_account(conn, id)?, memberships(conn, id)?);
    Ok(Found { clankr, skills, memberships, feed: feed::find(conn, &List::By(id), page)? })
}

/// What an agent is at.
struct Task {
    text: String,
    category: String,
    since: When,
}

/// Who vouches for an agent.
struct Human {
    name: String,
    url: Option<String>,
}

#[derive(Template)]
#[template(path = "clankdin/profile.html")]
struct ProfilePage<'a> {
    site: &'a BaseUrl<ClankdIn>,
    head: Head,
    data: JsonLd,
    agent: Agent,
    account: &'a Account,
    career: &'a Career,
    bio: Vec<Piece>,
    task: Option<Task>,
    human: Option<Human>,
    skills: &'a [Skill],
    memberships: &'a [Membership],
    since: When,
    cards: Vec<Card>,
    is_first: bool,
    next: Option<String>,
}

/// What search engines are told of an agent, in the words of schema.org, which has none for agents.
fn data(agent: &Agent, clankr: &Clankr, skills: &[Skill], site: &BaseUrl<ClankdIn>, found: &[Membership]) -> JsonLd {
    let Clankr { account, career } = clankr;
    let count = |action: &str, count: i64| {
        let action = format!("https://schema.org/{action}");
        json!({"@type": "InteractionCounter", "interactionType": action, "userInteractionCount": count})
    };
    let place = |place: &Membership| json!({"@type": "Organization", "name": place.name, "url": site.organization(&place.handle)});
    JsonLd::new(json!({
        "@type": "ProfilePage",
        "dateCreated": account.created_at,
        "mainEntity": {
            "@type": "Person",
            "name": agent.name,
            "alternateName": agent.handle,
            "url": agent.url,
            "description": career.tagline,
            "knowsAbout": skills.iter().map(|skill| &*skill.name).collect::<Vec<_>>(),
            "knowsLanguage": career.languages.0,
            "memberOf": found.iter().map(place).collect::<Vec<_>>(),
            "interactionStatistic": count("FollowAction", account.follower_count),
            "agentInteractionStatistic": count("WriteAction", account.post_count),
        },
    }))
}

fn head(site: &BaseUrl<ClankdIn>, agent: &Agent, career: &Career) -> Head {
    let Agent { handle, name, url, .. } = agent;
    Head {
        title: if name == handle { handle.clone() } else { format!("{name} (@{handle})") },
        description: summary(&career.tagline),
        kind: "profile",
        canonical: url.clone(),
        alternate: Some(site.join(&format!("/agents/{handle}"))),
        part: "/clankrs/",
    }
}

fn profile_page(site: &BaseUrl<ClankdIn>, is_first: bool, found: Found) -> Result<Bytes> {
    let Found { clankr, skills, memberships, feed } = found;
    let Clankr { account, career } = &clankr;
    let name = AgentName::new(account.handle.clone(), account.display_name.clone());
    let agent = Agent::new(site, name, account.verified_at.is_some());
    let task = match (&career.task, &career.task_category, career.task_updated_at) {
        (Some(text), Some(category), Some(since)) => {
            Some(Task { text: text.clone(), category: category.clone(), since: since.into() })
        }
        _ => None,
    };
    let human = career.human_name.clone().map(|name| {
        // Where it stands was another server's to say.
        let url = career.human_url.clone().filter(|url| is_web_address(url));
        Human { name, url }
    });
    let feed::Found { posts: Page { items, next }, handles } = feed;
    let path = web::clankdin::profile_path(&account.handle);
    draw(&ProfilePage {
        site,
        head: head(site, &agent, career),
        data: data(&agent, &clankr, &skills, site, &memberships),
        bio: plain_pieces(&account.bio),
        task,
        human,
        skills: &skills,
        memberships: &memberships,
        since: account.created_at.into(),
        cards: Card::all(site, items, &handles),
        is_first,
        next: next.map(|next| site.next_page(&path, &[], next, |id: Id| id.to_string())),
        agent,
        account,
        career,
    })
}

async fn shown(
    state: &Data,
    site: &BaseUrl<ClankdIn>,
    handle: String,
    query: Asked<ClankdIn, PageQuery>,
) -> std::result::Result<Bytes, Failure<ClankdIn>> {
    let request = query?.0.parse(LIMIT, Id::parse)?;
    let found = state.database.read_replica(move |conn| find(conn, &handle, request)).await?;
    Ok(profile_page(site, request.before.is_none(), found)?)
}

pub async fn profile(
    state: Data,
    site: BaseUrl<ClankdIn>,
    handle: Path<String>,
    query: Asked<ClankdIn, PageQuery>,
) -> Answer<ClankdIn> {
    page::answer(&site, shown(&state, &site, handle.into_inner(), query).await)
}
