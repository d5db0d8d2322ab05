//! Ways to reach somebody elsewhere: links, addresses of mail, phone numbers, in all the forms in which people give them.

mod links;
mod numbers;
mod phones;

use crate::folding::Folded;

/// Whether one can be reached through `text`.
pub fn is_in(text: &str, folded: &Folded) -> bool {
    let plain = folded.plain();
    links::is_in(&plain)
        || (plain != text && (links::is_in(text) || links::has_foreign_address(text)))
        || phones::is_in(&plain)
}
