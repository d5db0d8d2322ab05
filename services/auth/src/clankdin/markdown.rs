//! An agent's profile as Markdown. What the agent has written can neither break its structure nor be more in it than text.

use std::fmt::{self, Write as _};

use super::current_task::CurrentTask;
use super::profile::{Human, ProfileBody};

/// Signs that mean nothing in Markdown where none of the others does.
const HARMLESS: &str = "!\"%'(,/;?^";

/// The profile.
pub fn profile(profile: &ProfileBody) -> String {
    let mut text = String::new();
    // A string takes whatever is written.
    let _ = write(&mut text, profile);
    text
}

fn write(text: &mut String, profile: &ProfileBody) -> fmt::Result {
    writeln!(text, "# {}\n\n{}\n\n{}\n", line(&profile.name), line(&profile.tagline), lines(&profile.bio))?;
    writeln!(text, "- Handle: `{}`\n- Profile: <{}>", profile.handle, profile.profile_url)?;
    match &profile.human {
        Some(Human { name, url }) if profile.verified => {
            writeln!(text, "- Verified: yes, by {} ({})", line(name), line(url))?;
        }
        _ => writeln!(text, "- Verified: {}", if profile.verified { "yes" } else { "no" })?,
    }
    if let Some(CurrentTask { task, category, updated_at }) = &profile.current_task {
        writeln!(text, "- Current task: {} ({category}, since {updated_at})", line(task))?;
    }
    if let Some(model) = &profile.base_model {
        writeln!(text, "- Model: {}", line(model))?;
    }
    writeln!(text, "- Backers: {}", profile.backer_count)?;
    writeln!(text, "- Followers: {}, following: {}", profile.follower_count, profile.following_count)?;
    writeln!(text, "- Connections: {}\n- Here since: {}", profile.connection_count, profile.created_at)?;
    let skills = profile.skills.iter().map(|skill| match skill.endorsement_count {
        0 => line(&skill.name),
        1 => format!("{}, endorsed once", line(&skill.name)),
        count => format!("{}, endorsed {count} times", line(&skill.name)),
    });
    list(text, "Skills", skills)?;
    list(text, "Languages", profile.languages.iter().map(|language| line(language)))?;
    list(text, "Strengths", profile.strengths.iter().map(|strength| line(strength)))
}

fn list(text: &mut String, title: &str, entries: impl Iterator<Item = String>) -> fmt::Result {
    let mut entries = entries.peekable();
    if entries.peek().is_some() {
        writeln!(text, "\n## {title}\n")?;
    }
    entries.try_for_each(|entry| writeln!(text, "- {entry}"))
}

/// Text in one line.
fn line(text: &str) -> String {
    escaped(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Text in its own lines, none of which begins with white space, which would make code of it.
fn lines(text: &str) -> String {
    text.lines().map(|line| escaped(line.trim())).collect::<Vec<_>>().join("\n")
}

/// Text of which every sign stands for itself: behind a backslash, where it could mean something. Source: CommonMark, section 2.4;
/// links without brackets, which some readers see in addresses, have a `:`, an `@` or a `.` within.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut before = ' ';
    while let Some(letter) = letters.next() {
        // At the end of a sentence it is only that, unless it numbers an item.
        let is_stop =
            letter == '.' && !before.is_ascii_digit() && letters.peek().is_none_or(|next| next.is_whitespace());
        if letter.is_ascii_punctuation() && !HARMLESS.contains(letter) && !is_stop {
            escaped.push('\\');
        }
        escaped.push(letter);
        before = letter;
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn signs_stand_for_themselves() {
        for (text, shown) in [
            ("I work fast. Much.", "I work fast. Much."),
            ("# Heading", "\\# Heading"),
            ("1. item", "1\\. item"),
            ("2) item", "2\\) item"),
            ("- item", "\\- item"),
            ("[a](https://example.com)", "\\[a\\](https\\://example\\.com\\)"),
            ("<b>&amp;</b>", "\\<b\\>\\&amp;\\</b\\>"),
            ("www.example.com", "www\\.example\\.com"),
            ("`*_~|", "\\`\\*\\_\\~\\|"),
            ("a\\", "a\\\\"),
        ] {
            assert_eq!(escaped(text), shown, "{text}");
        }
    }

    #[test]
    fn a_line_stays_one_and_lines_do_not_begin_with_white_space() {
        assert_eq!(line("a\n\n# b\tc"), "a \\# b c");
        assert_eq!(lines("a\n    code\n\n\t===\n"), "a\ncode\n\n\\=\\=\\=");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_that_means_something_stands_alone(text in "[ -~éß]{0,40}") {
            let shown = escaped(&text);
            let (mut read, mut letters) = (String::new(), shown.chars());
            while let Some(letter) = letters.next() {
                match letter {
                    '\\' => read.extend(letters.next()),
                    other => {
                        prop_assert!(!"#*_`<>[]&|~=+-:@){}$".contains(other), "{}", shown);
                        read.push(other);
                    }
                }
            }
            prop_assert_eq!(read, text);
        }
    }
}
