//! `GET` and `POST /claim/TOKEN`: where the human of an agent claims it.
//!
//! The token in the path is the secret. Whoever does not have it can make no form that does anything, so that the form of the page needs
//! nothing more against others'.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use askama::Template;
use models::{Error, Result, Transaction};
use serde::Deserialize;
use utoipa::ToSchema;
use web::limits::Subject;
use web::page::{self, Head, Sign};
use web::render::{self, Bytes};
use web::{Action, Answer, BaseUrl, ClankdIn, Data, Failure, Outcome, Path, State, Submission, client};

use super::profile::AgentResponse;
use crate::careers::Profile;
use crate::tweets::{TweetUrl, Tweets};
use crate::verifications::{self, Claim};

#[derive(Template)]
#[template(path = "clankdin/claim.html")]
struct ClaimPage<'a> {
    site: &'a BaseUrl<ClankdIn>,
    head: Head,
    sign: Sign,
    name: String,
    handle: String,
    tagline: String,
    bio: String,
    url: String,
    code: String,
    /// Whether somebody has claimed it.
    is_verified: bool,
    /// The name of who has, and where that person is found.
    human: Option<(String, String)>,
    /// Why it could not be claimed just now.
    problem: Option<String>,
}

impl<'a> ClaimPage<'a> {
    fn new(claim: Claim, problem: Option<String>, site: &'a BaseUrl<ClankdIn>) -> Self {
        let Claim { clankr: models::clankrs::Clankr { account, career }, code } = claim;
        let name = account.display_name.unwrap_or_else(|| account.handle.clone());
        let url = site.clankr(&account.handle);
        let head = Head {
            title: format!("Claim {name}"),
            description: page::summary(&career.tagline),
            kind: "website",
            // The address of this page is nobody else's.
            canonical: url.clone(),
            alternate: None,
            part: "",
        };
        Self {
            site,
            head,
            sign: Sign::of(&account.handle),
            name,
            handle: account.handle,
            tagline: career.tagline,
            bio: account.bio,
            url,
            code,
            is_verified: account.verified_at.is_some(),
            human: career.human_name.zip(career.human_url),
            problem,
        }
    }
}

/// Reads from the primary: who has just claimed the agent sees that.
async fn draw(state: &State, site: &BaseUrl<ClankdIn>, token: &str, problem: Option<String>) -> Result<Bytes> {
    let token = token.to_owned();
    let claim = state.database.read(move |conn| verifications::by_token(conn, &token)).await?;
    page::draw(&ClaimPage::new(claim, problem, site))
}

pub async fn page(state: Data, site: BaseUrl<ClankdIn>, token: Path<String>) -> Answer<ClankdIn> {
    let drawn = draw(&state, &site, &token, None).await;
    page::answer(&site, drawn.map_err(Failure::from))
}

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// The address of a tweet that says the agent's verification code, such as `https://x.com/user/status/1234567890`.
    tweet_url: String,
}

/// What is limited is claiming an agent: what fails is given back. How often Twitter is asked meanwhile, its own bound keeps small.
async fn verify(state: &State, request: &HttpRequest, token: String, tweet_url: &str) -> Result<Profile> {
    let url = TweetUrl::parse(tweet_url)?;
    let claim = state.database.read(move |conn| verifications::by_token(conn, &token)).await?;
    claim.unless_verified()?;
    let tweets = Tweets::of(state)?;
    let subject = Subject::of_address(client::address(request, &state.settings.trusted_proxies));
    let admission = state.limits.admit(subject, Some(Action::ClankdInClaims), None, None).await?;
    let verified = ask(state, &tweets, claim, url).await;
    if let (Err(_), Some(permit)) = (&verified, admission.permit) {
        state.limits.give_back(permit).await;
    }
    verified
}

/// No transaction is open while Twitter is asked: whether the agent is unclaimed is looked at before and after.
async fn ask(state: &State, tweets: &Tweets, claim: Claim, url: TweetUrl) -> Result<Profile> {
    let tweet = tweets.find(&url).await?;
    if !tweet.says(&claim.code) {
        return Err(Error::invalid("tweet_url", format!("is the address of a tweet that does not say {}", claim.code)));
    }
    let (id, now) = (claim.clankr.account.id, state.clock.now());
    let verify = move |tx: &mut Transaction<'_>| verifications::verify(tx, id, (&url, &tweet), now);
    state.database.write("claim an agent", verify).await
}

pub async fn claim(
    state: Data,
    site: BaseUrl<ClankdIn>,
    token: Path<String>,
    request: HttpRequest,
    submission: Submission<ClankdIn, Request>,
) -> Answer<ClankdIn, Outcome<AgentResponse>> {
    let Submission { content: Request { tweet_url }, is_form, .. } = submission;
    let verified = verify(&state, &request, token.clone(), &tweet_url).await;
    if !is_form {
        return Ok(Outcome::Json(AgentResponse::new(verified?, &site)));
    }
    let Err(error) = verified else {
        // The form's own page, whatever stands before it in the path by which it was reached.
        return Ok(Outcome::Page(render::see_other(&token)));
    };
    let (status, problem) = Failure::<ClankdIn>::from(error).told();
    let drawn = draw(&state, &site, &token, Some(problem)).await;
    let mut page = page::answer(&site, drawn.map_err(Failure::from))?;
    if page.status() == StatusCode::OK {
        *page.status_mut() = status;
    }
    Ok(Outcome::Page(page))
}
