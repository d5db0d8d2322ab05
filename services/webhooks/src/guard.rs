//! No way in: deliveries go to the public internet and to what the operator allows, and nowhere else.
//!
//! A name that led outside when it was registered may lead inside when it is used, and a second look-up may answer otherwise
//! than the first (DNS rebinding). So the guard *is* the resolver of the client that sends: every connection goes to an
//! address that it has passed. A name is refused if any of its addresses is, since nobody says which would be taken.
//! Hosts that are addresses themselves are never resolved and are checked apart.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ipnet::IpNet;
use models::{Error, Result};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;
use tokio::sync::Semaphore;
use url::{Host, Url};

use crate::address::is_public;
use crate::endpoint::Endpoint;

/// A look-up holds a thread for as long as the system's resolver takes, also when nobody waits for it any more: twice as long as connecting
/// may take, and more. So there may be four times as many as exchanges with receivers that are slow, which leaves the others theirs, and
/// nearly half of the process's threads to its database.
static FOR_DELIVERIES: Semaphore = Semaphore::const_new(256);
/// Apart from the others, so that who registers slow names holds up no delivery.
static FOR_REGISTRATIONS: Semaphore = Semaphore::const_new(32);

/// How long a registration waits for the look-up of its name.
const PATIENCE: Duration = Duration::from_secs(2);

/// Ends of names that no public host has. Source: RFC 6761, RFC 6762, RFC 8375, and ICANN's resolution 2024.07.29.06.
const LOCAL_ENDS: [&str; 4] = [".localhost", ".local", ".internal", ".home.arpa"];

/// Whether a name can only be one of a network's own: by its end, or because it is a single word.
fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    !name.contains('.') || LOCAL_ENDS.iter().any(|end| name.ends_with(end))
}

/// Why there is no way to a host.
#[derive(Debug, thiserror::Error)]
pub enum NoWay {
    /// It has an address that must not be reached.
    #[error("an address of the host is not public")]
    Refused,
    /// Its name leads nowhere.
    #[error("the name cannot be resolved: {0}")]
    Unresolved(String),
}

/// Tells the addresses of a name.
pub type LookUp = fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;

/// Asks the system.
fn look_up(name: String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
    async move { Ok(lookup_host((name, 0)).await?.collect()) }.boxed()
}

/// Decides which addresses may be reached.
#[derive(Clone, Debug)]
pub struct Guard {
    allow: Vec<IpNet>,
    lookups: &'static Semaphore,
    look_up: LookUp,
}

impl Guard {
    /// The guard in front of deliveries. `allow` are addresses that may be reached besides the public internet.
    pub fn of_deliveries(allow: &[IpNet]) -> Self {
        Self { allow: allow.to_vec(), lookups: &FOR_DELIVERIES, look_up }
    }

    /// The guard in front of registrations.
    pub fn of_registrations(allow: &[IpNet]) -> Self {
        Self { allow: allow.to_vec(), lookups: &FOR_REGISTRATIONS, look_up }
    }

    /// The guard that asks `look_up` in place of the system.
    #[cfg(test)]
    pub fn asking(self, look_up: LookUp) -> Self {
        Self { look_up, ..self }
    }

    fn admits(&self, address: IpAddr) -> bool {
        is_public(address) || self.allow.iter().any(|network| network.contains(&address))
    }

    /// Checks a host that is an address itself; the client connects to it without asking a resolver. Names pass here.
    pub fn check_address(&self, url: &Url) -> Result<(), NoWay> {
        let admitted = match url.host() {
            Some(Host::Ipv4(address)) => self.admits(address.into()),
            Some(Host::Ipv6(address)) => self.admits(address.into()),
            Some(Host::Domain(_)) => true,
            None => false,
        };
        if admitted { Ok(()) } else { Err(NoWay::Refused) }
    }

    /// The addresses of `name`, all of which have been checked.
    async fn resolve_name(&self, name: String) -> Result<Vec<SocketAddr>, NoWay> {
        let unresolved = |error: &dyn std::fmt::Display| NoWay::Unresolved(error.to_string());
        let permit = self.lookups.acquire().await.map_err(|error| unresolved(&error))?;
        // A task of its own keeps the permit for as long as the look-up lasts, whether or not somebody still waits for it.
        let answer = (self.look_up)(name);
        let looking = tokio::spawn(async move {
            let found = answer.await;
            drop(permit);
            found
        });
        let found = looking.await.map_err(|error| unresolved(&error))?.map_err(|error| unresolved(&error))?;
        match found.iter().all(|address| self.admits(address.ip())) {
            true => Ok(found),
            false => Err(NoWay::Refused),
        }
    }

    /// Checks where `endpoint` leads at this moment. A public name that leads nowhere yet may be registered: deliveries are tried
    /// for more than a day, and each try is checked anew.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it leads to an address that must not be reached, or has a name that could lead nowhere else.
    pub async fn check(&self, endpoint: &Endpoint) -> Result<()> {
        let way = match endpoint.url().domain() {
            None => self.check_address(endpoint.url()),
            Some(name) => match tokio::time::timeout(PATIENCE, self.resolve_name(name.to_owned())).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(NoWay::Refused)) => Err(NoWay::Refused),
                Ok(Err(NoWay::Unresolved(_))) | Err(_) if is_local(name) => Err(NoWay::Refused),
                Ok(Err(NoWay::Unresolved(_))) | Err(_) => Ok(()),
            },
        };
        way.map_err(|_| Error::invalid("url", "must lead to an address on the public internet"))
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let addresses = guard.resolve_name(name.as_str().to_owned()).await?;
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests;
