//! What a bio is about.

use std::mem::{replace, take};

use super::grammar::GRAMMAR;

/// Words of a topic.
const WORDS: usize = 3;
/// Characters of a topic.
pub const LONGEST: usize = 28;
/// Topics that are taken from a bio.
const MOST: usize = 24;

/// What ends a sentence, or as good as that.
const SENTENCE_ENDS: [char; 13] = ['.', '!', '?', ';', ':', '\n', '(', ')', '[', ']', '|', '\u{2013}', '\u{2014}'];
/// What stands between two topics of a sentence.
const JOINTS: [char; 4] = [',', '/', '&', '+'];
/// What takes the place of a word that may be an address.
const REMOVED: char = '\u{fffd}';

/// What somebody has a bio say it likes: phrases of up to three words behind words of interest ("I collect old maps and stamps"); where no
/// such word stands, the runs of words that carry meaning. Only words in Latin letters are taken, since the sentences around them are
/// English; nothing with a digit or a sign in it is, and so no address, number, hashtag or name of another user.
pub fn of(bio: &str) -> Vec<String> {
    let interests = Reader::read(bio, false);
    if interests.is_empty() { Reader::read(bio, true) } else { interests }
}

/// Goes through a bio word by word.
#[derive(Default)]
struct Reader {
    topics: Vec<String>,
    phrase: Vec<String>,
    /// Whether the next word begins a sentence, where a capital says nothing.
    is_first: bool,
    /// Whether the sentence says what somebody does: "I", "we".
    is_own: bool,
    /// Whether the next word may be what is done, as behind "I", or "and" in such a sentence.
    may_be_doing: bool,
    /// Whether the words that come are a topic.
    is_listening: bool,
    /// Whether the words that come belong to a phrase that is no topic.
    is_broken: bool,
}

impl Reader {
    /// The topics behind words of interest, or all of them with `everything`.
    fn read(bio: &str, everything: bool) -> Vec<String> {
        let mut reader = Self::default();
        for sentence in bio.lines().map(without_addresses).collect::<Vec<_>>().join("\n").split(SENTENCE_ENDS) {
            (reader.is_listening, reader.is_first) = (everything, true);
            (reader.is_own, reader.may_be_doing) = (false, false);
            for token in sentence.split_inclusive(|letter: char| letter.is_whitespace() || JOINTS.contains(&letter)) {
                let ends = token.ends_with(JOINTS);
                reader.take(token.trim_matches(|letter| !is_letter(letter) && letter != REMOVED), everything);
                if ends {
                    reader.end_phrase();
                }
            }
            reader.end_phrase();
        }
        reader.topics
    }

    fn take(&mut self, token: &str, everything: bool) {
        let word = token.to_lowercase();
        let is = |section| GRAMMAR.has_word(section, &word);
        if token.is_empty() {
            return;
        }
        let is_first = take(&mut self.is_first);
        let is_subject = matches!(&*word, "i" | "we");
        self.is_own |= is_subject;
        let may_be_doing = replace(&mut self.may_be_doing, is_subject || self.is_own && is("joint"));
        if is("article") && self.phrase.is_empty() {
            return;
        }
        if is("interest") || may_be_doing && is("doing") {
            // What stands before it says how much, or who.
            self.phrase.clear();
            self.is_listening = true;
        } else if is("joint") {
            self.end_phrase();
        } else if is("stop") {
            self.end_phrase();
            self.is_listening = everything;
        } else if !token.chars().all(is_letter) || !token.starts_with(char::is_alphabetic) {
            self.is_broken = true;
        } else if self.is_listening {
            self.phrase.push(if is_name(token) && !is_first { token.to_owned() } else { word });
        }
    }

    fn end_phrase(&mut self) {
        let (mut phrase, is_broken) = (take(&mut self.phrase), take(&mut self.is_broken));
        if phrase.len() > WORDS {
            // "the history of small stations" is about history.
            let of = phrase.iter().position(|word| word == "of").unwrap_or(phrase.len());
            phrase.truncate(of);
        }
        if phrase.last().is_some_and(|word| word == "of") {
            phrase.pop();
        }
        let topic = phrase.join(" ");
        let is_topic = (1..=WORDS).contains(&phrase.len()) && (3..=LONGEST).contains(&topic.chars().count());
        if is_topic && !is_broken && self.topics.len() < MOST && !self.topics.contains(&topic) {
            self.topics.push(topic);
        }
    }
}

/// A line of a bio with nothing in it that looks like a number, a hashtag, the name of an account or an address of any kind.
fn without_addresses(line: &str) -> String {
    let words = line.split_whitespace().map(|word| {
        let inner = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        let is_address = word.contains(['@', '#', '_', '\\']) || inner.contains(['.', ':']) || word.contains("//");
        let is_removed = is_address || word.contains(char::is_numeric);
        let end = word.chars().next_back().filter(|end| SENTENCE_ENDS.contains(end) || JOINTS.contains(end));
        if is_removed { [Some(REMOVED), end].into_iter().flatten().collect() } else { word.to_owned() }
    });
    words.collect::<Vec<String>>().join(" ")
}

/// Whether a word of a topic may have this in it: a Latin letter, or what joins two parts of a word.
const fn is_letter(character: char) -> bool {
    character.is_ascii_alphabetic() || matches!(character, '\u{c0}'..='\u{24f}' | '-' | '\'' | '\u{2019}')
}

/// Whether a word is a name, as it is written: with a capital in front, and shouted only where it is short.
fn is_name(word: &str) -> bool {
    let is_short = word.chars().count() <= 4;
    word.starts_with(char::is_uppercase) && (is_short || word.chars().any(char::is_lowercase))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn interests_are_found_behind_words_of_interest() {
        for (bio, expected) in [
            ("I like rust, green tea and long walks.", &["rust", "green tea", "long walks"][..]),
            ("A robot. I love the sea; I collect old maps & stamps", &["sea", "old maps", "stamps"]),
            ("Enjoys jazz when it rains", &["jazz"]),
            ("I study the history of small railway stations", &["history"]),
            ("Fan of clocks, curious about deep oceans", &["clocks", "deep oceans"]),
            ("I like to bake bread", &["bread"]),
            ("I bake bread and count stars.", &["bread", "stars"]),
            ("We count stars", &["stars"]),
            ("I love the final count and count stars", &["final count", "stars"]),
            ("I love Iceland and the BBC", &["Iceland", "BBC"]),
        ] {
            assert_eq!(of(bio), expected, "{bio}");
        }
    }

    #[test]
    fn a_bio_without_interests_is_about_its_words() {
        assert_eq!(of("Robot gardener from Mars"), ["robot gardener", "Mars"]);
        assert_eq!(of("I am a weather bot with opinions"), ["weather bot", "opinions"]);
    }

    #[test]
    fn what_is_private_or_foreign_is_no_topic() {
        for bio in [
            "",
            "...",
            "我喜歡下雨天和綠茶",
            "Я люблю дождь",
            "I like #rust @mot https://example.com a@example.com 555-0199 hunter2",
            "I am",
            "your bio here",
            "\u{1f916}\u{1f916}",
        ] {
            assert_eq!(of(bio), Vec::<String>::new(), "{bio}");
        }
    }

    proptest! {
        #[test]
        fn a_topic_is_short_and_stands_in_the_bio(bio in "(I (like|love|am) |[a-zA-Zé]{1,9}|[ ,.#@]|and |of |.){0,40}") {
            for topic in of(&bio) {
                prop_assert!(topic.chars().count() <= LONGEST && topic.split(' ').count() <= WORDS);
                let bio = bio.to_lowercase();
                prop_assert!(topic.to_lowercase().split(' ').all(|word| bio.contains(word)), "{}", topic);
            }
        }
    }
}
