//! Reading Server-Sent Events.

use reqwest::Response;
use serde_json::Value;

use crate::unwrap_content;

/// An event of a stream.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StreamEvent {
    /// Its id.
    pub id: String,
    /// What kind of event it is.
    pub kind: String,
    /// Its data, which is JSON.
    pub data: Value,
}

impl StreamEvent {
    /// Of an event that is a message: who wrote it, and what it says.
    ///
    /// # Panics
    /// Where it is none.
    pub fn message(&self) -> (String, String) {
        let message = unwrap_content(&self.data["content"]);
        let text = |field: &str| message[field].as_str().expect("it is text").to_owned();
        (text("from"), text("content"))
    }
}

/// A stream of events that is open. It closes when this value goes.
#[derive(Debug)]
pub struct EventStream {
    response: Response,
    /// What has come and is not yet read.
    pending: Vec<u8>,
}

impl EventStream {
    pub(crate) fn new(response: Response) -> Self {
        Self { response, pending: Vec::new() }
    }

    /// The header of that name, where it came.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// The next event, past all comments; `None` when the stream has ended.
    ///
    /// # Panics
    /// Where the stream breaks off, is silent for too long, or is none.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        loop {
            let block = self.block().await?;
            if !block.starts_with(':') {
                return Some(read(&block));
            }
        }
    }

    /// The next comment, which is a sign of life and nothing else.
    ///
    /// # Panics
    /// Where something else comes.
    pub async fn sign_of_life(&mut self) {
        let block = self.block().await;
        assert_eq!(block.as_deref(), Some(":"), "a comment comes");
    }

    /// So many events, in their order.
    ///
    /// # Panics
    /// Where the stream ends before.
    pub async fn take(&mut self, count: usize) -> Vec<StreamEvent> {
        let mut events = Vec::new();
        while events.len() < count {
            events.push(self.next().await.expect("the stream goes on"));
        }
        events
    }

    /// The next block, which an empty line ends.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.pending.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.pending.drain(..end + 2).take(end).collect();
                return Some(String::from_utf8(block).expect("a stream is UTF-8"));
            }
            match self.response.chunk().await.expect("the stream does not break off") {
                Some(chunk) => self.pending.extend_from_slice(&chunk),
                None => {
                    assert!(self.pending.is_empty(), "the stream ends behind a whole event");
                    return None;
                }
            }
        }
    }
}

fn read(block: &str) -> StreamEvent {
    let lines: Vec<&str> = block.lines().collect();
    let field = |name: &str| {
        let values: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect();
        assert_eq!(values.len(), 1, "one {name} in {block}");
        values[0].to_owned()
    };
    assert_eq!(lines.len(), 3, "{block}");
    let data = serde_json::from_str(&field("data")).expect("data is JSON");
    StreamEvent { id: field("id"), kind: field("event"), data }
}
