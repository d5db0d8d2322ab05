//! The least that could do the same work.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, web};

use crate::Result;
use crate::deployment::{Deployment, PRODUCTION};

/// A baseline: what it is, and how often it goes in a second.
pub type Baseline = (&'static str, f64);

/// A bare actix server in a process of its own, with as many threads as the server has.
#[derive(Debug)]
pub struct Bare {
    child: Child,
    /// Its host and port.
    pub address: String,
}

impl Bare {
    /// Starts one whose body has this many bytes.
    pub fn start(bytes: usize) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.args(["bare", &bytes.to_string()]).stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut address)?;
        Ok(Self { child, address: address.trim().to_owned() })
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves a body of this many bytes, and says where.
pub fn serve_bare(bytes: usize) -> Result<()> {
    let body = web::Bytes::from(vec![b'x'; bytes]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = HttpServer::new(move || {
            let body = body.clone();
            let answer = move || {
                let body = body.clone();
                async move { HttpResponse::Ok().insert_header(ContentType::json()).body(body) }
            };
            App::new().default_service(web::to(answer))
        });
        let server = server.bind(("127.0.0.1", 0))?;
        let address = server.addrs().first().copied().ok_or("no address")?;
        writeln!(std::io::stdout(), "{address}")?;
        Ok(server.run().await?)
    })
}

/// Inserts and nothing else, beside a deployment that does nothing meanwhile.
pub fn inserts(deployment: &Deployment, period: Duration, connections: usize) -> Result<Baseline> {
    let name = if PRODUCTION { "pgbench, 1 insert, 1 index" } else { "1 insert, 1 index, in a loop" };
    Ok((name, inserts_into(deployment.database.as_deref(), period, connections)?))
}

/// Inserts in a second, one row into one table with one index and nothing around it.
#[cfg(feature = "postgres")]
fn inserts_into(database: Option<&str>, period: Duration, connections: usize) -> Result<f64> {
    let database = database.ok_or("no database")?;
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("insert.sql");
    std::fs::write(
        &script,
        format!("INSERT INTO load_baseline VALUES (gen_random_uuid(), gen_random_uuid(), '{}');\n", "x".repeat(80)),
    )?;
    let psql = "CREATE TABLE load_baseline (id UUID PRIMARY KEY, account_id UUID NOT NULL, content TEXT NOT NULL)";
    let made = Command::new("psql").args(["--quiet", "--dbname", database, "--command", psql]).status()?;
    let output = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--client", &connections.to_string()])
        .args(["--time", &period.as_secs().max(1).to_string(), "--file"])
        .arg(&script)
        .arg(database)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    let dropped = Command::new("psql")
        .args(["--quiet", "--dbname", database, "--command", "DROP TABLE load_baseline"])
        .status()?;
    if !(made.success() && dropped.success()) {
        return Err("psql failed".into());
    }
    rate.ok_or_else(|| format!("pgbench failed: {}", String::from_utf8_lossy(&output.stderr)).into())
}

/// Inserts in a second, one row into one table with one index and nothing around it, through the driver and with the settings of
/// the server. There is one writer, so that more connections would not help.
#[cfg(not(feature = "postgres"))]
fn inserts_into(_database: Option<&str>, period: Duration, _connections: usize) -> Result<f64> {
    use diesel::connection::SimpleConnection as _;
    use diesel::sql_types::{Binary, Text};
    use diesel::{Connection as _, RunQueryDsl as _};
    use models::backend;
    use models::database::Role;

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("baseline.db").display().to_string();
    let mut conn = models::Connection::establish(&path)?;
    backend::set_up(&mut conn, Role::Write)?;
    conn.batch_execute(
        "CREATE TABLE load_baseline (id BLOB PRIMARY KEY, account_id BLOB NOT NULL, content TEXT NOT NULL)",
    )?;
    let begin = std::time::Instant::now();
    let content = "x".repeat(80);
    let mut count = 0_u32;
    while begin.elapsed() < period {
        let id = models::Id::at(models::Timestamp::from_micros(i64::from(count))).to_string();
        conn.immediate_transaction(|conn| {
            diesel::sql_query("INSERT INTO load_baseline VALUES (?, ?, ?)")
                .bind::<Binary, _>(id.as_bytes())
                .bind::<Binary, _>(id.as_bytes())
                .bind::<Text, _>(&content)
                .execute(conn)
        })?;
        count = count.saturating_add(1);
    }
    Ok(f64::from(count) / begin.elapsed().as_secs_f64())
}
