//! Forms of Clankspace that are shown again, with what is wrong. Their templates draw it with `clankspace/forms.html`.

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use models::error::Noun;
use models::{Error, Result};

use crate::render::{self, Bytes};
use crate::{Answer, Clankspace, Failure};

/// Why a form is shown again.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The field that is to blame; empty for none.
    pub field: &'static str,
    /// What is wrong, in a sentence.
    pub reason: String,
}

/// The field of a form of ours that an error is about; empty for none.
fn field_of(error: &Error) -> &'static str {
    match error {
        Error::Invalid { field, .. } => field,
        Error::Taken(Noun::Username) | Error::Reserved(Noun::Username) => "username",
        Error::Forbidden(_) => "birthdate",
        Error::Unauthenticated(_) => "code",
        Error::Unacceptable { .. } => "content",
        _ => "",
    }
}

/// The form that `draw` draws, with what is wrong with what was sent. What is not the sender's fault is no matter of a form.
///
/// # Errors
/// [`Error::Database`], [`Error::Internal`] and [`Error::Busy`] where `error` is that, and what `draw` says.
pub fn again(error: Error, draw: impl FnOnce(Refusal) -> Result<Bytes>) -> Answer<Clankspace> {
    if matches!(error, Error::Database(_) | Error::Internal(_) | Error::Busy) {
        return Err(error.into());
    }
    let retry_after = match &error {
        Error::RateLimited(limited) => Some(limited.retry_after),
        Error::Cooldown { retry_after } => Some(*retry_after),
        _ => None,
    };
    let field = field_of(&error);
    let (status, reason) = Failure::<Clankspace>::from(error).told();
    let mut page = render::html(draw(Refusal { field, reason })?);
    *page.status_mut() = match status {
        // That asks for a token in a header, and browsers send none.
        StatusCode::UNAUTHORIZED => StatusCode::BAD_REQUEST,
        status => status,
    };
    if let Some(seconds) = retry_after {
        page.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    Ok(page)
}
