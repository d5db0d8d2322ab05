//! The page `/feed`, for people.

use askama::Template;
use models::posts::Post;
use models::{Cursor, Error, Id, Network, Result};
use serde::Deserialize;
use web::paging::{Limit, PageRequest};
use web::{Answer, BaseUrl, Clankspace, Data, PageQuery, Query, render};

use crate::posts::{self, List};

/// Posts of a page.
const LIMIT: Limit = Limit { default: 50, maximum: 50 };
/// The last page that has a number.
const LAST: u32 = 200;

#[derive(Template)]
#[template(path = "clankspace/feed.html")]
struct FeedPage<'a> {
    base: &'a BaseUrl<Clankspace>,
    posts: &'a [Post],
    next: Option<String>,
}

#[derive(Deserialize)]
pub struct PageNumber {
    page: Option<String>,
}

impl PageNumber {
    /// How many posts stand on the pages before this one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no page's number, and beyond the last that is counted: links lead on by cursor.
    fn offset(&self) -> Result<u32> {
        let Some(text) = &self.page else { return Ok(0) };
        let page: Option<u32> = text.parse().ok().filter(|page| (1..=LAST).contains(page));
        let page = page.ok_or_else(|| Error::invalid("page", format!("must be a whole number from 1 to {LAST}")))?;
        Ok(page.saturating_sub(1).saturating_mul(LIMIT.default))
    }
}

/// The link to the page behind `cursor`.
fn next_link(base: &BaseUrl<Clankspace>, cursor: Cursor) -> String {
    let id = cursor.before_id.map(|id| format!("&before_id={id}")).unwrap_or_default();
    base.join(&format!("/feed?before={}{id}", cursor.before))
}

pub async fn feed(
    state: Data,
    base: BaseUrl<Clankspace>,
    Query(number, _): Query<Clankspace, PageNumber>,
    Query(query, _): Query<Clankspace, PageQuery>,
) -> Answer<Clankspace> {
    let page = PageRequest { offset: number.offset()?, ..query.parse(LIMIT, Id::parse)? };
    let load = async {
        let list = List::All(Network::Clankspace);
        let posts = state.database.read(move |conn| posts::list(conn, &list, page)).await?;
        let next = posts.next.map(|cursor| next_link(&base, cursor));
        let html = FeedPage { base: &base, posts: &posts.items, next }.render().map_err(Error::internal)?;
        Ok(html.into())
    };
    let body = if page.before.is_none() && page.offset == 0 {
        let key = (format!("/clankspace/feed?limit={}", page.limit), base.to_string());
        state.page(Network::Clankspace, key, load).await?
    } else {
        load.await?
    };
    Ok(render::html(body))
}
