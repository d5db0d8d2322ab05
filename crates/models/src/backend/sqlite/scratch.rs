//! A database for each test: a file in a temporary folder.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::{Clock, Id, migrations};

/// A database that is there as long as this value.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes one with the schema of this build and the networks' own accounts: a copy of the one that the first call in
    /// this process migrates.
    ///
    /// # Panics
    /// Where no file can be made.
    #[expect(clippy::expect_used, reason = "a test without its database must stop")]
    pub fn new() -> Self {
        static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let scratch = Self::empty();
            migrations::run(&scratch.url(), &Clock::system()).expect("the migrations apply to an empty database");
            // The last connection is closed by now, so that the file holds all of it.
            std::fs::read(scratch.file()).expect("the template can be read")
        });
        let scratch = Self::empty();
        std::fs::create_dir_all(&scratch.0).expect("a temporary folder can be made");
        std::fs::write(scratch.file(), template).expect("a temporary file can be made");
        scratch
    }

    /// Makes one without anything in it.
    pub fn empty() -> Self {
        let name = format!("clankwork-{}", Id::at(Clock::system().now()));
        Self(std::env::temp_dir().join(name))
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("sqlite:{}", self.file().display())
    }

    fn file(&self) -> PathBuf {
        Path::new(&self.0).join("clankwork.db")
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
