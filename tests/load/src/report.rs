//! What was measured, as a table.

use std::io::Write as _;

use crate::deployment::{Deployment, PRODUCTION};
use crate::http::Measured;

/// The table.
#[derive(Debug)]
pub struct Report {
    lines: Vec<String>,
}

impl Report {
    /// A table that begins with what a start costs.
    pub fn new(deployment: &Deployment) -> Self {
        let shape = if PRODUCTION { "nginx, services, Postgres and Redis" } else { "one process, SQLite" };
        let mut report = Self { lines: vec![format!("shape: {shape}")] };
        if let Some(ready_after) = deployment.ready_after {
            report.lines.push(format!("start to /readyz: {} ms", ready_after.as_millis()));
        }
        report.memory("memory when idle", deployment);
        report.lines.push(format!(
            "{:<44} {:>10} {:>9} {:>9}   {:<34} {:>10} {:>6}",
            "scenario", "rate/s", "p50 ms", "p99 ms", "baseline", "rate/s", "ratio"
        ));
        report
    }

    /// Adds the memory that the server holds at this moment.
    pub fn memory(&mut self, what: &str, deployment: &Deployment) {
        let processes = deployment.processes.len();
        self.say(format!("{what}: {:.1} MiB in {processes} processes", deployment.memory()));
    }

    /// Adds a line that stands for itself.
    pub fn say(&mut self, line: String) {
        self.lines.push(line);
    }

    /// Adds a scenario, and what it is held against.
    pub fn add(&mut self, scenario: &str, measured: &Measured, baseline: Option<(&str, f64)>) {
        let millis = |quantile| {
            let micros = u32::try_from(measured.latency.value_at_quantile(quantile)).unwrap_or(u32::MAX);
            f64::from(micros) / 1000.0
        };
        let (name, rate, ratio) = match baseline {
            Some((name, rate)) => (name, format!("{rate:.0}"), format!("{:.2}", measured.rate / rate)),
            None => ("", String::new(), String::new()),
        };
        self.lines.push(format!(
            "{scenario:<44} {:>10.0} {:>9.2} {:>9.2}   {name:<34} {rate:>10} {ratio:>6}",
            measured.rate,
            millis(0.5),
            millis(0.99),
        ));
    }

    /// Prints the table.
    pub fn print(&self) {
        let _ = writeln!(std::io::stdout(), "{}", self.lines.join("\n"));
    }
}
