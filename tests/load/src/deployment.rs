//! The server that is measured, started and stopped by the tool itself.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::http::{Connection, Request};

/// Whether this build measures the production shape.
pub const PRODUCTION: bool = cfg!(feature = "postgres");

/// A running server, alone or as the production topology.
#[derive(Debug)]
pub struct Deployment {
    child: Child,
    data: Option<tempfile::TempDir>,
    /// Host and port of the gateway.
    pub address: String,
    /// The database's URL, in the production shape.
    pub database: Option<String>,
    /// The server's processes, without Postgres, Redis and nginx.
    pub processes: Vec<u32>,
    /// From the start of the process to `/readyz`, on an existing database; in the one-process shape.
    pub ready_after: Option<Duration>,
}

impl Deployment {
    /// Starts the shape that this build measures; in production with these replicas.
    pub async fn start(binary: Option<&Path>, replicas: &str) -> Result<Self> {
        if PRODUCTION { Self::start_production(binary, replicas).await } else { Self::start_process(binary).await }
    }

    async fn start_process(binary: Option<&Path>) -> Result<Self> {
        let binary = binary.map_or_else(|| root().join("target/release/clankwork"), Path::to_owned);
        let data = tempfile::tempdir()?;
        // The first start makes the database; the second is the one that is timed.
        let mut first = Self::spawn_process(&binary, &data)?;
        first_address(&mut first)?;
        first.kill()?;
        first.wait()?;
        let begin = Instant::now();
        let mut child = Self::spawn_process(&binary, &data)?;
        let address = first_address(&mut child)?;
        wait_until_ready(&address).await?;
        let ready_after = Some(begin.elapsed());
        Ok(Self { processes: vec![child.id()], child, data: Some(data), address, database: None, ready_after })
    }

    fn spawn_process(binary: &Path, data: &tempfile::TempDir) -> Result<Child> {
        let mut command = Command::new(binary);
        command.args(["--bind", "127.0.0.1:0", "--rate-limits", "off", "--webhook-allow", "127.0.0.0/8"]);
        command.arg("--data-dir").arg(data.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        Ok(command.spawn().map_err(|error| format!("{}: {error}; build it first", binary.display()))?)
    }

    async fn start_production(binary: Option<&Path>, replicas: &str) -> Result<Self> {
        let mut command = Command::new(root().join("deploy/run-production"));
        command.arg("--replicas").arg(replicas);
        if let Some(binary) = binary {
            command.arg("--binary").arg(binary);
        }
        command.env("CLANKWORK_RATE_LIMITS", "off").env("CLANKWORK_WEBHOOK_ALLOW", "127.0.0.0/8");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (mut address, mut database, mut processes) = (None, None, Vec::new());
        for line in BufReader::new(child.stdout.take().ok_or("no output")?).lines() {
            let line = line?;
            match line.split_once('=') {
                Some(("gateway", url)) => address = url.strip_prefix("http://").map(str::to_owned),
                Some(("database", url)) => database = Some(url.to_owned()),
                Some(("pid_postgres" | "pid_redis" | "pid_nginx", _)) => {}
                Some((name, pid)) if name.starts_with("pid_") => processes.push(pid.parse()?),
                _ if line == "ready" => break,
                _ => {}
            }
        }
        let address = address.ok_or("the production shape did not start")?;
        Ok(Self { child, data: None, address, database, processes, ready_after: None })
    }

    /// Where its database is.
    pub fn database_url(&self) -> String {
        let file = self.data.as_ref().map(|data| data.path().join("clankwork.db").display().to_string());
        self.database.clone().or_else(|| Some(format!("sqlite:{}", file?))).unwrap_or_default()
    }

    /// Mebibytes that the server's processes hold together.
    pub fn memory(&self) -> f64 {
        let kibibytes = |pid: &u32| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
            line.split_whitespace().next()?.parse::<f64>().ok()
        };
        self.processes.iter().filter_map(kibibytes).sum::<f64>() / 1024.0
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        // The production script stops everything when its standard input ends; a single process is told by its id.
        if PRODUCTION {
            drop(self.child.stdin.take());
        } else {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Host and port, from the lines that a server says when it is ready.
fn first_address(child: &mut Child) -> Result<String> {
    let output = child.stdout.take().ok_or("no output")?;
    for line in BufReader::new(output).lines() {
        if let Some((_, rest)) = line?.split_once("http://") {
            return Ok(rest.split('/').next().unwrap_or_default().to_owned());
        }
    }
    Err("the server did not start".into())
}

async fn wait_until_ready(address: &str) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    let request = Request::new("GET", "/readyz", None, None);
    loop {
        if let Ok(mut connection) = Connection::open(address).await
            && connection.json(&request).await.is_ok()
        {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err("the server is not ready".into());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
