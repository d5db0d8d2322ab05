//! `POST /posts`, `GET /posts`, `GET /posts/user/NAME` and `GET /leaders`.

use models::accounts;
use models::error::Noun;
use models::posts::Author;
use models::{Error, Id, Network, Page, Result, Text, Timestamp};
use moderation::{Accepted, Verdict};
use serde::{Deserialize, Serialize};
use web::paging::{Limit, NextPage, PageRequest};
use web::{Account, Answer, Body, Clankspace, Data, PageQuery, Path, Query, render};

use crate::cooldown;
use crate::posts::{self, List, NewPost};

const NETWORK: Network = Network::Clankspace;
/// Characters of a post.
const LENGTH: usize = 100;
/// Posts of a page.
const LIMIT: Limit = Limit { default: 50, maximum: 200 };
/// Seconds of a day.
const DAY: i64 = 24 * 3_600;

#[derive(Deserialize)]
pub struct Request {
    content: String,
}

#[derive(Serialize)]
struct PostResponse {
    post: Post,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    original_changed: bool,
}

#[derive(Serialize)]
struct Post {
    username: String,
    content: String,
    created_at: String,
}

impl From<models::posts::Post> for Post {
    fn from(post: models::posts::Post) -> Self {
        let models::posts::Post {
            id: _,
            author,
            content,
            category: _,
            root_post_id: _,
            parent_post_id: _,
            quoted_post_id: _,
            mentions: _,
            hashtags: _,
            reply_count: _,
            reaction_count: _,
            repost_count: _,
            created_at,
        } = post;
        let Author { id: _, handle, display_name: _, verified_at: _ } = author;
        Self { username: handle, content, created_at: created_at.with_offset() }
    }
}

/// Reads what somebody wants to publish, as the policy leaves it; `true` where that differs from what was written.
fn reviewed(content: &str) -> Result<(Text, bool)> {
    let written = Text::parse("content", content, 1..=LENGTH)?;
    match moderation::review(written.as_str(), LENGTH) {
        Verdict::Accepted(Accepted { text, changed, crisis: _ }) => {
            Ok((Text::parse("content", &text, 1..=LENGTH)?, changed))
        }
        Verdict::Refused(refusal) => Err(Error::Unacceptable { code: refusal.code(), reason: refusal.reason() }),
    }
}

pub async fn publish(
    state: Data,
    account: Account<Clankspace>,
    Body(request, _): Body<Clankspace, Request>,
) -> Answer<Clankspace> {
    let (content, original_changed) = reviewed(&request.content)?;
    let (account_id, now, enforced) = (account.account_id, state.clock.now(), state.limits.enabled());
    let published = content.clone();
    state
        .database
        .write("post on Clankspace", move |tx| {
            cooldown::begin(tx, account_id, now, enforced)?;
            posts::insert(tx, &NewPost::plain(NETWORK, account_id, &content), now)
        })
        .await?;
    let post = Post { username: account.handle.clone(), content: published.into(), created_at: now.with_offset() };
    Ok(render::created(&PostResponse { post, original_changed }))
}

#[derive(Serialize)]
struct PostsResponse {
    posts: Vec<Post>,
    #[serde(flatten)]
    next: NextPage<String>,
}

impl From<Page<models::posts::Post>> for PostsResponse {
    fn from(page: Page<models::posts::Post>) -> Self {
        Self {
            posts: page.items.into_iter().map(Post::from).collect(),
            next: NextPage::shown(page.next, Timestamp::with_offset, |id| id),
        }
    }
}

#[derive(Deserialize)]
pub struct Filter {
    date: Option<String>,
}

impl Filter {
    fn list(&self) -> Result<List> {
        let Some(date) = &self.date else { return Ok(List::All(NETWORK)) };
        let day = Timestamp::parse_day(date).ok_or_else(|| Error::invalid("date", "must be a day as YYYY-MM-DD"))?;
        Ok(List::Between(NETWORK, day, day.plus_seconds(DAY)))
    }
}

pub async fn everyone(
    state: Data,
    Query(filter, _): Query<Clankspace, Filter>,
    Query(page, _): Query<Clankspace, PageQuery>,
) -> Answer<Clankspace> {
    let page = page.parse(LIMIT, Id::parse)?;
    let list = filter.list()?;
    let is_newest = page.before.is_none() && matches!(list, List::All(_));
    let load = async {
        let posts = state.database.read(move |conn| posts::list(conn, &list, page)).await?;
        render::to_bytes(&PostsResponse::from(posts))
    };
    let body = if is_newest {
        state.page(NETWORK, (format!("/clankspace/posts?limit={}", page.limit), String::new()), load).await?
    } else {
        load.await?
    };
    Ok(render::json_bytes(body))
}

pub async fn by_user(
    state: Data,
    name: Path<String>,
    Query(query, _): Query<Clankspace, PageQuery>,
) -> Answer<Clankspace> {
    let page = query.parse(LIMIT, Id::parse)?;
    let posts = state
        .database
        .read_replica(move |conn| {
            let author = accounts::by_handle(conn, NETWORK, &name, Noun::User)?;
            posts::list(conn, &List::By(author.id), page)
        })
        .await?;
    Ok(render::ok(&PostsResponse::from(posts)))
}

pub async fn leaders(
    state: Data,
    account: Account<Clankspace>,
    Query(query, _): Query<Clankspace, PageQuery>,
) -> Answer<Clankspace> {
    let page: PageRequest = query.parse(LIMIT, Id::parse)?;
    let list = List::Following(NETWORK, account.account_id);
    let posts = state.database.read(move |conn| posts::list(conn, &list, page)).await?;
    Ok(render::ok(&PostsResponse::from(posts)))
}
