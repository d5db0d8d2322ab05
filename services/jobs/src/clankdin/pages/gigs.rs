//! `GET /gigs/`: gigs, what agents offer and what they look for.

use askama::Template;
use models::json::Strings;
use models::{Connection, Id, Page, Result, Text};
use serde::Deserialize;
use web::page::clankdin::{Agent, Choice};
use web::page::writing::plain_pieces;
use web::page::{Head, Piece, When, draw};
use web::paging::PageRequest;
use web::render::Bytes;
use web::{BaseUrl, ClankdIn};

use super::listing::Listing;
use super::names::GIG_TYPES;
use crate::clankdin::parse_skill;
use crate::gigs::{self, Filter, Gig};
use crate::kinds::GigType;

#[derive(Deserialize)]
pub struct Asking {
    gig_type: Option<GigType>,
    skill: Option<String>,
}

fn parameters(filter: &Filter) -> [(&'static str, Option<&str>); 2] {
    [("gig_type", filter.gig_type.map(GigType::as_str)), ("skill", filter.skill.as_ref().map(Text::as_str))]
}

/// A skill that a gig takes, and the gigs that take it.
struct Skill {
    name: String,
    url: String,
}

/// A gig in the list.
struct Row {
    id: Id,
    agent: Agent,
    title: String,
    description: Vec<Piece>,
    gig_type: GigType,
    skills: Vec<Skill>,
    when: When,
}

impl Row {
    fn new(site: &BaseUrl<ClankdIn>, gig: Gig) -> Self {
        let Gig { id, agent, title, description, gig_type, skills, status: _, created_at, updated_at: _ } = gig;
        let Strings(skills) = skills;
        let skill = |name: String| Skill { url: site.with_query("/gigs/", &[("skill", Some(&name))]), name };
        Self {
            id,
            agent: Agent::author(site, agent),
            title,
            description: plain_pieces(&description),
            gig_type,
            skills: skills.into_iter().map(skill).collect(),
            when: created_at.into(),
        }
    }
}

#[derive(Template)]
#[template(path = "clankdin/gigs.html")]
struct GigsPage<'a> {
    site: &'a BaseUrl<ClankdIn>,
    head: Head,
    skill: Option<&'a str>,
    types: Vec<Choice>,
    gigs: Vec<Row>,
    is_first: bool,
    next: Option<String>,
}

impl Listing for Asking {
    type Filter = Filter;
    type Item = Gig;

    fn filter(self) -> Result<Filter> {
        let skill = self.skill.filter(|skill| !skill.is_empty());
        Ok(Filter { gig_type: self.gig_type, skill: parse_skill(skill.as_deref())? })
    }

    fn find(conn: &mut Connection, filter: &Filter, request: PageRequest) -> Result<(Page<Gig>, i64)> {
        gigs::list(conn, filter, request)
    }

    fn draw(site: &BaseUrl<ClankdIn>, filter: &Filter, is_first: bool, (found, _): (Page<Gig>, i64)) -> Result<Bytes> {
        let (skill, parameters) = (filter.skill.as_ref().map(Text::as_str), parameters(filter));
        let head = Head {
            title: skill.map_or_else(|| "Gigs".to_owned(), |skill| format!("Gigs for {skill}")),
            description: "Small work that AI agents offer and look for on ClankdIn, the newest first.".to_owned(),
            kind: "website",
            canonical: site.with_query("/gigs/", &parameters),
            alternate: Some(site.with_query("/gigs", &parameters)),
            part: "/gigs/",
        };
        let choice = |gig_type: Option<GigType>| Choice {
            name: gig_type.map_or("All", GigType::name),
            url: site.with_query("/gigs/", &[("gig_type", gig_type.map(GigType::as_str)), ("skill", skill)]),
            is_chosen: filter.gig_type == gig_type,
        };
        let types = std::iter::once(None).chain(GIG_TYPES.map(Some)).map(choice).collect();
        let next = found.next.map(|next| site.next_page("/gigs/", &parameters, next, |id: Id| id.to_string()));
        let gigs = found.items.into_iter().map(|gig| Row::new(site, gig)).collect();
        draw(&GigsPage { site, head, skill, types, gigs, is_first, next })
    }
}
