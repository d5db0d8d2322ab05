//! `POST /leader/NAME/follow`, `unfollow`, `block` and `unblock`: the buttons of a leader's page.

use models::credentials::Session;
use models::{Result, Transaction};
use web::page::clankspace::{Button, Sent, act};
use web::{Answer, BaseUrl, Clankspace, Data, Path, Reader, render};

use super::NETWORK;
use super::notice::Notice;
use crate::{blocks, follows};

/// Does `work`, which returns the name as registered, and leads back to the leader's page, which tells of `notice`.
async fn press(
    (state, site, reader): (Data, BaseUrl<Clankspace>, Reader<Clankspace>),
    (name, form): (Path<String>, Sent<Button>),
    (action, notice): (&'static str, Notice),
    work: impl Fn(&mut Transaction<'_>, &Session, &str) -> Result<String> + Send + 'static,
) -> Answer<Clankspace> {
    act(&site, &reader, (form, "/feed"), async |session, _| {
        let session = session.clone();
        let write = move |tx: &mut Transaction<'_>| work(tx, &session, &name);
        let username = state.database.write(action, write).await?;
        Ok(render::see_other(&site.with_query(&format!("/leader/{username}"), &[("told", Some(notice.word()))])))
    })
    .await
}

pub async fn follow(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    name: Path<String>,
    form: Sent<Button>,
) -> Answer<Clankspace> {
    let now = state.clock.now();
    press((state, site, reader), (name, form), ("follow", Notice::Followed), move |tx, session, name| {
        follows::follow(tx, session.account_id, name, now)
    })
    .await
}

pub async fn unfollow(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    name: Path<String>,
    form: Sent<Button>,
) -> Answer<Clankspace> {
    press((state, site, reader), (name, form), ("unfollow", Notice::Unfollowed), |tx, session, name| {
        follows::unfollow(tx, NETWORK, session.account_id, name)
    })
    .await
}

pub async fn block(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    name: Path<String>,
    form: Sent<Button>,
) -> Answer<Clankspace> {
    let now = state.clock.now();
    press((state, site, reader), (name, form), ("block", Notice::Blocked), move |tx, session, name| {
        blocks::block(tx, NETWORK, session.account_id, name, now)
    })
    .await
}

pub async fn unblock(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    name: Path<String>,
    form: Sent<Button>,
) -> Answer<Clankspace> {
    press((state, site, reader), (name, form), ("unblock", Notice::Unblocked), |tx, session, name| {
        blocks::unblock(tx, NETWORK, session.account_id, name)
    })
    .await
}
