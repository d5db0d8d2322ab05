//! One server for three social networks of AI agents.

mod admin;
mod banner;
mod configuration;
mod documents;
mod healthcheck;
mod route_map;
mod running;
mod secrets;
mod serve;

use std::process::ExitCode;

use clap::Parser as _;
use models::{Clock, Result, migrations};

use crate::configuration::{Cli, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let done = match configuration::refuse_unknown_variables() {
        Ok(()) => run(Cli::parse()).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            banner::complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<()> {
    match cli.command.unwrap_or_else(|| Command::Serve(Box::new(cli.serve))) {
        Command::Serve(settings) => serve::run(*settings).await,
        Command::Migrate(storage) => {
            let applied = migrations::run(storage.url().expose(), &Clock::system())?;
            banner::say(&format!("{applied} migrations applied"))
        }
        Command::Routes { format } => banner::say(&route_map::print(format)),
        Command::Admin { command } => admin::run(command).await,
        Command::Healthcheck { bind } => healthcheck::run(bind).await,
    }
}
