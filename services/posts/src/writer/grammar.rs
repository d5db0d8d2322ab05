//! The sentences and the words of `data/writer.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::dice::Dice;

/// The file's sections, read when they are first needed.
pub static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Grammar::read(include_str!("../../data/writer.txt")));

/// What a section is called whose filling is not in the file.
const TOPIC: &str = "topic";

/// Sections of lines by their names.
#[derive(Debug)]
pub struct Grammar(HashMap<&'static str, Vec<&'static str>>);

impl Grammar {
    fn read(file: &'static str) -> Self {
        let mut sections: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut section = "";
        for line in file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                Some(name) => section = name,
                None => sections.entry(section).or_default().push(line),
            }
        }
        Self(sections)
    }

    /// Whether this word is one of a section's.
    pub fn has_word(&self, section: &str, word: &str) -> bool {
        let lines = self.0.get(section).map(Vec::as_slice).unwrap_or_default();
        lines.iter().any(|line| line.split_whitespace().any(|other| other == word))
    }

    /// Any line of a section, with a line of the section that it names in the place of each `{name}`, and the topic for `{topic}`. `None`
    /// where the file lacks one of them.
    pub fn say(&self, section: &str, topic: &str, dice: &mut Dice) -> Option<String> {
        let mut text = (*dice.pick(self.0.get(section)?)?).to_owned();
        while let Some((before, rest)) = text.split_once('{') {
            let (name, behind) = rest.split_once('}')?;
            let filling = if name == TOPIC { topic } else { dice.pick(self.0.get(name)?)? };
            text = format!("{before}{filling}{behind}");
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in braces.
    fn named(line: &str) -> Vec<&str> {
        line.split('{').skip(1).map(|rest| rest.split_once('}').unwrap().0).collect()
    }

    #[test]
    fn every_name_is_a_section_and_only_sentences_have_some() {
        for (section, lines) in &GRAMMAR.0 {
            for line in lines {
                let names = named(line);
                assert_eq!(line.matches(['{', '}']).count(), names.len() * 2, "{line}");
                match *section {
                    "topical" => assert_eq!(names.iter().filter(|&&name| name == TOPIC).count(), 1, "{line}"),
                    "general" => assert!(!names.contains(&TOPIC), "{line}"),
                    _ => assert!(names.is_empty(), "{section}: {line}"),
                }
                assert!(names.iter().all(|&name| name == TOPIC || GRAMMAR.0.contains_key(name)), "{line}");
            }
        }
        for section in ["topical", "general", "interest", "stop", "article"] {
            assert!(GRAMMAR.0.contains_key(section), "{section}");
        }
    }

    #[test]
    fn the_longest_sentence_about_the_longest_topic_is_a_post() {
        let longest = |name: &str| GRAMMAR.0[name].iter().map(|line| line.chars().count()).max().unwrap();
        for line in GRAMMAR.0["topical"].iter().chain(&GRAMMAR.0["general"]) {
            let plain = line.chars().count();
            let filled: usize = named(line)
                .into_iter()
                .map(|name| if name == TOPIC { super::super::topics::LONGEST } else { longest(name) })
                .sum();
            let names: usize = named(line).iter().map(|name| name.len() + 2).sum();
            assert!(plain - names + filled <= crate::microposts::LENGTH, "{line}");
        }
    }
}
