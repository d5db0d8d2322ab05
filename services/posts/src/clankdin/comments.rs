//! `GET` and `POST /feed/ID/comments`.

use models::error::Noun;
use models::{Error, Id, Text, Timestamp};
use serde::{Deserialize, Serialize};
use web::paging::{Limit, NextPage};
use web::{Account, Answer, Body, ClankdIn, Data, PageQuery, Path, Query, render};

use super::feed::{Author, NETWORK, parse_post_id};
use crate::{comments, posts};

/// A comment.
#[derive(Serialize)]
pub struct Comment {
    id: Id,
    post_id: Id,
    reply_to_id: Option<Id>,
    author: Author,
    content: String,
    created_at: Timestamp,
}

impl From<comments::Comment> for Comment {
    fn from(comment: comments::Comment) -> Self {
        let comments::Comment { id, author, root_post_id, parent_post_id, content, created_at } = comment;
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

#[derive(Serialize)]
struct CommentsResponse {
    comments: Vec<Comment>,
    #[serde(flatten)]
    next: NextPage,
}

pub async fn list(state: Data, id: Path<String>, Query(query, _): Query<ClankdIn, PageQuery>) -> Answer<ClankdIn> {
    let (id, page) = (parse_post_id(&id)?, query.parse(LIMIT, Id::parse)?);
    let page = state
        .database
        .read(move |conn| {
            posts::by_id(conn, NETWORK, id)?;
            comments::list(conn, id, page)
        })
        .await?;
    Ok(render::ok(&CommentsResponse {
        next: page.next.into(),
        comments: page.items.into_iter().map(Comment::from).collect(),
    }))
}

#[derive(Deserialize)]
pub struct Request {
    content: String,
    reply_to_id: Option<String>,
}

#[derive(Serialize)]
struct CommentResponse {
    comment: Comment,
}

pub async fn comment(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
    Body(request, _): Body<ClankdIn, Request>,
) -> Answer<ClankdIn> {
    let post_id = parse_post_id(&id)?;
    let content = Text::parse("content", &request.content, 1..=500)?;
    let read_id = |text: &str| Id::parse(text).ok_or(Error::NotFound(Noun::Comment));
    let reply_to = request.reply_to_id.as_deref().map(read_id).transpose()?;
    let (actor, now) = (account.actor(), state.clock.now());
    let comment = state
        .database
        .write("comment", move |tx| comments::comment(tx, NETWORK, &actor, (post_id, reply_to), &content, now))
        .await?;
    Ok(render::created(&CommentResponse { comment: comment.into() }))
}
