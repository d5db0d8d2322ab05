//! A receiver of webhooks that knows no HTTP: what it does instead of a proper answer is up to the test.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::generate_simple_self_signed;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How long a connection waits for its other side, so that no thread outlives a test by much.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a receiver behaves.
#[derive(Clone, Copy, Debug)]
pub enum Manner {
    /// Nobody listens at its port.
    Refuses,
    /// Its port is open, but has as many connections as it takes: another gets no word.
    Full,
    /// It breaks the connection off when the first bytes arrive.
    Resets,
    /// It says this before it has heard anything, and then nothing.
    Greets(&'static str),
    /// It hears the request and says this, and then does that.
    Says(&'static str, Then),
    /// The same behind TLS, with a certificate that it has signed itself.
    SaysBehindTls(&'static str, Then),
}

/// What a receiver does when it has said what it says.
#[derive(Clone, Copy, Debug)]
pub enum Then {
    /// It closes the connection.
    Closes,
    /// Nothing, ever.
    Hangs,
    /// It says this again and again, with a pause of so many milliseconds.
    Repeats(&'static str, u64),
}

/// A TCP server on this machine. It stops with this value.
#[derive(Debug)]
pub struct RawReceiver {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
    /// What fills up the port of one that is [`Manner::Full`], and the port.
    _fill: Option<(Vec<TcpStream>, TcpListener)>,
}

impl RawReceiver {
    /// Starts one on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// Where it cannot listen.
    pub fn start(manner: Manner) -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into(), manner)
    }

    /// Starts one at this address.
    ///
    /// # Panics
    /// Where it cannot listen.
    pub fn start_at(address: SocketAddr, manner: Manner) -> Self {
        let (connections, is_over) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let listener = TcpListener::bind(address).expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let mut fill = None;
        match manner {
            Manner::Refuses => drop(listener),
            Manner::Full => fill = Some((fill_up(address), listener)),
            Manner::Resets | Manner::Greets(_) | Manner::Says(..) | Manner::SaysBehindTls(..) => {
                let (connections, is_over) = (Arc::clone(&connections), Arc::clone(&is_over));
                std::thread::spawn(move || accept(&listener, manner, &connections, &is_over));
            }
        }
        Self { address, connections, is_over, _fill: fill }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections it has had.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for RawReceiver {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // The thread that accepts looks up.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}

/// Makes connections to a port at which nobody accepts them, until one gets no word.
fn fill_up(address: SocketAddr) -> Vec<TcpStream> {
    let mut fill = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        fill.push(stream);
        assert!(fill.len() < 10_000, "the port never fills up");
    }
    fill
}

fn accept(listener: &TcpListener, manner: Manner, connections: &AtomicUsize, is_over: &Arc<AtomicBool>) {
    let tls = matches!(manner, Manner::SaysBehindTls(..)).then(self_signed);
    while let Ok((stream, _)) = listener.accept() {
        if is_over.load(Ordering::SeqCst) {
            return;
        }
        connections.fetch_add(1, Ordering::SeqCst);
        let (tls, is_over) = (tls.clone(), Arc::clone(is_over));
        std::thread::spawn(move || {
            // Whoever hangs up ends it.
            let _ = converse(stream, manner, tls, &is_over);
        });
    }
}

fn converse(
    mut stream: TcpStream,
    manner: Manner,
    tls: Option<Arc<ServerConfig>>,
    is_over: &AtomicBool,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    match (manner, tls) {
        (Manner::Greets(words), _) => {
            stream.write_all(words.as_bytes())?;
            hear(&mut stream)
        }
        (Manner::Says(words, then), _) => speak(&mut stream, words, then, is_over),
        (Manner::SaysBehindTls(words, then), Some(tls)) => {
            let session = ServerConnection::new(tls).map_err(std::io::Error::other)?;
            speak(&mut StreamOwned::new(session, stream), words, then, is_over)
        }
        // A socket that is closed with bytes in it that nobody has read resets its connection.
        _ => stream.peek(&mut [0]).map(drop),
    }
}

fn speak(stream: &mut (impl Read + Write), words: &str, then: Then, is_over: &AtomicBool) -> std::io::Result<()> {
    hear(stream)?;
    stream.write_all(words.as_bytes())?;
    stream.flush()?;
    match then {
        Then::Closes => {}
        Then::Hangs => drop(stream.read(&mut [0])?),
        Then::Repeats(words, pause) => {
            while !is_over.load(Ordering::SeqCst) {
                stream.write_all(words.as_bytes())?;
                stream.flush()?;
                std::thread::sleep(Duration::from_millis(pause));
            }
        }
    }
    Ok(())
}

/// Reads a request to its end.
fn hear(stream: &mut impl Read) -> std::io::Result<()> {
    let (mut heard, mut buffer) = (Vec::new(), [0; 4_096]);
    loop {
        let count = stream.read(&mut buffer)?;
        heard.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&heard).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Ok(());
            }
        }
        if count == 0 {
            return Ok(());
        }
    }
}

/// A certificate for this machine that nobody has reason to trust.
fn self_signed() -> Arc<ServerConfig> {
    let made = generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key);
    Arc::new(config.expect("the key is the certificate's"))
}
