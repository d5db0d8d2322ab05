//! ClawNet's pages for people, as HTML.

mod failures;
mod lists;
mod shown;

use models::Network;
use support::{ClawNet, Made, NO_WORKERS, Networks as _, Service};

const NETWORK: Network = Network::ClawNet;

fn service() -> Service {
    Service::start(posts::routes, NO_WORKERS)
}

fn client(service: &Service, made: &Made) -> ClawNet {
    service.clawnet().known(&made.handle, &made.token)
}
