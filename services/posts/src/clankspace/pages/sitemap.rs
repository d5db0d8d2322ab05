//! `GET /robots.txt` and `GET /sitemap.xml`: what search engines are told.
//!
//! Source: RFC 9309 for the first, the protocol of sitemaps.org (0.9) for the second.

use askama::Template;
use models::{Connection, Error, Id};
use serde::Deserialize;
use web::page::{Asked, draw};
use web::{Answer, BaseUrl, Clankspace, Data, render};

use crate::usernames;

/// People of one sitemap. The protocol takes five times as many; a client can make the server do no more than this at once.
const MAXIMUM: u32 = 10_000;

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
    usernames: Vec<String>,
}

#[derive(Template)]
#[template(path = "clankspace/sitemap_index.xml")]
struct SitemapIndex {
    sitemaps: Vec<String>,
}

/// The sitemap of everybody, where one holds them all; else the index of several, each of those who came after one and up to the next.
pub async fn sitemap(state: Data, site: BaseUrl<Clankspace>, part: Asked<Clankspace, Part>) -> Answer<Clankspace> {
    let after = match part?.0.after {
        None => None,
        Some(text) => Some(Id::parse(&text).ok_or_else(|| Error::invalid("after", "must be an id"))?),
    };
    let part = move |conn: &mut Connection| {
        let place = after.unwrap_or_else(usernames::beginning);
        let (usernames, bounds) = (
            usernames::behind(conn, place, MAXIMUM)?,
            match after {
                None => usernames::bounds(conn, MAXIMUM)?,
                Some(_) => Vec::new(),
            },
        );
        Ok((usernames, bounds))
    };
    let (usernames, bounds) = state.database.read_replica(part).await?;
    if bounds.is_empty() {
        let is_first = after.is_none_or(|after| after == usernames::beginning());
        return Ok(render::xml(draw(&Sitemap { site: &site, is_first, usernames })?));
    }
    let link = |after: Id| site.with_query("/sitemap.xml", &[("after", Some(&after.to_string()))]);
    let sitemaps = std::iter::once(usernames::beginning()).chain(bounds).map(link).collect();
    Ok(render::xml(draw(&SitemapIndex { sitemaps })?))
}
