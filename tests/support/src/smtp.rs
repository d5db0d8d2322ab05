//! A server that takes mail, or does not: enough of SMTP (RFC 5321) for one that sends.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::mail::{Mail, read};

/// How long a connection waits for its other side, so that no thread outlives a test by much.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a server behaves.
#[derive(Clone, Copy, Debug)]
pub enum SmtpManner {
    /// It takes what comes.
    Takes,
    /// It answers this to whoever a mail is to go to, and takes none.
    Refuses(&'static str),
    /// It says nothing, ever.
    Hangs,
    /// It takes what comes, but says nothing any more once it hears of this address.
    HangsFor(&'static str),
    /// It breaks the connection off when a mail has come, without a word.
    HangsUp,
}

/// What a server has come to know.
#[derive(Debug)]
struct Seen {
    manner: SmtpManner,
    connections: Vec<TcpStream>,
    /// The mails that it has taken: for whom, and the bytes.
    mails: Vec<(String, String)>,
    /// Those that came and that it did not say it took.
    broken_off: Vec<(String, String)>,
    is_over: bool,
}

/// An SMTP server on this machine. It stops with this value, and breaks off what is still open.
#[derive(Debug)]
pub struct SmtpServer {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl SmtpServer {
    /// Starts one on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// Where it cannot listen.
    pub fn start(manner: SmtpManner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let seen = Arc::new(Mutex::new(Seen {
            manner,
            connections: Vec::new(),
            mails: Vec::new(),
            broken_off: Vec::new(),
            is_over: false,
        }));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || accept(&listener, &shared));
        Self { address, seen }
    }

    /// Where it is, as the setting for mail has it.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Has it behave like this from the next connection on.
    ///
    /// # Panics
    /// Where one of its threads has.
    pub fn behave(&self, manner: SmtpManner) {
        self.seen.lock().expect("nobody panicked").manner = manner;
    }

    /// How many connections it has had.
    ///
    /// # Panics
    /// Where one of its threads has.
    pub fn connections(&self) -> usize {
        self.seen.lock().expect("nobody panicked").connections.len()
    }

    /// The mails that it has taken for `address`, the oldest first, as they came.
    ///
    /// # Panics
    /// Where one of its threads has.
    pub fn raw_mails(&self, address: &str) -> Vec<String> {
        of_address(&self.seen.lock().expect("nobody panicked").mails, address)
    }

    /// The mails for `address` that came before it broke the connection off.
    ///
    /// # Panics
    /// Where one of its threads has.
    pub fn broken_off(&self, address: &str) -> Vec<String> {
        of_address(&self.seen.lock().expect("nobody panicked").broken_off, address)
    }

    /// The same, read.
    pub fn mails(&self, address: &str) -> Vec<Mail> {
        self.raw_mails(address).iter().filter_map(|mail| read(mail, address)).collect()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        if let Ok(mut seen) = self.seen.lock() {
            seen.is_over = true;
            for connection in &seen.connections {
                // It may be closed already.
                let _ = connection.shutdown(Shutdown::Both);
            }
        }
        // The thread that accepts looks up.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}

fn of_address(mails: &[(String, String)], address: &str) -> Vec<String> {
    mails.iter().filter(|(to, _)| to == address).map(|(_, mail)| mail.clone()).collect()
}

fn accept(listener: &TcpListener, seen: &Arc<Mutex<Seen>>) {
    while let Ok((stream, _)) = listener.accept() {
        let connection = stream.try_clone().expect("another handle of it");
        let manner = {
            let mut seen = seen.lock().expect("nobody panicked");
            if seen.is_over {
                return;
            }
            seen.connections.push(stream.try_clone().expect("another handle of it"));
            seen.manner
        };
        let seen = Arc::clone(seen);
        std::thread::spawn(move || {
            // Whoever hangs up ends it.
            let _ = converse(stream, manner, &seen);
            let _ = connection.shutdown(Shutdown::Both);
        });
    }
}

fn converse(mut stream: TcpStream, manner: SmtpManner, seen: &Mutex<Seen>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    if matches!(manner, SmtpManner::Hangs) {
        return lines.next().transpose().map(drop);
    }
    let mut answer = |words: &str| stream.write_all(format!("{words}\r\n").as_bytes());
    let mut to = String::new();
    answer("220 localhost ESMTP")?;
    while let Some(line) = lines.next().transpose()? {
        let upper = line.to_ascii_uppercase();
        match (upper.split([' ', ':']).next().unwrap_or_default(), manner) {
            ("EHLO" | "HELO", _) => answer("250-localhost\r\n250 8BITMIME")?,
            ("RCPT", SmtpManner::Refuses(words)) => answer(words)?,
            ("RCPT", _) => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                if matches!(manner, SmtpManner::HangsFor(address) if address == to) {
                    return lines.next().transpose().map(drop);
                }
                answer("250 OK")?;
            }
            ("DATA", _) => {
                answer("354 Go on")?;
                let mail = (to.clone(), take(&mut lines)?);
                let mut seen = seen.lock().expect("nobody panicked");
                if matches!(manner, SmtpManner::HangsUp) {
                    seen.broken_off.push(mail);
                    return Ok(());
                }
                seen.mails.push(mail);
                answer("250 OK")?;
            }
            ("QUIT", _) => return answer("221 Bye"),
            ("MAIL" | "RSET" | "NOOP", _) => answer("250 OK")?,
            _ => answer("502 Not implemented")?,
        }
    }
    Ok(())
}

/// Reads a mail to the line that is a dot alone. A line that begins with one has come with another in front of it.
fn take(lines: &mut impl Iterator<Item = std::io::Result<String>>) -> std::io::Result<String> {
    let mut mail = String::new();
    while let Some(line) = lines.next().transpose()?.filter(|line| line != ".") {
        mail.push_str(line.strip_prefix('.').unwrap_or(&line));
        mail.push_str("\r\n");
    }
    Ok(mail)
}
