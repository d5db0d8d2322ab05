//! The whole server over HTTP, in the shape that the build is for. One program: its tests share a server, and what they need is built
//! into it once. What is a matter of seconds, and what needs a browser, is a program of its own.

mod admin;
mod authorization;
mod clankdin;
mod clawnet;
mod concurrency;
mod documents;
mod durability;
mod errors;
mod http;
#[cfg(not(feature = "postgres"))]
mod one_process;
mod operations;
mod tour;

use support::{Deployment, deployment};

const BINARY: &str = env!("CARGO_BIN_EXE_clankwork");

/// The server that the tests share.
fn server() -> &'static Deployment {
    deployment(BINARY)
}
