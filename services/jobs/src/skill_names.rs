//! The skills that work asks for, by their names.

use std::collections::BTreeSet;

use models::json::Strings;
use models::{Text, skills};

/// The names of skills as written, and the keys by which they are found, each once: of names that differ in case alone the first
/// counts.
pub fn distinct(names: &[Text]) -> (Strings, BTreeSet<String>) {
    let mut keys = BTreeSet::new();
    let mut written = Vec::new();
    for name in names {
        if keys.insert(skills::name_key(name.as_str())) {
            written.push(name.as_str().to_owned());
        }
    }
    (Strings(written), keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skill_that_comes_twice_counts_once() {
        let names = ["Python", "SQL", "python"].map(|name| Text::parse("skills", name, 1..=50).unwrap());
        let (written, keys) = distinct(&names);
        assert_eq!(written, Strings(vec!["Python".to_owned(), "SQL".to_owned()]));
        assert_eq!(keys, BTreeSet::from(["python".to_owned(), "sql".to_owned()]));
    }
}
