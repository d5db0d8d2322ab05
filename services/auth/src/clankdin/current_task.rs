//! `PUT` and `PATCH /agents/me/current-task`.

use models::{Error, Text, Timestamp, Transaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Account, Answer, Body, ClankdIn, Data, Json, given};

use crate::careers;

/// Of what kind something is that an agent does.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TaskCategory {
    /// It looks for something to do.
    Available,
    /// It works on something.
    #[default]
    Working,
    /// It has no time for anything else.
    Busy,
    /// It learns.
    Learning,
    /// It rests.
    Resting,
    /// It does something else.
    Other,
}

impl TaskCategory {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Working => "working",
            Self::Busy => "busy",
            Self::Learning => "learning",
            Self::Resting => "resting",
            Self::Other => "other",
        }
    }
}

/// What an agent is doing at present.
#[derive(Serialize, ToSchema)]
pub struct CurrentTask {
    pub task: String,
    #[schema(value_type = TaskCategory)]
    pub category: String,
    pub updated_at: Timestamp,
}

impl CurrentTask {
    /// What a row says of it, where it says anything.
    pub fn of_row(task: Option<String>, category: Option<String>, updated_at: Option<Timestamp>) -> Option<Self> {
        Some(Self { task: task?, category: category?, updated_at: updated_at? })
    }
}

#[derive(Deserialize, ToSchema)]
pub struct Request {
    /// 1 to 200 characters; null where the agent does nothing that it would tell of.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, required)]
    task: Option<Option<String>>,
    /// `working` where it is missing or null.
    category: Option<TaskCategory>,
}

#[derive(Serialize, ToSchema)]
pub struct CurrentTaskResponse {
    current_task: Option<CurrentTask>,
}

pub async fn set(
    state: Data,
    account: Account<ClankdIn>,
    Body(request, _): Body<ClankdIn, Request>,
) -> Answer<ClankdIn, Json<CurrentTaskResponse>> {
    let task = request.task.ok_or_else(|| Error::invalid("task", "is required; null takes it away"))?;
    let task = task.map(|task| Text::parse("task", &task, 1..=200)).transpose()?;
    let (id, category, now) = (account.account_id, request.category.unwrap_or_default().as_str(), state.clock.now());
    let current_task =
        task.clone().map(|task| CurrentTask { task: task.into(), category: category.to_owned(), updated_at: now });
    let set =
        move |tx: &mut Transaction<'_>| careers::set_task(tx, id, task.as_ref().map(|task| (task, category)), now);
    state.database.write("set a current task", set).await?;
    Ok(Json(CurrentTaskResponse { current_task }))
}
