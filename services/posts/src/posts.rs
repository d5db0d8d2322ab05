//! Posts, and the lists they stand in.

use diesel::prelude::*;
use models::error::Noun;
use models::json::Strings;
use models::posts::{Author, Post, Quoting};
use models::schema::{accounts, post_hashtags, posts};
use models::{
    Connection, Cursor, Error, Id, Network, Page, Result, Text, Topic, Transaction, notification, prepared, rows,
};
use web::paging::PageRequest;

/// What a new post, or a comment, is made of.
#[derive(Debug)]
pub struct NewPost<'a> {
    /// Its id, which tells when it is published.
    pub id: Id,
    /// Where it is published.
    pub network: Network,
    /// Who writes it.
    pub account_id: Id,
    /// What it says.
    pub content: &'a Text,
    /// What it is about, on the network that asks.
    pub category: Option<&'a str>,
    /// Under which post it stands: the root of the thread, and what it answers.
    pub under: Option<(Id, Id)>,
    /// What it quotes.
    pub quoted: Option<Id>,
    /// The handles that it mentions, on the network that shows them.
    pub mentions: Strings,
    /// The hashtags in it, on the network that has them.
    pub hashtags: Strings,
}

impl<'a> NewPost<'a> {
    /// A post that says this, and is nothing more.
    pub fn plain(id: Id, network: Network, account_id: Id, content: &'a Text) -> Self {
        let (mentions, hashtags) = (Strings(Vec::new()), Strings(Vec::new()));
        Self { id, network, account_id, content, category: None, under: None, quoted: None, mentions, hashtags }
    }
}

/// Publishes a post that stands under none, as [`insert`] does, and returns it as others see it.
pub fn publish(tx: &mut Transaction<'_>, new: NewPost<'_>) -> Result<Post> {
    insert(tx, std::slice::from_ref(&new))?;
    let author = count(tx, new.account_id, 1)?;
    Ok(Post {
        id: new.id,
        author,
        content: new.content.as_str().to_owned(),
        category: new.category.map(str::to_owned),
        root_post_id: new.id,
        parent_post_id: None,
        quoted_post_id: new.quoted,
        mentions: new.mentions,
        hashtags: new.hashtags,
        reply_count: 0,
        reaction_count: 0,
        repost_count: 0,
        created_at: new.id.timestamp(),
    })
}

/// Writes posts, or comments, in one statement. Feeds show them from the commit on; no counter has moved.
pub fn insert(tx: &mut Transaction<'_>, new: &[NewPost<'_>]) -> Result<()> {
    let rows = rows!(new, |post| (
        posts::id = post.id,
        posts::network = post.network.as_str(),
        posts::account_id = post.account_id,
        posts::root_post_id = post.under.map_or(post.id, |(root, _)| root),
        posts::parent_post_id = post.under.map(|(_, parent)| parent),
        posts::category = post.category,
        posts::content = post.content,
        posts::quoted_post_id = post.quoted,
        posts::mentions = &post.mentions,
        posts::hashtags = &post.hashtags,
        posts::created_at = post.id.timestamp(),
    ));
    diesel::insert_into(posts::table).values(rows).execute(tx.conn())?;
    new.iter().for_each(|new| tx.change(Topic::Feed(new.network)));
    Ok(())
}

/// Moves the counter of an account's posts.
fn count(tx: &mut Transaction<'_>, account_id: Id, by: i64) -> Result<Author> {
    let counted = diesel::update(accounts::table.find(account_id))
        .set(accounts::post_count.eq(accounts::post_count + by))
        .returning(Author::as_returning());
    Ok(prepared(counted).get_result(tx.conn())?)
}

/// Deletes a post of `account_id`'s own, as [`remove`] does.
///
/// # Errors
/// [`Error::NotFound`] where the post is not there, [`Error::Forbidden`] where it is somebody else's.
pub fn delete(tx: &mut Transaction<'_>, network: Network, account_id: Id, id: Id) -> Result<()> {
    let post = by_id(tx.conn(), network, id)?;
    if post.author.id != account_id {
        return Err(Error::Forbidden("Only its author may delete a post"));
    }
    remove(tx, network, account_id, id)
}

/// Deletes a post of this author with all that stands under it, and what anybody is notified of it.
///
/// # Errors
/// [`Error::NotFound`] where the post is not there any more.
pub fn remove(tx: &mut Transaction<'_>, network: Network, author: Id, id: Id) -> Result<()> {
    // A row takes those that answer it along, and those their own: SQLite ends a chain of a thousand with an error.
    let answers = posts::table.filter(posts::root_post_id.eq(id)).filter(posts::parent_post_id.ne(id));
    diesel::update(answers).set(posts::parent_post_id.eq(id)).execute(tx.conn())?;
    if diesel::delete(posts::table.find(id)).execute(tx.conn())? == 0 {
        return Err(Error::NotFound(Noun::Post));
    }
    count(tx, author, -1)?;
    notification::forget(tx, id)?;
    tx.change(Topic::Feed(network));
    Ok(())
}

/// The posts of a list: which, beside the page.
#[derive(Clone, Debug)]
pub enum List {
    /// All of a network.
    All(Network),
    /// Those of a network about one thing.
    Category(Network, String),
    /// Those of one account.
    By(Id),
    /// Those of one account, replies included.
    ByAndReplies(Id),
}

/// A page of a list, newest first. Posts of suspended authors are in none. Served by the index that the list's predicate
/// begins: `posts_feed`, `posts_feed_by_category` or `posts_by_account`.
pub fn list(conn: &mut Connection, list: &List, page: PageRequest) -> Result<Page<Post>> {
    let mut query = posts::table
        .inner_join(accounts::table)
        .filter(accounts::suspended_at.is_null())
        .order(posts::id.desc())
        .limit(Page::<Post>::fetch(page.limit))
        .offset(i64::from(page.offset))
        .select(Post::as_select())
        .into_boxed();
    if !matches!(list, List::ByAndReplies(_)) {
        query = query.filter(posts::parent_post_id.is_null());
    }
    query = match list {
        List::All(network) => query.filter(posts::network.eq(network.as_str())),
        List::Category(network, category) => {
            query.filter(posts::network.eq(network.as_str())).filter(posts::category.eq(category))
        }
        List::By(account_id) | List::ByAndReplies(account_id) => query.filter(posts::account_id.eq(account_id)),
    };
    if let Some(before) = page.before {
        query = query.filter(posts::id.lt(before.bound()));
    }
    Ok(Page::from_rows(query.load(conn)?, page.limit, |post: &Post| post.id))
}

/// The post with this id on `network`, if it is a root: comments have no page of their own.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub fn by_id(conn: &mut Connection, network: Network, id: Id) -> Result<Post> {
    match models::posts::by_id(conn, network, id)? {
        post if post.parent_post_id.is_none() => Ok(post),
        _ => Err(Error::NotFound(Noun::Post)),
    }
}

/// A page of ClawNet's posts with a hashtag, newest first, of one author where that is given. Replies are in none. Served by
/// `post_hashtags_feed`, or `post_hashtags_by_account`.
pub fn tagged(conn: &mut Connection, tag: &str, author: Option<Id>, page: PageRequest) -> Result<Page<Post>> {
    let mut query = post_hashtags::table
        .inner_join(posts::table.inner_join(accounts::table))
        .filter(post_hashtags::tag.eq(tag))
        .filter(post_hashtags::is_reply.eq(false))
        .filter(post_hashtags::post_id.lt(Cursor::bound_of(page.before)))
        .filter(accounts::suspended_at.is_null())
        .order(post_hashtags::post_id.desc())
        .limit(Page::<Post>::fetch(page.limit))
        .select(Post::as_select())
        .into_boxed();
    if let Some(author) = author {
        query = query.filter(post_hashtags::account_id.eq(author));
    }
    Ok(Page::from_rows(query.load(conn)?, page.limit, |post: &Post| post.id))
}

/// The posts of a page of ids, with what they quote. Those of suspended authors are left out, so that there may be fewer than the page
/// could hold.
pub fn of_ids(conn: &mut Connection, page: Page<Id>) -> Result<Page<Quoting>> {
    let posts = models::posts::by_ids(conn, &page.items)?;
    Ok(Page { items: models::posts::with_quoted(conn, posts)?, next: page.next })
}
