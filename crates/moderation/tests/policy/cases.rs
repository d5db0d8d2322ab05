//! Reading the cases; tests/cases/README.md says how they are written.

use moderation::{Accepted, Refusal, Verdict, review};

/// The characters of a post.
pub const LONGEST: usize = 100;

/// A text, and what the policy makes of it.
pub struct Case {
    pub category: &'static str,
    pub text: String,
    /// As it stands in the file.
    pub written: &'static str,
    /// What it becomes; `~` is any one word.
    pub rewritten: String,
}

pub fn tuning() -> Vec<Case> {
    read(include_str!("../cases/tuning.txt"))
}

pub fn held_out() -> Vec<Case> {
    read(include_str!("../cases/held-out.txt"))
}

fn read(file: &'static str) -> Vec<Case> {
    file.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (category, rest) = line.split_once(": ").expect("a category stands before the text");
            let (written, rewritten) = rest.split_once(" => ").unwrap_or((rest, rest));
            Case { category, text: unescaped(written), written, rewritten: unescaped(rewritten) }
        })
        .collect()
}

/// `text` with the characters that its escapes name.
fn unescaped(text: &str) -> String {
    let (mut read, mut rest) = (String::new(), text);
    while let Some((before, escape)) = rest.split_once("\\u{") {
        let (number, after) = escape.split_once('}').expect("an escape ends");
        read.push_str(before);
        read.extend(u32::from_str_radix(number, 16).ok().and_then(char::from_u32));
        rest = after;
    }
    read + rest
}

impl Case {
    /// What is found in the text: categories, without those of which nothing is.
    pub fn found(&self) -> Vec<&'static str> {
        let Accepted { text, changed, crisis } = match review(&self.text, LONGEST) {
            Verdict::Refused(Refusal::Violence) => return vec!["threat"],
            Verdict::Refused(Refusal::ContactInfo) => return vec!["contact"],
            Verdict::Refused(Refusal::Empty) => return vec!["empty"],
            Verdict::Accepted(accepted) => accepted,
        };
        let mut found = Vec::new();
        let count = |of: &str, text: &str| text.matches(of).count();
        if crisis {
            found.push("crisis");
        }
        if is_like(&text, &self.rewritten) && self.text != self.rewritten {
            found.push(self.category);
        } else if changed {
            // What was rewritten wrongly counts against that which did it.
            found.push(match () {
                () if count("clankspace", &text) > count("clankspace", &self.text) => "platform",
                () if count("🤖", &text) > count("🤖", &self.text) => "emoji",
                () if text == self.text.replace(['@', '＠'], "") => "mention",
                () => "profanity",
            });
        }
        found
    }

    /// Whether the verdict is the one expected.
    pub fn is_met(&self) -> bool {
        match self.category {
            "innocent" => self.found().is_empty(),
            "profanity" | "platform" | "emoji" | "mention" => {
                self.found() == [self.category]
                    && matches!(review(&self.text, LONGEST), Verdict::Accepted(it) if is_like(&it.text, &self.rewritten))
            }
            category => self.found() == [category],
        }
    }
}

/// Whether `text` is `pattern`, in which `~` is any one word.
fn is_like(text: &str, pattern: &str) -> bool {
    match pattern.split_once('~') {
        None => text == pattern,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            let end = rest.find(|character: char| !character.is_alphabetic()).unwrap_or(rest.len());
            end > 0 && is_like(rest.split_at(end).1, after)
        }),
    }
}
