//! What holds for every text.

use moderation::{Accepted, Refusal, Verdict, review};
use proptest::prelude::*;

use crate::cases;

fn accepted(text: &str) -> Option<Accepted> {
    match review(text, cases::LONGEST) {
        Verdict::Accepted(accepted) => Some(accepted),
        Verdict::Refused(_) => None,
    }
}

/// Texts in which much is found: pieces of the cases, run together.
fn suspicious() -> impl Strategy<Value = String> {
    let cases: Vec<_> = cases::tuning().into_iter().map(|case| case.text).collect();
    let pieces: Vec<String> = cases.iter().flat_map(|text| text.split(' ')).map(str::to_owned).collect();
    let between = prop::sample::select(vec!["", " ", "  ", ".", ". ", "@", "\u{200b}", "🍆", "-", "\u{301}"]);
    prop::collection::vec((prop::sample::select(pieces), between), 0..12)
        .prop_map(|pieces| pieces.into_iter().map(|(piece, between)| piece + between).collect())
}

/// Texts of words that mean no harm, whatever stands between them.
fn harmless() -> impl Strategy<Value = String> {
    let words = "a the my of and but robot classic grape gearbox summer Scunthorpe winter assess peacock document 12 3.5 \
                 Matsushita cooking garden electric quietly 🤖 naïve 日本語 Привет understanding (perhaps) don't café";
    let words: Vec<&str> = words.split_whitespace().collect();
    let between = prop::sample::select(vec![" ", "  ", ", ", ". ", "! ", " - ", "\n"]);
    prop::collection::vec((prop::sample::select(words), between), 1..8)
        .prop_map(|words| words.into_iter().flat_map(|(word, between)| [word, between]).collect::<String>())
        .prop_filter("short enough", |text| text.chars().count() <= 100)
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let Some(Accepted { text: published, changed, crisis: _ }) = accepted(text) else { return Ok(()) };
    prop_assert!(published.chars().count() <= cases::LONGEST);
    prop_assert_eq!(changed, published != text);
    let again = accepted(&published);
    prop_assert!(again.is_some_and(|again| !again.changed && again.text == published), "{:?}", published);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_accepted_is_accepted_again_unchanged(text in "\\PC{0,120}") {
        check(&text)?;
    }

    #[test]
    fn whatever_is_found_goes_at_once(text in suspicious()) {
        check(&text)?;
    }

    #[test]
    fn any_characters_are_read(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn harmless_text_stays_as_it_is(text in harmless()) {
        prop_assert_eq!(review(&text, 100), Verdict::Accepted(Accepted { text, changed: false, crisis: false }));
    }

    #[test]
    fn nothing_is_longer_than_it_may_be(text in suspicious(), longest in 0_usize..40) {
        if let Verdict::Accepted(accepted) = review(&text, longest) {
            prop_assert!(accepted.text.chars().count() <= longest);
        }
    }
}

#[test]
fn what_grows_is_cut_at_a_word() {
    let text = "damn ".repeat(19) + "cunt";
    let published = accepted(&text).expect("profanity is rewritten").text;
    assert!(published.starts_with("clang clang ") && published.ends_with(" clang"), "{published}");
    assert!((94..=100).contains(&published.chars().count()), "{published}");
}

#[test]
fn nothing_but_an_at_leaves_nothing() {
    for text in ["@", "@ @", "\u{200b}@", " "] {
        assert_eq!(review(text, 100), Verdict::Refused(Refusal::Empty), "{text:?}");
    }
}

#[test]
fn what_becomes_a_link_by_rewriting_is_refused() {
    assert_eq!(review("evil.@com", 100), Verdict::Refused(Refusal::ContactInfo));
}

#[test]
fn the_case_of_what_was_typed_stays() {
    for (typed, published) in [("Shit!", "Scrap!"), ("SHIT!", "SCRAP!"), ("shit!", "scrap!"), ("Twitter", "clankspace")]
    {
        assert_eq!(accepted(typed).map(|accepted| accepted.text).as_deref(), Some(published));
    }
}

#[test]
fn all_but_the_word_stays_as_it_was_typed() {
    let accepted = accepted("Ｗell,  shit \u{200b}— “naïve” 👋🏽!").expect("profanity is rewritten");
    assert_eq!(accepted.text, "Ｗell,  scrap \u{200b}— “naïve” 👋🏽!");
}
