//! What only the operator may do, as commands that call a server that runs.

use std::time::Duration;

use models::{Error, Network, Result};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::configuration::{AdminCommand, RunningServer, UserOnServer};
use crate::{banner, running, secrets};

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Does what the command says.
///
/// # Errors
/// [`Error::Invalid`] where there is no token, the server does not answer, or it refuses.
pub async fn run(command: AdminCommand) -> Result<()> {
    let done = match command {
        AdminCommand::ClaimCode { server, from, message, code } => {
            claim_code(&server, &from, &message, code.as_deref()).await?
        }
        AdminCommand::Grant(user) => {
            format!("{} moderates Clankspace", change(&user, Method::POST, "moderators").await?)
        }
        AdminCommand::Revoke(user) => {
            format!("{} does not moderate Clankspace", change(&user, Method::DELETE, "moderators").await?)
        }
        AdminCommand::Suspend(user) => format!("{} is suspended", change(&user, Method::POST, "suspend").await?),
        AdminCommand::Lift(user) => format!("{} is not suspended", change(&user, Method::DELETE, "suspend").await?),
    };
    banner::say(&done)
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
    let answer = call(server, (Method::POST, Network::ClawNet, &["claim-codes"]), &body).await?;
    let claim: Claim = serde_json::from_value(answer).map_err(|error| unclear(&error))?;
    Ok(claim.code)
}

#[derive(Deserialize)]
struct User {
    username: String,
}

/// Changes what `user` is, and tells its name as registered.
async fn change(user: &UserOnServer, method: Method, what: &str) -> Result<String> {
    let UserOnServer { server, name } = user;
    let answer = call(server, (method, Network::Clankspace, &[what, name]), &json!({})).await?;
    let user: User = serde_json::from_value(answer).map_err(|error| unclear(&error))?;
    Ok(user.username)
}

/// Calls an endpoint of the operator's on a network with `body`; its path has these segments.
async fn call(
    server: &RunningServer,
    (method, network, path): (Method, Network, &[&str]),
    body: &Value,
) -> Result<Value> {
    let token = secrets::operators_token(server)?;
    let base = server.server.clone().map_or_else(|| running::base(server.bind).parse(), Ok);
    let mut url = base.map_err(Error::internal)?;
    let no_base = |()| Error::invalid("--server", "must be an address of HTTP");
    url.path_segments_mut().map_err(no_base)?.pop_if_empty().extend([network.as_str(), "admin"]).extend(path);
    let request = running::client(PATIENCE)?.request(method, url.clone()).bearer_auth(token.expose()).json(body);
    let failed = |error: reqwest::Error| Error::invalid("The server", format!("does not answer: {}", causes(&error)));
    let response = request.send().await.map_err(failed)?;
    let status = response.status();
    let bytes = response.bytes().await.map_err(failed)?;
    if status.is_success() {
        return serde_json::from_slice(&bytes).map_err(|error| unclear(&error));
    }
    let told = serde_json::from_slice::<Value>(&bytes).ok();
    // Networks have forms of their own for what is wrong. Where both are there, `error` is a code.
    let told = told.as_ref().and_then(|told| told.get("message").or_else(|| told.get("error"))?.as_str());
    let told = told.map(str::to_owned);
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
