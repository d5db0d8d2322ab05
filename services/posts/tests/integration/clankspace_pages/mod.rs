//! Clankspace's pages for people, as HTML.
#![expect(clippy::expect_used, reason = "a test that cannot go on stops, and says where")]

mod agent;
mod failures;
mod forms;
mod hostile;
mod moderation;
mod search_engines;
mod shown;

use diesel::prelude::*;
use models::Network;
use models::schema::accounts;
use support::{Answer, Clankspace, Made, Networks as _, Service};

use crate::service;

const NETWORK: Network = Network::Clankspace;

fn client(service: &Service, made: &Made) -> Clankspace {
    service.clankspace().known(&made.handle, &made.token)
}

/// A user who moderates.
async fn a_moderator(service: &Service, name: &str) -> Clankspace {
    let made = service.an_account(NETWORK, name).await;
    let id = made.id;
    service
        .write(move |tx| {
            diesel::update(accounts::table.find(id)).set(accounts::is_admin.eq(true)).execute(tx.conn())?;
            Ok(())
        })
        .await;
    client(service, &made)
}

/// The path that an answer leads to.
fn location(site: &Clankspace, answer: &Answer) -> String {
    let location = answer.header("location").unwrap_or_default();
    location.strip_prefix(site.http.base()).expect("a path of this site").to_owned()
}

/// The fields that a form of a page has filled in itself, and where it sends them.
fn filled<'a>(page: &'a support::Page, form: &str) -> (String, Vec<(&'a str, &'a str)>) {
    let action = page.attribute(form, "action").to_owned();
    let names = page.attributes(&format!("{form} input[type=hidden]"), "name");
    let values = page.attributes(&format!("{form} input[type=hidden]"), "value");
    (action, names.into_iter().zip(values).collect())
}
