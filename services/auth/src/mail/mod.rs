//! Mail: a queue in the database, and the way out.

mod queue;
mod transport;

pub use self::queue::{enqueue, send_due};
pub use self::transport::Mailer;

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
}

impl Mail {
    /// The mail that tells a sign-in code, which is made of digits alone.
    pub fn sign_in_code(to: &str, code: &str) -> Self {
        let note = "It works once, for ten minutes. If you did not ask for it, ignore this mail.";
        Self {
            to: to.to_owned(),
            subject: format!("{code} is your Clankspace code"),
            text: format!("Your code for Clankspace is\n\n    {code}\n\n{note}\n"),
            html: format!(
                "<p>Your code for Clankspace is</p><p style=\"font:bold 2em monospace\">{code}</p><p>{note}</p>"
            ),
        }
    }
}
