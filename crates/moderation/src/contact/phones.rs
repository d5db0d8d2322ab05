//! Phone numbers.
//!
//! The crate `phonenumber` carries the numbering plans of all countries, megabytes of them, to tell whether a number can
//! be dialled. Here it only matters whether a reader would take it for one, which its form and the words around it tell.

use super::numbers::{Number, numbers};

/// Words that make any number of that length one to call.
const CUES: [&str; 17] = [
    "call",
    "text",
    "phone",
    "tel",
    "telephone",
    "ring",
    "dial",
    "whatsapp",
    "sms",
    "cell",
    "mobile",
    "fax",
    "reach",
    "contact",
    "imessage",
    "signal",
    "hotline",
];

/// Words that may stand between such a word and the number.
const LINKS: [&str; 12] = ["me", "us", "at", "on", "under", "or", "now", "my", "number", "is", "no", "direct"];

/// The beginnings of numbers that people recite, or that programs end at.
const RECITED: [&str; 10] = [
    "3141592",
    "2718281",
    "1618033",
    "0112358",
    "1123581",
    "0123456789",
    "1234567890",
    "9876543210",
    "429496729",
    "214748364",
];

/// Whether a phone number is in `text`.
pub fn is_in(text: &str) -> bool {
    let numbers = numbers(text);
    if numbers.iter().all(|number| number.groups.iter().map(String::len).sum::<usize>() < 7) {
        return false;
    }
    let is_cued = is_cued(text);
    numbers.iter().any(|number| is_phone(number, is_cued))
}

/// Whether `text` says of a number that it is one to call.
fn is_cued(text: &str) -> bool {
    let is_among = |words: &[&str], word: &str| words.iter().any(|other| word.eq_ignore_ascii_case(other));
    let mut is_waiting = false;
    for word in text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if is_waiting && word.chars().any(|character| character.is_ascii_digit()) {
            return true;
        }
        is_waiting = is_among(&CUES, word) || (is_waiting && is_among(&LINKS, word));
    }
    false
}

fn is_phone(number: &Number, is_cued: bool) -> bool {
    let digits = number.digits();
    let lengths: Vec<usize> = number.groups.iter().map(String::len).collect();
    if !(7..=15).contains(&digits.len()) || is_something_else(number, &digits, &lengths) {
        return false;
    }
    // Only a group of four or more with nothing but points in it is a decimal or a version.
    let has_points_alone = !number.separators.is_empty() && number.separators.chars().all(|sign| sign == '.');
    let (first, count) = (number.groups.first().map_or("", String::as_str), lengths.len());
    number.words >= 2
        || (number.has_plus && digits.len() >= 8)
        || (is_cued && (!has_points_alone || count > 2 || matches!(*lengths, [3, 4])))
        // Digit by digit.
        || lengths.iter().all(|length| *length == 1)
        || is_american(&digits, &lengths, &number.separators)
        || is_national(first, &digits, &lengths, &number.separators)
}

/// `555-123-4567` with or without a `1`, in one group too, and `555-1234`.
fn is_american(digits: &str, lengths: &[usize], separators: &str) -> bool {
    let (digits, lengths) = match (digits.strip_prefix('1'), lengths) {
        (Some(rest), [1, lengths @ ..]) => (rest, lengths),
        _ => (digits, lengths),
    };
    let digit_at = |index: usize| digits.chars().nth(index);
    let is_area = |index: usize| digit_at(index).is_some_and(|digit| ('2'..='9').contains(&digit));
    match lengths {
        [3, 3, 4] | [3, 7] => is_area(0),
        [3, 4] => is_area(0) && separators.trim() == "-" && !digits.ends_with("00"),
        [10] => is_area(0),
        // As in India.
        [5, 5] => digit_at(0).is_some_and(|digit| digit >= '6') && !digits.ends_with("00"),
        [11] => digits.starts_with('1') && is_area(1),
        _ => false,
    }
}

/// A number that begins with `0`, as in most countries, or with the `00` of a call abroad.
fn is_national(first: &str, digits: &str, lengths: &[usize], separators: &str) -> bool {
    let is_long =
        if digits.starts_with("00") { (10..=15).contains(&digits.len()) } else { (9..=12).contains(&digits.len()) };
    let is_grouped = match lengths {
        [only] => *only >= 10,
        [_, _] => separators != ".",
        _ => true,
    };
    let is_area = first.starts_with('0') && (first.len() > 1 || separators.starts_with(')'));
    is_area && is_long && is_grouped
}

/// Whether it is a date, a count, a binary number, a round one, or one that people recite.
fn is_something_else(number: &Number, digits: &str, lengths: &[usize]) -> bool {
    let is_one_by_one = lengths.iter().all(|length| *length == 1);
    is_count(number, digits)
        || matches!(lengths, [4, 2, 2] | [2, 2, 4] | [1, 2, 4] | [2, 1, 4])
        || (lengths == [4, 4] && is_year(&number.groups))
        || digits.bytes().all(|digit| matches!(digit, b'0' | b'1'))
        || (digits.ends_with("00000") && lengths.len() == 1)
        || ((lengths.len() == 1 || is_one_by_one) && RECITED.iter().any(|recited| digits.starts_with(recited)))
}

/// Whether it counts up or down: `one two three`, `10 9 8`.
fn is_count(number: &Number, digits: &str) -> bool {
    let steps_by_one = |counted: Vec<u64>| {
        counted.is_sorted_by(|one, next| *next == one + 1) || counted.is_sorted_by(|one, next| next + 1 == *one)
    };
    if number.words > 0 {
        return steps_by_one(digits.chars().filter_map(|digit| digit.to_digit(10)).map(u64::from).collect());
    }
    number.groups.len() > 3 && steps_by_one(number.groups.iter().filter_map(|group| group.parse().ok()).collect())
}

/// Whether all `groups` are years of our time.
fn is_year(groups: &[String]) -> bool {
    groups.iter().all(|group| group.starts_with("19") || group.starts_with("20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_found_in_all_their_forms() {
        for text in [
            "555-123-4567",
            "(555) 123 4567",
            "1-800-555-0199",
            "5551234567",
            "+49 151 12345678",
            "030/1234567",
            "0049 151 12345678",
            "555-1234",
            "text 5551234",
            "five five five one two three four",
            "5 5 5 1 2 3 4",
            "55five one23 4567",
        ] {
            assert!(is_in(text), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_none() {
        for text in [
            "2026-11-26",
            "call me on 2026-11-26",
            "26.11.2026",
            "192.168.100.200",
            "1,000,000",
            "1000000",
            "1700000000",
            "3.14159265358979",
            "01101000 01101001",
            "0 1 1 0 1 0 0 1",
            "10 9 8 7 6 5 4 3 2 1",
            "nine eight seven six five four three two one",
            "500-1000 bolts",
            "2024-2025",
            "4 8 15 16 23 42",
            "call 112",
            "text width 1234567",
        ] {
            assert!(!is_in(text), "{text}");
        }
    }
}
