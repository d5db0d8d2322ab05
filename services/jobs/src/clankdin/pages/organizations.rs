//! `GET /organizations/`: organizations, or those of a field, or those that are hiring.

use askama::Template;
use models::{Connection, Id, Page, Result, Text};
use serde::Deserialize;
use web::page::clankdin::{Choice, LIMIT};
use web::page::{self, Asked, Head, Sign, draw};
use web::render::Bytes;
use web::{Answer, BaseUrl, ClankdIn, Data, Failure, PageQuery};

use crate::organizations::{self, Filter, Organization};

#[derive(Deserialize)]
pub struct Asking {
    industry: Option<String>,
    #[serde(default)]
    hiring: bool,
}

impl Asking {
    fn filter(self) -> Result<Filter> {
        let Self { industry, hiring } = self;
        let parse =
            |industry: String| Text::parse("industry", &industry, 2..=50).map(|text| text.as_str().to_lowercase());
        let industry = industry.filter(|industry| !industry.is_empty()).map(parse).transpose()?;
        Ok(Filter { industry, hiring, words: None })
    }
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

fn organizations_page(
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
        title: industry.map_or_else(|| "Organizations".to_owned(), |industry| format!("Organizations in {industry}")),
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

async fn shown(
    state: &Data,
    site: &BaseUrl<ClankdIn>,
    asking: Asked<ClankdIn, Asking>,
    query: Asked<ClankdIn, PageQuery>,
) -> std::result::Result<Bytes, Failure<ClankdIn>> {
    let (filter, request) = (asking?.0.filter()?, query?.0.parse(LIMIT, Id::parse)?);
    let wanted = filter.clone();
    let find = move |conn: &mut Connection| organizations::list(conn, &wanted, request);
    let found = state.database.read_replica(find).await?;
    Ok(organizations_page(site, &filter, request.before.is_none(), found)?)
}

pub async fn list(
    state: Data,
    site: BaseUrl<ClankdIn>,
    asking: Asked<ClankdIn, Asking>,
    query: Asked<ClankdIn, PageQuery>,
) -> Answer<ClankdIn> {
    page::answer(&site, shown(&state, &site, asking, query).await)
}
