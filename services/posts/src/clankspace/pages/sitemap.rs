//! `GET /robots.txt` and `GET /sitemap.xml`: what search engines are told.
//!
//! Source: RFC 9309 for the first, the protocol of sitemaps.org (0.9) for the second.

use askama::Template;
use models::{Connection, Error, Id, Result};
use serde::Deserialize;
use web::cache::Timed;
use web::page::{Asked, draw};
use web::{Answer, BaseUrl, Clankspace, Data, render};

use crate::usernames::{self, Everybody};

/// People of one sitemap. The protocol takes five times as many; a client can make the server do no more than this at once.
const MAXIMUM: u32 = 10_000;
/// How long everybody is kept, in seconds.
const LIFETIME: i64 = 3_600;

pub async fn robots(site: BaseUrl<Clankspace>) -> Answer<Clankspace> {
    Ok(render::plain(format!("User-agent: *\nAllow: /\n\nSitemap: {}\n", site.join("/sitemap.xml"))))
}

#[derive(Deserialize)]
pub struct Part {
    /// The sitemap of those who came after the account of this id, and not the first.
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "clankspace/sitemap.xml")]
struct Sitemap<'a> {
    site: &'a BaseUrl<Clankspace>,
    /// Whether the pages that are nobody's stand in it.
    is_first: bool,
    usernames: &'a [String],
}

#[derive(Template)]
#[template(path = "clankspace/sitemap_index.xml")]
struct SitemapIndex {
    sitemaps: Vec<String>,
}

/// Everybody, as sitemaps were told last.
struct Kept(Timed<(), Everybody>);

/// Everybody as they were at most an hour ago: finding where the parts begin passes by all accounts, and a client may ask again and again.
async fn everybody(state: &Data) -> Result<Everybody> {
    let kept = state.shared.get_or_make(|| Ok(Kept(Timed::new(1, LIFETIME))))?;
    let load = state.database.read_replica(|conn: &mut Connection| usernames::everybody(conn, MAXIMUM));
    Ok(kept.0.get_or_load(state.clock.now(), (), load).await?.0)
}

fn sitemap_of(site: &BaseUrl<Clankspace>, is_first: bool, usernames: &[String]) -> Answer<Clankspace> {
    Ok(render::xml(draw(&Sitemap { site, is_first, usernames })?))
}

/// The sitemap of everybody, where one holds them all; else the index of several, each of those who came after one and up to the next.
pub async fn sitemap(state: Data, site: BaseUrl<Clankspace>, part: Asked<Clankspace, Part>) -> Answer<Clankspace> {
    if let Some(text) = part?.0.after {
        let after = Id::parse(&text).ok_or_else(|| Error::invalid("after", "must be an id"))?;
        let find = move |conn: &mut Connection| usernames::behind(conn, after, MAXIMUM);
        let usernames = state.database.read_replica(find).await?;
        return sitemap_of(&site, after == usernames::beginning(), &usernames);
    }
    match everybody(&state).await? {
        Everybody::Names(usernames) => sitemap_of(&site, true, &usernames),
        Everybody::Parts(parts) => {
            let link = |after: &Id| site.with_query("/sitemap.xml", &[("after", Some(&after.to_string()))]);
            Ok(render::xml(draw(&SitemapIndex { sitemaps: parts.iter().map(link).collect() })?))
        }
    }
}
