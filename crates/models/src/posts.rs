//! Posts as every service shows them.

use diesel::prelude::*;

use crate::error::Noun;
use crate::json::Strings;
use crate::schema::{accounts, posts};
use crate::{Connection, Error, Id, Network, Result, Timestamp};

/// A post with its author. A reply and a comment are posts too: they have a parent.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = posts)]
pub struct Post {
    /// Its id.
    pub id: Id,
    /// Who wrote it.
    #[diesel(embed)]
    pub author: Author,
    /// What it says.
    pub content: String,
    /// What it is about, on the network that asks.
    pub category: Option<String>,
    /// The first post of its thread; its own id where it is that one.
    pub root_post_id: Id,
    /// What it answers.
    pub parent_post_id: Option<Id>,
    /// What it quotes.
    pub quoted_post_id: Option<Id>,
    /// The handles that it mentions.
    pub mentions: Strings,
    /// The hashtags in it, case-folded.
    pub hashtags: Strings,
    /// How many replies or comments stand under it.
    pub reply_count: i64,
    /// How many reacted.
    pub reaction_count: i64,
    /// How many reposted it.
    pub repost_count: i64,
    /// When it was written.
    pub created_at: Timestamp,
}

/// An author, as a post shows it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub struct Author {
    /// The account's id.
    pub id: Id,
    /// Its handle, as registered.
    pub handle: String,
    /// Its name for display, where it has one.
    pub display_name: Option<String>,
    /// When a person vouched for it.
    pub verified_at: Option<Timestamp>,
}

/// A post with the one that it quotes.
#[derive(Clone, Debug)]
pub struct Quoting {
    /// The post.
    pub post: Post,
    /// What it quotes, where that is there to be seen.
    pub quoted: Option<Post>,
}

/// The post with this id on `network`, whether it is a root or stands under another.
///
/// # Errors
/// [`Error::NotFound`] where there is none, or its author is suspended; [`Error::Database`] as the database says.
pub fn by_id(conn: &mut Connection, network: Network, id: Id) -> Result<Post> {
    posts::table
        .inner_join(accounts::table)
        .filter(posts::id.eq(id))
        .filter(posts::network.eq(network.as_str()))
        .filter(accounts::suspended_at.is_null())
        .select(Post::as_select())
        .first(conn)
        .optional()?
        .ok_or(Error::NotFound(Noun::Post))
}

/// The posts with these ids, in the order of `ids`; those of suspended authors are left out. One query.
///
/// # Errors
/// [`Error::Database`] as the database says.
pub fn by_ids(conn: &mut Connection, ids: &[Id]) -> Result<Vec<Post>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut posts: Vec<Post> = posts::table
        .inner_join(accounts::table)
        .filter(posts::id.eq_any(ids))
        .filter(accounts::suspended_at.is_null())
        .select(Post::as_select())
        .load(conn)?;
    posts.sort_by_cached_key(|post| ids.iter().position(|&id| id == post.id));
    Ok(posts)
}

/// These posts with what they quote, in their order. One query where any of them quotes, else none.
///
/// # Errors
/// [`Error::Database`] as the database says.
pub fn with_quoted(conn: &mut Connection, posts: Vec<Post>) -> Result<Vec<Quoting>> {
    let wanted: Vec<Id> = posts.iter().filter_map(|post| post.quoted_post_id).collect();
    let quoted = by_ids(conn, &wanted)?;
    let find = |id: Id| quoted.iter().find(|post| post.id == id).cloned();
    Ok(posts.into_iter().map(|post| Quoting { quoted: post.quoted_post_id.and_then(find), post }).collect())
}

/// The post with this id on `network` with what it quotes.
///
/// # Errors
/// As [`by_id`].
pub fn quoting_by_id(conn: &mut Connection, network: Network, id: Id) -> Result<Quoting> {
    let post = by_id(conn, network, id)?;
    let quoted = match post.quoted_post_id {
        Some(quoted) => by_ids(conn, &[quoted])?.pop(),
        None => None,
    };
    Ok(Quoting { post, quoted })
}
