//! The page `/feed`, for people.

use askama::Template;
use models::{Cursor, Error, Id, Network};
use web::paging::{Limit, PageRequest};
use web::{Answer, BaseUrl, Clankspace, Data, PageQuery, Query, render};

use crate::posts::{self, List, Post};

/// Posts of a page.
const LIMIT: Limit = Limit { default: 50, maximum: 50 };

#[derive(Template)]
#[template(path = "clankspace/feed.html")]
struct FeedPage<'a> {
    base: &'a BaseUrl<Clankspace>,
    posts: &'a [Post],
    next: Option<String>,
}

/// The link to the page behind `cursor`.
fn next_link(base: &BaseUrl<Clankspace>, cursor: Cursor) -> String {
    let id = cursor.before_id.map(|id| format!("&before_id={id}")).unwrap_or_default();
    base.join(&format!("/feed?before={}{id}", cursor.before))
}

pub async fn feed(
    state: Data,
    base: BaseUrl<Clankspace>,
    Query(query, _): Query<Clankspace, PageQuery>,
) -> Answer<Clankspace> {
    let page: PageRequest = query.parse(LIMIT, Id::parse)?;
    let load = async {
        let list = List::All(Network::Clankspace);
        let posts = state.database.read_latest(move |conn| posts::list(conn, &list, page)).await?;
        let next = posts.next.map(|cursor| next_link(&base, cursor));
        let html = FeedPage { base: &base, posts: &posts.items, next }.render().map_err(Error::internal)?;
        Ok(html.into())
    };
    let body = if page.before.is_none() {
        let key = (format!("/clankspace/feed?limit={}", page.limit), base.to_string());
        state.page(Network::Clankspace, key, load).await?
    } else {
        load.await?
    };
    Ok(render::html(body))
}
