//! Other programs, as processes that end when the tests do.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::waiting::{GENEROUS, PAUSE, eventually_blocking};

/// How long a process may take to stop when it is asked to. Source: the design's promises.
const STOP: Duration = Duration::from_secs(10);

/// Takes the variables that steer a server out of what `command` inherits.
pub(crate) fn forget_own_variables(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CLANKWORK_") || matches!(&*text, "DATABASE_URL" | "DATABASE_READ_URL" | "REDIS_URL") {
            command.env_remove(&name);
        }
    }
}

/// Runs `binary` to its end, with these arguments and variables and nothing inherited of ours.
///
/// # Panics
/// Where it cannot be started, or does not end.
pub fn run(binary: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(binary);
    forget_own_variables(&mut command);
    command.args(arguments).envs(variables.iter().copied()).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program can be started");
    let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
    let begin = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            break status;
        }
        if begin.elapsed() > GENEROUS {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{binary} {arguments:?} with {variables:?} does not end");
        }
        std::thread::sleep(PAUSE);
    };
    let text = |collected: JoinHandle<Vec<u8>>| collected.join().expect("the output can be read");
    Output { status, stdout: text(stdout), stderr: text(stderr) }
}

/// Reads a pipe to its end while the program runs, so that it never fills.
fn collect(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    let mut pipe = pipe.expect("it is piped");
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

/// A process that is killed when this value goes, or when the test process ends, however suddenly: values in statics are never
/// dropped, so that a shell watches over the process, and when the pipe to this process closes kills it and removes its folder.
#[derive(Debug)]
pub(crate) struct Guarded {
    child: Child,
    watchdog: Child,
}

impl Guarded {
    /// Starts `command`, which works in `folder`; standard output is piped.
    pub(crate) fn spawn(command: &mut Command, folder: &Path) -> Self {
        Self::spawn_as_it_is(command.stdin(Stdio::null()), folder)
    }

    /// The same with standard input piped too.
    pub(crate) fn spawn_with_input(command: &mut Command, folder: &Path) -> Self {
        Self::spawn_as_it_is(command.stdin(Stdio::piped()), folder)
    }

    fn spawn_as_it_is(command: &mut Command, folder: &Path) -> Self {
        let child = command.stdout(Stdio::piped()).spawn().expect("the program can be started");
        let watchdog = Command::new("sh")
            .args([
                "-c",
                "trap '' INT; read -r _; kill -KILL \"$1\"; rm -rf \"$2\"",
                "watchdog",
                &child.id().to_string(),
            ])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell can be started");
        Self { child, watchdog }
    }

    /// Standard output, the first time it is asked for.
    pub(crate) fn stdout(&mut self) -> std::process::ChildStdout {
        self.child.stdout.take().expect("standard output is read once")
    }

    /// Standard input, the first time it is asked for.
    pub(crate) fn stdin(&mut self) -> std::process::ChildStdin {
        self.child.stdin.take().expect("standard input is written to by one")
    }

    /// Asks it to stop, and returns its exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        let told = Command::new("sh").args(["-c", "kill -TERM \"$1\"", "stop", &self.child.id().to_string()]).status();
        assert!(told.expect("a shell can be started").success(), "the process was gone before it was told to stop");
        let child = &mut self.child;
        let ended = eventually_blocking(STOP, "the process stops", || child.try_wait().expect("it is our child"));
        ended.code()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // The watchdog goes first: after the child is collected its number may be another's.
        let _ = self.watchdog.kill();
        let _ = self.watchdog.wait();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
