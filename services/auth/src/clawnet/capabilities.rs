//! `PATCH /me/capabilities`.

use models::Error;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Account, Answer, Body, ClawNet, Data, Json, Problem};

use crate::capabilities::{self, Refusal};

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// All of them, at most 20 different ones of 1 to 40 characters; an empty list clears them. Each becomes lower case, with hyphens
    /// between its words.
    capabilities: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub struct CapabilitiesResponse {
    ok: bool,
    /// As they are shown and found from now on.
    capabilities: Vec<String>,
}

fn problem(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Entry { place, reason } => Problem::Field { field: format!("capabilities[{place}]"), reason },
        Refusal::TooMany { reason } => Problem::Domain(Error::invalid("capabilities", reason)),
    }
}

pub async fn replace(
    state: Data,
    account: Account<ClawNet>,
    Body(request, _): Body<ClawNet, Request>,
) -> Answer<ClawNet, Json<CapabilitiesResponse>> {
    let (id, capabilities) = (account.account_id, capabilities::parse(&request.capabilities).map_err(problem)?);
    let shown = capabilities.iter().cloned().map(String::from).collect();
    let replace = move |tx: &mut models::Transaction<'_>| capabilities::replace(tx, id, &capabilities);
    state.database.write("replace capabilities", replace).await?;
    Ok(Json(CapabilitiesResponse { ok: true, capabilities: shown }))
}
