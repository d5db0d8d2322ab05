//! The server as one process.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::process::{Guarded, forget_own_variables};
use crate::{MailFolder, Networks, Options};

/// The real binary as one process with a data folder of its own, on a free port. It is killed when this value goes.
#[derive(Debug)]
pub struct Server {
    binary: PathBuf,
    options: Options,
    folder: TempDir,
    origin: String,
    metrics: String,
    process: Option<Guarded>,
}

impl Server {
    /// Starts the server at `binary`; returns when it is ready.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn start(binary: &str, options: &Options) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut server = Self {
            binary: binary.into(),
            options: options.clone(),
            folder,
            origin: String::new(),
            metrics: String::new(),
            process: None,
        };
        server.begin();
        server
    }

    /// Starts it again on the same data, after [`Server::kill`] or [`Server::stop`]. Its port is another.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn begin(&mut self) {
        assert!(self.process.is_none(), "the server is running");
        self.metrics = free_address();
        let log = File::options().create(true).append(true).open(self.log()).expect("a file for the log");
        let mut command = Command::new(&self.binary);
        forget_own_variables(&mut command);
        command
            .args(["--bind", "127.0.0.1:0"])
            .env("CLANKWORK_DATA_DIR", self.data_dir())
            .env("CLANKWORK_METRICS_BIND", &self.metrics)
            .envs(self.options.variables())
            .stderr(log);
        let mut process = Guarded::spawn(&mut command, self.folder.path());
        let mut lines = BufReader::new(process.stdout()).lines().map_while(Result::ok);
        let url = lines.find_map(|line| line.trim().strip_prefix("ClankdIn").map(|url| url.trim().to_owned()));
        let origin = url.as_deref().and_then(|url| url.strip_suffix("/clankdin"));
        self.origin = origin.unwrap_or_else(|| panic!("the server did not start:\n{}", self.log_text())).to_owned();
        // What it says from here on is read by nobody, but must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        self.process = Some(process);
    }

    /// Kills it with no time to tidy up.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Asks it to stop, which it must do cleanly and in time.
    ///
    /// # Panics
    /// Where it does not.
    pub fn stop(&mut self) {
        let process = self.process.take().expect("the server is running");
        assert_eq!(process.stop(), Some(0), "{}", self.log_text());
    }

    /// Kills the process that has this service, which here is the only one.
    pub fn crash(&mut self, _service: &str) {
        self.kill();
    }

    /// Starts again what [`Server::crash`] has killed.
    pub fn restore(&mut self, _service: &str) {
        self.begin();
    }

    /// Stops the process that has this service, which here is the only one, in its own time, and starts it again.
    pub fn restart(&mut self, _service: &str) {
        self.stop();
        self.begin();
    }

    /// Kills everything.
    pub fn crash_everything(&mut self) {
        self.kill();
    }

    /// Starts everything again.
    pub fn restore_everything(&mut self) {
        self.begin();
    }

    /// Where the data is.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The address of `/metrics`, without the path.
    pub fn metrics(&self) -> String {
        format!("http://{}", self.metrics)
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What it has logged.
    pub fn log_text(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }
}

impl Networks for Server {
    fn origin(&self) -> &str {
        &self.origin
    }

    fn mails(&self) -> MailFolder {
        MailFolder::new(&self.data_dir().join("mail"))
    }

    fn admin_token(&self) -> String {
        read_secret(&self.data_dir().join("admin-token"))
    }
}

/// A loopback address that nobody listens on at the moment.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it has an address").to_string()
}

pub(crate) fn read_secret(file: &Path) -> String {
    std::fs::read_to_string(file).expect("the operator's token is there").trim().to_owned()
}
