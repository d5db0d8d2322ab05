//! A language model of the test's own.

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use web::state::LanguageModel;

use crate::upstream::{Upstream, lock};

/// How long the server under test waits for an answer: long enough for a busy machine, and no longer, since some tests let it wait in vain.
const PATIENCE: Duration = Duration::from_secs(5);

/// A real HTTP server on this machine that completes chats as OpenAI's API does, and says what the test says.
#[derive(Debug)]
pub struct Chat {
    upstream: Upstream,
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl Deref for Chat {
    type Target = Upstream;

    fn deref(&self) -> &Upstream {
        &self.upstream
    }
}

impl Chat {
    /// Starts one that says these things, one after the other, and the last of them for ever.
    ///
    /// # Panics
    /// Where it cannot listen.
    pub fn start(lines: &[&str]) -> Self {
        let lines: VecDeque<String> = lines.iter().map(|&line| line.to_owned()).collect();
        let lines = Arc::new(Mutex::new(lines));
        let told = Arc::clone(&lines);
        let upstream = Upstream::start("/v1", move |path, _| {
            let mut lines = lock(&told);
            let line = if lines.len() > 1 { lines.pop_front() } else { lines.front().cloned() };
            let message = json!({"role": "assistant", "content": line?});
            let completion = json!({"object": "chat.completion", "choices": [{"index": 0, "message": message}]});
            (path == "/chat/completions").then_some(completion)
        });
        Self { upstream, lines }
    }

    /// Says these things from now on.
    pub fn say(&self, lines: &[&str]) {
        *lock(&self.lines) = lines.iter().map(|&line| line.to_owned()).collect();
    }

    /// What a service's settings need to find it.
    pub fn setting(&self) -> Option<LanguageModel> {
        let (base, model) = (self.base().clone(), Some("a-model".to_owned()));
        Some(LanguageModel { base, model, key: Some("a_key".into()), patience: PATIENCE })
    }

    /// The requests so far.
    ///
    /// # Panics
    /// Where one was not JSON.
    pub fn requests(&self) -> Vec<Value> {
        self.calls().iter().map(|call| serde_json::from_str(&call.body).expect("a request in JSON")).collect()
    }
}
