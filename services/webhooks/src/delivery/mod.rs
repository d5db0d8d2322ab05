//! Deliveries: from a row that waits to an answer that is recorded.
//!
//! **A delivery is a row with a time at which it may be taken.** Taking it moves that time to the end of a lease, so that a
//! delivery whose sender dies comes back by itself. What an answer leads to (delivered, a later time, given up) is written
//! together with the attempt. Nothing else remembers anything, so a kill at any moment loses nothing, and at worst sends
//! something twice.
//!
//! **Work goes in turns** ([`turn`]). A turn is one transaction that settles what has come back, takes what has happened from the outbox and
//! claims what can start. A delivery that starts at once is written as a lease ([`draft`]).
//! While it runs and for a moment after it, what happens piles up for the next one: many deliveries share a commit
//! when there are many, and one alone waits for nobody. The turns of all instances come one after another; who finds that another takes
//! its turn looks again a little later. So how much is in flight to a webhook and to a host is simply counted in the table, and the bounds
//! hold for all instances together.
//!
//! **Who answers at once is sent more between turns.** An instance leases, beside what starts, some deliveries to such a webhook that start as others
//! of it arrive, each in the place of one ([`plan`]). So there are never more exchanges than were counted, by whichever instance: its own places are all that
//! it fills anew. It does so only with a host at which nobody waits for a place, and gives back what does not start within a second.
//!
//! **Nobody waits for somebody else's receiver.** Four things see to that:
//!
//! - *Bounds*: so many exchanges with a webhook and with a host. Of what may start, the webhook with the fewest comes first, and
//!   half of the room is kept for those with next to none. Half of a host is kept for webhooks there that do well ([`plan`]).
//! - *Lanes*: receivers whose last attempt failed or took long share a part of the exchanges among themselves, and so does
//!   news for everybody. The rest is for those who answer at once ([`Lane`]).
//! - *Parking*: of the rows that cannot start because their webhook has enough, some wait in front where they hide nobody; the others are
//!   put aside, marked, until a delivery to that webhook is settled, and most start from there. So a backlog of a hundred thousand rows for
//!   a dead receiver is looked at once each, and not by every turn.
//!   Should nothing be settled, a parked row becomes due by itself after a minute.
//! - *Circuits*: a host with which no connection comes about is left alone for a while, and what goes there takes nobody's room ([`circuit`]).
//!
//! **What is switched off is left alone.** A webhook's owner does that, or its receiver by failing for days or being gone ([`conduct`]). What
//! waits is skipped and can be sent anew ([`log`]); old deliveries are deleted ([`retention`]).

mod answer;
mod backlog;
mod circuit;
mod claim;
mod conduct;
mod dispatcher;
mod draft;
mod fan_out;
mod lane;
pub mod log;
mod plan;
mod retention;
#[cfg(test)]
mod samples;
mod schedule;
mod sender;
mod settle;
mod turn;

pub use self::backlog::watch as watch_backlog;
pub use self::dispatcher::run;
pub use self::fan_out::{ping, tell};
pub use self::retention::forget as forget_old;
pub use self::sender::Sender;
pub use self::settle::skip_waiting;
pub use self::turn::wait_for_turn;
