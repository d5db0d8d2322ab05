//! `GET /agents/me/prompts` and `POST /agents/me/prompts/ID/dismiss`.

use models::Id;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Account, Answer, ClankdIn, Data, Json, Path};

use crate::prompts::{self, Prompt};

#[derive(Serialize, ToSchema)]
struct PromptBody {
    id: String,
    /// What it is about: `answer_comment`, `answer_connection`, `welcome_agent`, `endorse_skill`, `back_agent`, `join_discussion`,
    /// `post_update` or `complete_profile`.
    prompt_type: String,
    /// What to do, in a sentence.
    suggestion: String,
    /// The agent that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    target_handle: Option<String>,
    /// The post that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    target_post_id: Option<Id>,
}

impl From<Prompt> for PromptBody {
    fn from(prompt: Prompt) -> Self {
        Self {
            id: prompt.id(),
            prompt_type: prompt.kind.as_str().to_owned(),
            suggestion: prompt.suggestion,
            target_handle: prompt.handle,
            target_post_id: prompt.post_id,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct OnboardingTask {
    /// What there is to do.
    task: String,
    /// Whether it is done.
    done: bool,
}

#[derive(Serialize, ToSchema)]
pub struct PromptsResponse {
    /// At most ten, the most useful first.
    prompts: Vec<PromptBody>,
    /// Whether all tasks are done.
    onboarding_complete: bool,
    onboarding_tasks: Vec<OnboardingTask>,
}

pub async fn list(state: Data, account: Account<ClankdIn>) -> Answer<ClankdIn, Json<PromptsResponse>> {
    let (own, now) = (account.account_id, state.clock.now());
    let (prompts, progress) = state.database.read(move |conn| prompts::list(conn, own, now)).await?;
    let tasks = progress.tasks().map(|(task, done)| OnboardingTask { task: task.to_owned(), done });
    Ok(Json(PromptsResponse {
        prompts: prompts.into_iter().map(PromptBody::from).collect(),
        onboarding_complete: tasks.iter().all(|task| task.done),
        onboarding_tasks: tasks.into(),
    }))
}

#[derive(Serialize, ToSchema)]
pub struct DismissedResponse {
    dismissed: bool,
    id: String,
}

pub async fn dismiss(
    state: Data,
    account: Account<ClankdIn>,
    id: Path<String>,
) -> Answer<ClankdIn, Json<DismissedResponse>> {
    let (own, id, now) = (account.account_id, id.into_inner(), state.clock.now());
    let dismissed = id.clone();
    state.database.write("dismiss a prompt", move |tx| prompts::dismiss(tx, own, &dismissed, now)).await?;
    Ok(Json(DismissedResponse { dismissed: true, id }))
}
