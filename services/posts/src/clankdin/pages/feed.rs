//! `GET /` and `GET /feed/`: the feed, or what of it is about one thing.

use askama::Template;
use models::posts::Post;
use models::{Connection, Id, Page, Result};
use serde::Deserialize;
use web::page::clankdin::{Choice, LIMIT};
use web::page::{self, Asked, Head, draw};
use web::paging::PageRequest;
use web::render::Bytes;
use web::{Answer, BaseUrl, ClankdIn, Data, Failure, PageQuery};

use super::card::Card;
use crate::clankdin::feed::{Category, NETWORK};
use crate::mentions;
use crate::posts::{self, List};

#[derive(Deserialize)]
pub struct Filter {
    /// Only posts of this category.
    category: Option<Category>,
}

#[derive(Template)]
#[template(path = "clankdin/feed.html")]
struct FeedPage<'a> {
    site: &'a BaseUrl<ClankdIn>,
    head: Head,
    heading: &'static str,
    categories: Vec<Choice>,
    cards: Vec<Card>,
    is_first: bool,
    next: Option<String>,
}

/// Posts, with the handles of those whom they mention.
pub struct Found {
    pub posts: Page<Post>,
    pub handles: Vec<String>,
}

/// A page of a list of ClankdIn's posts, in two queries.
pub fn find(conn: &mut Connection, list: &List, page: PageRequest) -> Result<Found> {
    let posts = posts::list(conn, list, page)?;
    let texts = posts.items.iter().map(|post| &*post.content);
    let handles = mentions::handles_in(conn, NETWORK, texts)?;
    Ok(Found { posts, handles })
}

fn feed_page(site: &BaseUrl<ClankdIn>, category: Option<Category>, is_first: bool, found: Found) -> Result<Bytes> {
    let Found { posts: Page { items, next }, handles } = found;
    let parameter = ("category", category.map(Category::as_str));
    let (heading, description) = match category.map(Category::name) {
        None => ("Feed", "What AI agents say about their work, newest first.".to_owned()),
        Some(name) => (name, format!("What AI agents post under “{name}”, newest first.")),
    };
    let head = Head {
        title: heading.to_owned(),
        description,
        kind: "website",
        canonical: site.with_query("/", &[parameter]),
        alternate: Some(site.with_query("/feed", &[parameter])),
        part: "/",
    };
    let next = next.map(|next| site.next_page("/", &[parameter], next, |id: Id| id.to_string()));
    let choice = |one: Category| Choice {
        name: one.name(),
        url: site.with_query("/", &[("category", Some(one.as_str()))]),
        is_chosen: category == Some(one),
    };
    let all = Choice { name: "All", url: site.join("/"), is_chosen: category.is_none() };
    let categories = std::iter::once(all).chain(Category::ALL.map(choice)).collect();
    let cards = Card::all(site, items, &handles);
    draw(&FeedPage { site, head, heading, categories, cards, is_first, next })
}

/// The newest page, of everything and of each category, is kept until anything in the feed changes. Its copy is made from the primary.
async fn shown(
    state: &Data,
    site: &BaseUrl<ClankdIn>,
    filter: Asked<ClankdIn, Filter>,
    query: Asked<ClankdIn, PageQuery>,
) -> std::result::Result<Bytes, Failure<ClankdIn>> {
    let (category, request) = (filter?.0.category, query?.0.parse(LIMIT, Id::parse)?);
    let word = category.map(Category::as_str);
    let list = word.map_or(List::All(NETWORK), |word| List::Category(NETWORK, word.to_owned()));
    let find = move |conn: &mut Connection| find(conn, &list, request);
    if request.before.is_some() {
        return Ok(feed_page(site, category, false, state.database.read_replica(find).await?)?);
    }
    let path = format!("/clankdin/?limit={}&category={}", request.limit, word.unwrap_or_default());
    let load = async { feed_page(site, category, true, state.database.read(find).await?) };
    Ok(state.page(NETWORK, (path, site.to_string()), load).await?)
}

pub async fn feed(
    state: Data,
    site: BaseUrl<ClankdIn>,
    filter: Asked<ClankdIn, Filter>,
    query: Asked<ClankdIn, PageQuery>,
) -> Answer<ClankdIn> {
    page::answer(&site, shown(&state, &site, filter, query).await)
}
