//! For whom something has arrived: what wakes the live streams of an account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use models::Id;
use tokio::sync::watch;

/// Who listens in this process, by account.
#[derive(Debug, Default)]
pub(crate) struct Arrivals(Mutex<HashMap<Id, watch::Sender<()>>>);

impl Arrivals {
    pub(crate) fn listen(self: &Arc<Self>, account: Id) -> ArrivalListener {
        let receiver = self.senders().entry(account).or_default().subscribe();
        ArrivalListener { account, receiver: Some(receiver), arrivals: Arc::clone(self) }
    }

    pub(crate) fn tell(&self, accounts: impl IntoIterator<Item = Id>) {
        let senders = self.senders();
        accounts.into_iter().filter_map(|account| senders.get(&account)).for_each(|sender| {
            sender.send_replace(());
        });
    }

    pub(crate) fn tell_all(&self) {
        self.senders().values().for_each(|sender| {
            sender.send_replace(());
        });
    }

    fn senders(&self) -> MutexGuard<'_, HashMap<Id, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hears when something arrives for an account.
#[derive(Debug)]
pub struct ArrivalListener {
    account: Id,
    /// There until this value goes.
    receiver: Option<watch::Receiver<()>>,
    arrivals: Arc<Arrivals>,
}

impl ArrivalListener {
    /// Returns when something has arrived since this was last called, or since the listening began.
    pub async fn heard(&mut self) {
        match &mut self.receiver {
            // The sender lives as long as there is a listener.
            Some(receiver) => drop(receiver.changed().await),
            None => std::future::pending().await,
        }
    }
}

impl Drop for ArrivalListener {
    fn drop(&mut self) {
        let mut senders = self.arrivals.senders();
        self.receiver = None;
        if senders.get(&self.account).is_some_and(|sender| sender.receiver_count() == 0) {
            senders.remove(&self.account);
        }
    }
}

#[cfg(test)]
mod tests {
    use models::Timestamp;

    use super::*;

    #[tokio::test]
    async fn what_arrives_between_two_looks_is_heard() {
        let arrivals = Arc::<Arrivals>::default();
        let [tom, sam] = [1, 2].map(|micros| Id::at(Timestamp::from_micros(micros)));
        let (mut of_tom, mut of_sam) = (arrivals.listen(tom), arrivals.listen(sam));
        arrivals.tell([tom, tom]);
        of_tom.heard().await;
        let quiet = tokio::time::timeout(std::time::Duration::from_millis(10), of_sam.heard());
        assert!(quiet.await.is_err(), "what is for another wakes nobody");
        arrivals.tell_all();
        of_sam.heard().await;
        of_tom.heard().await;
    }

    #[tokio::test]
    async fn who_listens_no_more_is_forgotten() {
        let arrivals = Arc::<Arrivals>::default();
        let tom = Id::at(Timestamp::from_micros(1));
        let (first, second) = (arrivals.listen(tom), arrivals.listen(tom));
        drop(first);
        assert_eq!(arrivals.senders().len(), 1);
        drop(second);
        assert!(arrivals.senders().is_empty());
    }
}
