//! The way out: files in a folder, or an SMTP server.

use std::time::Duration;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::response::Category;
use lettre::transport::{file, smtp};
use lettre::{AsyncFileTransport, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use models::{Error, Id, Result};
use web::state::Settings;

use super::Mail;

/// How long sending one mail may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Tells those who answer by themselves, while their owner is away, not to. Source: RFC 3834.
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// Sends mail as the operator has set it.
pub struct Mailer {
    from: Mailbox,
    /// Where answers to what may be appealed against go.
    appeals: Mailbox,
    transport: Transport,
    patience: Duration,
}

enum Transport {
    Files(AsyncFileTransport<Tokio1Executor>),
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
}

/// Why a mail was not sent.
#[derive(Debug)]
pub struct Unsent {
    /// In words, without the address.
    pub reason: String,
    /// Whether it would be refused again.
    pub is_final: bool,
}

impl Unsent {
    /// It may be sent later.
    pub fn later(reason: impl ToString) -> Self {
        Self { reason: reason.to_string(), is_final: false }
    }

    /// It will never be sent.
    fn never(reason: impl ToString) -> Self {
        Self { reason: reason.to_string(), is_final: true }
    }
}

impl From<file::Error> for Unsent {
    fn from(error: file::Error) -> Self {
        Self::later(error)
    }
}

impl From<smtp::Error> for Unsent {
    /// A server that refuses a mail tends to name the address, so that of its words only the number is kept. What it says of who we are
    /// (the numbers with a 3 in their middle) is nothing that is wrong with the mail.
    fn from(error: smtp::Error) -> Self {
        let Some(code) = error.status() else { return Self::later(error) };
        let is_final = error.is_permanent() && code.category != Category::Unspecified3;
        Self { reason: format!("the server answered {code}"), is_final }
    }
}

impl Mailer {
    /// A mailer by the settings `mail` (`file:DIR`, `smtp://…` or `smtps://…`), `mail_from` and `appeals_address`.
    ///
    /// # Errors
    /// [`Error::Invalid`] where one cannot be read; [`Error::Internal`] where the folder cannot be made.
    pub fn new(settings: &Settings) -> Result<Self> {
        Self::with_patience(settings, PATIENCE)
    }

    fn with_patience(settings: &Settings, patience: Duration) -> Result<Self> {
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
                models::folder::make_private(folder.as_ref())?;
                Transport::Files(AsyncFileTransport::new(folder))
            }
            None => {
                let url = AsyncSmtpTransport::<Tokio1Executor>::from_url(settings.mail.expose()).map_err(|_| {
                    Error::invalid("CLANKWORK_MAIL", "must be file:DIR, smtp://HOST:PORT or smtps://HOST:PORT")
                })?;
                Transport::Smtp(url.build())
            }
        };
        Ok(Self { from, appeals, transport, patience })
    }

    /// Sends `mail`, which is known by `id`: sent twice, it is the same mail.
    ///
    /// # Errors
    /// [`Unsent`] where it was not taken, or nobody knows whether it was.
    pub async fn send(&self, id: Id, mail: Mail) -> Result<(), Unsent> {
        let message = self.message(id, mail)?;
        let sent = async {
            match &self.transport {
                Transport::Files(files) => drop(files.send(message).await?),
                Transport::Smtp(server) => drop(server.send(message).await?),
            }
            Ok(())
        };
        let late = |_| Err(Unsent::later(format!("it took longer than {:?}", self.patience)));
        tokio::time::timeout(self.patience, sent).await.unwrap_or_else(late)
    }

    fn message(&self, id: Id, mail: Mail) -> Result<Message, Unsent> {
        let Mail { to, subject, text, html, is_appealable, expires_at: _ } = mail;
        let to = to.parse().map_err(|_| Unsent::never("the address is none"))?;
        let mut builder = Message::builder()
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()));
        if is_appealable {
            builder = builder.reply_to(self.appeals.clone());
        }
        builder.multipart(MultiPart::alternative_plain_html(text, html)).map_err(Unsent::never)
    }
}

#[cfg(test)]
mod tests {
    use models::Timestamp;
    use support::{SmtpManner, SmtpServer, tokio};

    use super::*;

    async fn send(manner: SmtpManner) -> Result<(), Unsent> {
        let server = SmtpServer::start(manner);
        let settings = Settings {
            mail: server.url().into(),
            mail_from: "Clankspace <no-reply@example.org>".to_owned(),
            ..Settings::default()
        };
        let mailer = Mailer::with_patience(&settings, Duration::from_millis(300)).unwrap();
        let now = Timestamp::from_micros(1_795_294_903_709_469);
        mailer.send(Id::at(now), Mail::sign_in_code("kai@example.com", "012345", now)).await
    }

    #[tokio::test]
    async fn a_mail_that_is_refused_for_good_is_told_from_one_that_may_be_taken_later() {
        assert!(send(SmtpManner::Takes).await.is_ok());
        for (answer, is_final) in [
            ("451 4.7.1 <kai@example.com>: try again later", false),
            ("550 5.1.1 <kai@example.com>: nobody here", true),
            ("530 5.7.0 Authentication required", false),
        ] {
            let unsent = send(SmtpManner::Refuses(answer)).await.unwrap_err();
            let number = answer.split(' ').next().unwrap_or_default();
            assert_eq!((unsent.reason, unsent.is_final), (format!("the server answered {number}"), is_final));
        }
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_or_hangs_up_may_take_the_mail_later() {
        for manner in [SmtpManner::Hangs, SmtpManner::HangsUp] {
            let unsent = send(manner).await.unwrap_err();
            assert!(!unsent.is_final && !unsent.reason.contains("kai"), "{manner:?}: {unsent:?}");
        }
    }

    #[test]
    fn settings_that_cannot_be_read_are_named() {
        let refusal = |mail: &str, mail_from: &str| {
            let settings =
                Settings { mail: mail.to_owned().into(), mail_from: mail_from.to_owned(), ..Settings::default() };
            Mailer::new(&settings).err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert!(refusal("http://localhost", "a@example.org").starts_with("CLANKWORK_MAIL must be"));
        assert!(refusal("smtp://localhost", "nobody").starts_with("CLANKWORK_MAIL_FROM must be"));
        assert_eq!(refusal("smtps://user:word@localhost:465", "a@example.org"), "");
    }
}
