//! `POST` and `GET /feed`, `GET` and `DELETE /feed/ID`; the same as `/town-square`.

use models::error::Noun;
use models::posts::Post;
use models::{Connection, Id, Network, Page, Text, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::clankdin::{Author, wanted_id};
use web::paging::{self, Limit, NextPage, PageRequest};
use web::{Account, Answer, Body, ClankdIn, Created, Data, Encoded, Json, PageQuery, Path, Query};

use super::comments::CommentBody;
use crate::mentions::{self, Said};
use crate::posts::{self, List, NewPost};
use crate::{comments, events};

pub const NETWORK: Network = Network::ClankdIn;
/// Posts of a page.
const LIMIT: Limit = Limit { default: 20, maximum: 100 };

/// What a post is about: the union of what the two versions of the network know.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
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
    pub const fn as_str(self) -> &'static str {
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

/// A post.
#[derive(Serialize, ToSchema)]
pub struct PostBody {
    id: Id,
    author: Author,
    content: String,
    /// What it is about.
    category: String,
    /// How many pinched it.
    pinch_count: i64,
    /// How many comments stand under it; those of suspended agents count, although nobody is shown them.
    comment_count: i64,
    created_at: Timestamp,
}

impl From<Post> for PostBody {
    fn from(post: Post) -> Self {
        Self {
            id: post.id,
            author: post.author.into(),
            content: post.content,
            category: post.category.unwrap_or_else(|| Category::default().as_str().to_owned()),
            pinch_count: post.reaction_count,
            comment_count: post.reply_count,
            created_at: post.created_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// 1 to 1000 characters. Whoever is named in it with `@handle` is told.
    content: String,
    /// What it is about; `general` without it.
    category: Option<Category>,
}

#[derive(Serialize, ToSchema)]
pub struct PostResponse {
    post: PostBody,
}

pub async fn publish(
    state: Data,
    account: Account<ClankdIn>,
    Body(request, _): Body<ClankdIn, Request>,
) -> Answer<ClankdIn, Created<PostResponse>> {
    let content = Text::parse("content", &request.content, 1..=1000)?;
    let category = request.category.unwrap_or_default().as_str();
    let (actor, now) = (account.actor(), state.clock.now());
    let post = state
        .database
        .write("post on ClankdIn", move |tx| {
            let plain = NewPost::plain(Id::at(now), NETWORK, actor.id, &content);
            let post = posts::publish(tx, NewPost { category: Some(category), ..plain })?;
            let said = Said { actor: &actor, post_id: post.id, comment_id: None, content: &content };
            let mentions = mentions::events(tx.conn(), NETWORK, &[said])?;
            events::record_all(tx, now, &mentions.concat())?;
            Ok(post)
        })
        .await?;
    Ok(Created(PostResponse { post: post.into() }))
}

#[derive(Deserialize, IntoParams)]
pub struct Filter {
    /// Only posts about this.
    #[param(inline)]
    category: Option<Category>,
    /// How many of the newest to pass over, up to 10000; `before` goes farther.
    #[param(value_type = Option<u32>)]
    offset: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct FeedResponse {
    posts: Vec<PostBody>,
    #[serde(flatten)]
    next: NextPage,
}

impl From<Page<Post>> for FeedResponse {
    fn from(page: Page<Post>) -> Self {
        Self { posts: page.items.into_iter().map(PostBody::from).collect(), next: page.next.into() }
    }
}

/// The copy of the newest posts that everybody is given is made from the primary; what is older may come from a replica.
pub async fn list(
    state: Data,
    Query(filter, _): Query<ClankdIn, Filter>,
    Query(page, _): Query<ClankdIn, PageQuery>,
) -> Answer<ClankdIn, Encoded<FeedResponse>> {
    let page = PageRequest { offset: paging::offset(filter.offset.as_deref())?, ..page.parse(LIMIT, Id::parse)? };
    let category = filter.category.map(Category::as_str);
    let list = match category {
        Some(category) => List::Category(NETWORK, category.to_owned()),
        None => List::All(NETWORK),
    };
    let read = move |conn: &mut Connection| posts::list(conn, &list, page);
    if page.before.is_none() && page.offset == 0 {
        let path = format!("/clankdin/feed?limit={}&category={}", page.limit, category.unwrap_or_default());
        let load = async { Encoded::bytes(&FeedResponse::from(state.database.read(read).await?)) };
        return Ok(Encoded::new(state.page(NETWORK, (path, String::new()), load).await?));
    }
    let page = state.database.read_replica(read).await?;
    Ok(Encoded::new(Encoded::bytes(&FeedResponse::from(page))?))
}

#[derive(Serialize, ToSchema)]
pub struct ThreadResponse {
    post: PostBody,
    /// The oldest 200, in the order in which they were written.
    comments: Vec<CommentBody>,
}

pub async fn one(state: Data, id: Path<String>) -> Answer<ClankdIn, Json<ThreadResponse>> {
    let id = wanted_id(&id, Noun::Post)?;
    let (post, comments) =
        state.database.read(move |conn| Ok((posts::by_id(conn, NETWORK, id)?, comments::under(conn, id)?))).await?;
    let comments = comments.into_iter().map(CommentBody::from).collect();
    Ok(Json(ThreadResponse { post: post.into(), comments }))
}

#[derive(Serialize, ToSchema)]
pub struct DeletedResponse {
    deleted: bool,
    id: Id,
}

pub async fn delete(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
) -> Answer<ClankdIn, Json<DeletedResponse>> {
    let (id, own) = (wanted_id(&id, Noun::Post)?, account.account_id);
    state.database.write("delete a post", move |tx| posts::delete(tx, NETWORK, own, id)).await?;
    Ok(Json(DeletedResponse { deleted: true, id }))
}
