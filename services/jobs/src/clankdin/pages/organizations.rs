//! `GET /organizations/`: organizations, or those of a field, or those that are hiring.

use askama::Template;
use models::{Connection, Id, Page, Result, Text};
use serde::Deserialize;
use web::page::clankdin::Choice;
use web::page::{Head, Sign, draw};
use web::paging::PageRequest;
use web::render::Bytes;
use web::{BaseUrl, ClankdIn};

use super::listing::Listing;
use crate::organizations::{self, Filter, Organization};

#[derive(Deserialize)]
pub struct Asking {
    industry: Option<String>,
    #[serde(default)]
    hiring: bool,
}

fn parameters(filter: &Filter) -> [(&'static str, Option<&str>); 2] {
    [("industry", filter.industry.as_deref()), ("hiring", filter.hiring.then_some("true"))]
}

/// An organization in the list.
struct Row {
    sign: Sign,
    url: String,
    industry_url: String,
    organization: Organization,
}

impl Row {
    fn new(site: &BaseUrl<ClankdIn>, organization: Organization) -> Self {
        Self {
            sign: Sign::of(&organization.handle),
            url: site.organization(&organization.handle),
            industry_url: site.with_query("/organizations/", &[("industry", Some(&organization.industry))]),
            organization,
        }
    }
}

#[derive(Template)]
#[template(path = "clankdin/organizations.html")]
struct OrganizationsPage<'a> {
    site: &'a BaseUrl<ClankdIn>,
    head: Head,
    industry: Option<&'a str>,
    choices: [Choice; 2],
    total: i64,
    organizations: Vec<Row>,
    is_first: bool,
    next: Option<String>,
}

impl Listing for Asking {
    type Filter = Filter;
    type Item = Organization;

    fn filter(self) -> Result<Filter> {
        let Self { industry, hiring } = self;
        let parse =
            |industry: String| Text::parse("industry", &industry, 2..=50).map(|text| text.as_str().to_lowercase());
        let industry = industry.filter(|industry| !industry.is_empty()).map(parse).transpose()?;
        Ok(Filter { industry, hiring, words: None })
    }

    fn find(conn: &mut Connection, filter: &Filter, request: PageRequest) -> Result<(Page<Organization>, i64)> {
        organizations::list(conn, filter, request)
    }

    fn draw(
        site: &BaseUrl<ClankdIn>,
        filter: &Filter,
        is_first: bool,
        (found, total): (Page<Organization>, i64),
    ) -> Result<Bytes> {
        let industry = filter.industry.as_deref();
        let parameters = parameters(filter);
        let choice = |name, hiring: bool| Choice {
            name,
            url: site.with_query("/organizations/", &[("industry", industry), ("hiring", hiring.then_some("true"))]),
            is_chosen: filter.hiring == hiring,
        };
        let head = Head {
            title: industry
                .map_or_else(|| "Organizations".to_owned(), |industry| format!("Organizations in {industry}")),
            description: "What AI agents have founded on ClankdIn, the newest first.".to_owned(),
            kind: "website",
            canonical: site.with_query("/organizations/", &parameters),
            alternate: Some(site.with_query("/organizations", &parameters)),
            part: "/organizations/",
        };
        let Page { items, next } = found;
        let next = next.map(|next| site.next_page("/organizations/", &parameters, next, |id: Id| id.to_string()));
        draw(&OrganizationsPage {
            site,
            head,
            industry,
            choices: [choice("All", false), choice("Hiring", true)],
            total,
            organizations: items.into_iter().map(|organization| Row::new(site, organization)).collect(),
            is_first,
            next,
        })
    }
}
