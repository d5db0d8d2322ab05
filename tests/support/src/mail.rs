//! The mail that a server has written into its folder.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{GENEROUS, eventually};

/// A mail that somebody has got.
#[derive(Clone, Debug)]
pub struct Mail {
    /// What it is about.
    pub subject: String,
    /// Where an answer to it goes, where that is said.
    pub reply_to: Option<String>,
    /// Its plain text.
    pub text: String,
}

/// A folder of `.eml` files.
#[derive(Clone, Debug)]
pub struct MailFolder(PathBuf);

impl MailFolder {
    /// The folder at `path`, which need not be there yet.
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The code in the newest mail to `address`, once `count` mails with a code are there.
    pub async fn code(&self, address: &str, count: usize) -> String {
        let what = format!("{count} mails to {address} in {}", self.0.display());
        let look = async || self.codes(address).into_iter().nth(count.saturating_sub(1));
        eventually(GENEROUS, &what, look).await
    }

    /// The codes that have been sent to `address`, the oldest first.
    pub fn codes(&self, address: &str) -> Vec<String> {
        self.mails(address).iter().filter_map(|mail| code(&mail.text)).collect()
    }

    /// The mail to `address` that says `words` in its subject, once it is there.
    pub async fn mail(&self, address: &str, words: &str) -> Mail {
        let what = format!("a mail to {address} about {words} in {}", self.0.display());
        let look = async || self.mails(address).into_iter().find(|mail| mail.subject.contains(words));
        eventually(GENEROUS, &what, look).await
    }

    /// The mails that have been sent to `address`, the oldest first.
    pub fn mails(&self, address: &str) -> Vec<Mail> {
        let Ok(files) = std::fs::read_dir(&self.0) else { return Vec::new() };
        let mails = files.filter_map(|file| {
            let path = file.ok()?.path();
            path.extension().filter(|&extension| extension == "eml")?;
            let written: SystemTime = path.metadata().ok()?.modified().ok()?;
            // A mail that is being written has no end yet, and is none.
            let mail = read(&std::fs::read_to_string(&path).ok()?, address)?;
            Some((written, mail))
        });
        let mut mails: Vec<(SystemTime, Mail)> = mails.collect();
        mails.sort_by_key(|(written, _)| *written);
        mails.into_iter().map(|(_, mail)| mail).collect()
    }
}

/// A mail, where it is whole and goes to `address`.
pub(crate) fn read(mail: &str, address: &str) -> Option<Mail> {
    let mail = mail.replace("\r\n", "\n");
    let (head, body) = mail.split_once("\n\n")?;
    // A header that is too long for its line goes on in the next one, behind a space.
    let head = head.replace("\n ", " ").replace("\n\t", " ");
    let to = header(&head, "to")?.to_lowercase();
    let boundary = parameter(header(&head, "content-type")?, "boundary")?;
    if !to.contains(&address.to_lowercase()) || !mail.trim_end().ends_with(&format!("--{boundary}--")) {
        return None;
    }
    let text = body.split(&format!("--{boundary}")).find_map(plain_text)?;
    let subject = header(&head, "subject").unwrap_or_default().to_owned();
    Some(Mail { subject, reply_to: header(&head, "reply-to").map(str::to_owned), text })
}

/// The code that a text tells.
fn code(text: &str) -> Option<String> {
    text.split(|sign: char| !sign.is_ascii_digit()).find(|digits| digits.len() == 6).map(str::to_owned)
}

/// The text of a part, where it is the plain one.
fn plain_text(part: &str) -> Option<String> {
    let (head, body) = part.trim_start().split_once("\n\n")?;
    header(head, "content-type").filter(|kind| kind.starts_with("text/plain"))?;
    match header(head, "content-transfer-encoding").unwrap_or("7bit") {
        "base64" => String::from_utf8(STANDARD.decode(body.replace('\n', "")).ok()?).ok(),
        "quoted-printable" => Some(from_quoted_printable(body)),
        _ => Some(body.to_owned()),
    }
}

/// The value of a header that stands in one line.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let mut named = lines.filter(|(found, _)| found.eq_ignore_ascii_case(name));
    named.next().map(|(_, value)| value.trim())
}

/// A parameter of a header's value: `boundary="…"`.
fn parameter<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = value.split_once(&format!("{name}="))?;
    rest.split(';').next().map(|value| value.trim().trim_matches('"'))
}

/// Reads quoted-printable (RFC 2045, section 6.7).
fn from_quoted_printable(text: &str) -> String {
    let joined = text.replace("=\n", "");
    let mut pieces = joined.split('=');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        match piece.split_at_checked(2).and_then(|(digits, rest)| Some((u8::from_str_radix(digits, 16).ok()?, rest))) {
            Some((byte, rest)) => {
                bytes.push(byte);
                bytes.extend_from_slice(rest.as_bytes());
            }
            None => bytes.extend_from_slice(format!("={piece}").as_bytes()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(encoding: &str, body: &str) -> String {
        format!(
            "From: a@b.c\r\nTo: Kai@example.com\r\nContent-Type: multipart/alternative;\r\n boundary=\"xyz\"\r\n\r\n--xyz\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n--xyz--\r\n"
        )
    }

    #[test]
    fn a_code_is_found_in_every_encoding() {
        let plain = "Your code is\n\n    012345\n";
        for (encoding, body) in [
            ("7bit", plain.to_owned()),
            ("quoted-printable", "Your=20code is 01=\n2345".to_owned()),
            ("base64", STANDARD.encode(plain)),
        ] {
            let read = read(&mail(encoding, &body), "kai@EXAMPLE.com").unwrap();
            assert_eq!(code(&read.text).as_deref(), Some("012345"), "{encoding}");
        }
    }

    #[test]
    fn half_a_mail_and_somebody_elses_are_none() {
        let whole = mail("7bit", "012345");
        assert!(read(&whole, "tom@example.com").is_none());
        assert!(read(whole.trim_end().trim_end_matches('-'), "kai@example.com").is_none());
    }
}
