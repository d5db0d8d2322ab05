//! Numbers as people write them: digits, words for digits, letters that look like digits, and what lies in between.

/// The words for digits.
const WORDS: [(&str, char); 11] = [
    ("zero", '0'),
    ("oh", '0'),
    ("one", '1'),
    ("two", '2'),
    ("three", '3'),
    ("four", '4'),
    ("five", '5'),
    ("six", '6'),
    ("seven", '7'),
    ("eight", '8'),
    ("nine", '9'),
];

/// Digits in a row, with what may lie between them.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Number {
    /// The digits of each group.
    pub groups: Vec<String>,
    /// The signs between them.
    pub separators: String,
    /// Whether a `+` stands before it.
    pub has_plus: bool,
    /// How many digits were words.
    pub words: usize,
}

impl Number {
    /// All its digits.
    pub fn digits(&self) -> String {
        self.groups.concat()
    }
}

/// A piece of a text.
enum Piece<'a> {
    Digits(&'a str),
    Word(&'a str),
    Between(&'a str),
}

/// All numbers in `text`.
pub fn numbers(text: &str) -> Vec<Number> {
    let pieces = pieces(text);
    let mut reader = Reader::default();
    for (index, piece) in pieces.iter().enumerate() {
        let is_digits =
            |index: Option<usize>| index.is_some_and(|index| matches!(pieces.get(index), Some(Piece::Digits(_))));
        match piece {
            Piece::Digits(digits) => reader.add(digits, 0),
            Piece::Between(between) => reader.pass(between),
            Piece::Word(word) => {
                let touches_digits = is_digits(index.checked_sub(1)) || is_digits(index.checked_add(1));
                reader.word(word, touches_digits);
            }
        }
    }
    reader.end();
    reader.numbers
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let kind = |character: char| (character.is_ascii_digit(), character.is_alphabetic());
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|character| kind(character) != kind(first)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        pieces.push(match kind(first) {
            (true, _) => Piece::Digits(piece),
            (_, true) => Piece::Word(piece),
            _ => Piece::Between(piece),
        });
        rest = after;
    }
    pieces
}

#[derive(Default)]
struct Reader {
    numbers: Vec<Number>,
    current: Number,
    /// What has been passed since the last digit.
    between: String,
    /// By how much the next digit is multiplied: `double five`.
    times: usize,
    was_word: bool,
}

impl Reader {
    /// Adds a group of digits, of which `words` were words.
    fn add(&mut self, digits: &str, words: usize) {
        // A comma parts spoken digits, but is part of a number in digits.
        if self.between.contains(',') && !(self.was_word && words > 0) {
            let between = std::mem::take(&mut self.between);
            self.end();
            self.between = between;
        }
        if self.current.groups.is_empty() {
            self.current.has_plus = self.between.trim_end_matches([' ', '(']).ends_with('+');
        } else {
            self.current.separators.push_str(&self.between);
        }
        let touches = self.between.is_empty();
        self.between.clear();
        let digits = digits.repeat(std::mem::take(&mut self.times).max(1));
        // What is said digit by digit is one group, and so is what touches what came before.
        match self.current.groups.last_mut() {
            Some(last) if words > 0 || self.was_word || touches => last.push_str(&digits),
            _ => self.current.groups.push(digits),
        }
        self.current.words += words;
        self.was_word = words > 0;
    }

    fn pass(&mut self, between: &str) {
        let is_separator =
            |character: char| !matches!(character, ':' | '=' | '*' | '%' | '$' | '#' | '^' | ';' | '?' | '!');
        if !between.chars().all(is_separator)
            || between.chars().filter(|character| !character.is_whitespace()).count() > 3
        {
            self.end();
        }
        self.between.push_str(between);
    }

    fn word(&mut self, word: &str, touches_digits: bool) {
        let lower = word.to_lowercase();
        if let Some(times) =
            [("double", 2), ("triple", 3)].into_iter().find_map(|(name, times)| (lower == name).then_some(times))
        {
            self.times = times;
        } else if let Some(digits) = spoken(&lower) {
            self.add(&digits, digits.len());
        } else if touches_digits && let Some(digits) = lookalike(&lower) {
            self.add(&digits, 0);
        } else {
            self.end();
        }
    }

    fn end(&mut self) {
        if !self.current.groups.is_empty() {
            self.numbers.push(std::mem::take(&mut self.current));
        }
        self.between.clear();
        (self.times, self.was_word) = (0, false);
    }
}

/// The digits that `word` says, also several in one.
fn spoken(word: &str) -> Option<String> {
    let (mut digits, mut rest) = (String::new(), word);
    while !rest.is_empty() {
        let (name, digit) = WORDS.into_iter().find(|(name, _)| rest.starts_with(name))?;
        digits.push(digit);
        rest = rest.strip_prefix(name)?;
    }
    Some(digits)
}

/// The digits that the letters of `word` look like.
fn lookalike(word: &str) -> Option<String> {
    word.chars()
        .map(|letter| match letter {
            'o' => Some('0'),
            'l' | 'i' => Some('1'),
            's' => Some('5'),
            'b' => Some('8'),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        numbers(text).iter().map(|number| number.groups.join(" ")).collect()
    }

    #[test]
    fn numbers_are_read_however_they_are_written() {
        for (text, expected) in [
            ("call 555-1234 now", vec!["555 1234"]),
            ("five five five, oh one", vec!["55501"]),
            ("double five one", vec!["551"]),
            ("fivefive5", vec!["555"]),
            ("55S-l23", vec!["555 123"]),
            ("1,000 and 2", vec!["1", "000", "2"]),
            ("10:30", vec!["10", "30"]),
            ("one of two", vec!["1", "2"]),
            ("", vec![]),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert!(numbers("+1 555")[0].has_plus && !numbers("1 + 555")[0].has_plus);
        assert!(numbers("12, +1 555")[1].has_plus);
    }
}
