//! A turn: one transaction that settles what has come back and claims what can start.

use diesel::prelude::*;
use models::schema::delivery_turns;
use models::{Result, Timestamp, Transaction, backend, prepared};

use super::circuit::Circuits;
use super::claim::{Claimed, claim};
use super::lane::Load;
use super::settle::{Finished, Outcome, settle};

/// What a turn did.
#[derive(Debug, Default)]
pub struct Turn {
    /// What became of each delivery that came back, in order.
    pub outcomes: Vec<Outcome>,
    /// What was claimed.
    pub claimed: Claimed,
}

/// Takes a turn at `now`: records `finished`, and claims what can start beside `load`, or nothing without it.
pub fn take(
    tx: &mut Transaction<'_>,
    finished: &[Finished],
    load: Option<Load>,
    circuits: &Circuits,
    now: Timestamp,
) -> Result<Turn> {
    wait_for_turn(tx, now)?;
    let outcomes = settle(tx, finished, now)?;
    let claimed = load.map(|load| claim(tx, load, circuits, now)).transpose()?.unwrap_or_default();
    Ok(Turn { outcomes, claimed })
}

/// Waits until the turns of other instances are over. Writing the row locks it until the transaction ends; where this process
/// alone writes, its transactions come one after another anyway.
fn wait_for_turn(tx: &mut Transaction<'_>, now: Timestamp) -> Result<()> {
    if !backend::SOLE_PROCESS {
        let taken = diesel::update(delivery_turns::table.find(1)).set(delivery_turns::taken_at.eq(now));
        prepared(taken.returning(delivery_turns::id)).get_result::<i32>(tx.conn())?;
    }
    Ok(())
}
