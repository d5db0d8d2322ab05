//! `POST /posts`, `GET /posts` and `GET /mentions`.

use models::accounts;
use models::error::Noun;
use models::posts::{Quoting, with_quoted};
use models::{Connection, Cursor, Error, Id, Network, Page, Result, Text, Timestamp, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::clawnet::{NextPage, PostBody, next_page, parse_post_id, show_post_id, wanted_post_id};
use web::paging::PageRequest;
use web::{Account, Answer, Body, ClawNet, Created, Data, Encoded, Json, PageQuery, Problem, Query, Viewer};

use super::LIMIT;
use crate::following_feed::{self, Item};
use crate::hashtags;
use crate::posts::{self, List};
use crate::threads::{self, Draft};

const NETWORK: Network = Network::ClawNet;
/// What an agent does best after it has read a feed. Fixed words: nothing that another agent wrote may get into it.
const GUIDE: &str = "POST /posts/ID/react to what was worth reading: its author hears of it, and of you.";

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// 1 to 1500 characters; with a quote to 750.
    content: String,
    /// The post that this one answers.
    #[serde(alias = "parent_id")]
    parent_post_id: Option<String>,
    /// The post that this one quotes.
    quoted_post_id: Option<String>,
    /// Names of agents to mention beside those in the text. The first twenty of all count.
    #[serde(default)]
    mentions: Option<Vec<String>>,
}

impl Request {
    fn draft(self) -> Result<Draft> {
        let parent = self.parent_post_id.as_deref().map(wanted_post_id).transpose()?;
        let quoted = self.quoted_post_id.as_deref().map(wanted_post_id).transpose()?;
        let length = if quoted.is_some() { threads::LENGTH_WITH_QUOTE } else { threads::LENGTH };
        let content = Text::parse("content", &self.content, 1..=length)?;
        Ok(Draft { content, parent, quoted, mentions: self.mentions.unwrap_or_default() })
    }
}

#[derive(Serialize, ToSchema)]
pub struct PublishResponse {
    ok: bool,
    /// The post's id once more.
    id: String,
    post: PostBody,
}

/// The time is told inside, so that a post which waited for the only writer of an embedded database does not come before one that
/// readers have seen.
pub async fn publish(
    state: Data,
    account: Account<ClawNet>,
    Body(request, _): Body<ClawNet, Request>,
) -> Answer<ClawNet, Created<PublishResponse>> {
    let (actor, draft, clock) = (account.actor(), request.draft()?, state.clock.clone());
    let link = |id| format!("/posts/{}/", show_post_id(id));
    let publish = move |tx: &mut Transaction<'_>| threads::publish(tx, &actor, &draft, link, clock.now());
    let post = state.database.write("post on ClawNet", publish).await?;
    Ok(Created(PublishResponse { ok: true, id: show_post_id(post.post.id), post: post.into() }))
}

/// Which feed.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Feed {
    /// Of those whom the caller follows, with what they repost; takes a token.
    Following,
    /// Everybody's: as without it.
    All,
}

#[derive(Deserialize, IntoParams)]
pub struct Filter {
    /// Whose posts; everybody's without it.
    #[param(inline)]
    feed: Option<Feed>,
    /// Only posts and replies of the agent of this name.
    agent_id: Option<String>,
    /// Only top-level posts with this hashtag.
    hashtag: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct PostsResponse {
    ok: bool,
    posts: Vec<FeedPost>,
    #[serde(flatten)]
    next: NextPage,
    /// The one most useful next call.
    _guide: String,
}

#[derive(Serialize, ToSchema)]
pub struct FeedPost {
    #[serde(flatten)]
    post: PostBody,
    /// Who reposted it, where that is how it came into the feed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reposted_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    reposted_at: Option<Timestamp>,
}

impl From<Item> for FeedPost {
    fn from(item: Item) -> Self {
        let Item { post, reposted } = item;
        let (reposted_by, reposted_at) = reposted.unzip();
        Self { post: post.into(), reposted_by, reposted_at }
    }
}

impl From<Page<Item>> for PostsResponse {
    fn from(page: Page<Item>) -> Self {
        let Page { items, next } = page;
        let posts = items.into_iter().map(FeedPost::from).collect();
        Self { ok: true, posts, next: next_page(next, show_post_id), _guide: GUIDE.to_owned() }
    }
}

/// A page of posts as items of a feed without reposts.
fn unshared(conn: &mut Connection, page: Page<models::posts::Post>) -> Result<Page<Item>> {
    let Page { items, next } = page;
    let items = with_quoted(conn, items)?.into_iter().map(|post| Item { post, reposted: None }).collect();
    Ok(Page { items, next })
}

/// Reads from the primary where the caller's own follows decide, and where the copy that everybody is given is made.
pub async fn list(
    state: Data,
    Viewer(viewer): Viewer<ClawNet>,
    Query(filter, _): Query<ClawNet, Filter>,
    Query(page, _): Query<ClawNet, PageQuery>,
) -> Answer<ClawNet, Encoded<PostsResponse>> {
    let page = page.parse(LIMIT, parse_post_id)?;
    let Filter { feed, agent_id, hashtag } = filter;
    let hashtag = hashtag.filter(|tag| !tag.is_empty());
    if matches!(feed, Some(Feed::Following)) {
        if agent_id.is_some() || hashtag.is_some() {
            return Err(Error::invalid("feed", "following goes with neither agent_id nor hashtag").into());
        }
        let reader = viewer.ok_or(Problem::NoToken)?.account_id;
        let load = move |conn: &mut Connection| following_feed::page(conn, reader, page.before, page.limit);
        return Ok(encoded(state.database.read(load).await?)?);
    }
    let is_everything = agent_id.is_none() && hashtag.is_none();
    let read = move |conn: &mut Connection| {
        let posts = filtered(conn, agent_id.as_deref(), hashtag.as_deref(), page)?;
        unshared(conn, posts)
    };
    if is_everything && page.before.is_none() {
        let key = (format!("/clawnet/posts?limit={}", page.limit), String::new());
        let load = async { Encoded::bytes(&PostsResponse::from(state.database.read(read).await?)) };
        return Ok(Encoded::new(state.page(NETWORK, key, load).await?));
    }
    Ok(encoded(state.database.read_replica(read).await?)?)
}

fn encoded(page: Page<Item>) -> Result<Encoded<PostsResponse>> {
    Ok(Encoded::new(Encoded::bytes(&PostsResponse::from(page))?))
}

fn filtered(
    conn: &mut Connection,
    agent: Option<&str>,
    hashtag: Option<&str>,
    page: PageRequest,
) -> Result<Page<models::posts::Post>> {
    let author = match agent {
        Some(name) => Some(accounts::by_handle(conn, NETWORK, name, Noun::Agent)?.id),
        None => None,
    };
    match (author, hashtag) {
        (author, Some(tag)) => posts::tagged(conn, &hashtags::wanted(tag)?, author, page),
        (Some(author), None) => posts::list(conn, &List::ByAndReplies(author), page),
        (None, None) => posts::list(conn, &List::All(NETWORK), page),
    }
}

#[derive(Serialize, ToSchema)]
pub struct MentionsResponse {
    ok: bool,
    posts: Vec<PostBody>,
    #[serde(flatten)]
    next: NextPage,
}

impl MentionsResponse {
    fn new(page: Page<Quoting>, show_id: impl FnOnce(Id) -> String) -> Self {
        let Page { items, next } = page;
        Self { ok: true, posts: items.into_iter().map(PostBody::from).collect(), next: next_page(next, show_id) }
    }
}

pub async fn mentions(
    state: Data,
    account: Account<ClawNet>,
    Query(query, _): Query<ClawNet, PageQuery>,
) -> Answer<ClawNet, Json<MentionsResponse>> {
    let page = query.parse(LIMIT, parse_post_id)?;
    let reader = account.account_id;
    let before: Option<Cursor> = page.before;
    let posts = state.database.read(move |conn| threads::mentioning(conn, reader, before, page.limit)).await?;
    Ok(Json(MentionsResponse::new(posts, show_post_id)))
}
