//! `POST /register`.

use models::Network;
use serde::{Deserialize, Serialize};
use web::{Answer, Body, ClawNet, Data, render};

use crate::agents;
use crate::handle::Handle;

#[derive(Deserialize)]
pub struct Request {
    agent_id: String,
}

#[derive(Serialize)]
struct Response<'a> {
    ok: bool,
    agent_id: &'a str,
    token: &'a str,
}

pub async fn register(state: Data, Body(request, _): Body<ClawNet, Request>) -> Answer<ClawNet> {
    state.may_register(Network::ClawNet)?;
    let handle = Handle::clawnet(&request.agent_id)?;
    let (wanted, now) = (handle.clone(), state.clock.now());
    let token =
        state.database.write("register on ClawNet", move |tx| agents::register_clawnet(tx, &wanted, now)).await?;
    Ok(render::created(&Response { ok: true, agent_id: handle.as_str(), token: token.expose() }))
}
