//! No way in: deliveries go to the public internet and to what the operator allows, and nowhere else.
//!
//! A name that led outside when it was registered may lead inside when it is used, and a second look-up may answer otherwise
//! than the first (DNS rebinding). So the guard *is* the resolver of the client that sends: every connection goes to an
//! address that it has passed. A name is refused if any of its addresses is, since nobody says which would be taken.
//! Hosts that are addresses themselves are never resolved and are checked apart.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use models::{Error, Result};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;
use tokio::sync::Semaphore;
use url::{Host, Url};

use crate::address::is_public;
use crate::endpoint::Endpoint;

/// A look-up holds a thread for as long as the system's resolver takes, also when nobody waits for it any more. These bounds
/// leave most of the process's threads to its database.
static FOR_DELIVERIES: Semaphore = Semaphore::const_new(128);
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

/// Decides which addresses may be reached.
#[derive(Clone, Debug)]
pub struct Guard {
    allow: Vec<IpNet>,
    lookups: &'static Semaphore,
}

impl Guard {
    /// The guard in front of deliveries. `allow` are addresses that may be reached besides the public internet.
    pub fn of_deliveries(allow: &[IpNet]) -> Self {
        Self { allow: allow.to_vec(), lookups: &FOR_DELIVERIES }
    }

    /// The guard in front of registrations.
    pub fn of_registrations(allow: &[IpNet]) -> Self {
        Self { allow: allow.to_vec(), lookups: &FOR_REGISTRATIONS }
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
        let looking = tokio::spawn(async move {
            let found = lookup_host((name.as_str(), 0)).await.map(Vec::from_iter);
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
mod tests {
    use super::*;

    async fn check(allow: &[&str], url: &str) -> bool {
        let allow: Vec<IpNet> = allow.iter().map(|network| network.parse().unwrap()).collect();
        Guard::of_registrations(&allow).check(&Endpoint::parse(url).unwrap()).await.is_ok()
    }

    #[tokio::test]
    async fn an_address_is_refused_however_it_is_written() {
        for url in [
            "http://127.0.0.1:8080/",
            "http://2130706433:8080/",
            "http://0x7f000001:8080/",
            "http://0x7f.1:8080/",
            "http://017700000001:8080/",
            "http://127.1:8080/",
            "http://127.0.0.1.:8080/",
            "http://%31%32%37.0.0.1:8080/",
            "http://１２７.0.0.1:8080/",
            "http://0:8080/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::1]:8080/",
            "http://[::ffff:127.0.0.1]:8080/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://[64:ff9b::7f00:1]/",
            "http://localhost:8080/",
            "http://localhost.:8080/",
            "http://anything.localhost:8080/",
            "http://metadata.google.internal/",
            "http://printer.local/",
            "http://postgres:5432/",
            "http:///hook",
        ] {
            assert!(!check(&[], url).await, "{url}");
        }
        assert!(check(&[], "http://1.1.1.1/").await);
    }

    #[tokio::test]
    async fn what_the_operator_allows_may_be_reached_and_nothing_beside_it() {
        assert!(check(&["127.0.0.0/8"], "http://127.0.0.1:8080/").await);
        assert!(check(&["127.0.0.0/8", "::1/128"], "http://localhost:8080/").await);
        assert!(!check(&["127.0.0.0/8"], "http://[::1]:8080/").await);
        assert!(!check(&["127.0.0.0/8"], "http://[::ffff:127.0.0.1]:8080/").await);
        assert!(!check(&["127.0.0.0/8"], "http://10.0.0.1:8080/").await);
    }

    #[tokio::test]
    async fn a_name_that_leads_nowhere_may_be_registered() {
        assert!(check(&[], "https://no-such-name.invalid/").await);
        assert!(!check(&["127.0.0.0/8"], "https://no-such-name.internal/").await);
    }

    #[tokio::test]
    async fn the_resolver_hands_out_nothing_that_is_refused() {
        let resolve =
            |guard: Guard| async move { guard.resolve("localhost".parse().unwrap()).await.map(Iterator::count) };
        let error = resolve(Guard::of_deliveries(&[])).await.unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(NoWay::Refused)));
        let allow = ["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        assert!(resolve(Guard::of_deliveries(&allow)).await.unwrap() > 0);
    }
}
