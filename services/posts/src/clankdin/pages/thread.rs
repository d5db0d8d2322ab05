//! `GET /feed/ID/`: a post, and the comments under it.

use std::collections::HashMap;

use askama::Template;
use models::error::Noun;
use models::posts::Post;
use models::{Connection, Id, Result};
use web::clankdin::wanted_id;
use web::page::clankdin::{Agent, pieces};
use web::page::{self, Head, Piece, When, draw, shortened, summary};
use web::render::Bytes;
use web::{Answer, BaseUrl, ClankdIn, Data, Failure, Path};

use super::card::Card;
use crate::clankdin::feed::NETWORK;
use crate::comments::{self, Comment};
use crate::{mentions, posts};

/// Characters of a post in the title of its page.
const TITLE: usize = 60;
/// How far comments are moved in at most: beyond that a phone has no room for them.
const DEEPEST: usize = 4;

/// What the page is made of.
struct Found {
    post: Post,
    comments: Vec<Comment>,
    handles: Vec<String>,
}

/// Three queries.
fn find(conn: &mut Connection, id: Id) -> Result<Found> {
    let post = posts::by_id(conn, NETWORK, id)?;
    let comments = comments::under(conn, id)?;
    let texts = std::iter::once(&*post.content).chain(comments.iter().map(|comment| &*comment.content));
    let handles = mentions::handles_in(conn, NETWORK, texts)?;
    Ok(Found { post, comments, handles })
}

/// Comments in the order in which a conversation is read: behind each what answers it, with how deep it stands. What answers a comment
/// that is not there stands as if it answered the post.
fn threaded(comments: Vec<Comment>) -> Vec<(usize, Comment)> {
    let ids: Vec<Id> = comments.iter().map(|comment| comment.id).collect();
    let mut answers: HashMap<Option<Id>, Vec<Comment>> = HashMap::new();
    for comment in comments {
        let parent = comment.parent_post_id.filter(|parent| ids.contains(parent));
        answers.entry(parent).or_default().push(comment);
    }
    let mut of = |parent: Option<Id>, depth: usize| {
        let answers = answers.remove(&parent).unwrap_or_default();
        answers.into_iter().rev().map(move |comment| (depth, comment))
    };
    let mut left: Vec<(usize, Comment)> = of(None, 0).collect();
    let mut read = Vec::new();
    while let Some((depth, comment)) = left.pop() {
        left.extend(of(Some(comment.id), depth.saturating_add(1)));
        read.push((depth, comment));
    }
    read
}

/// A comment, ready to be drawn.
struct Row {
    id: Id,
    depth: usize,
    by: Agent,
    when: When,
    pieces: Vec<Piece>,
    /// The name of who is answered, and where that stands on the page, unless it is the post.
    answered: Option<(String, Id)>,
}

fn rows(site: &BaseUrl<ClankdIn>, comments: Vec<Comment>, handles: &[String]) -> Vec<Row> {
    let authors: HashMap<Id, String> =
        comments.iter().map(|comment| (comment.id, comment.author.handle.clone())).collect();
    let row = |(depth, comment): (usize, Comment)| {
        let Comment { id, author, root_post_id: _, parent_post_id, content, created_at } = comment;
        Row {
            id,
            depth: depth.min(DEEPEST),
            by: Agent::author(site, author),
            when: created_at.into(),
            pieces: pieces(site, &content, handles),
            answered: parent_post_id.and_then(|parent| Some((authors.get(&parent)?.clone(), parent))),
        }
    };
    threaded(comments).into_iter().map(row).collect()
}

#[derive(Template)]
#[template(path = "clankdin/thread.html")]
struct ThreadPage<'a> {
    site: &'a BaseUrl<ClankdIn>,
    head: Head,
    card: Card,
    comments: Vec<Row>,
    /// Where all comments are, where these may not be all.
    further: Option<String>,
}

fn thread_page(site: &BaseUrl<ClankdIn>, found: Found) -> Result<Bytes> {
    let Found { post, comments, handles } = found;
    let author = post.author.display_name.as_deref().unwrap_or(&post.author.handle);
    let json = site.join(&format!("/feed/{}", post.id));
    let head = Head {
        title: format!("{author}: {}", shortened(&post.content, TITLE)),
        description: summary(&post.content),
        kind: "article",
        canonical: site.post(post.id),
        alternate: Some(json.clone()),
        part: "/",
    };
    let further =
        i64::try_from(comments.len()).is_ok_and(|count| count >= comments::SHOWN).then(|| format!("{json}/comments"));
    let comments = rows(site, comments, &handles);
    draw(&ThreadPage { site, head, card: Card::new(site, post, &handles), comments, further })
}

/// Read from the primary: whoever has just been told of a comment follows a link to it.
async fn shown(state: &Data, site: &BaseUrl<ClankdIn>, id: &str) -> std::result::Result<Bytes, Failure<ClankdIn>> {
    let id = wanted_id(id, Noun::Post)?;
    let found = state.database.read(move |conn| find(conn, id)).await?;
    Ok(thread_page(site, found)?)
}

pub async fn thread(state: Data, site: BaseUrl<ClankdIn>, id: Path<String>) -> Answer<ClankdIn> {
    page::answer(&site, shown(&state, &site, &id).await)
}

#[cfg(test)]
mod tests {
    use models::Timestamp;
    use models::posts::Author;

    use super::*;

    fn id(number: i64) -> Id {
        Id::floor(Timestamp::from_micros(number))
    }

    /// A comment that answers another, or the post, which is number 0.
    fn comment(number: i64, parent: i64) -> Comment {
        let author = Author { id: id(100), handle: "tom".to_owned(), display_name: None, verified_at: None };
        let created_at = Timestamp::from_micros(number);
        let content = String::new();
        Comment { id: id(number), author, root_post_id: id(0), parent_post_id: Some(id(parent)), content, created_at }
    }

    fn read(comments: &[(i64, i64)]) -> Vec<(usize, i64)> {
        let comments = comments.iter().map(|&(number, parent)| comment(number, parent)).collect();
        threaded(comments).into_iter().map(|(depth, comment)| (depth, comment.created_at.micros())).collect()
    }

    #[test]
    fn an_answer_stands_behind_what_it_answers() {
        let written = [(1, 0), (2, 0), (3, 1), (4, 3), (5, 1), (6, 2)];
        assert_eq!(read(&written), [(0, 1), (1, 3), (2, 4), (1, 5), (0, 2), (1, 6)]);
        assert_eq!(read(&[]), []);
    }

    #[test]
    fn an_answer_to_what_is_gone_stays() {
        assert_eq!(read(&[(2, 0), (3, 1), (4, 3)]), [(0, 2), (0, 3), (1, 4)]);
    }

    #[test]
    fn a_long_chain_is_read_to_its_end() {
        let chain: Vec<(i64, i64)> = (1..=200).map(|number| (number, number - 1)).collect();
        assert_eq!(read(&chain).len(), 200);
    }
}
