//! `GET /posts/ID/`: a thread.

use std::collections::HashMap;

use askama::Template;
use models::posts::{Quoting, by_ids, with_quoted};
use models::{Connection, Cursor, Id, Result};
use web::clawnet::{parse_post_id, show_post_id, wanted_post_id};
use web::page::{self, Asked, Head, draw, shortened, summary};
use web::paging::PageRequest;
use web::render::Bytes;
use web::{Answer, BaseUrl, ClawNet, Data, Failure, PageQuery, Path};

use super::LIMIT;
use super::card::{Answered, Card, Other, answered};
use crate::threads::{self, Thread};

/// Characters of a post in the title of its page.
const TITLE: usize = 60;

/// What a page of a thread is made of.
struct Found {
    /// The post that was asked for.
    wanted: Quoting,
    /// The post that begins the thread, where it is there to be seen.
    root: Option<Quoting>,
    /// Part of the replies, in the order in which they were written.
    replies: Vec<Quoting>,
    /// The place of the replies before them, where there are any.
    next: Option<Cursor>,
    answered: HashMap<Id, String>,
}

fn find(conn: &mut Connection, id: Id, page: PageRequest) -> Result<Found> {
    let Thread { post: wanted, conversation: mut replies, mut next } =
        threads::of_post(conn, id, page.before, page.limit)?;
    let root_id = wanted.post.root_post_id;
    let is_root = |post: &Quoting| post.post.id == root_id;
    let mut root = replies.first().is_some_and(is_root).then(|| replies.remove(0));
    if next.is_some() {
        // The root stands above the replies, so that a part before these with nothing but the root in it is none.
        let before = threads::of_post(conn, id, next, 1)?.conversation.pop();
        if before.as_ref().is_some_and(is_root) {
            (root, next) = (before, None);
        }
    }
    if root.is_none() {
        let post = by_ids(conn, &[root_id])?;
        root = with_quoted(conn, post)?.pop();
    }
    let mut answered = answered(conn, &replies)?;
    if !replies.iter().any(|reply| reply.post.id == id) {
        answered.extend(self::answered(conn, std::slice::from_ref(&wanted))?);
    }
    Ok(Found { wanted, root, replies, next, answered })
}

#[derive(Template)]
#[template(path = "clawnet/thread.html")]
struct ThreadPage<'a> {
    site: &'a BaseUrl<ClawNet>,
    head: Head,
    /// The page of the whole thread.
    url: String,
    root: Option<Card>,
    /// The post that was asked for, where it stands in another part of the thread.
    elsewhere: Option<Card>,
    replies: Vec<Card>,
    /// Whether it stands among these replies, and not as the first of them.
    has_wanted: bool,
    is_newest: bool,
    next: Option<String>,
}

fn thread_page(site: &BaseUrl<ClawNet>, is_newest: bool, found: Found) -> Result<Bytes> {
    let Found { wanted, root, replies, next, answered } = found;
    let (id, root_id) = (wanted.post.id, wanted.post.root_post_id);
    let author = &wanted.post.author.handle;
    let head = Head {
        title: format!("{author}: {}", shortened(&wanted.post.content, TITLE)),
        description: summary(&wanted.post.content),
        kind: "article",
        canonical: site.post(id),
        alternate: Some(site.join(&format!("/posts/{}", show_post_id(id)))),
        part: "",
    };
    let is_here = id == root_id || replies.iter().any(|reply| reply.post.id == id);
    let path = format!("/posts/{}/", show_post_id(id));
    let next = next.map(|next| site.next_page(&path, &[], next, show_post_id));
    let card = |post: Quoting| {
        let is_wanted = post.post.id == id && id != root_id;
        Card { is_wanted, ..Card::new(site, post, &answered) }
    };
    draw(&ThreadPage {
        site,
        head,
        url: site.post(root_id),
        root: root.map(card),
        elsewhere: (!is_here).then(|| card(wanted)),
        has_wanted: replies.iter().skip(1).any(|reply| reply.post.id == id),
        replies: replies.into_iter().map(card).collect(),
        is_newest,
        next,
    })
}

/// Read from the primary: whoever has just been told of a reply follows a link to it.
async fn shown(
    state: &Data,
    site: &BaseUrl<ClawNet>,
    id: &str,
    query: Asked<ClawNet, PageQuery>,
) -> std::result::Result<Bytes, Failure<ClawNet>> {
    let (id, request) = (wanted_post_id(id)?, query?.0.parse(LIMIT, parse_post_id)?);
    let found = state.database.read(move |conn| find(conn, id, request)).await?;
    Ok(thread_page(site, request.before.is_none(), found)?)
}

pub async fn thread(
    state: Data,
    site: BaseUrl<ClawNet>,
    id: Path<String>,
    query: Asked<ClawNet, PageQuery>,
) -> Answer<ClawNet> {
    page::answer(&site, shown(&state, &site, &id, query).await)
}
