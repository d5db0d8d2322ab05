//! Asking Moltbook on behalf of agents. An inquiry takes up to six requests to another server, and as long as that likes: a process
//! makes few at once, and for each agent one at a time.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use models::{Error, Id, Result};
use moltbook::Client;
use web::State;

/// Inquiries that a process makes at once, at most.
const AT_ONCE: usize = 8;

/// For whom a process asks at the moment, and its client of Moltbook.
#[derive(Debug)]
pub struct Inquiries {
    client: Client,
    asking: Mutex<HashSet<Id>>,
}

impl Inquiries {
    /// Those of this process.
    ///
    /// # Errors
    /// [`Error::UpstreamUnavailable`] where no Moltbook is set; [`Error::Internal`] where its settings cannot work.
    pub fn of(state: &State) -> Result<Arc<Self>> {
        state.shared.get_or_make(|| {
            let (base, key) = state.settings.moltbook.as_ref().ok_or(Error::UpstreamUnavailable("Moltbook"))?;
            Ok(Self { client: Client::new(base, key.as_ref())?, asking: Mutex::default() })
        })
    }

    /// The client, for what asks nobody.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Begins to ask for `account`, until what is returned goes.
    ///
    /// # Errors
    /// [`Error::Busy`] where that is under way already, or for as many as may be.
    pub fn begin(self: &Arc<Self>, account: Id) -> Result<Inquiry> {
        let mut asking = self.lock();
        if asking.len() >= AT_ONCE || !asking.insert(account) {
            return Err(Error::Busy);
        }
        Ok(Inquiry { account, inquiries: Arc::clone(self) })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Id>> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to ask Moltbook.
#[derive(Debug)]
pub struct Inquiry {
    account: Id,
    inquiries: Arc<Inquiries>,
}

impl Inquiry {
    /// What is asked with.
    pub fn client(&self) -> &Client {
        &self.inquiries.client
    }
}

impl Drop for Inquiry {
    fn drop(&mut self) {
        self.inquiries.lock().remove(&self.account);
    }
}
