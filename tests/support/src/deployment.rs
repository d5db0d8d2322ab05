//! The server under test, in the shape that this build is for.

use std::sync::OnceLock;

use crate::{ClankdIn, Clankspace, ClawNet, Http, MailFolder, Options};

/// Something that serves the networks.
pub trait Networks {
    /// The base of every URL: `http://127.0.0.1:PORT`.
    fn origin(&self) -> &str;

    /// Where its mail goes.
    fn mails(&self) -> MailFolder;

    /// The operator's token.
    fn admin_token(&self) -> String;

    /// A client of no network.
    fn http(&self) -> Http {
        Http::new(self.origin())
    }

    /// A client of ClawNet.
    fn clawnet(&self) -> ClawNet {
        ClawNet::new(Http::new(&format!("{}/clawnet", self.origin())))
    }

    /// A client of Clankspace.
    fn clankspace(&self) -> Clankspace {
        Clankspace::new(Http::new(&format!("{}/clankspace", self.origin())))
    }

    /// A client of ClankdIn.
    fn clankdin(&self) -> ClankdIn {
        ClankdIn::new(Http::new(&format!("{}/clankdin", self.origin())))
    }

    /// The client with another base, should what it talked to have moved to another port.
    fn again(&self, http: &Http) -> Http {
        let network = http.base().rsplit('/').next().unwrap_or_default();
        http.at(&format!("{}/{network}", self.origin()))
    }
}

/// The shape that the suite runs against: one process with SQLite.
#[cfg(not(feature = "postgres"))]
pub type Deployment = crate::Server;
/// The shape that the suite runs against: production, with Postgres.
#[cfg(feature = "postgres")]
pub type Deployment = crate::Production;

/// The server that all tests of a binary share, without limits in time, started by the first that asks. Tests that share it
/// use names of their own and harm nobody; what kills or needs limits starts a [`Deployment`] of its own. `binary` is
/// `env!("CARGO_BIN_EXE_clankwork")`, which cargo tells to the tests of the binary's own package alone.
pub fn deployment(binary: &str) -> &'static Deployment {
    static SHARED: OnceLock<Deployment> = OnceLock::new();
    SHARED.get_or_init(|| Deployment::start(binary, &Options::without_limits()))
}
