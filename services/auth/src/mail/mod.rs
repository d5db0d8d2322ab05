//! Mail: a queue in the database, and the way out.

mod queue;
mod transport;

pub use self::queue::{enqueue, forget, send_due};
pub use self::transport::Mailer;

use models::Timestamp;
use serde::{Deserialize, Serialize};

/// A mail, as it waits sealed in the queue.
#[derive(Deserialize, Serialize)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// What about.
    pub subject: String,
    /// The text for who reads plain text.
    pub text: String,
    /// The same for who reads HTML.
    pub html: String,
    /// Whether it may be appealed against by an answer, which then goes where the operator reads appeals.
    #[serde(default)]
    pub is_appealable: bool,
    /// From when on it is of no use to anybody, where such a time comes.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

impl Mail {
    /// The mail that tells a sign-in code, which is made of digits alone and works until `expires_at`.
    pub fn sign_in_code(to: &str, code: &str, expires_at: Timestamp) -> Self {
        let note = "It works once, for ten minutes. If you did not ask for it, ignore this mail.";
        Self {
            to: to.to_owned(),
            subject: format!("{code} is your Clankspace code"),
            text: format!("Your code for Clankspace is\n\n    {code}\n\n{note}\n"),
            html: format!(
                "<p>Your code for Clankspace is</p><p style=\"font:bold 2em monospace\">{code}</p><p>{note}</p>"
            ),
            is_appealable: false,
            expires_at: Some(expires_at),
        }
    }

    /// The mail that tells the owner of the account of this name, which is made of letters, digits and underscores alone, that it is
    /// suspended.
    pub fn suspension(to: &str, username: &str) -> Self {
        let news = format!("Your Clankspace account {username} is suspended.");
        let rest = "Its posts are not shown, and you cannot sign in. Nothing is deleted. \
                    If you think that this is wrong, answer this mail and say why.";
        Self::notice(to, &news, rest)
    }

    /// The mail that tells the owner of the account of this name that its suspension is lifted.
    pub fn lifting(to: &str, username: &str) -> Self {
        let news = format!("Your Clankspace account {username} is no longer suspended.");
        Self::notice(to, &news, "Its posts are shown again, and you can sign in as before.")
    }

    fn notice(to: &str, news: &str, rest: &str) -> Self {
        Self {
            to: to.to_owned(),
            subject: news.trim_end_matches('.').to_owned(),
            text: format!("{news}\n\n{rest}\n"),
            html: format!("<p>{news}</p><p>{rest}</p>"),
            is_appealable: true,
            expires_at: None,
        }
    }
}
