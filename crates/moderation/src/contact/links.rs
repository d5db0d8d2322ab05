//! Links and addresses of mail, as they are written and as they are spelled out.
//!
//! `linkify` finds what has the form of one; whether `word.word` is meant as an address is told by the list of public
//! suffixes (`psl`) and, for the suffixes that are words or endings of files as well, by `data/domains.txt`.

use std::collections::HashSet;
use std::sync::LazyLock;

use linkify::{LinkFinder, LinkKind};

use crate::lexicon::{DOMAINS, lines};

/// Letters in a row, each a word of its own, that are one word.
const SPELLED: usize = 3;

/// What `data/domains.txt` says; its comments tell what each list is.
#[derive(Default)]
struct Domains {
    word: HashSet<&'static str>,
    plain: HashSet<&'static str>,
    name: HashSet<&'static str>,
    provider: HashSet<&'static str>,
    before: HashSet<&'static str>,
    after: HashSet<&'static str>,
}

static KNOWN: LazyLock<Domains> = LazyLock::new(|| {
    let mut known = Domains::default();
    for (section, line) in lines(DOMAINS) {
        let list = match section {
            "word" => &mut known.word,
            "plain" => &mut known.plain,
            "name" => &mut known.name,
            "provider" => &mut known.provider,
            "before" => &mut known.before,
            _ => &mut known.after,
        };
        list.extend(line.split_whitespace());
    }
    known
});

static FINDER: LazyLock<LinkFinder> = LazyLock::new(|| {
    let mut finder = LinkFinder::new();
    finder.url_must_have_scheme(false);
    finder
});

/// Whether a link or an address of mail is in `text`.
pub fn is_in(text: &str) -> bool {
    // Without any of these nothing is one, and most texts have none.
    let is_sign = |character: char| matches!(character, '.' | '@' | ':' | '[' | '(' | '{' | '<');
    let lower = text.to_ascii_lowercase();
    if !text.contains(is_sign) && !["dot", "d0t"].iter().any(|word| lower.contains(word)) {
        return false;
    }
    // An ending in digits is none, and these two look like one.
    let text = unbracketed(&text.replace(".c0m", ".com").replace(".0rg", ".org"));
    let has_any = |text: &str| has_link(text) || is_spelled_out(text);
    has_any(&text) || unspaced(&text).is_some_and(|text| has_any(&text))
}

/// Whether an address in another script than ours is in `text`, which `linkify` takes for none.
pub fn has_foreign_address(text: &str) -> bool {
    !text.is_ascii()
        && text
            .split_whitespace()
            .map(trimmed)
            .any(|word| word.contains('.') && !word.is_ascii() && is_address(word, false))
}

fn has_link(text: &str) -> bool {
    has_scheme(text)
        || FINDER.links(text).any(|link| match link.kind() {
            LinkKind::Email => link.as_str().rsplit('.').next().is_some_and(is_label),
            _ => {
                let host = link.as_str().split(['/', ':', '?', '#']).next().unwrap_or_default();
                is_address(host, link.as_str().len() > host.len() + 1)
            }
        })
}

/// Whether `label` can be a top-level domain: `node@20.1.0` has none.
fn is_label(label: &str) -> bool {
    label.chars().count() > 1 && label.chars().all(char::is_alphabetic)
}

/// Whether something begins like a link, whatever follows.
fn has_scheme(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_word = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    let has = |mark: &str, must_follow_word: bool| {
        lower.match_indices(mark).any(|(at, _)| {
            let (before, after) = lower.split_at(at);
            is_word(before.chars().next_back()) == must_follow_word && is_word(after.chars().nth(mark.len()))
        })
    };
    has("://", true) || has("www.", false) || has("mailto:", false)
}

/// Whether `host`, found in a text without a scheme before it, is meant as an address; `has_more` when a path follows.
fn is_address(host: &str, has_more: bool) -> bool {
    let lower = host.trim_end_matches('.').to_lowercase();
    let Some((name, ending)) = lower.rsplit_once('.') else { return false };
    if !psl::suffix(lower.as_bytes()).is_some_and(|suffix| suffix.is_known()) {
        return false;
    }
    if has_more {
        return true;
    }
    if KNOWN.word.contains(ending) || KNOWN.name.contains(&*lower) {
        return false;
    }
    // `at 7.pm` is a time.
    if ending.len() == 2 && name.chars().all(|character| character.is_ascii_digit() || character == '.') {
        return false;
    }
    // `done.Today` is a sentence whose space is missing.
    let is_sentence = host.rsplit('.').next().and_then(|ending| ending.chars().next()).is_some_and(char::is_uppercase)
        && host.chars().next().is_some_and(char::is_lowercase);
    !is_sentence || KNOWN.plain.contains(ending)
}

/// Whether a domain is spelled out, or only hinted at: `evil dot com`, `evil . com`, `bob@gmail`.
fn is_spelled_out(text: &str) -> bool {
    let lower = text.to_lowercase();
    let is_between = |character: char| character.is_whitespace() || matches!(character, '*' | '_' | '|' | '~' | '-');
    let words: Vec<&str> = lower.split(is_between).filter(|word| !word.is_empty()).collect();
    let word = |index: Option<usize>| index.and_then(|index| words.get(index)).copied().unwrap_or_default();
    words.iter().enumerate().any(|(index, found)| {
        let (before, after) = (word(index.checked_sub(1)), word(index.checked_add(1)));
        let (local, provider) = match found.split_once('@') {
            Some(("", "")) => (before, after),
            Some(parts) => parts,
            None => ("", ""),
        };
        if !local.is_empty() && KNOWN.provider.contains(trimmed(provider)) {
            return true;
        }
        let (ending, next) = match *found {
            "dot" | "d0t" | "." => (after, word(index.checked_add(2))),
            _ if found.len() > 6 && found.ends_with("dotcom") => return true,
            _ if found.starts_with('.') => (found.trim_start_matches('.'), after),
            _ if found.ends_with('.') && trimmed(after) == "com" => (after, word(index.checked_add(2))),
            _ => return false,
        };
        let host = if found.ends_with('.') && *found != "." { found } else { before };
        let ending = ending.split(|character: char| !character.is_alphanumeric()).next().unwrap_or_default();
        let is_host = host.chars().next_back().is_some_and(|last| last.is_alphanumeric() || last == '.');
        is_host
            && KNOWN.plain.contains(ending)
            && !KNOWN.before.contains(trimmed(host))
            && !KNOWN.after.contains(trimmed(next))
    })
}

/// `word` without the signs around it.
fn trimmed(word: &str) -> &str {
    word.trim_matches(|character: char| !character.is_alphanumeric())
}

/// `text` with `[.]`, `(dot)`, `{at}` and the like as the signs that they stand for.
fn unbracketed(text: &str) -> String {
    let (mut read, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(['[', '(', '{', '<']) {
        let (before, bracket) = rest.split_at(at);
        read.push_str(before);
        let mut inner = bracket.chars();
        inner.next();
        let Some((word, after)) = inner.as_str().split_once([']', ')', '}', '>']) else {
            read.push_str(bracket);
            return read;
        };
        let sign = match word.trim().to_ascii_lowercase().as_str() {
            "." | "dot" | "point" => '.',
            ":" => ':',
            "@" | "at" => '@',
            _ => {
                read.extend(bracket.chars().next());
                rest = inner.as_str();
                continue;
            }
        };
        read.truncate(read.trim_end().len());
        read.push(sign);
        rest = after.trim_start();
    }
    read.push_str(rest);
    read
}

/// `text` with what is spelled letter by letter as words; `None` where nothing is.
fn unspaced(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let mut read = String::with_capacity(text.len());
    let mut is_spelled = false;
    for row in words.chunk_by(|one, other| (one.chars().count() == 1) == (other.chars().count() == 1)) {
        let is_row = row.len() >= SPELLED && row.first().is_some_and(|word| word.chars().count() == 1);
        is_spelled |= is_row;
        read.push_str(&row.join(if is_row { "" } else { " " }));
        read.push(' ');
    }
    is_spelled.then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_in_all_their_forms() {
        for text in [
            "https://a.example",
            "go to www.example.com now",
            "a@example.com",
            "example.org",
            "bit.ly/x",
            "main.rs/x",
            "evil [.] com",
            "evil (dot) com",
            "evil .com",
            "evil.c0m",
            "bob @ gmail",
            "e v i l . c o m",
            "e v i l dot c o m",
            "hxxp[:]//evil[.]com",
        ] {
            assert!(is_in(text), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        for text in [
            "version 2.0",
            "node.js and done.next",
            "main.rs, README.md",
            "e.g. this",
            "done.Today",
            "at 7.pm",
            "node@20.1.0",
            "the .com boom",
            "a (good) bot",
            "U.S. economy",
            "so (at noon) we met",
        ] {
            assert!(!is_in(text), "{text}");
        }
    }
}
