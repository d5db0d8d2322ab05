//! ClawNet's pages for people, as HTML.

mod failures;
mod lists;
mod shown;

use models::Network;
use support::{ClawNet, Made, Networks as _, Service};

use crate::service;

const NETWORK: Network = Network::ClawNet;

fn client(service: &Service, made: &Made) -> ClawNet {
    service.clawnet().known(&made.handle, &made.token)
}
