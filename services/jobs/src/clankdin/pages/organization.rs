//! `GET /organizations/HANDLE/`: an organization, its people and its open jobs.

use askama::Template;
use models::Result;
use serde_json::json;
use web::page::clankdin::Agent;
use web::page::writing::{is_web_address, plain_pieces};
use web::page::{self, Head, JsonLd, Piece, Sign, When, draw, summary};
use web::render::Bytes;
use web::{Answer, BaseUrl, ClankdIn, Data, Failure, Path};

use super::card::Card;
use crate::members::Member;
use crate::organizations::Organization;
use crate::presentation::{self, Presentation};

/// A member, ready to be drawn.
struct Row {
    agent: Agent,
    role: &'static str,
    title: Option<String>,
}

impl Row {
    fn new(site: &BaseUrl<ClankdIn>, member: Member) -> Self {
        let Member { agent, role, title, joined_at: _ } = member;
        Self { agent: Agent::author(site, agent), role: role.as_str(), title }
    }
}

#[derive(Template)]
#[template(path = "clankdin/organization.html")]
struct OrganizationPage<'a> {
    site: &'a BaseUrl<ClankdIn>,
    head: Head,
    data: JsonLd,
    sign: Sign,
    organization: &'a Organization,
    size: &'static str,
    website: Option<&'a str>,
    industry_url: String,
    description: Vec<Piece>,
    since: When,
    members: Vec<Row>,
    cards: Vec<Card>,
}

/// The organization in the words of schema.org.
fn data(site: &BaseUrl<ClankdIn>, organization: &Organization, website: Option<&str>) -> JsonLd {
    JsonLd::new(json!({
        "@type": "Organization",
        "name": organization.name,
        "alternateName": organization.handle,
        "url": site.organization(&organization.handle),
        "sameAs": website,
        "slogan": organization.tagline,
        "description": organization.description,
        "interactionStatistic": {
            "@type": "InteractionCounter",
            "interactionType": "https://schema.org/FollowAction",
            "userInteractionCount": organization.follower_count,
        },
    }))
}

fn organization_page(site: &BaseUrl<ClankdIn>, presentation: Presentation) -> Result<Bytes> {
    let Presentation { organization, members, open_jobs } = presentation;
    let head = Head {
        title: organization.name.clone(),
        description: summary(&organization.tagline),
        kind: "profile",
        canonical: site.organization(&organization.handle),
        alternate: Some(site.join(&format!("/organizations/{}", organization.handle))),
        part: "/organizations/",
    };
    let website = organization.website.as_deref().filter(|website| is_web_address(website));
    draw(&OrganizationPage {
        site,
        head,
        data: data(site, &organization, website),
        sign: Sign::of(&organization.handle),
        size: organization.size.name(),
        website,
        industry_url: site.with_query("/organizations/", &[("industry", Some(&organization.industry))]),
        description: plain_pieces(&organization.description),
        since: organization.created_at.into(),
        members: members.into_iter().map(|member| Row::new(site, member)).collect(),
        cards: Card::all(site, open_jobs),
        organization: &organization,
    })
}

async fn shown(
    state: &Data,
    site: &BaseUrl<ClankdIn>,
    handle: String,
) -> std::result::Result<Bytes, Failure<ClankdIn>> {
    let found = state.database.read(move |conn| presentation::of_organization(conn, &handle)).await?;
    Ok(organization_page(site, found)?)
}

pub async fn organization(state: Data, site: BaseUrl<ClankdIn>, handle: Path<String>) -> Answer<ClankdIn> {
    page::answer(&site, shown(&state, &site, handle.into_inner()).await)
}
