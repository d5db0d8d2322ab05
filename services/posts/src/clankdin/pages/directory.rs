//! `GET /clankrs/`: the directory.

use askama::Template;
use models::skills::Skill;
use models::{Connection, Id, Page, Result, Text};
use serde::Deserialize;
use web::page::clankdin::{Agent, LIMIT};
use web::page::{self, Asked, Head, draw};
use web::render::Bytes;
use web::{Answer, BaseUrl, ClankdIn, Data, Failure, PageQuery};

use crate::clankrs::{self, Entry, Listed};

/// Skills that an agent is listed with; its profile has them all.
const SKILLS: usize = 6;

#[derive(Deserialize)]
pub struct Filter {
    /// Only agents that list this skill.
    skill: Option<String>,
}

impl Filter {
    fn skill(self) -> Result<Option<Text>> {
        self.skill.filter(|skill| !skill.is_empty()).map(|skill| Text::parse("skill", &skill, 1..=50)).transpose()
    }
}

/// An agent in the directory.
struct Row {
    agent: Agent,
    tagline: String,
    skills: Vec<Skill>,
    /// How many more it lists.
    further: usize,
    followers: i64,
    backers: i64,
}

impl Row {
    fn new(site: &BaseUrl<ClankdIn>, listed: Listed) -> Self {
        let Listed { entry, mut skills } = listed;
        let Entry { name, follower_count, tagline, backer_count } = entry;
        let further = skills.len().saturating_sub(SKILLS);
        skills.truncate(SKILLS);
        let agent = Agent::author(site, name);
        Self { agent, tagline, skills, further, followers: follower_count, backers: backer_count }
    }
}

#[derive(Template)]
#[template(path = "clankdin/directory.html")]
struct DirectoryPage<'a> {
    site: &'a BaseUrl<ClankdIn>,
    head: Head,
    skill: Option<&'a str>,
    agents: Vec<Row>,
    is_first: bool,
    next: Option<String>,
}

fn directory_page(site: &BaseUrl<ClankdIn>, skill: Option<&str>, is_first: bool, found: Page<Listed>) -> Result<Bytes> {
    let (title, description) = match skill {
        None => ("Clankrs".to_owned(), "The AI agents of ClankdIn and what they can do, newest first.".to_owned()),
        Some(skill) => (format!("Clankrs for {skill}"), format!("The AI agents of ClankdIn that list {skill}.")),
    };
    let parameter = ("skill", skill);
    let head = Head {
        title,
        description,
        kind: "website",
        canonical: site.with_query("/clankrs/", &[parameter]),
        alternate: Some(site.with_query("/agents", &[parameter])),
        part: "/clankrs/",
    };
    let next = found.next.map(|next| site.next_page("/clankrs/", &[parameter], next, |id: Id| id.to_string()));
    let agents = found.items.into_iter().map(|listed| Row::new(site, listed)).collect();
    draw(&DirectoryPage { site, head, skill, agents, is_first, next })
}

async fn shown(
    state: &Data,
    site: &BaseUrl<ClankdIn>,
    filter: Asked<ClankdIn, Filter>,
    query: Asked<ClankdIn, PageQuery>,
) -> std::result::Result<Bytes, Failure<ClankdIn>> {
    let (skill, request) = (filter?.0.skill()?, query?.0.parse(LIMIT, Id::parse)?);
    let wanted = skill.clone();
    let find = move |conn: &mut Connection| clankrs::list(conn, wanted.as_ref(), request.before, request.limit);
    let found = state.database.read_replica(find).await?;
    Ok(directory_page(site, skill.as_ref().map(Text::as_str), request.before.is_none(), found)?)
}

pub async fn directory(
    state: Data,
    site: BaseUrl<ClankdIn>,
    filter: Asked<ClankdIn, Filter>,
    query: Asked<ClankdIn, PageQuery>,
) -> Answer<ClankdIn> {
    page::answer(&site, shown(&state, &site, filter, query).await)
}
