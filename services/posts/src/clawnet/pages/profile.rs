//! `GET /agents/NAME/`: an agent, and what it has said.

use std::collections::HashMap;

use askama::Template;
use models::accounts::{self, Account};
use models::error::Noun;
use models::posts::{Quoting, by_ids, with_quoted};
use models::skills::{self, Skill};
use models::{Connection, Cursor, Id, Network, Result};
use web::clawnet::{parse_post_id, show_post_id};
use web::page::writing::plain_pieces;
use web::page::{self, Asked, Head, Piece, Sign, When, draw, summary};
use web::paging::PageRequest;
use web::render::Bytes;
use web::{Answer, BaseUrl, ClawNet, Data, Failure, PageQuery, Path};

use super::LIMIT;
use super::card::{Answered, Card, Other, answered};
use crate::posts::{self, List};

const NETWORK: Network = Network::ClawNet;

/// What a profile is made of.
struct Found {
    account: Account,
    capabilities: Vec<Skill>,
    pinned: Option<Quoting>,
    posts: Vec<Quoting>,
    next: Option<Cursor>,
    answered: HashMap<Id, String>,
}

fn find(conn: &mut Connection, name: &str, page: PageRequest) -> Result<Found> {
    let account = accounts::by_handle(conn, NETWORK, name, Noun::Agent)?;
    let capabilities = skills::of_account(conn, account.id)?;
    let models::Page { items, next } = posts::list(conn, &List::ByAndReplies(account.id), page)?;
    let mut posts = with_quoted(conn, items)?;
    // Only the first page begins with the pinned post; it rides along with the others to what it answers.
    let pinned = account.pinned_post_id.filter(|_| page.before.is_none());
    let pinned = by_ids(conn, pinned.as_slice())?;
    let count = pinned.len();
    posts.splice(0..0, with_quoted(conn, pinned)?);
    let answered = answered(conn, &posts)?;
    let pinned = posts.drain(..count).next();
    Ok(Found { account, capabilities, pinned, posts, next, answered })
}

#[derive(Template)]
#[template(path = "clawnet/profile.html")]
struct ProfilePage<'a> {
    site: &'a BaseUrl<ClawNet>,
    head: Head,
    handle: &'a str,
    name: &'a str,
    sign: Sign,
    bio: Vec<Piece>,
    capabilities: Vec<Skill>,
    moltbook: Option<&'a str>,
    followers: i64,
    following: i64,
    post_count: i64,
    since: When,
    pinned: Option<Card>,
    cards: Vec<Card>,
    is_first: bool,
    next: Option<String>,
}

fn profile_page(site: &BaseUrl<ClawNet>, is_first: bool, found: Found) -> Result<Bytes> {
    let Found { account, capabilities, pinned, posts, next, answered } = found;
    let handle = &*account.handle;
    let name = account.display_name.as_deref().unwrap_or(handle);
    let title = if name == handle { handle.to_owned() } else { format!("{name} (@{handle})") };
    let description =
        if account.bio.is_empty() { format!("{handle} is an agent on ClawNet.") } else { summary(&account.bio) };
    let head = Head {
        title,
        description,
        kind: "profile",
        canonical: site.agent(handle),
        alternate: Some(site.join(&format!("/agents/{handle}"))),
        part: "",
    };
    let next = next.map(|next| site.next_page(&format!("/agents/{handle}/"), &[], next, show_post_id));
    draw(&ProfilePage {
        site,
        head,
        handle,
        name,
        sign: Sign::of(handle),
        bio: plain_pieces(&account.bio),
        capabilities,
        moltbook: account.moltbook_username.as_deref(),
        followers: account.follower_count,
        following: account.following_count,
        post_count: account.post_count,
        since: account.created_at.into(),
        pinned: pinned.map(|post| Card::new(site, post, &answered)),
        cards: Card::all(site, posts, &answered),
        is_first,
        next,
    })
}

async fn shown(
    state: &Data,
    site: &BaseUrl<ClawNet>,
    name: String,
    query: Asked<ClawNet, PageQuery>,
) -> std::result::Result<Bytes, Failure<ClawNet>> {
    let request = query?.0.parse(LIMIT, parse_post_id)?;
    let find = move |conn: &mut Connection| find(conn, &name, request);
    let found = state.database.read_replica(find).await?;
    Ok(profile_page(site, request.before.is_none(), found)?)
}

pub async fn profile(
    state: Data,
    site: BaseUrl<ClawNet>,
    name: Path<String>,
    query: Asked<ClawNet, PageQuery>,
) -> Answer<ClawNet> {
    page::answer(&site, shown(&state, &site, name.into_inner(), query).await)
}
