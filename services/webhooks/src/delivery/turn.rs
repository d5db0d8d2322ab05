//! A turn: one transaction that settles what has come back and claims what can start.

use diesel::prelude::*;
use models::schema::delivery_turns;
use models::{Id, Result, Timestamp, Transaction, backend, locked, skip_locked};

use super::circuit::Circuits;
use super::claim::{Claimed, Holding, Settled, claim};
use super::fan_out;
use super::settle::{Finished, Outcome, free, settle};

/// What a turn did.
#[derive(Debug, Default)]
pub struct Turn {
    /// What became of each delivery that came back, in order.
    pub outcomes: Vec<Outcome>,
    /// How many events were taken from the outbox.
    pub events: usize,
    /// What was claimed.
    pub claimed: Claimed,
}

/// What a turn begins with.
#[derive(Clone, Debug, Default)]
pub struct Returns {
    /// What has come back.
    pub finished: Vec<Finished>,
    /// What is not sent after all, with the leases under which it is held.
    pub unsent: Vec<(Id, Timestamp)>,
}

impl Returns {
    /// Whether there is nothing to settle.
    pub const fn is_empty(&self) -> bool {
        self.finished.is_empty() && self.unsent.is_empty()
    }
}

/// Takes a turn at `now`: records what `returns`, and claims what can start beside what the instance is `holding`, of what waits and of what has
/// just happened; nothing without it. `None` where another instance takes its turn at the moment; nothing has changed then.
pub fn take(
    tx: &mut Transaction<'_>,
    returns: &Returns,
    holding: Option<&Holding>,
    circuits: &Circuits,
    now: Timestamp,
) -> Result<Option<Turn>> {
    if !is_free(tx)? {
        return Ok(None);
    }
    let (outcomes, parked) = settle(tx, returns, now)?;
    let Some(holding) = holding else {
        free(tx, &parked)?;
        return Ok(Some(Turn { outcomes, ..Turn::default() }));
    };
    let settled = Settled { parked, delivered: Finished::at_once(&returns.finished) };
    let (drafts, events) = fan_out::draft_new(tx, now)?;
    let claimed = claim(tx, &settled, drafts, holding, circuits, now)?;
    Ok(Some(Turn { outcomes, events, claimed }))
}

/// Waits until no turn is taken, and then none is until the transaction ends: for whoever deletes what a turn may hold in part, and would wait for it
/// while it waits for them.
///
/// # Errors
/// [`models::Error::Database`] as the database says.
pub fn wait_for_turn(tx: &mut Transaction<'_>) -> Result<()> {
    let turn = delivery_turns::table.find(1).select(delivery_turns::id);
    let _: i32 = locked!(turn).first(tx.conn())?;
    Ok(())
}

/// Whether no other instance takes its turn, and then none does until the transaction ends. Where this process alone writes, its transactions come
/// one after another anyway.
fn is_free(tx: &mut Transaction<'_>) -> Result<bool> {
    if backend::SOLE_PROCESS {
        return Ok(true);
    }
    let turn = delivery_turns::table.find(1).select(delivery_turns::id);
    Ok(skip_locked!(turn).first::<i32>(tx.conn()).optional()?.is_some())
}
