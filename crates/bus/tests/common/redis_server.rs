//! A Redis for one test: on a socket in a folder of its own, so that tests that run at once cannot meet.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use models::{Clock, Id};

/// A Redis that is gone with this value.
pub struct RedisServer {
    folder: PathBuf,
    process: Child,
}

impl RedisServer {
    /// Starts one, and returns when it answers.
    pub fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("clankwork-redis-{}", Id::at(Clock::system().now())));
        std::fs::create_dir_all(&folder).unwrap();
        let process = spawn(&folder);
        let server = Self { folder, process };
        server.await_answer();
        server
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Stops it as a machine stops whose power fails: it does nothing more, and nothing is closed.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    /// Ends it as by `kill -9`.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it anew where it was, empty, after [`RedisServer::kill`].
    pub fn restart(&mut self) {
        self.process = spawn(&self.folder);
        self.await_answer();
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("redis.sock")
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap().success());
    }

    fn await_answer(&self) {
        let begin = Instant::now();
        while !self.answers() {
            assert!(begin.elapsed() < Duration::from_secs(30), "redis-server does not answer on {}", self.url());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = UnixStream::connect(self.socket()) else { return false };
        let mut answer = [0; 5];
        stream.write_all(b"PING\r\n").is_ok() && stream.read_exact(&mut answer).is_ok() && &answer == b"+PONG"
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn spawn(folder: &PathBuf) -> Child {
    Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket", "redis.sock", "--dir"])
        .arg(folder)
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is installed")
}
