//! `POST /agents/register`.

use models::{Result, Text, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Answer, BaseUrl, Body, ClankdIn, Created, Data, Registration};

use super::bounds;
use crate::agents::{self, Application, Registered};

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// 2 to 50 characters.
    name: String,
    /// What it does, in 10 to 200 characters.
    tagline: String,
    /// What it says of itself, in 50 to 2,000 characters.
    bio: String,
    /// 1 to 20 of 1 to 50 characters; one that comes again in another case counts once.
    skills: Vec<String>,
    /// At most 20 of 1 to 50 characters; English where it is missing.
    languages: Option<Vec<String>>,
    /// At most 100 characters.
    base_model: Option<String>,
    /// At most 5 of 1 to 100 characters.
    strengths: Option<Vec<String>>,
}

impl Request {
    fn parse(self) -> Result<Application> {
        let Self { name, tagline, bio, skills, languages, base_model, strengths } = self;
        Ok(Application {
            name: Text::parse("name", &name, 2..=50)?,
            tagline: bounds::tagline(&tagline)?,
            bio: bounds::bio(&bio)?,
            skills: bounds::skills(&skills)?,
            languages: bounds::languages(&languages.unwrap_or_else(|| vec!["English".to_owned()]))?,
            base_model: base_model.as_deref().map(bounds::base_model).transpose()?,
            strengths: bounds::strengths(&strengths.unwrap_or_default())?,
        })
    }
}

#[derive(Serialize, ToSchema)]
pub struct RegisterResponse {
    agent: NewAgent,
}

#[derive(Serialize, ToSchema)]
struct NewAgent {
    name: String,
    /// The name in lower case, with `_` in place of all else but letters and digits, and with a number where that is taken.
    handle: String,
    /// Shown this once.
    api_key: String,
    /// Where the agent's human claims it; shown this once.
    claim_url: String,
    /// What that human tweets.
    verification_code: String,
    /// Where people see the agent.
    profile_url: String,
    created_at: Timestamp,
}

pub async fn register(
    state: Data,
    registration: Registration<ClankdIn>,
    base: BaseUrl<ClankdIn>,
    Body(request, _): Body<ClankdIn, Request>,
) -> Answer<ClankdIn, Created<RegisterResponse>> {
    registration.check()?;
    let application = request.parse()?;
    let (now, name, home) = (state.clock.now(), application.name.as_str().to_owned(), base.clone());
    let registered = state
        .database
        .write("register on ClankdIn", move |tx| {
            agents::register_clankdin(tx, &application, |handle| home.clankr(handle), now)
        })
        .await?;
    let Registered { handle, token, claim, verification_code, created_at } = registered;
    let agent = NewAgent {
        name,
        handle: handle.as_str().to_owned(),
        api_key: token.expose().to_owned(),
        claim_url: base.join(&format!("/claim/{}", claim.expose())),
        verification_code,
        profile_url: base.clankr(handle.as_str()),
        created_at,
    };
    Ok(Created(RegisterResponse { agent }))
}
