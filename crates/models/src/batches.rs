//! Writing together what comes at the same time.
//!
//! A transaction costs its round trips and its wait for the disk whatever it writes. So where many ask for the same at once, one
//! transaction does it for all of them: while it is under way, whatever comes waits and goes into the next. Who comes alone waits for
//! nobody, and the busier the server is, the more share a transaction. This is group commit (DeWitt et al., SIGMOD 1984), one level up:
//! not only the commit is shared, but every statement.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::database::Effects;
use crate::{Database, Error, Result, Transaction, backend};

/// How many items one transaction writes at most: enough to share what it costs, few enough that the locks are short.
const MOST: usize = 64;

/// Writes items of one kind, as many in one transaction as come at once. Cheap to clone; the clones share their transactions.
pub struct Batches<I, O>(Arc<Writer<I, O>>);

/// Writes these items, and says what came of each, in order.
type Work<I, O> = dyn Fn(&mut Transaction<'_>, &[I]) -> Result<Vec<Result<O>>> + Send + Sync;

struct Writer<I, O> {
    database: Database,
    name: &'static str,
    work: Box<Work<I, O>>,
    waiting: Mutex<Waiting<I, O>>,
}

/// Who waits for what comes of an item.
type Caller<O> = oneshot::Sender<Result<O>>;
/// What came of each item of a transaction, and what must follow its commit.
type Written<O> = (Vec<Result<O>>, Effects);

struct Waiting<I, O> {
    asked: Vec<(I, Caller<O>)>,
    /// Whether somebody writes, and will look here again. Two who did so at once would have half as much each to share, and often wait for the
    /// same rows.
    is_writing: bool,
}

impl<I, O> Writer<I, O> {
    fn waiting(&self) -> MutexGuard<'_, Waiting<I, O>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I, O> Clone for Batches<I, O> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<I, O> fmt::Debug for Batches<I, O> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Batches({})", self.0.name)
    }
}

impl<I: Send + Sync + 'static, O: Send + 'static> Batches<I, O> {
    /// Batches that `work` writes. It is given up to 64 items, in the order in which they came, and says what came of each; the refusal of
    /// one must have written nothing. Where `work` fails as a whole, each of its items is tried by itself, so that one
    /// that the database does not take harms no other. It may be run again, like any transaction. `name` is for logs.
    pub fn new(
        database: Database,
        name: &'static str,
        work: impl Fn(&mut Transaction<'_>, &[I]) -> Result<Vec<Result<O>>> + Send + Sync + 'static,
    ) -> Self {
        let waiting = Mutex::new(Waiting { asked: Vec::new(), is_writing: false });
        Self(Arc::new(Writer { database, name, work: Box::new(work), waiting }))
    }

    /// Writes `item`, and carries out what must follow the commit before it returns. A caller that goes away in the middle changes nothing of
    /// that.
    ///
    /// # Errors
    /// As the work says of the item, and then nothing was written for it; otherwise as [`Database::write`].
    pub async fn write(&self, item: I) -> Result<O> {
        let (caller, written) = oneshot::channel();
        let is_first = {
            let mut waiting = self.0.waiting();
            waiting.asked.push((item, caller));
            !std::mem::replace(&mut waiting.is_writing, true)
        };
        if is_first {
            self.0.database.spawn(self.clone().write_all());
        }
        written.await.map_err(|_| Error::internal(format!("{}: an item was lost", self.0.name)))?
    }

    /// Writes what waits until nothing does.
    async fn write_all(self) {
        while let Some((items, callers)) = self.take() {
            let items = Arc::new(items);
            match self.run(Arc::clone(&items), 0..callers.len()).await {
                // The next transaction need not wait for what follows this one.
                Ok(written) => self.0.database.spawn(self.clone().follow_up(written, callers)),
                Err(error) => self.0.database.spawn(self.clone().fail(error, items, callers)),
            }
        }
    }

    /// What is written next, with those who wait for it. `None` where nothing waits; whoever comes then is first.
    fn take(&self) -> Option<(Vec<I>, Vec<Caller<O>>)> {
        let mut waiting = self.0.waiting();
        waiting.is_writing = !waiting.asked.is_empty();
        let next = waiting.asked.len().min(MOST);
        waiting.is_writing.then(|| waiting.asked.drain(..next).unzip())
    }

    /// Writes those of `items` in one transaction.
    async fn run(&self, items: Arc<Vec<I>>, range: Range<usize>) -> Result<Written<O>> {
        let writer = Arc::clone(&self.0);
        let run = move |tx: &mut Transaction<'_>| (writer.work)(tx, items.get(range.clone()).unwrap_or_default());
        self.0.database.transact(self.0.name, run).await
    }

    /// Carries out what must follow the commit, and then answers.
    async fn follow_up(self, (outcomes, effects): Written<O>, callers: Vec<Caller<O>>) {
        self.0.database.follow_up(effects).await;
        answer(callers, outcomes);
    }

    /// Tries each of `items` by itself, unless they would all meet the same `error`, or may have been written in spite of it.
    async fn fail(self, error: Error, items: Arc<Vec<I>>, callers: Vec<Caller<O>>) {
        match error {
            error if callers.len() == 1 => answer(callers, [Err(error)]),
            Error::Busy => answer(callers, std::iter::repeat_with(|| Err(Error::Busy))),
            Error::Database(error) if backend::is_closed(&error) => {
                answer(callers, std::iter::repeat_with(|| Err(Error::internal(&error))));
            }
            error => {
                tracing::debug!(name = self.0.name, %error, "items could not be written together");
                for (place, caller) in callers.into_iter().enumerate() {
                    match self.run(Arc::clone(&items), place..place.saturating_add(1)).await {
                        Ok(written) => self.clone().follow_up(written, vec![caller]).await,
                        Err(error) => answer(vec![caller], [Err(error)]),
                    }
                }
            }
        }
    }
}

/// Tells callers what came of their items. One that has gone away is passed over.
fn answer<O>(callers: Vec<Caller<O>>, outcomes: impl IntoIterator<Item = Result<O>>) {
    for (caller, outcome) in callers.into_iter().zip(outcomes) {
        let _ = caller.send(outcome);
    }
}
