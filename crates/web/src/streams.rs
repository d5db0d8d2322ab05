//! Live streams: how many are open in this process, when they must end, and where a client goes on.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use bus::Stop;
use models::{Error, Id, Result};

use crate::openapi::{DescribeArgument, Description};
use crate::{Dialect, Failure};

/// Streams that one account has open at a time, at most.
const OF_ACCOUNT: u32 = 5;
/// The name of a stream as an action.
const ACTION: &str = "inbox_stream";
/// Seconds after which it is noticed that a client has gone, since each stream gives a sign of life within that time.
const NOTICED: i64 = 15;
/// Streams that this process has open at a time, at most: half of the connections that it holds, so that calls find one.
const OF_PROCESS: usize = 10_000;

/// The streams that are open in this process.
#[derive(Debug)]
pub struct Streams {
    open: Mutex<Open>,
    maximum: usize,
    end: Stop,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_account: HashMap<Id, u32>,
}

impl Default for Streams {
    fn default() -> Self {
        Self::with_maximum(OF_PROCESS)
    }
}

impl Streams {
    fn with_maximum(maximum: usize) -> Self {
        Self { open: Mutex::default(), maximum, end: Stop::new() }
    }

    /// Counts one more stream of `account`, until what is returned goes.
    ///
    /// # Errors
    /// [`Error::Crowded`] where the account has five; [`Error::Busy`] where the process has as many as it can, or is about to stop.
    pub fn open(self: &Arc<Self>, account: Id) -> Result<OpenStream> {
        if self.end.is_cancelled() {
            return Err(Error::Busy);
        }
        let mut open = self.lock();
        if open.total >= self.maximum {
            return Err(Error::Busy);
        }
        let of_account = open.by_account.entry(account).or_default();
        if *of_account >= OF_ACCOUNT {
            return Err(Error::Crowded { action: ACTION, limit: OF_ACCOUNT, retry_after: NOTICED });
        }
        *of_account = of_account.saturating_add(1);
        open.total = open.total.saturating_add(1);
        Ok(OpenStream { account, streams: Arc::clone(self) })
    }

    /// Ends all streams, and lets no other begin: the process stops, and must not wait for what would never end.
    pub fn end(&self) {
        self.end.cancel();
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream that is counted as open.
#[derive(Debug)]
pub struct OpenStream {
    account: Id,
    streams: Arc<Streams>,
}

impl OpenStream {
    /// Returns when the stream must end.
    pub async fn ended(&self) {
        self.streams.end.cancelled().await;
    }

    /// Whether the stream must end.
    pub fn has_ended(&self) -> bool {
        self.streams.end.is_cancelled()
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        open.total = open.total.saturating_sub(1);
        if let Some(of_account) = open.by_account.get_mut(&self.account) {
            *of_account = of_account.saturating_sub(1);
            if *of_account == 0 {
                open.by_account.remove(&self.account);
            }
        }
    }
}

/// The header's name. Source: the HTML standard, section 9.2.
const LAST_EVENT_ID: &str = "Last-Event-ID";
/// Longer than every id is.
const LONGEST_ID: usize = 64;

/// The `Last-Event-ID` of a request, where one came along: the last event that the client has had of a stream. An empty one is none, as
/// it is for the clients of the standard.
#[derive(Clone, Debug)]
pub struct LastEventId<N>(Option<Vec<u8>>, PhantomData<fn() -> N>);

impl<N> LastEventId<N> {
    /// The id, as `parse` reads it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is none.
    pub fn parse(&self, parse: impl Fn(&str) -> Option<Id>) -> Result<Option<Id>> {
        let read = |id: &Vec<u8>| {
            let id = std::str::from_utf8(id).ok().and_then(&parse);
            id.ok_or_else(|| Error::invalid(LAST_EVENT_ID, "must be the id of an event of this stream"))
        };
        self.0.as_ref().map(read).transpose()
    }
}

impl<N: Dialect> FromRequest for LastEventId<N> {
    type Error = Failure<N>;
    type Future = Ready<Result<Self, Failure<N>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.headers().get(LAST_EVENT_ID).filter(|id| !id.is_empty()).map(|id| id.as_bytes().to_vec());
        ready(Ok(Self(id, PhantomData)))
    }
}

impl<N> DescribeArgument for LastEventId<N> {
    fn describe(description: &mut Description) {
        let text = "The id of the last event that you have had: the stream goes on behind it. Without it the stream begins with \
                    everything that waits.";
        description.header(LAST_EVENT_ID, text, LONGEST_ID);
    }
}

#[cfg(test)]
mod tests {
    use models::Timestamp;

    use super::*;

    fn account(micros: i64) -> Id {
        Id::at(Timestamp::from_micros(micros))
    }

    #[test]
    fn an_account_has_five_until_one_goes() {
        let streams = Arc::<Streams>::default();
        let (tom, sam) = (account(1), account(2));
        let mut of_tom: Vec<OpenStream> = (0..5).map(|_| streams.open(tom).unwrap()).collect();
        assert!(matches!(streams.open(tom), Err(Error::Crowded { limit: 5, .. })));
        let of_sam = streams.open(sam).unwrap();
        of_tom.pop();
        of_tom.push(streams.open(tom).unwrap());
        drop(of_tom);
        let open = streams.lock();
        assert_eq!((open.total, open.by_account.len()), (1, 1));
        drop(open);
        drop(of_sam);
    }

    #[test]
    fn a_process_has_an_end_too() {
        let streams = Arc::new(Streams::with_maximum(2));
        let open = [1, 2].map(|micros| streams.open(account(micros)).unwrap());
        assert!(matches!(streams.open(account(3)), Err(Error::Busy)));
        drop(open);
        assert!(streams.open(account(3)).is_ok());
    }

    #[tokio::test]
    async fn the_end_is_for_all_and_for_good() {
        let streams = Arc::<Streams>::default();
        let open = streams.open(account(1)).unwrap();
        assert!(!open.has_ended());
        streams.end();
        assert!(open.has_ended());
        open.ended().await;
        assert!(matches!(streams.open(account(1)), Err(Error::Busy)));
    }
}
