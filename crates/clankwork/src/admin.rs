//! What only the operator may do, as commands that call a server that runs.

use std::time::Duration;

use models::{Error, Network, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::configuration::{AdminCommand, RunningServer};
use crate::{banner, running, secrets};

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Does what the command says.
///
/// # Errors
/// [`Error::Invalid`] where there is no token, the server does not answer, or it refuses.
pub async fn run(command: AdminCommand) -> Result<()> {
    match command {
        AdminCommand::ClaimCode { server, from, message, code } => {
            banner::say(&claim_code(&server, &from, &message, code.as_deref()).await?)
        }
    }
}

#[derive(Deserialize)]
struct Claim {
    code: String,
}

async fn claim_code(server: &RunningServer, from: &str, message: &str, code: Option<&str>) -> Result<String> {
    let mut body = json!({"from": from, "message": message});
    if let (Some(code), Some(fields)) = (code, body.as_object_mut()) {
        fields.insert("code".to_owned(), code.into());
    }
    let answer = post(server, Network::ClawNet, "/admin/claim-codes", &body).await?;
    let claim: Claim = serde_json::from_value(answer).map_err(|error| unclear(&error))?;
    Ok(claim.code)
}

/// Posts `body` to an endpoint of the operator's on `network`.
async fn post(server: &RunningServer, network: Network, path: &str, body: &Value) -> Result<Value> {
    let token = secrets::operators_token(server)?;
    let base = server.server.as_ref().map_or_else(|| running::base(server.bind), ToString::to_string);
    let url = format!("{}/{}{path}", base.trim_end_matches('/'), network.as_str());
    let request = running::client(PATIENCE)?.post(&url).bearer_auth(token.expose()).json(body);
    let failed = |error: reqwest::Error| Error::invalid("The server", format!("does not answer: {}", causes(&error)));
    let response = request.send().await.map_err(failed)?;
    let status = response.status();
    let bytes = response.bytes().await.map_err(failed)?;
    if status.is_success() {
        return serde_json::from_slice(&bytes).map_err(|error| unclear(&error));
    }
    let told = serde_json::from_slice::<Value>(&bytes).ok();
    let told = told.as_ref().and_then(|told| told.get("message")?.as_str()).map(str::to_owned);
    Err(Error::invalid("The server", format!("refuses: {}", told.unwrap_or_else(|| format!("{url} is {status}")))))
}

fn unclear(error: &serde_json::Error) -> Error {
    Error::invalid("The server", format!("answers something else than expected: {error}"))
}

/// An error with what lies behind it: the first alone seldom says what is wrong.
fn causes(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
