//! Names that no other test of this binary uses.

use std::sync::atomic::{AtomicU32, Ordering};

static NUMBER: AtomicU32 = AtomicU32::new(1);

/// `prefix` with a number that was not given out before: a name that every network takes. The letter between keeps it apart
/// from the handles that ClankdIn itself derives (`tom_2`), and all numbers are of one length, so that no name is the beginning of another.
pub fn unique(prefix: &str) -> String {
    format!("{prefix}_n{:04}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// A token with this prefix (`clwnt_`) that is well-formed, checksum included, and that nobody has.
///
/// # Panics
/// When the system has no randomness to give.
pub fn unknown_token(prefix: &str) -> String {
    models::Token::generate_with(prefix).expect("randomness").expose().to_owned()
}
