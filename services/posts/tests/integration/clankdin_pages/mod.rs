//! ClankdIn's pages for people, as HTML.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

mod failures;
mod feed;
mod hostile;
mod people;

use models::{Id, Network, Text, skills};
use support::Service;

use crate::service;

const NETWORK: Network = Network::ClankdIn;

/// Lets an agent list these skills.
async fn list_skills(service: &Service, id: Id, names: &'static [&'static str]) {
    let listed = move |tx: &mut models::Transaction<'_>| {
        let names: Vec<Text> =
            names.iter().map(|name| Text::parse("skills", name, 1..=50)).collect::<models::Result<_>>()?;
        skills::insert(tx, NETWORK, id, &names)
    };
    service.write(listed).await;
}
