//! A real browser, which looks at pages as people do: Chromium without a window, driven by the Chrome DevTools Protocol through a pair of
//! pipes. So there is no port that another program could have, no further program between, and the browser ends when the pipes close.
//!
//! Source: the Chrome DevTools Protocol, <https://chromedevtools.github.io/devtools-protocol/>.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::GENEROUS;
use crate::process::Guarded;

/// How long nothing may go on before a page counts as loaded whole.
const QUIET: Duration = Duration::from_millis(150);
/// How long it may take to say that it ends.
const FAREWELL: Duration = Duration::from_secs(2);
/// The names that the program has, on Debian and elsewhere.
const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// How wide, how high and how bright.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// CSS pixels.
    pub width: u32,
    /// CSS pixels.
    pub height: u32,
    /// Whether the reader likes it dark.
    pub is_dark: bool,
}

impl View {
    /// A phone that is held upright, and a window on a desk, each by day and by night.
    pub const ALL: [Self; 4] = [
        Self { width: 375, height: 812, is_dark: false },
        Self { width: 375, height: 812, is_dark: true },
        Self { width: 1280, height: 800, is_dark: false },
        Self { width: 1280, height: 800, is_dark: true },
    ];
}

impl std::fmt::Display for View {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.is_dark { "dark" } else { "light" };
        write!(formatter, "{}x{}-{scheme}", self.width, self.height)
    }
}

/// A page as it was seen.
#[derive(Debug)]
pub struct Sight {
    /// What went wrong while it loaded: errors on the console, scripts that threw, requests that failed, violations of the page's
    /// policy, dialogs that opened.
    pub complaints: Vec<String>,
    /// The text that can be read on it.
    pub text: String,
    /// How many CSS pixels it is wider than its window.
    pub overflow: i64,
    /// The picture, as PNG.
    pub png: Vec<u8>,
}

/// A browser with a profile of its own and one page.
#[derive(Debug)]
pub struct Browser {
    stdin: ChildStdin,
    _process: Guarded,
    messages: Receiver<Value>,
    session: String,
    last_id: u64,
    complaints: Vec<String>,
    /// Requests under way.
    requests: BTreeSet<String>,
    has_loaded: bool,
    _profile: TempDir,
}

impl Browser {
    /// Starts one.
    ///
    /// # Panics
    /// Where no Chromium is installed, or it does not start.
    pub fn start() -> Self {
        let profile = tempfile::tempdir().expect("a temporary folder");
        let mut process = Guarded::spawn_with_input(&mut command(profile.path()), profile.path());
        let stdin = process.stdin();
        let stdout = process.stdout();
        let (tell, messages) = channel();
        // Ends with the browser.
        std::thread::spawn(move || {
            for message in BufReader::new(stdout).split(0).map_while(Result::ok) {
                let _ = tell.send(serde_json::from_slice(&message).unwrap_or_default());
            }
        });
        let mut browser = Self {
            stdin,
            _process: process,
            messages,
            session: String::new(),
            last_id: 0,
            complaints: Vec::new(),
            requests: BTreeSet::new(),
            has_loaded: false,
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attached = browser.call("Target.attachToTarget", json!({"targetId": target["targetId"], "flatten": true}));
        browser.session = attached["sessionId"].as_str().expect("a session").to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Opens `url` in a window like this, and looks at the page when it is loaded whole.
    ///
    /// # Panics
    /// Where the browser does not do as it is told.
    pub fn look(&mut self, url: &str, view: View) -> Sight {
        let View { width, height, is_dark } = view;
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", metrics);
        let scheme = if is_dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", features);
        self.complaints.clear();
        self.requests.clear();
        self.has_loaded = false;
        let begun = self.call("Page.navigate", json!({"url": url}));
        assert!(begun.get("errorText").is_none(), "{url}: {begun}");
        self.wait_until_quiet(url);
        let text = self.evaluate("document.body.innerText").as_str().unwrap_or_default().to_owned();
        let overflow = self.evaluate(&format!("document.documentElement.scrollWidth - {width}"));
        let shot = self.call("Page.captureScreenshot", json!({"format": "png"}));
        let png = base64::engine::general_purpose::STANDARD.decode(shot["data"].as_str().unwrap_or_default());
        Sight {
            complaints: std::mem::take(&mut self.complaints),
            text,
            overflow: overflow.as_i64().expect("a number of pixels"),
            png: png.expect("a picture"),
        }
    }

    /// Writes `value` into the only field of the page that is open that this selector finds.
    ///
    /// # Panics
    /// Where there is none.
    pub fn fill(&mut self, selector: &str, value: &str) {
        self.evaluate(&format!("document.querySelector({}).value = {}", json!(selector), json!(value)));
    }

    /// Presses the first button of the page that is open that this selector finds, and returns the text of the page behind it when that is
    /// loaded whole. A field that the browser itself finds wrong holds it up.
    ///
    /// # Panics
    /// Where there is no such button, or nothing comes of it.
    pub fn press(&mut self, selector: &str) -> String {
        self.requests.clear();
        self.has_loaded = false;
        self.evaluate(&format!("document.querySelector({}).click()", json!(selector)));
        self.wait_until_quiet(selector);
        self.evaluate("document.body.innerText").as_str().unwrap_or_default().to_owned()
    }

    /// What this script says of the page that is open.
    ///
    /// # Panics
    /// Where it throws.
    pub fn evaluate(&mut self, script: &str) -> Value {
        let evaluated = self.call("Runtime.evaluate", json!({"expression": script, "returnByValue": true}));
        assert!(evaluated.get("exceptionDetails").is_none(), "{script}: {evaluated}");
        evaluated["result"]["value"].clone()
    }

    fn wait_until_quiet(&mut self, url: &str) {
        let begin = Instant::now();
        let mut last = Instant::now();
        while !(self.has_loaded && self.requests.is_empty() && last.elapsed() >= QUIET) {
            if let Ok(message) = self.messages.recv_timeout(QUIET) {
                self.notice(&message);
                last = Instant::now();
            }
            assert!(begin.elapsed() < GENEROUS, "{url} does not load: {:?}", self.requests);
        }
    }

    /// Calls a method of the protocol, and returns its result.
    fn call(&mut self, method: &str, parameters: Value) -> Value {
        let id = self.send(method, parameters);
        let begin = Instant::now();
        loop {
            let left = GENEROUS.saturating_sub(begin.elapsed());
            let message = self.messages.recv_timeout(left);
            let message = message.unwrap_or_else(|error| panic!("the browser does not answer {method}: {error}"));
            if message["id"] == id {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            self.notice(&message);
        }
    }

    fn send(&mut self, method: &str, parameters: Value) -> u64 {
        self.try_send(method, parameters).expect("the browser listens");
        self.last_id
    }

    fn try_send(&mut self, method: &str, parameters: Value) -> std::io::Result<()> {
        self.last_id += 1;
        let mut message = json!({"id": self.last_id, "method": method, "params": parameters});
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.stdin.write_all(&bytes)
    }

    /// Remembers what an event tells.
    fn notice(&mut self, message: &Value) {
        let event = &message["params"];
        let request = || event["requestId"].as_str().unwrap_or_default().to_owned();
        match message["method"].as_str().unwrap_or_default() {
            "Page.loadEventFired" => self.has_loaded = true,
            "Page.javascriptDialogOpening" => {
                self.complaints.push(format!("a dialog opened: {}", event["message"]));
                self.send("Page.handleJavaScriptDialog", json!({"accept": false}));
            }
            "Runtime.exceptionThrown" => {
                let details = &event["exceptionDetails"];
                self.complaints.push(format!("a script threw: {} {}", details["text"], details["exception"]));
            }
            "Runtime.consoleAPICalled" if matches!(event["type"].as_str(), Some("error" | "warning" | "assert")) => {
                self.complaints.push(format!("a script complained: {}", event["args"]));
            }
            "Log.entryAdded" if matches!(event["entry"]["level"].as_str(), Some("error" | "warning")) => {
                let entry = &event["entry"];
                self.complaints.push(format!("the console says: {} {}", entry["text"], entry["url"]));
            }
            "Network.requestWillBeSent" => {
                self.requests.insert(request());
            }
            "Network.loadingFinished" => {
                self.requests.remove(&request());
            }
            "Network.loadingFailed" => {
                self.requests.remove(&request());
                let (error, blocked) = (&event["errorText"], &event["blockedReason"]);
                self.complaints.push(format!("a request failed: {error} {blocked}"));
            }
            "Inspector.targetCrashed" => panic!("the browser's page crashed"),
            _ => {}
        }
    }
}

/// Asks it to end, so that nothing of it is left in its folder. Whatever does not is killed.
impl Drop for Browser {
    fn drop(&mut self) {
        self.session.clear();
        if self.try_send("Browser.close", json!({})).is_ok() {
            while self.messages.recv_timeout(FAREWELL).is_ok() {}
        }
    }
}

/// The browser, which reads commands from descriptor 3 and answers on 4: a shell gives it its standard input and output there.
fn command(profile: &Path) -> Command {
    let program = std::env::var("CHROMIUM").ok().or_else(|| PROGRAMS.into_iter().find(is_installed).map(str::to_owned));
    let program =
        program.expect("Chromium is not installed, which these tests look at pages with: run .ci/run install");
    let mut command = Command::new("sh");
    command.args(["-c", r#"exec "$@" 3<&0 4>&1 0</dev/null 1>/dev/null 2>&1"#, "sh", &program]);
    // Without a sandbox, since tests may run as root or in a container; it sees the pages of the server under test and no others.
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]);
    command.args(["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"]);
    command.args(["--disable-sync", "--disable-extensions", "--no-proxy-server", "--force-color-profile=srgb"]);
    command.args(["--remote-debugging-pipe", &format!("--user-data-dir={}", profile.display())]);
    command.env("HOME", profile).env("TMPDIR", profile);
    command
}

fn is_installed(program: &&str) -> bool {
    let mut look = Command::new("sh");
    look.args(["-c", r#"command -v "$1""#, "sh", program]).stdin(Stdio::null()).stdout(Stdio::null());
    look.status().is_ok_and(|status| status.success())
}

/// The colours of a picture.
#[derive(Clone, Copy, Debug)]
pub struct Colours {
    /// How many there are.
    pub count: usize,
    /// The share of the picture that the most frequent one has, from 0 to 1.
    pub largest_share: f64,
    /// How bright it is on the whole, from 0 to 1.
    pub brightness: f64,
}

impl Colours {
    /// Counts the colours of a picture in PNG.
    ///
    /// # Panics
    /// For what is none.
    pub fn of(png: &[u8]) -> Self {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::STRIP_16);
        let mut reader = decoder.read_info().expect("a picture in PNG");
        let mut bytes = vec![0; reader.output_buffer_size().expect("a picture that fits into memory")];
        let frame = reader.next_frame(&mut bytes).expect("a picture in PNG");
        let pixels = bytes[..frame.buffer_size()].chunks_exact(frame.color_type.samples());
        let (mut counts, mut light, mut total) = (std::collections::HashMap::new(), 0.0, 0.0);
        for pixel in pixels {
            *counts.entry(pixel).or_insert(0.0) += 1.0;
            light += pixel.iter().take(3).map(|&channel| f64::from(channel)).sum::<f64>() / (3.0 * 255.0);
            total += 1.0;
        }
        let largest = counts.values().copied().fold(0.0, f64::max);
        Self { count: counts.len(), largest_share: largest / total, brightness: light / total }
    }
}
