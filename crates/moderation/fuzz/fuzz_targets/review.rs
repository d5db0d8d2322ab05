//! Any text is judged without a panic, and what is accepted is accepted again, unchanged and no longer than it may be.

#![no_main]

use libfuzzer_sys::fuzz_target;
use moderation::{Verdict, review};

fuzz_target!(|text: &str| {
    if let Verdict::Accepted(accepted) = review(text, 100) {
        assert!(accepted.text.chars().count() <= 100);
        assert_eq!(accepted.changed, accepted.text != text);
        match review(&accepted.text, 100) {
            Verdict::Accepted(again) => assert!(!again.changed),
            Verdict::Refused(refusal) => panic!("accepted, then refused: {refusal}"),
        }
    }
});
