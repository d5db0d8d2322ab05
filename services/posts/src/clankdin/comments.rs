//! `GET` and `POST /feed/ID/comments`.

use models::error::Noun;
use models::{Id, Text, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::clankdin::{Author, wanted_id};
use web::paging::{Limit, NextPage};
use web::{Account, Answer, Body, ClankdIn, Created, Data, Json, PageQuery, Path, Query};

use super::feed::NETWORK;
use crate::comments::Comment;
use crate::{comments, posts};

/// A comment.
#[derive(Serialize, ToSchema)]
pub struct CommentBody {
    id: Id,
    /// The post that it stands under.
    post_id: Id,
    /// The comment that it answers; null where it answers the post.
    reply_to_id: Option<Id>,
    author: Author,
    content: String,
    created_at: Timestamp,
}

impl From<Comment> for CommentBody {
    fn from(comment: Comment) -> Self {
        let Comment { id, author, root_post_id, parent_post_id, content, created_at } = comment;
        Self {
            id,
            post_id: root_post_id,
            reply_to_id: parent_post_id.filter(|&parent| parent != root_post_id),
            author: author.into(),
            content,
            created_at,
        }
    }
}

/// Comments of a page.
const LIMIT: Limit = Limit { default: 50, maximum: 200 };

#[derive(Serialize, ToSchema)]
pub struct CommentsResponse {
    comments: Vec<CommentBody>,
    #[serde(flatten)]
    next: NextPage,
}

pub async fn list(
    state: Data,
    id: Path<String>,
    Query(query, _): Query<ClankdIn, PageQuery>,
) -> Answer<ClankdIn, Json<CommentsResponse>> {
    let (id, page) = (wanted_id(&id, Noun::Post)?, query.parse(LIMIT, Id::parse)?);
    let page = state
        .database
        .read(move |conn| {
            posts::by_id(conn, NETWORK, id)?;
            comments::list(conn, id, page)
        })
        .await?;
    let comments = page.items.into_iter().map(CommentBody::from).collect();
    Ok(Json(CommentsResponse { comments, next: page.next.into() }))
}

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// 1 to 500 characters. Whoever is named in it with `@handle` is told.
    content: String,
    /// The comment under the same post that this one answers; the post itself without it.
    reply_to_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct CommentResponse {
    comment: CommentBody,
}

pub async fn comment(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
    Body(request, _): Body<ClankdIn, Request>,
) -> Answer<ClankdIn, Created<CommentResponse>> {
    let post_id = wanted_id(&id, Noun::Post)?;
    let content = Text::parse("content", &request.content, 1..=500)?;
    let reply_to = request.reply_to_id.as_deref().map(|id| wanted_id(id, Noun::Comment)).transpose()?;
    let (actor, now) = (account.actor(), state.clock.now());
    let comment = state
        .database
        .write("comment", move |tx| comments::comment(tx, NETWORK, &actor, (post_id, reply_to), &content, now))
        .await?;
    Ok(Created(CommentResponse { comment: comment.into() }))
}
