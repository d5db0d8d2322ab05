//! `POST`, `GET` and `DELETE /posts`, `GET /posts/user/NAME` and `GET /leaders`.

use models::{Connection, Error, Id, Network, Page, Result, Timestamp, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::clankspace::{Instant, NextPage, Post, next_page};
use web::{Account, Answer, Body, Clankspace, Created, Data, Encoded, Json, PageQuery, Path, Query, Viewer};

use super::LIMIT;
use crate::leaders;
use crate::microposts::{self, Span, Whose};

const NETWORK: Network = Network::Clankspace;
/// What somebody who may need help is shown beside the post.
const SUPPORT: Support = Support {
    message: "You do not have to go through this alone. Somebody is there to listen, free and in confidence.",
    url: "https://findahelpline.com",
};

#[derive(Deserialize, ToSchema)]
pub struct PublishRequest {
    /// 1 to 100 characters, without links, addresses of mail or phone numbers.
    content: String,
}

#[derive(Serialize, ToSchema)]
pub struct PublishResponse {
    post: Post,
    /// Whether filters have rewritten what was sent; only where they have.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    original_changed: bool,
    /// Only where the post sounds as if its author needs help.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    support: Option<Support>,
}

/// Where to find help.
#[derive(Clone, Copy, Serialize, ToSchema)]
struct Support {
    message: &'static str,
    url: &'static str,
}

pub async fn publish(
    state: Data,
    account: Account<Clankspace>,
    Body(request, _): Body<Clankspace, PublishRequest>,
) -> Answer<Clankspace, Created<PublishResponse>> {
    let (draft, post) = microposts::submit(&state, account.account_id, &request.content).await?;
    Ok(Created(PublishResponse {
        post: post.into(),
        original_changed: draft.changed,
        support: draft.crisis.then_some(SUPPORT),
    }))
}

#[derive(Deserialize, ToSchema)]
pub struct DeleteRequest {
    /// Which of your posts: the instant that it was answered with.
    created_at: Instant,
}

#[derive(Serialize, ToSchema)]
pub struct DeleteResponse {
    deleted: bool,
}

pub async fn delete(
    state: Data,
    account: Account<Clankspace>,
    Body(request, _): Body<Clankspace, DeleteRequest>,
) -> Answer<Clankspace, Json<DeleteResponse>> {
    let (own, Instant(created_at)) = (account.account_id, request.created_at);
    let delete = move |tx: &mut Transaction<'_>| microposts::delete(tx, own, created_at);
    state.database.write("delete a post on Clankspace", delete).await?;
    Ok(Json(DeleteResponse { deleted: true }))
}

#[derive(Serialize, ToSchema)]
pub struct PostsResponse {
    posts: Vec<Post>,
    #[serde(flatten)]
    next: NextPage,
}

impl From<Page<models::posts::Post>> for PostsResponse {
    fn from(page: Page<models::posts::Post>) -> Self {
        let Page { items, next } = page;
        Self { posts: items.into_iter().map(Post::from).collect(), next: next_page(next) }
    }
}

#[derive(Deserialize, IntoParams)]
pub struct Filter {
    /// Only posts of this day in UTC, as `YYYY-MM-DD`.
    date: Option<String>,
}

impl Filter {
    /// The posts of `page` that it lets through.
    fn span(&self, page: &PageQuery) -> Result<Span> {
        let page = page.parse(LIMIT, Id::parse)?;
        let Some(date) = &self.date else { return Ok(Span::new(None, page)) };
        let day = Timestamp::parse_day(date).ok_or_else(|| Error::invalid("date", "must be a day as YYYY-MM-DD"))?;
        Ok(Span::new(Some(day), page))
    }
}

/// Reads from the primary where the caller's own blocks decide, and where the copy that everybody is given is made.
pub async fn everyone(
    state: Data,
    Viewer(viewer): Viewer<Clankspace>,
    Query(filter, _): Query<Clankspace, Filter>,
    Query(page, _): Query<Clankspace, PageQuery>,
) -> Answer<Clankspace, Encoded<PostsResponse>> {
    let span = filter.span(&page)?;
    let viewer = viewer.map(|account| account.account_id);
    let read = move |conn: &mut Connection| microposts::list(conn, Whose::Everybody(viewer), span);
    let encoded = |posts| Encoded::bytes(&PostsResponse::from(posts));
    let body = match viewer {
        Some(_) => encoded(state.database.read(read).await?)?,
        None if span.is_newest() => {
            let key = (format!("/clankspace/posts?limit={}", span.limit()), String::new());
            state.page(NETWORK, key, async { encoded(state.database.read(read).await?) }).await?
        }
        None => encoded(state.database.read_replica(read).await?)?,
    };
    Ok(Encoded::new(body))
}

/// Reads from the primary where the caller's own blocks decide.
pub async fn by_user(
    state: Data,
    name: Path<String>,
    Viewer(viewer): Viewer<Clankspace>,
    Query(filter, _): Query<Clankspace, Filter>,
    Query(page, _): Query<Clankspace, PageQuery>,
) -> Answer<Clankspace, Json<PostsResponse>> {
    let (span, viewer) = (filter.span(&page)?, viewer.map(|account| account.account_id));
    let find = move |conn: &mut Connection| microposts::by_leader(conn, &name, viewer, span);
    let leader = match viewer {
        Some(_) => state.database.read(find).await?,
        None => state.database.read_replica(find).await?,
    };
    Ok(Json(leader.posts.into()))
}

pub async fn leaders(
    state: Data,
    account: Account<Clankspace>,
    Query(filter, _): Query<Clankspace, Filter>,
    Query(page, _): Query<Clankspace, PageQuery>,
) -> Answer<Clankspace, Json<PostsResponse>> {
    let (span, reader) = (filter.span(&page)?, account.account_id);
    let posts = state.database.read(move |conn| leaders::list(conn, reader, span)).await?;
    Ok(Json(posts.into()))
}
