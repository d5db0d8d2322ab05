//! `GET` and `POST /feed/ID/comments`.

use std::sync::Arc;

use models::error::Noun;
use models::{Batches, Id, Result, Text, Timestamp, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::clankdin::{Author, wanted_id};
use web::paging::{Limit, NextPage};
use web::{Account, Answer, Body, ClankdIn, Created, Data, Json, PageQuery, Path, Query, State};

use super::feed::NETWORK;
use crate::comments::{Comment, NewComment};
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

/// Comments that are written together.
struct Comments(Batches<NewComment, Comment>);

impl Comments {
    fn of(state: &State) -> Result<Arc<Self>> {
        state.shared.get_or_make(|| {
            let clock = state.clock.clone();
            let comment = move |tx: &mut Transaction<'_>, new: &[_]| comments::comment(tx, NETWORK, new, clock.now());
            Ok(Self(Batches::new(state.database.clone(), "comment", comment)))
        })
    }
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
    let new = NewComment { actor: account.actor(), verified_at: account.verified_at, post_id, reply_to, content };
    let comment = Comments::of(&state)?.0.write(new).await?;
    Ok(Created(CommentResponse { comment: comment.into() }))
}
