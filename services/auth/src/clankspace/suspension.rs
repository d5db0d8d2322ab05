//! `POST` and `DELETE /admin/suspend/NAME`, and the same by the forms of the page of reports.

use std::sync::Arc;

use models::{Id, Result, Timestamp, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::page::clankspace::{Sent, act};
use web::vault::Vault;
use web::{Answer, BaseUrl, Clankspace, Data, Json, Moderator, Path, Reader, State, render};

use crate::suspensions;

/// The page whose forms suspend and lift.
const REPORTS: &str = "/report";

/// What a moderator, or the operator, does to the account of a name.
type Change = fn(&mut Transaction<'_>, &Vault, Option<Id>, &str, Timestamp) -> Result<String>;

#[derive(Serialize, ToSchema)]
pub struct SuspensionResponse {
    /// The account's name, as registered.
    username: String,
    /// Whether it is suspended now.
    suspended: bool,
}

async fn change(state: &State, moderator: Option<Id>, name: String, change: Change) -> Result<String> {
    let (vault, now) = (Arc::clone(&state.vault), state.clock.now());
    state.database.write("change a suspension", move |tx| change(tx, &vault, moderator, &name, now)).await
}

pub async fn suspend(
    state: Data,
    Moderator(moderator): Moderator<Clankspace>,
    name: Path<String>,
) -> Answer<Clankspace, Json<SuspensionResponse>> {
    let moderator = moderator.map(|account| account.account_id);
    let username = change(&state, moderator, name.into_inner(), suspensions::suspend).await?;
    Ok(Json(SuspensionResponse { username, suspended: true }))
}

pub async fn lift(
    state: Data,
    Moderator(moderator): Moderator<Clankspace>,
    name: Path<String>,
) -> Answer<Clankspace, Json<SuspensionResponse>> {
    let moderator = moderator.map(|account| account.account_id);
    let username = change(&state, moderator, name.into_inner(), suspensions::lift).await?;
    Ok(Json(SuspensionResponse { username, suspended: false }))
}

#[derive(Deserialize)]
pub struct Named {
    username: String,
}

async fn change_by_form(
    state: &State,
    site: &BaseUrl<Clankspace>,
    reader: &Reader<Clankspace>,
    form: Sent<Named>,
    (what, told): (Change, &str),
) -> Answer<Clankspace> {
    act(site, reader, (form, REPORTS), async |session, named| {
        session.check_moderator()?;
        change(state, Some(session.account_id), named.username, what).await?;
        Ok(render::see_other(&site.with_query(REPORTS, &[("told", Some(told))])))
    })
    .await
}

pub async fn suspend_by_form(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    form: Sent<Named>,
) -> Answer<Clankspace> {
    change_by_form(&state, &site, &reader, form, (suspensions::suspend, "suspended")).await
}

pub async fn lift_by_form(
    state: Data,
    site: BaseUrl<Clankspace>,
    reader: Reader<Clankspace>,
    form: Sent<Named>,
) -> Answer<Clankspace> {
    change_by_form(&state, &site, &reader, form, (suspensions::lift, "lifted")).await
}
