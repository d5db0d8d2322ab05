//! The way out: files in a folder, or an SMTP server.

use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncFileTransport, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use models::{Error, Result};
use web::state::Settings;

use super::Mail;

/// How long the server may take for each of its answers.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends mail as the operator has set it.
pub struct Mailer {
    from: Mailbox,
    /// Where answers to what may be appealed against go.
    appeals: Mailbox,
    transport: Transport,
}

enum Transport {
    Files(AsyncFileTransport<Tokio1Executor>),
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
}

impl Mailer {
    /// A mailer by the settings `mail` (`file:DIR`, `smtp://…` or `smtps://…`), `mail_from` and `appeals_address`.
    ///
    /// # Errors
    /// [`Error::Invalid`] where one cannot be read; [`Error::Internal`] where the folder cannot be made.
    pub fn new(settings: &Settings) -> Result<Self> {
        let from: Mailbox = settings.mail_from.parse().map_err(|_| {
            Error::invalid("CLANKWORK_MAIL_FROM", "must be a mailbox such as Clankspace <no-reply@example.org>")
        })?;
        let appeals = match &settings.appeals_address {
            None => from.clone(),
            Some(address) => address.parse().map_err(|_| {
                Error::invalid("CLANKWORK_APPEALS_ADDRESS", "must be an address such as appeals@example.org")
            })?,
        };
        let transport = match settings.mail.expose().strip_prefix("file:") {
            Some(folder) => {
                std::fs::create_dir_all(folder).map_err(|error| Error::internal(format!("{folder}: {error}")))?;
                Transport::Files(AsyncFileTransport::new(folder))
            }
            None => {
                let url = AsyncSmtpTransport::<Tokio1Executor>::from_url(settings.mail.expose()).map_err(|_| {
                    Error::invalid("CLANKWORK_MAIL", "must be file:DIR, smtp://HOST:PORT or smtps://HOST:PORT")
                })?;
                Transport::Smtp(url.timeout(Some(PATIENCE)).build())
            }
        };
        Ok(Self { from, appeals, transport })
    }

    /// Sends `mail`; what went wrong otherwise, without the address.
    pub async fn send(&self, mail: Mail) -> Result<(), String> {
        let Mail { to, subject, text, html, is_appealable } = mail;
        let to = to.parse().map_err(|_| "the address is none".to_owned())?;
        let builder = Message::builder().from(self.from.clone()).to(Mailbox::new(None, to)).subject(subject);
        let builder = if is_appealable { builder.reply_to(self.appeals.clone()) } else { builder };
        let message =
            builder.multipart(MultiPart::alternative_plain_html(text, html)).map_err(|error| error.to_string())?;
        match &self.transport {
            Transport::Files(files) => files.send(message).await.map(drop).map_err(|error| error.to_string()),
            Transport::Smtp(server) => server.send(message).await.map(drop).map_err(|error| error.to_string()),
        }
    }
}
