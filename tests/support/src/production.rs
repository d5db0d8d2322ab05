//! The server as in production: five services behind nginx, with Postgres and Redis.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::process::forget_own_variables;
use crate::server::read_secret;
use crate::{MailFolder, Networks, Options};

/// How many of which service run where nothing else is said.
const REPLICAS: &str = "posts=2,webhooks=2";

/// What `deploy/run-production` runs. It ends with this value, and with the test process: the script stops when its standard
/// input closes.
#[derive(Debug)]
pub struct Production {
    script: Mutex<Script>,
    facts: HashMap<String, String>,
}

#[derive(Debug)]
struct Script {
    child: Child,
    /// Taken when the script is to end.
    stdin: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Production {
    /// Starts everything with the server at `binary`, with two replicas of posts and of webhooks; returns when all is ready.
    ///
    /// # Panics
    /// Where something does not start.
    pub fn start(binary: &str, options: &Options) -> Self {
        Self::start_with(binary, options, REPLICAS)
    }

    /// The same with these replicas: `auth=2,messaging=2`.
    ///
    /// # Panics
    /// Where something does not start.
    pub fn start_with(binary: &str, options: &Options, replicas: &str) -> Self {
        // One after another: each of the programs has only so long to become ready, and a machine may have few processors.
        static STARTING: Mutex<()> = Mutex::new(());
        let _turn = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/run-production");
        let mut command = Command::new(script);
        forget_own_variables(&mut command);
        command.args(["--binary", binary, "--replicas", replicas]).envs(options.variables());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("deploy/run-production can be started");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let stdin = child.stdin.take();
        let mut script = Script { child, stdin, lines };
        let facts = script.facts_until("ready");
        Self { script: Mutex::new(script), facts }
    }

    /// Tells the script to do something with one of its processes (`kill posts_1`), and waits until it is done.
    ///
    /// # Panics
    /// Where it cannot be done.
    pub fn command(&self, command: &str) {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        let stdin = script.stdin.as_mut().expect("the script takes commands");
        writeln!(stdin, "{command}").expect("the script takes commands");
        let _ = script.facts_until("done");
    }

    /// Kills all replicas of a service, or Postgres or Redis, with no time to tidy up.
    pub fn crash(&mut self, service: &str) {
        for instance in self.instances(service) {
            self.command(&format!("kill {instance}"));
        }
    }

    /// Starts again what [`Production::crash`] has killed.
    pub fn restore(&mut self, service: &str) {
        for instance in self.instances(service) {
            self.command(&format!("start {instance}"));
        }
    }

    /// Stops the replicas of a service in their own time, one after another, and starts each again.
    pub fn restart(&mut self, service: &str) {
        for instance in self.instances(service) {
            self.command(&format!("restart {instance}"));
        }
    }

    /// Kills everything but nginx, databases included.
    pub fn crash_everything(&mut self) {
        let services = self.all_instances();
        for name in ["postgres", "redis"].into_iter().map(str::to_owned).chain(services) {
            self.command(&format!("kill {name}"));
        }
    }

    /// Starts everything again.
    pub fn restore_everything(&mut self) {
        let services = self.all_instances();
        for name in ["postgres", "redis"].into_iter().map(str::to_owned).chain(services) {
            self.command(&format!("start {name}"));
        }
    }

    /// The base URL of one instance, past the gateway.
    pub fn instance(&self, name: &str) -> String {
        format!("http://{}", self.fact(&format!("bind_{name}")))
    }

    /// The address of the `/metrics` of one instance, without the path.
    pub fn metrics(&self) -> String {
        format!("http://{}", self.fact("metrics_posts_1"))
    }

    /// The names of a service's instances: `posts_1`, `posts_2`. Of Postgres and Redis there is one each.
    pub fn instances(&self, service: &str) -> Vec<String> {
        if matches!(service, "postgres" | "redis") {
            return vec![service.to_owned()];
        }
        self.all_instances().into_iter().filter(|name| name.split('_').next() == Some(service)).collect()
    }

    fn all_instances(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.facts.keys().filter_map(|fact| fact.strip_prefix("bind_")).map(str::to_owned).collect();
        names.sort();
        names
    }

    fn fact(&self, name: &str) -> &str {
        self.facts.get(name).unwrap_or_else(|| panic!("run-production does not tell {name}: {:?}", self.facts))
    }

    /// What the process of that name has logged.
    pub fn log_text(&self) -> String {
        let folder = PathBuf::from(self.fact("data")).join("log");
        let texts = self.all_instances().into_iter().map(|name| {
            let text = std::fs::read_to_string(folder.join(format!("{name}.log"))).unwrap_or_default();
            format!("---- {name}\n{text}")
        });
        texts.collect()
    }
}

impl Script {
    /// Reads the `KEY=VALUE` lines up to `end`.
    fn facts_until(&mut self, end: &str) -> HashMap<String, String> {
        let mut facts = HashMap::new();
        loop {
            match self.lines.next() {
                Some(Ok(line)) if line == end => return facts,
                Some(Ok(line)) => match line.split_once('=') {
                    Some((name, value)) => facts.insert(name.to_owned(), value.to_owned()),
                    None => panic!("run-production says {line:?} instead of {end:?}"),
                },
                other => panic!("run-production ended before {end:?}: {other:?}"),
            };
        }
    }
}

impl Drop for Production {
    fn drop(&mut self) {
        let script = self.script.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(script.stdin.take());
        let _ = script.child.wait();
    }
}

impl Networks for Production {
    fn origin(&self) -> &str {
        self.fact("gateway")
    }

    fn mails(&self) -> MailFolder {
        MailFolder::new(Path::new(self.fact("mail")))
    }

    fn admin_token(&self) -> String {
        read_secret(Path::new(self.fact("admin_token_file")))
    }
}
