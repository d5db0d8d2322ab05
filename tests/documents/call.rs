//! Calls as skill files tell agents to make them.

use support::{Answer, Http};

/// A call that a skill file tells an agent to make.
#[derive(Debug)]
pub struct Call {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    /// Whether its answer has no end.
    pub streams: bool,
}

impl Call {
    /// Reads a curl line; `base` is where every URL must begin.
    pub fn parse(line: &str, base: &str) -> Self {
        let words = shlex::split(&line.replace("\\\n", " ")).expect("a line for a shell");
        let mut words = words.into_iter();
        assert_eq!(words.next().as_deref(), Some("curl"), "{line}");
        let mut call = Self { method: String::new(), path: String::new(), headers: vec![], body: None, streams: false };
        while let Some(word) = words.next() {
            let mut value = || words.next().expect("an option's value");
            match word.as_str() {
                "-s" => {}
                "-N" => call.streams = true,
                "-X" => call.method = value(),
                "-d" => call.body = Some(value()),
                "-H" => {
                    let header = value();
                    let (name, value) = header.split_once(": ").expect("a header");
                    call.headers.push((name.to_owned(), value.to_owned()));
                }
                url => {
                    url.strip_prefix(base).unwrap_or_else(|| panic!("{url} is elsewhere")).clone_into(&mut call.path)
                }
            }
        }
        if call.method.is_empty() {
            "GET".clone_into(&mut call.method);
        }
        call
    }

    pub async fn make(&self, http: &Http) -> Answer {
        let with_headers = self.headers.iter().fold(http.clone(), |http, (name, value)| http.with_header(name, value));
        with_headers.call(&self.method, &self.path, self.body.clone().map(String::into_bytes)).await
    }
}

/// The lines of all blocks for a shell.
pub fn shell_blocks(markdown: &str) -> Vec<String> {
    let blocks = markdown.split("```sh\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default().trim().to_owned()).collect()
}
