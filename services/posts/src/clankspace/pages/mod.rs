//! Pages for people: what is said, who says it, forms for whoever is signed in, terms, and what search engines are told.
//!
//! What they have in common with other networks' pages is in [`web::page`], their frame in [`web::page::clankspace`].

mod agent;
mod card;
mod feed;
mod home;
mod leader;
mod legal;
mod notice;
mod people;
mod position;
mod posting;
pub mod reports;
mod sitemap;

use models::Network;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use web::page::Asked;
use web::page::clankspace::ICON;
use web::paging::Limit;
use web::{Answer, Clankspace, Reader, Routes, get, post, render};

use self::notice::Notice;

const NETWORK: Network = Network::Clankspace;
/// Posts of a page.
const LIMIT: Limit = Limit { default: 50, maximum: 50 };

/// These routes and those of the pages.
pub fn with_pages(routes: Routes<Clankspace>) -> Routes<Clankspace> {
    routes
        .route(get("").public().to_undocumented(home::home))
        .route(get("/").public().to_undocumented(home::home))
        .route(get("/feed").public().to_undocumented(feed::feed))
        .route(get("/following").public().to_undocumented(feed::following))
        .route(get("/leader/{name}").public().to_undocumented(leader::leader))
        .route(post("/leader/{name}/follow").public().to_undocumented(people::follow))
        .route(post("/leader/{name}/unfollow").public().to_undocumented(people::unfollow))
        .route(post("/leader/{name}/block").public().to_undocumented(people::block))
        .route(post("/leader/{name}/unblock").public().to_undocumented(people::unblock))
        .route(get("/post").public().to_undocumented(posting::show))
        .route(post("/post").public().to_undocumented(posting::publish))
        .route(post("/post/report").public().to_undocumented(posting::report))
        .route(post("/post/delete").public().to_undocumented(posting::delete))
        .route(post("/report/delete").public().to_undocumented(reports::delete))
        .route(get("/report/suspended").public().to_undocumented(reports::suspended))
        .route(post("/report/dismiss").public().to_undocumented(reports::dismiss))
        .route(get("/agent").public().to_undocumented(agent::show))
        .route(post("/agent").public().to_undocumented(agent::save))
        .route(post("/agent/generate").public().to_undocumented(agent::generate))
        .route(get("/{name}").public().to_undocumented(leader::short))
        .route(get("/terms").public().to_undocumented(legal::terms))
        .route(get("/privacy").public().to_undocumented(legal::privacy))
        .route(get("/robots.txt").public().to_undocumented(sitemap::robots))
        .route(get("/sitemap.xml").public().to_undocumented(sitemap::sitemap))
        .route(get("/icon.svg").public().to_undocumented(icon))
}

/// The site's icon, which browsers show beside the title of a page.
async fn icon() -> Answer<Clankspace> {
    Ok(render::svg(ICON))
}

/// What a page is asked to tell of.
#[derive(Debug, Deserialize)]
pub struct Telling {
    told: Option<String>,
}

/// It is for pages alone, and no parameter that programs are told of.
impl IntoParams for Telling {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        Vec::new()
    }
}

/// What a page tells its reader of: nothing where the query does not say, or says what it cannot, and nothing to a visitor, who has sent no
/// form and shares copies of pages with others.
fn told(reader: &Reader<Clankspace>, query: Asked<Clankspace, Telling>) -> Option<Notice> {
    reader.0.as_ref()?;
    Notice::of_word(&query.ok()?.0.told?)
}
