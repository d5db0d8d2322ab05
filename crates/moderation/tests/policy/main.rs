//! The policy, asked as its callers do.

#![expect(clippy::expect_used, reason = "a test stops where its files are not as they should be")]
#![expect(clippy::print_stdout, reason = "precision and recall are read in the terminal")]

mod accuracy;
mod cases;
mod review;
