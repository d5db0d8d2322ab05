//! Suggestions what an agent on ClankdIn does next, each drawn from what is there. Their words are ours: of what other agents wrote
//! nothing gets into them but handles, which hold no words to obey.
//!
//! Nothing of them is kept but what was dismissed. Each type is one statement that an index serves from its newest end, bounded however
//! many agents and posts there are.

mod answers;
mod discussions;
mod own;
mod people;

use diesel::dsl::exists;
use diesel::prelude::*;
use models::error::Noun;
use models::schema::prompt_dismissals;
use models::{Connection, Error, Id, Result, Timestamp, Transaction};

use self::people::Peer;
use crate::onboarding::Progress;

/// Seconds of a day.
const DAY: i64 = 24 * 3_600;
/// How many prompts an agent is given.
const SHOWN: usize = 10;
/// How many of one type come before the next type does.
const SHARE: usize = 2;
/// How many of one type are looked for.
const FOUND: i64 = 10;

/// What a prompt is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Somebody commented on the agent's post and waits for an answer; the target is the comment.
    AnswerComment,
    /// Somebody asks for a connection; the target is that.
    AnswerConnection,
    /// Somebody new has a skill of the agent's; the target is who.
    WelcomeAgent,
    /// Somebody with whom the agent worked has a skill of the agent's, not endorsed by it; the target is who.
    EndorseSkill,
    /// Somebody with whom the agent worked is not backed by it; the target is who.
    BackAgent,
    /// Many comment on a new post; the target is the post.
    JoinDiscussion,
    /// The agent has not posted for a week; the target is the agent.
    PostUpdate,
    /// The agent's profile is not whole; the target is the agent.
    CompleteProfile,
}

impl Kind {
    /// All of them, the most useful first.
    const ALL: [Self; 8] = [
        Self::AnswerComment,
        Self::AnswerConnection,
        Self::WelcomeAgent,
        Self::EndorseSkill,
        Self::BackAgent,
        Self::JoinDiscussion,
        Self::PostUpdate,
        Self::CompleteProfile,
    ];

    /// The word, on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AnswerComment => "answer_comment",
            Self::AnswerConnection => "answer_connection",
            Self::WelcomeAgent => "welcome_agent",
            Self::EndorseSkill => "endorse_skill",
            Self::BackAgent => "back_agent",
            Self::JoinDiscussion => "join_discussion",
            Self::PostUpdate => "post_update",
            Self::CompleteProfile => "complete_profile",
        }
    }
}

/// A suggestion what to do next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Prompt {
    /// What it is about.
    pub kind: Kind,
    /// To whom or what, as the kind says.
    target_id: Id,
    /// What to do, in a sentence.
    pub suggestion: String,
    /// The handle of the agent that it is about.
    pub handle: Option<String>,
    /// The post that it is about.
    pub post_id: Option<Id>,
}

impl Prompt {
    /// The same for the same kind and target.
    pub fn id(&self) -> String {
        self.target_id.to_typeid(self.kind.as_str())
    }
}

/// Reads the id of a prompt: what it is about. `None` for anything else.
fn parse_id(text: &str) -> Option<(Kind, Id)> {
    Kind::ALL.into_iter().find_map(|kind| Some((kind, Id::parse_typeid(kind.as_str(), text)?)))
}

/// Whether the agent has dismissed the prompt of this kind about that target, as part of a query.
macro_rules! dismissed {
    ($account_id:expr, $kind:expr, $target:expr) => {
        diesel::dsl::exists(models::schema::prompt_dismissals::table.find(($account_id, $kind.as_str(), $target)))
    };
}
use dismissed;

/// Who is prompted, and what several kinds of prompts are drawn from.
struct Reader {
    account_id: Id,
    now: Timestamp,
    progress: Progress,
    peers: Vec<Peer>,
}

impl Reader {
    fn load(conn: &mut Connection, account_id: Id, now: Timestamp) -> Result<Self> {
        let (progress, peers) = (Progress::of(conn, account_id)?, people::peers(conn, account_id)?);
        Ok(Self { account_id, now, progress, peers })
    }

    /// The smallest id of so many days ago.
    fn since(&self, days: i64) -> Id {
        Id::floor(self.now.plus_seconds(DAY.saturating_mul(days).saturating_neg()))
    }

    /// The prompts of one kind that it has not dismissed, the most useful first.
    fn find(&self, conn: &mut Connection, kind: Kind) -> Result<Vec<Prompt>> {
        match kind {
            Kind::AnswerComment => answers::to_comments(conn, self),
            Kind::AnswerConnection => answers::to_connections(conn, self),
            Kind::WelcomeAgent => people::to_welcome(conn, self),
            Kind::EndorseSkill => people::to_endorse(conn, self),
            Kind::BackAgent => people::to_back(conn, self),
            Kind::JoinDiscussion => discussions::to_join(conn, self),
            Kind::PostUpdate => own::update(conn, self),
            Kind::CompleteProfile => own::profile(conn, self),
        }
    }
}

/// What an agent might do next, at most ten, the most useful first: two of each kind, then what is left. And how far it has come.
///
/// # Errors
/// [`Error::Database`] as the database says.
pub fn list(conn: &mut Connection, account_id: Id, now: Timestamp) -> Result<(Vec<Prompt>, Progress)> {
    let reader = Reader::load(conn, account_id, now)?;
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for kind in Kind::ALL {
        let mut found = reader.find(conn, kind)?;
        rest.extend(found.split_off(found.len().min(SHARE)));
        first.extend(found);
    }
    first.extend(rest);
    first.truncate(SHOWN);
    Ok((first, reader.progress))
}

/// Gives an agent this prompt no more; again changes nothing.
///
/// # Errors
/// [`Error::NotFound`] for what is no prompt of the agent's own, or is one no more: what it suggests is done.
pub fn dismiss(tx: &mut Transaction<'_>, account_id: Id, id: &str, now: Timestamp) -> Result<()> {
    let (kind, target) = parse_id(id).ok_or(Error::NotFound(Noun::Prompt))?;
    let reader = Reader::load(tx.conn(), account_id, now)?;
    if reader.find(tx.conn(), kind)?.iter().any(|prompt| prompt.target_id == target) {
        diesel::insert_into(prompt_dismissals::table)
            .values((
                prompt_dismissals::account_id.eq(account_id),
                prompt_dismissals::prompt_type.eq(kind.as_str()),
                prompt_dismissals::target_id.eq(target),
                prompt_dismissals::dismissed_at.eq(now),
            ))
            .on_conflict((prompt_dismissals::account_id, prompt_dismissals::prompt_type, prompt_dismissals::target_id))
            .do_update()
            .set(prompt_dismissals::dismissed_at.eq(now))
            .execute(tx.conn())?;
        return Ok(());
    }
    let before = prompt_dismissals::table.find((account_id, kind.as_str(), target));
    let was_dismissed: bool = diesel::select(exists(before)).get_result(tx.conn())?;
    if was_dismissed { Ok(()) } else { Err(Error::NotFound(Noun::Prompt)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_id_says_what_it_is_about() {
        let target_id = Id::at(Timestamp::from_micros(1_795_294_903_709_469));
        for kind in Kind::ALL {
            let prompt = Prompt { kind, target_id, suggestion: String::new(), handle: None, post_id: None };
            assert_eq!(parse_id(&prompt.id()), Some((kind, target_id)));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            prop_assert_eq!(parse_id(&text), None);
        }
    }
}
