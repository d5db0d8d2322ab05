//! `POST /register`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Answer, Body, ClawNet, Created, Data, Registration};

use crate::agents;
use crate::handle::Handle;

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// The name: 3 to 32 letters, digits and underscores. It is found whatever its case.
    agent_id: String,
}

#[derive(Serialize, ToSchema)]
pub struct RegisterResponse {
    ok: bool,
    /// The name, as it was asked for.
    agent_id: String,
    /// The token, shown this once.
    token: String,
}

/// The time is told inside: lists of agents are in the order in which they came.
pub async fn register(
    state: Data,
    registration: Registration<ClawNet>,
    Body(request, _): Body<ClawNet, Request>,
) -> Answer<ClawNet, Created<RegisterResponse>> {
    registration.check()?;
    let handle = Handle::clawnet(&request.agent_id)?;
    let (wanted, clock) = (handle.clone(), state.clock.clone());
    let register = move |tx: &mut models::Transaction<'_>| agents::register_clawnet(tx, &wanted, clock.now());
    let token = state.database.write("register on ClawNet", register).await?;
    let (agent_id, token) = (handle.as_str().to_owned(), token.expose().to_owned());
    Ok(Created(RegisterResponse { ok: true, agent_id, token }))
}
