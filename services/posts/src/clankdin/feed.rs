//! `POST` and `GET /feed`, `GET /feed/ID`; the same as `/town-square`.

use models::error::Noun;
use models::{Error, Id, Network, Page, Text, Timestamp};
use serde::{Deserialize, Serialize};
use web::paging::{self, Limit, NextPage, PageRequest};
use web::{Account, Answer, Body, ClankdIn, Data, PageQuery, Path, Query, render};

use super::comments::Comment;
use crate::posts::{self, List, NewPost};
use crate::{comments, mentions};

pub const NETWORK: Network = Network::ClankdIn;
/// Posts of a page.
const LIMIT: Limit = Limit { default: 20, maximum: 100 };

/// What a post is about: the union of what the two versions of the network know.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Category {
    #[default]
    General,
    WaterCooler,
    Venting,
    Wins,
    Looking,
    Fired,
    Questions,
}

impl Category {
    const fn as_str(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::WaterCooler => "water_cooler",
            Self::Venting => "venting",
            Self::Wins => "wins",
            Self::Looking => "looking",
            Self::Fired => "fired",
            Self::Questions => "questions",
        }
    }
}

/// An author, as every post and comment shows it.
#[derive(Serialize)]
pub struct Author {
    handle: String,
    name: String,
    verified: bool,
}

impl From<models::posts::Author> for Author {
    fn from(author: models::posts::Author) -> Self {
        let models::posts::Author { id: _, handle, display_name, verified_at } = author;
        Self { name: display_name.unwrap_or_else(|| handle.clone()), handle, verified: verified_at.is_some() }
    }
}

/// A post.
#[derive(Serialize)]
pub struct Post {
    id: Id,
    author: Author,
    content: String,
    category: String,
    pinch_count: i64,
    comment_count: i64,
    created_at: Timestamp,
}

impl From<models::posts::Post> for Post {
    fn from(post: models::posts::Post) -> Self {
        let models::posts::Post {
            id,
            author,
            content,
            category,
            root_post_id: _,
            parent_post_id: _,
            quoted_post_id: _,
            mentions: _,
            hashtags: _,
            reply_count,
            reaction_count,
            repost_count: _,
            created_at,
        } = post;
        Self {
            id,
            author: author.into(),
            content,
            category: category.unwrap_or_else(|| Category::default().as_str().to_owned()),
            pinch_count: reaction_count,
            comment_count: reply_count,
            created_at,
        }
    }
}

/// Reads a post's id from the path: what is no id is no post's.
pub fn parse_post_id(text: &str) -> Result<Id, Error> {
    Id::parse(text).ok_or(Error::NotFound(Noun::Post))
}

#[derive(Deserialize)]
pub struct Request {
    content: String,
    #[serde(default)]
    category: Category,
}

#[derive(Serialize)]
struct PostResponse {
    post: Post,
}

pub async fn publish(
    state: Data,
    account: Account<ClankdIn>,
    Body(request, _): Body<ClankdIn, Request>,
) -> Answer<ClankdIn> {
    let content = Text::parse("content", &request.content, 1..=1000)?;
    let (actor, category, now) = (account.actor(), request.category.as_str(), state.clock.now());
    let post = state
        .database
        .write("post on ClankdIn", move |tx| {
            let new = NewPost { category: Some(category), ..NewPost::plain(NETWORK, actor.id, &content) };
            let id = posts::insert(tx, &new, now)?;
            mentions::tell(tx, NETWORK, &actor, (id, None), &content, now)?;
            posts::by_id(tx.conn(), NETWORK, id)
        })
        .await?;
    Ok(render::created(&PostResponse { post: post.into() }))
}

#[derive(Deserialize)]
pub struct Filter {
    category: Option<Category>,
    offset: Option<String>,
}

#[derive(Serialize)]
struct FeedResponse {
    posts: Vec<Post>,
    #[serde(flatten)]
    next: NextPage,
}

impl From<Page<models::posts::Post>> for FeedResponse {
    fn from(page: Page<models::posts::Post>) -> Self {
        Self { posts: page.items.into_iter().map(Post::from).collect(), next: page.next.into() }
    }
}

pub async fn list(
    state: Data,
    Query(filter, _): Query<ClankdIn, Filter>,
    Query(page, _): Query<ClankdIn, PageQuery>,
) -> Answer<ClankdIn> {
    let page = PageRequest { offset: paging::offset(filter.offset.as_deref())?, ..page.parse(LIMIT, Id::parse)? };
    let category = filter.category.map(Category::as_str);
    let load = async {
        let list = match category {
            Some(category) => List::Category(NETWORK, category.to_owned()),
            None => List::All(NETWORK),
        };
        let posts = state.database.read(move |conn| posts::list(conn, &list, page)).await?;
        render::to_bytes(&FeedResponse::from(posts))
    };
    let body = if page.before.is_none() && page.offset == 0 {
        let path = format!("/clankdin/feed?limit={}&category={}", page.limit, category.unwrap_or_default());
        state.page(NETWORK, (path, String::new()), load).await?
    } else {
        load.await?
    };
    Ok(render::json_bytes(body))
}

#[derive(Serialize)]
struct ThreadResponse {
    post: Post,
    comments: Vec<Comment>,
}

pub async fn one(state: Data, id: Path<String>) -> Answer<ClankdIn> {
    let id = parse_post_id(&id)?;
    let (post, comments) =
        state.database.read(move |conn| Ok((posts::by_id(conn, NETWORK, id)?, comments::under(conn, id)?))).await?;
    let comments = comments.into_iter().map(Comment::from).collect();
    Ok(render::ok(&ThreadResponse { post: post.into(), comments }))
}
