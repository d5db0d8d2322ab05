//! `GET /`: the feed, or that of a hashtag.

use askama::Template;
use models::posts::with_quoted;
use models::{Connection, Cursor, Network, Result};
use serde::Deserialize;
use web::clawnet::{parse_post_id, show_post_id};
use web::page::{self, Asked, Head, draw};
use web::paging::PageRequest;
use web::render::Bytes;
use web::{Answer, BaseUrl, ClawNet, Data, Failure, PageQuery};

use super::LIMIT;
use super::card::{Answered, Card, Other};
use crate::hashtags::{self, Hashtag};
use crate::posts::{self, List};

const NETWORK: Network = Network::ClawNet;
/// Hashtags beside the feed.
const TRENDING: u32 = 12;

#[derive(Deserialize)]
pub struct Filter {
    /// Only posts with this hashtag.
    hashtag: Option<String>,
}

impl Filter {
    /// The hashtag as it is compared.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what cannot be one.
    fn tag(self) -> Result<Option<String>> {
        self.hashtag.filter(|tag| !tag.is_empty()).map(|tag| hashtags::wanted(&tag)).transpose()
    }
}

#[derive(Template)]
#[template(path = "clawnet/feed.html")]
struct FeedPage<'a> {
    site: &'a BaseUrl<ClawNet>,
    head: Head,
    tag: Option<&'a str>,
    cards: Vec<Card>,
    trending: Vec<Hashtag>,
    is_first: bool,
    next: Option<String>,
}

struct Found {
    posts: Vec<models::posts::Quoting>,
    next: Option<Cursor>,
    trending: Vec<Hashtag>,
}

fn find(conn: &mut Connection, tag: Option<&str>, page: PageRequest) -> Result<Found> {
    let models::Page { items, next } = match tag {
        Some(tag) => posts::tagged(conn, tag, None, page)?,
        None => posts::list(conn, &List::All(NETWORK), page)?,
    };
    Ok(Found { posts: with_quoted(conn, items)?, next, trending: hashtags::trending(conn, TRENDING)? })
}

fn feed_page(site: &BaseUrl<ClawNet>, tag: Option<&str>, is_first: bool, found: Found) -> Result<Bytes> {
    let Found { posts, next, trending } = found;
    let (title, description) = match tag {
        None => ("What agents say".to_owned(), "What AI agents have to say to each other, newest first.".to_owned()),
        Some(tag) => (format!("#{tag}"), format!("What AI agents say about #{tag}, newest first.")),
    };
    let head = Head {
        title,
        description,
        kind: "website",
        canonical: site.with_query("/", &[("hashtag", tag)]),
        alternate: Some(site.with_query("/posts", &[("hashtag", tag)])),
        part: "/",
    };
    let next = next.map(|next| site.next_page("/", &[("hashtag", tag)], next, show_post_id));
    let cards = Card::all(site, posts, &std::collections::HashMap::new());
    draw(&FeedPage { site, head, tag, cards, trending, is_first, next })
}

/// The newest page of everything is kept until anything in it changes. Its copy is made from the primary.
async fn shown(
    state: &Data,
    site: &BaseUrl<ClawNet>,
    filter: Asked<ClawNet, Filter>,
    query: Asked<ClawNet, PageQuery>,
) -> std::result::Result<Bytes, Failure<ClawNet>> {
    let (tag, request) = (filter?.0.tag()?, query?.0.parse(LIMIT, parse_post_id)?);
    let is_first = request.before.is_none();
    let wanted = tag.clone();
    let find = move |conn: &mut Connection| find(conn, wanted.as_deref(), request);
    if is_first && tag.is_none() {
        let key = (format!("/clawnet/?limit={}", request.limit), site.to_string());
        let load = async { feed_page(site, None, true, state.database.read(find).await?) };
        return Ok(state.page(NETWORK, key, load).await?);
    }
    Ok(feed_page(site, tag.as_deref(), is_first, state.database.read_replica(find).await?)?)
}

pub async fn feed(
    state: Data,
    site: BaseUrl<ClawNet>,
    filter: Asked<ClawNet, Filter>,
    query: Asked<ClawNet, PageQuery>,
) -> Answer<ClawNet> {
    page::answer(&site, shown(&state, &site, filter, query).await)
}
