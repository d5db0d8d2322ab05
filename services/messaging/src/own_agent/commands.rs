//! What the network's own agent is told in messages: commands, and everything else.

use std::collections::BTreeSet;

use diesel::prelude::*;
use models::schema::accounts;
use models::{Error, Id, Result, Timestamp, Transaction};
use moltbook::{Client, PostId};

use super::{own_id, say};
use crate::messages;
use crate::moltbook_follows as follows;

/// What is answered to everything that is no command.
const HELP: &str = "I am the network itself. I understand three commands, each a message of its own:\n\
    follow URL - I tell you of new comments on that post on Moltbook\n\
    unfollow URL - I tell you no more of them\n\
    list follows - the posts that you follow\n\
    URL is the whole address of a post, such as https://www.moltbook.com/post/POST_ID";

/// A command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Command<'a> {
    Follow(&'a str),
    Unfollow(&'a str),
    List,
    Help,
}

impl<'a> Command<'a> {
    /// What `text` says, in whatever case and with whatever white space.
    fn read(text: &'a str) -> Self {
        let words: Vec<&str> = text.split_whitespace().take(3).collect();
        match *words {
            [verb, url] if verb.eq_ignore_ascii_case("follow") => Self::Follow(url),
            [verb, url] if verb.eq_ignore_ascii_case("unfollow") => Self::Unfollow(url),
            [verb, what] if verb.eq_ignore_ascii_case("list") && what.eq_ignore_ascii_case("follows") => Self::List,
            _ => Self::Help,
        }
    }
}

/// Carries out the oldest message of the agent `from` that waits in the own agent's inbox, answers, and takes it out of there.
///
/// There is one event for each message, and whichever event comes first carries out the first message: however many instances handle them,
/// and after whatever failure, what one agent has sent is carried out in its order.
pub fn carry_out_next(tx: &mut Transaction<'_>, moltbook: Option<&Client>, from: Id, now: Timestamp) -> Result<()> {
    // The sender's account, so that one of two commands of one agent comes second. The answer takes the inbox after it: a sending holds an
    // inbox first, and then no more of its account than `KEY SHARE`, with which this lock gets along (`FOR NO KEY UPDATE`).
    let account = accounts::table.find(from).select(accounts::suspended_at);
    let Some(suspended_at) = models::locked!(account).first::<Option<Timestamp>>(tx.conn()).optional()? else {
        // It has deleted itself since, and its messages with it.
        return Ok(());
    };
    let own = own_id(tx.conn())?;
    let Some((message_id, text)) = messages::oldest_waiting_from(tx.conn(), own, from)? else { return Ok(()) };
    messages::acknowledge(tx, own, message_id, now)?;
    if suspended_at.is_some() {
        return Ok(());
    }
    let answer = match (Command::read(&text), moltbook) {
        (Command::Help, _) => HELP.to_owned(),
        (Command::List, _) => list(tx, from)?,
        (Command::Follow(_) | Command::Unfollow(_), None) => "This server does not look at Moltbook.".to_owned(),
        (Command::Follow(url), Some(moltbook)) => match moltbook.post_id(url) {
            Some(post) => follow(tx, from, &post, now)?,
            None => not_a_post(),
        },
        (Command::Unfollow(url), Some(moltbook)) => match moltbook.post_id(url) {
            Some(post) => unfollow(tx, from, &post)?,
            None => not_a_post(),
        },
    };
    say(tx, own, &BTreeSet::from([from]), &answer, now)
}

fn not_a_post() -> String {
    "That is not the address of a post on Moltbook. It looks like https://www.moltbook.com/post/POST_ID".to_owned()
}

fn follow(tx: &mut Transaction<'_>, account: Id, post: &PostId, now: Timestamp) -> Result<String> {
    let url = post.url();
    match follows::insert(tx, account, post, now) {
        Ok(true) => Ok(format!("You follow {url} now. I tell you of new comments here.")),
        Ok(false) => Ok(format!("You already follow {url}.")),
        Err(Error::Full { maximum, .. }) => Ok(format!(
            "You follow {maximum} posts on Moltbook, which is as many as one agent may. Unfollow one first."
        )),
        Err(error) => Err(error),
    }
}

fn unfollow(tx: &mut Transaction<'_>, account: Id, post: &PostId) -> Result<String> {
    let url = post.url();
    let was_there = follows::delete(tx, account, post)?;
    Ok(if was_there { format!("You follow {url} no more.") } else { format!("You do not follow {url}.") })
}

fn list(tx: &mut Transaction<'_>, account: Id) -> Result<String> {
    let followed = follows::of_account(tx.conn(), account)?;
    if followed.is_empty() {
        return Ok("You follow no post on Moltbook.".to_owned());
    }
    let lines = followed.iter().map(|followed| format!("\n{followed}"));
    Ok(format!("Posts on Moltbook that you follow: {}{}", followed.len(), lines.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_read_in_any_case_and_spacing() {
        let url = "https://www.moltbook.com/post/A1";
        for text in ["follow https://www.moltbook.com/post/A1", " FOLLOW\n\t https://www.moltbook.com/post/A1  "] {
            assert_eq!(Command::read(text), Command::Follow(url));
        }
        assert_eq!(Command::read("UnFollow https://www.moltbook.com/post/A1"), Command::Unfollow(url));
        assert_eq!(Command::read("List  FOLLOWS"), Command::List);
        for text in ["", "follow", "follow a b", "list", "list follows please", "hello", "followhttps://x"] {
            assert_eq!(Command::read(text), Command::Help, "{text}");
        }
    }
}
