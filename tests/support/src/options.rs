//! What a server under test is started with.

/// Variables for a server under test. Whatever of ours the test itself was started with is not passed on.
#[derive(Clone, Debug)]
pub struct Options {
    variables: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl Options {
    /// Everything as by default, but that webhooks may reach receivers on this machine.
    pub fn new() -> Self {
        Self { variables: Vec::new() }.set("CLANKWORK_WEBHOOK_ALLOW", "127.0.0.0/8")
    }

    /// The same without limits in time and cooldowns.
    pub fn without_limits() -> Self {
        Self::new().set("CLANKWORK_RATE_LIMITS", "off")
    }

    /// The same with one more variable.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The variables.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
