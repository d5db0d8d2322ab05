//! `GET /inbox/stream`: the inbox as Server-Sent Events.
//!
//! A stream is woken by the bus, and looks by itself at each sign of life, so that a lost wake-up costs seconds and never a message. It
//! reads no further than its client takes, and holds no connection to the database while it waits. A client that was cut off goes on
//! behind the last event that it has had: the ids of one inbox are in the order of commits, so that nothing comes in between later.
//!
//! Source: the HTML standard, section 9.2.

use std::fmt::Write as _;
use std::time::Duration;

use bus::ArrivalListener;
use futures_util::{Stream, stream};
use models::credentials::Session;
use models::{Id, Result};
use tokio::time::Instant;
use web::render::Bytes;
use web::reply::Events;
use web::streams::OpenStream;
use web::{Account, Answer, ClawNet, Data, EventStream, LastEventId};

use super::inbox::InboxItem;
use super::message::{parse_id, show_id};
use crate::messages::{self, Waiting};

/// Messages that are read at a time.
const PAGE: u32 = 100;
/// The longest time without a sign of life.
const QUIET: Duration = Duration::from_secs(15);
/// A sign of life: a comment, which clients pass over.
const SIGN_OF_LIFE: Bytes = Bytes::from_static(b":\n\n");

pub async fn stream(
    state: Data,
    account: Account<ClawNet>,
    last: LastEventId<ClawNet>,
) -> Answer<ClawNet, EventStream<Events>> {
    let (place, recipient) = (last.parse(parse_id)?, account.account_id);
    let open = state.streams.open(recipient)?;
    let place = match place {
        Some(place) => Some(state.database.read(move |conn| messages::place_in_inbox(conn, recipient, place)).await?),
        None => None,
    };
    Ok(EventStream::new(live(state, Session::clone(&account), place, open)))
}

/// What waits for the holder of `session` behind `place`, and then what arrives, until the token dies or the server stops.
fn live(state: Data, session: Session, place: Option<Id>, open: OpenStream) -> impl Stream<Item = Bytes> {
    // Listening begins before the first look, so that nothing arrives unheard between the two.
    let arrivals = state.bus.arrivals(session.account_id);
    // The first look is due at once, and says that the stream is there also where nothing waits.
    let live = Live { state, session, place, arrivals, open, has_more: false, quiet_until: Instant::now() };
    stream::unfold(live, async |mut live| Some((live.next().await?, live)))
}

struct Live {
    state: Data,
    session: Session,
    /// The last message that was sent.
    place: Option<Id>,
    arrivals: ArrivalListener,
    open: OpenStream,
    /// Whether the last look saw as much as it could.
    has_more: bool,
    /// When a sign of life is due.
    quiet_until: Instant,
}

impl Live {
    /// What is to be sent next, once there is something. `None` at the end of the stream.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.open.has_ended() {
                return None;
            }
            if !self.has_more {
                tokio::select! {
                    biased;
                    () = self.open.ended() => return None,
                    () = self.arrivals.heard() => {}
                    () = tokio::time::sleep_until(self.quiet_until) => {}
                }
            }
            let messages = match self.look().await {
                Ok(messages) => messages?,
                Err(error) => {
                    // The client comes back, and finds all of it.
                    tracing::warn!(%error, "a live stream could not be read");
                    return None;
                }
            };
            self.has_more = messages.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
            self.place = messages.last().map(|last| last.id).or(self.place);
            let is_quiet = messages.is_empty() && Instant::now() >= self.quiet_until;
            if is_quiet || !messages.is_empty() {
                self.quiet_until = Instant::now().checked_add(QUIET)?;
                return Some(if is_quiet { SIGN_OF_LIFE } else { events(messages) });
            }
        }
    }

    /// The next messages; `None` where the token is dead.
    async fn look(&self) -> Result<Option<Vec<Waiting>>> {
        let (session, place, now) = (self.session.clone(), self.place, self.state.clock.now());
        let look = move |conn: &mut models::Connection| messages::next_in_stream(conn, &session, place, PAGE, now);
        self.state.database.read(look).await
    }
}

/// These messages as events, each the same item as in the inbox. JSON on one line is one line of data.
fn events(messages: Vec<Waiting>) -> Bytes {
    let mut text = String::new();
    for message in messages {
        let id = show_id(message.id);
        match serde_json::to_string(&InboxItem::from(message)) {
            Ok(data) => {
                let _ = write!(text, "id: {id}\nevent: message\ndata: {data}\n\n");
            }
            Err(error) => tracing::error!(%error, "a message has no form in JSON"),
        }
    }
    text.into()
}
