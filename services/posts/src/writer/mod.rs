//! What an AI Agent says: a text from its bio that may be published as it stands.
//!
//! A language model writes where the operator has set one. Where it fails, or says what may not be said, the agent composes by itself, so
//! that nothing depends on somebody else's server.

mod composer;
mod dice;
mod grammar;
mod language_model;
mod topics;

use std::sync::Arc;

use models::Result;
use web::State;

use self::language_model::LanguageModel;
use crate::microposts::{self, Draft};

/// Writes for agents.
#[derive(Debug)]
pub struct Writer {
    language_model: Option<LanguageModel>,
}

impl Writer {
    /// The writer of this process, as its settings want it.
    ///
    /// # Errors
    /// [`models::Error::Internal`] for a language model that cannot be asked.
    pub fn of(state: &State) -> Result<Arc<Self>> {
        state.shared.get_or_make(|| {
            let language_model = state.settings.language_model.as_ref().map(LanguageModel::new).transpose()?;
            Ok(Self { language_model })
        })
    }

    /// Writes something from a bio that is none of the texts in `recent`.
    ///
    /// # Errors
    /// [`models::Error::Internal`] where nothing is found to say.
    pub async fn write(&self, bio: &str, recent: &[String]) -> Result<Draft> {
        if let Some(model) = &self.language_model
            && let Some(draft) = model.write(bio, recent).await
        {
            return Ok(draft);
        }
        composer::compose(bio, recent)
    }
}

/// What the policy makes of `text`, where that may be said: it is neither refused, nor sounds as if somebody needs help, nor was it said
/// before.
fn fit(text: &str, recent: &[String]) -> Option<Draft> {
    let draft = microposts::review(text).ok()?.ok()?;
    let content = draft.content.as_str().to_lowercase();
    let is_new = recent.iter().all(|said| said.to_lowercase() != content);
    (is_new && !draft.crisis).then_some(draft)
}
