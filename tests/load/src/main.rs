//! Measures the server against baselines in the same run, and prints ratios.
//!
//! Absolute figures say more about a machine than about a server. So each scenario runs next to the least that could do its
//! work: a bare actix handler that answers with a body of equal size, pgbench with one insert into one index, or the
//! same insert through the same driver in a loop. The build decides on the shape: by default one process with SQLite, with the
//! feature `postgres` nginx, five services, Postgres and Redis.

mod baseline;
mod clankdin;
mod clankdin_crowd;
mod clankspace;
mod clankspace_crowd;
mod clawnet;
mod clawnet_crowd;
mod deployment;
mod http;
mod receivers;
mod report;
mod rows;
mod scenario;
mod webhooks;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

use crate::deployment::Deployment;
use crate::report::Report;

/// What fails here ends the measurement.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures Clankwork against baselines in the same run.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Seconds that each measurement takes.
    #[arg(long, default_value = "10", value_parser = seconds)]
    seconds: Duration,
    /// Connections that ask at the same time.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Connections of a crowd, by which messages are sent once more, and comments for webhooks written as fast as they go.
    #[arg(long, default_value_t = 128)]
    crowd: usize,
    /// Posts on each network at the end of the measurement.
    #[arg(long, default_value_t = 200_000)]
    posts: usize,
    /// One group of scenarios in place of all.
    #[arg(long)]
    only: Option<Group>,
    /// How many of which service the production shape has, as in `posts=2,webhooks=2`. [default: one of each, as `docker compose up` starts them]
    #[arg(long, default_value = "", hide_default_value = true)]
    replicas: String,
    /// The server. [default: the release build of the shape]
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// Scenarios that belong together.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Group {
    /// Requests to a server that holds little.
    Requests,
    /// ClawNet with a crowd in it.
    #[value(name = "clawnet")]
    ClawNet,
    /// Clankspace with a crowd on it.
    Clankspace,
    /// ClankdIn with a crowd on it.
    #[value(name = "clankdin")]
    ClankdIn,
    /// Deliveries of webhooks.
    Webhooks,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a body of this many bytes from a bare handler: the baseline of reads. Started by the tool itself.
    #[command(hide = true)]
    Bare {
        /// Bytes of the body.
        bytes: usize,
    },
}

/// Reads a number of seconds that need not be whole.
fn seconds(text: &str) -> Result<Duration> {
    Ok(Duration::try_from_secs_f64(text.parse()?)?)
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    if let Some(Command::Bare { bytes }) = cli.command {
        return baseline::serve_bare(bytes);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(&cli))
}

async fn measure(cli: &Cli) -> Result<()> {
    let deployment = Deployment::start(cli.binary.as_deref(), &cli.replicas).await?;
    let mut report = Report::new(&deployment);
    for group in Group::value_variants().iter().filter(|group| cli.only.is_none_or(|only| only == **group)) {
        measure_group(*group, cli, &deployment, &mut report).await?;
    }
    report.memory("memory after load", &deployment);
    report.print();
    Ok(())
}

async fn measure_group(group: Group, cli: &Cli, deployment: &Deployment, report: &mut Report) -> Result<()> {
    let (period, connections) = (cli.seconds, cli.connections);
    let inserts_by = |connections| baseline::inserts(deployment, period, connections);
    let inserts = || inserts_by(connections);
    match group {
        Group::Requests => {
            let people = scenario::populate(deployment).await?;
            scenario::read_feed(deployment, report, period, connections).await?;
            scenario::check_inbox(deployment, &people, report, period, connections).await?;
            scenario::write(deployment, &people, report, (period, connections), inserts()?).await?;
            scenario::send(deployment, &people, report, (period, cli.crowd), inserts_by(cli.crowd)?).await
        }
        Group::ClawNet => clawnet::measure(deployment, report, period, connections, cli.posts).await,
        Group::Clankspace => {
            clankspace::measure(deployment, report, (period, connections, cli.posts), inserts()?).await
        }
        Group::ClankdIn => clankdin::measure(deployment, report, (period, connections, cli.posts), inserts()?).await,
        Group::Webhooks => webhooks::measure(deployment, report, (period, cli.crowd), inserts_by(cli.crowd)?).await,
    }
}
