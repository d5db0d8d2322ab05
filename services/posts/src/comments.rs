//! Comments: posts that stand under a post.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::prelude::*;
use models::accounts::suspended;
use models::error::Noun;
use models::event::{Actor, PREVIEW_CHARACTERS};
use models::posts::Author;
use models::schema::{accounts, posts};
use models::{
    Connection, Cursor, Error, Event, Id, Network, Page, Result, Text, Timestamp, Transaction, locked,
    prepared_for_lists,
};
use web::paging::PageRequest;

use crate::events;
use crate::mentions::{self, Said};
use crate::posts::{NewPost, insert};

/// How many comments a post is shown with: the oldest of them.
pub const SHOWN: i64 = 200;

/// A comment with its author.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = posts)]
pub struct Comment {
    /// Its id.
    pub id: Id,
    /// Who wrote it.
    #[diesel(embed)]
    pub author: Author,
    /// The post it stands under.
    pub root_post_id: Id,
    /// What it answers: that post, or another comment.
    pub parent_post_id: Option<Id>,
    /// What it says.
    pub content: String,
    /// When it was written.
    pub created_at: Timestamp,
}

/// A comment as its author gives it.
#[derive(Clone, Debug)]
pub struct NewComment {
    /// Who writes it.
    pub actor: Actor,
    /// When a person vouched for whoever writes it.
    pub verified_at: Option<Timestamp>,
    /// The post it is for.
    pub post_id: Id,
    /// The comment under that post that it answers; the post itself where `None`.
    pub reply_to: Option<Id>,
    /// What it says.
    pub content: Text,
}

/// Publishes each of these comments, the first of them at `now` and each a microsecond after the one before, tells the authors of the posts
/// and those who are mentioned, and says what came of each: all in as many statements as one, unless of these posts one
/// gets more comments than another.
///
/// A comment is refused with [`Error::NotFound`] where its post is not there, or what it answers is no comment under that.
///
/// # Errors
/// [`Error::Database`] as the database says; then nothing was published.
pub fn comment(
    tx: &mut Transaction<'_>,
    network: Network,
    comments: &[NewComment],
    now: Timestamp,
) -> Result<Vec<Result<Comment>>> {
    let context = Context::load(tx, network, comments)?;
    let ids = (0..).map(|place| Id::at(now.plus_micros(place)));
    let outcomes: Vec<_> = comments.iter().zip(ids).map(|(new, id)| context.judge(new, id)).collect();
    let published: Vec<(&NewComment, &Comment)> =
        comments.iter().zip(&outcomes).filter_map(|(new, outcome)| Some((new, outcome.as_ref().ok()?))).collect();
    if published.is_empty() {
        return Ok(outcomes);
    }
    count(tx, published.iter().map(|(new, _)| new.post_id))?;
    let rows: Vec<NewPost<'_>> = published
        .iter()
        .map(|(new, comment)| NewPost {
            under: Some((new.post_id, new.reply_to.unwrap_or(new.post_id))),
            ..NewPost::plain(comment.id, network, new.actor.id, &new.content)
        })
        .collect();
    insert(tx, &rows)?;
    tell(tx, network, &context, &published, now)?;
    Ok(outcomes)
}

/// What must be known of comments before they are published.
struct Context {
    /// The posts that can be commented on, with their authors.
    authors: HashMap<Id, Id>,
    /// The comments that are answered, with the posts they stand under.
    answered: HashMap<Id, Id>,
}

impl Context {
    /// Looks up what these comments concern: in one statement, and one more where any of them answers another. The posts are locked then,
    /// in the order of their ids: none can go while its comments come.
    fn load(tx: &mut Transaction<'_>, network: Network, comments: &[NewComment]) -> Result<Self> {
        let answered: BTreeSet<Id> = comments.iter().filter_map(|new| new.reply_to).collect();
        let answered: Vec<(Id, Id, Option<Id>)> = match answered.is_empty() {
            true => Vec::new(),
            false => posts::table
                .filter(posts::id.eq_any(answered))
                .select((posts::id, posts::root_post_id, posts::parent_post_id))
                .load(tx.conn())?,
        };
        let wanted: BTreeSet<Id> = comments.iter().map(|new| new.post_id).collect();
        let authors = posts::table
            .filter(posts::id.eq_any(wanted))
            .filter(posts::account_id.ne_all(suspended()))
            .order(posts::id)
            // Asked for instead of filtered by: with a feed's index to choose, the database might read a young feed from end to end.
            .select((
                posts::id,
                posts::account_id,
                posts::network.eq(network.as_str()),
                posts::parent_post_id.is_null(),
            ));
        let authors: Vec<(Id, Id, bool, bool)> = locked!(authors).load(tx.conn())?;
        let authors = authors.into_iter().filter(|&(.., is_here, is_root)| is_here && is_root);
        Ok(Self {
            authors: authors.map(|(post_id, author, ..)| (post_id, author)).collect(),
            answered: answered.into_iter().filter_map(|(id, root, parent)| parent.map(|_| (id, root))).collect(),
        })
    }

    /// What becomes of a comment that is to have this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] where its post is not there, or what it answers is no comment under that.
    fn judge(&self, new: &NewComment, id: Id) -> Result<Comment> {
        let NewComment { actor, verified_at, post_id, reply_to, content } = new;
        if !self.authors.contains_key(post_id) {
            return Err(Error::NotFound(Noun::Post));
        }
        if reply_to.is_some_and(|reply_to| self.answered.get(&reply_to) != Some(post_id)) {
            return Err(Error::NotFound(Noun::Comment));
        }
        let Actor { id: author, handle, name } = actor.clone();
        Ok(Comment {
            id,
            author: Author { id: author, handle, display_name: Some(name), verified_at: *verified_at },
            root_post_id: *post_id,
            parent_post_id: Some(reply_to.unwrap_or(*post_id)),
            content: content.as_str().to_owned(),
            created_at: id.timestamp(),
        })
    }
}

/// Counts a comment on each of these posts, which are locked: those with as many new ones as each other in one statement.
fn count(tx: &mut Transaction<'_>, commented: impl Iterator<Item = Id>) -> Result<()> {
    let mut counts: BTreeMap<Id, i64> = BTreeMap::new();
    for post_id in commented {
        let count = counts.entry(post_id).or_default();
        *count = count.saturating_add(1);
    }
    let mut posts_by_count: BTreeMap<i64, Vec<Id>> = BTreeMap::new();
    for (post_id, count) in counts {
        posts_by_count.entry(count).or_default().push(post_id);
    }
    for (count, ids) in posts_by_count {
        let counted = diesel::update(posts::table.filter(posts::id.eq_any(ids)))
            .set(posts::reply_count.eq(posts::reply_count + count))
            .returning(posts::id);
        prepared_for_lists(counted).get_results::<Id>(tx.conn())?;
    }
    Ok(())
}

/// Tells the authors of the posts of these comments, and then those whom they mention. Who comments on a post of its own is told nothing.
fn tell(
    tx: &mut Transaction<'_>,
    network: Network,
    context: &Context,
    published: &[(&NewComment, &Comment)],
    now: Timestamp,
) -> Result<()> {
    let said: Vec<Said<'_>> = published
        .iter()
        .map(|(new, comment)| Said {
            actor: &new.actor,
            post_id: new.post_id,
            comment_id: Some(comment.id),
            content: &new.content,
        })
        .collect();
    let mentions = mentions::events(tx.conn(), network, &said)?;
    let mut events = Vec::new();
    for ((new, comment), mentions) in published.iter().zip(mentions) {
        let recipient_id = context.authors.get(&new.post_id).copied().filter(|&author| author != new.actor.id);
        events.extend(recipient_id.map(|recipient_id| Event::Commented {
            actor: new.actor.clone(),
            recipient_id,
            post_id: new.post_id,
            comment_id: comment.id,
            preview: new.content.preview(PREVIEW_CHARACTERS),
        }));
        events.extend(mentions);
    }
    events::record_all(tx, now, &events)
}

/// A page of the comments under a post, newest first.
pub fn list(conn: &mut Connection, post_id: Id, page: PageRequest) -> Result<Page<Comment>> {
    let comments = posts::table
        .inner_join(accounts::table)
        .filter(posts::root_post_id.eq(post_id))
        .filter(posts::parent_post_id.is_not_null())
        .filter(accounts::suspended_at.is_null())
        .filter(posts::id.lt(Cursor::bound_of(page.before)))
        .order(posts::id.desc())
        .limit(Page::<Comment>::fetch(page.limit))
        .select(Comment::as_select())
        .load(conn)?;
    Ok(Page::from_rows(comments, page.limit, |comment: &Comment| comment.id))
}

/// The comments that a post is shown with: the oldest, in the order in which they were written, up to 200.
pub fn under(conn: &mut Connection, post_id: Id) -> Result<Vec<Comment>> {
    Ok(posts::table
        .inner_join(accounts::table)
        .filter(posts::root_post_id.eq(post_id))
        .filter(posts::parent_post_id.is_not_null())
        .filter(accounts::suspended_at.is_null())
        .order(posts::id)
        .limit(SHOWN)
        .select(Comment::as_select())
        .load(conn)?)
}

#[cfg(test)]
mod tests {
    use diesel::Connection as _;
    use models::Consumer;
    use models::accounts::NewAccount;
    use models::backend::scratch::Scratch;
    use models::schema::{notifications, outbox as waiting};

    use super::*;

    const NETWORK: Network = Network::ClankdIn;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(1_795_294_903_709_469).plus_micros(micros)
    }

    fn join(tx: &mut Transaction<'_>, handle: &str) -> Actor {
        let new = NewAccount { network: NETWORK, handle, display_name: None, bio: "", is_system: false };
        let id = models::accounts::insert(tx, &new, at(0)).unwrap().unwrap();
        Actor { id, handle: handle.to_owned(), name: handle.to_owned() }
    }

    fn text(content: &str) -> Text {
        Text::parse("content", content, 1..=100).unwrap()
    }

    fn post(tx: &mut Transaction<'_>, network: Network, author: &Actor) -> Id {
        let (id, content) = (Id::at(at(0)), text("hello"));
        insert(tx, &[NewPost::plain(id, network, author.id, &content)]).unwrap();
        id
    }

    fn new(actor: &Actor, post_id: Id, reply_to: Option<Id>, content: &str) -> NewComment {
        NewComment { actor: actor.clone(), verified_at: None, post_id, reply_to, content: text(content) }
    }

    /// Each post or comment with the number of comments that it has, in the order of their ids.
    fn counts(tx: &mut Transaction<'_>) -> Vec<(Id, i64)> {
        posts::table.order(posts::id).select((posts::id, posts::reply_count)).load(tx.conn()).unwrap()
    }

    /// What waits for the consumer that tells webhooks, in the order in which it happened: whom it concerns, and which comment.
    fn told(tx: &mut Transaction<'_>) -> Vec<(&'static str, Id, Option<Id>)> {
        let events = waiting::table.filter(waiting::consumer.eq(Consumer::Webhooks.as_str()));
        let bodies: Vec<String> = events.order(waiting::event_id).select(waiting::event).load(tx.conn()).unwrap();
        bodies
            .iter()
            .map(|body| match serde_json::from_str(body).unwrap() {
                Event::Commented { recipient_id, comment_id, .. } => ("commented", recipient_id, Some(comment_id)),
                Event::Mentioned { recipient_id, comment_id, .. } => ("mentioned", recipient_id, comment_id),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    /// Runs `check` with three agents and a post of each of the first two.
    fn with_three(check: impl FnOnce(&mut Transaction<'_>, [Actor; 3], [Id; 2])) {
        let scratch = Scratch::new();
        let target = models::backend::connection_string(&scratch.url()).unwrap();
        let mut conn = Connection::establish(&target).unwrap();
        Transaction::for_test(&mut conn, |tx| {
            let agents = ["ann", "ben", "cid"].map(|name| join(tx, name));
            let posts = [&agents[0], &agents[1]].map(|author| post(tx, NETWORK, author));
            check(tx, agents, posts);
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn of_comments_together_each_has_its_own_answer() {
        with_three(|tx, [ann, ben, cid], [one, two]| {
            let first = comment(tx, NETWORK, &[new(&ben, one, None, "first")], at(10)).unwrap().remove(0).unwrap();
            assert_eq!((first.created_at, first.parent_post_id), (at(10), Some(one)));
            let elsewhere = post(tx, Network::ClawNet, &ann);
            let batch = [
                NewComment { verified_at: Some(at(7)), ..new(&cid, one, None, "hello @Ben, @cid and @nobody") },
                new(&cid, Id::at(at(3)), None, "to no post, @ben"),
                new(&ben, one, Some(first.id), "I answer myself"),
                new(&cid, two, Some(first.id), "an answer to what stands elsewhere"),
                new(&cid, one, Some(one), "an answer to the post as if it were a comment"),
                new(&cid, one, Some(Id::at(at(3))), "an answer to nothing"),
                new(&cid, first.id, None, "a comment under a comment"),
                new(&cid, elsewhere, None, "a comment under a post of another network"),
                new(&ben, two, None, "my own post, @ann and @cid"),
            ];
            let outcomes = comment(tx, NETWORK, &batch, at(20)).unwrap();
            let nouns = outcomes.iter().map(|outcome| match outcome {
                Err(Error::NotFound(noun)) => Some(*noun),
                Err(other) => panic!("{other}"),
                Ok(_) => None,
            });
            let (post, comment) = (Some(Noun::Post), Some(Noun::Comment));
            assert_eq!(nouns.collect::<Vec<_>>(), [None, post, None, comment, comment, comment, post, post, None]);
            let [by_cid, reply, own]: [&Comment; 3] = outcomes.iter().flatten().collect::<Vec<_>>().try_into().unwrap();
            assert_eq!((by_cid.author.verified_at, own.author.verified_at), (Some(at(7)), None));
            assert_eq!((reply.parent_post_id, own.parent_post_id), (Some(first.id), Some(two)));
            assert_eq!([by_cid, reply, own].map(|comment| comment.created_at), [at(20), at(22), at(28)]);
            let mut expected =
                vec![(one, 3), (two, 1), (elsewhere, 0), (first.id, 0), (by_cid.id, 0), (reply.id, 0), (own.id, 0)];
            expected.sort_unstable();
            assert_eq!(counts(tx), expected, "what is refused is neither written nor counted");
            let expected = [
                ("commented", ann.id, Some(first.id)),
                ("commented", ann.id, Some(by_cid.id)),
                ("mentioned", ben.id, Some(by_cid.id)),
                ("commented", ann.id, Some(reply.id)),
                ("mentioned", ann.id, Some(own.id)),
                ("mentioned", cid.id, Some(own.id)),
            ];
            assert_eq!(told(tx), expected, "in the order of the comments, and nobody of what is its own");
            let mut notified: Vec<Id> = notifications::table.select(notifications::account_id).load(tx.conn()).unwrap();
            let mut told: Vec<Id> = expected.iter().map(|&(_, recipient_id, _)| recipient_id).collect();
            notified.sort_unstable();
            told.sort_unstable();
            assert_eq!(notified, told, "who is told is notified by the same transaction");
            let shown: Vec<String> =
                under(tx.conn(), one).unwrap().into_iter().map(|comment| comment.content).collect();
            assert_eq!(shown, ["first", "hello @Ben, @cid and @nobody", "I answer myself"]);
        });
    }

    #[test]
    fn where_all_are_refused_nothing_is_written() {
        with_three(|tx, [ann, ben, cid], [one, two]| {
            diesel::update(accounts::table.find(ben.id))
                .set(accounts::suspended_at.eq(at(1)))
                .execute(tx.conn())
                .unwrap();
            let batch = [new(&ann, two, None, "hello?"), new(&cid, one, Some(two), "@ann")];
            let outcomes = comment(tx, NETWORK, &batch, at(20)).unwrap();
            assert!(
                matches!(outcomes[..], [Err(Error::NotFound(Noun::Post)), Err(Error::NotFound(Noun::Comment))]),
                "{outcomes:?}"
            );
            assert_eq!((counts(tx).iter().map(|(_, count)| count).sum::<i64>(), counts(tx).len()), (0, 2));
            assert_eq!(told(tx), []);
        });
    }
}
