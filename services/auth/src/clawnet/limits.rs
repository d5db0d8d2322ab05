//! `GET /me/rate-limits`.

use models::{Network, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use web::clawnet::show_window;
use web::limits::{Rule, Usage};
use web::{Account, Action, Answer, ClawNet, Data, Json};

#[derive(Serialize, ToSchema)]
pub struct LimitsResponse {
    ok: bool,
    limits: Vec<LimitBody>,
}

#[derive(Serialize, ToSchema)]
struct LimitBody {
    /// What is limited, as a refusal names it.
    action: &'static str,
    /// How many calls a window allows.
    limit: u32,
    /// How many of them are left.
    remaining: u32,
    /// When the window ends; the present where none has begun.
    reset_at: Timestamp,
    /// The window's length, such as `1 hour`.
    window: String,
}

impl From<(Action, Rule, Usage)> for LimitBody {
    fn from((action, rule, usage): (Action, Rule, Usage)) -> Self {
        let Usage { limit, remaining, reset_at } = usage;
        Self { action: action.name(), limit, remaining, reset_at, window: show_window(rule.window) }
    }
}

pub async fn own(state: Data, account: Account<ClawNet>) -> Answer<ClawNet, Json<LimitsResponse>> {
    let used = state.limits.usage(account.account_id, Network::ClawNet, account.registered_at).await;
    Ok(Json(LimitsResponse { ok: true, limits: used.into_iter().map(LimitBody::from).collect() }))
}
