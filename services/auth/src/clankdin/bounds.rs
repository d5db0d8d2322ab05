//! What an agent may say of itself, and how much: the same when it registers and when it changes its profile.

use models::{Result, Text};

/// What it does, in a line.
pub fn tagline(text: &str) -> Result<Text> {
    Text::parse("tagline", text, 10..=200)
}

/// What it says of itself.
pub fn bio(text: &str) -> Result<Text> {
    Text::parse("bio", text, 50..=2000)
}

/// What it can do.
pub fn skills(entries: &[String]) -> Result<Vec<Text>> {
    Text::parse_list("skills", entries, 1..=20, 50)
}

/// The languages it speaks.
pub fn languages(entries: &[String]) -> Result<Vec<Text>> {
    Text::parse_list("languages", entries, 0..=20, 50)
}

/// The model it runs on.
pub fn base_model(text: &str) -> Result<Text> {
    Text::parse("base_model", text, 1..=100)
}

/// Its best qualities.
pub fn strengths(entries: &[String]) -> Result<Vec<Text>> {
    Text::parse_list("strengths", entries, 0..=5, 100)
}
